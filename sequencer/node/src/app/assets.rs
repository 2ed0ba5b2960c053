//! The assets that the exchange takes, and what accounts hold of them.

use crate::wire::{Amount, AssetView, CollateralView, HoldingView, Integer};
use ballast_engine::pledge;
use ballast_risk::{Backing, Pledge};
use ballast_state::{Account, Holding, State};
use ballast_types::{AssetId, limits::MIN_WITHDRAWAL};

/// Every asset, USDC first.
pub(super) fn asset_views(state: &State) -> Vec<AssetView> {
    let pools = || state.pools.iter().map(|(_, pool)| pool);
    let usdc = AssetView {
        asset: AssetId::USDC.0,
        symbol: "USDC".into(),
        minimum: Amount(MIN_WITHDRAWAL.into()),
        credited: Amount(pools().map(|pool| i128::from(pool.credited.0)).sum()),
        withdrawn: Amount(pools().map(|pool| i128::from(pool.withdrawn.0)).sum()),
        collateral: None,
    };
    let listed = state.genesis.assets.iter().zip(&state.chain.custody);
    let others = (1..).zip(listed).map(|(asset, (params, custody))| AssetView {
        asset,
        symbol: params.symbol.clone(),
        minimum: Amount(params.minimum.0.into()),
        credited: Amount(custody.credited.0.into()),
        withdrawn: Amount(custody.withdrawn.0.into()),
        collateral: pledge(state, AssetId(asset)).map(|pledge| collateral_view(&pledge)),
    });
    std::iter::once(usdc).chain(others).collect()
}

fn collateral_view(pledge: &Pledge<'_>) -> CollateralView {
    let terms = pledge.terms;
    CollateralView {
        market: terms.market.0,
        units_per_lot: Integer(terms.units_per_lot.0),
        haircut: terms.haircut.0,
        size_factor: terms.size_factor.0,
        since: terms.since.0,
        most: Amount(terms.most.0.into()),
        total: Amount(terms.total.0.into()),
        lot_value: Amount(pledge.lot_value),
        market_haircut: pledge.haircut.0,
        market_haircut_initial: pledge.haircut_initial.0,
        days: pledge.days,
    }
}

/// What an account holds.
pub(super) fn holding_views(state: &State, account: &Account) -> Vec<HoldingView> {
    let view = |Holding { asset, amount }: Holding| {
        let Backing { value, initial, .. } =
            pledge(state, asset).map_or(Backing::NONE, |pledge| pledge.backing(amount));
        let amount = Amount(amount.0.into());
        HoldingView { asset: asset.0, amount, value: Amount(value), initial_value: Amount(initial) }
    };
    account.holdings.iter().map(view).collect()
}
