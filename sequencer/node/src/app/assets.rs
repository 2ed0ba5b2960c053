//! The assets that the exchange takes, and what accounts hold of them.

use crate::wire::{Amount, AssetView, HoldingView};
use ballast_state::{Account, State};
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
    };
    let listed = state.genesis.assets.iter().zip(&state.chain.custody);
    let others = (1..).zip(listed).map(|(asset, (params, custody))| AssetView {
        asset,
        symbol: params.symbol.clone(),
        minimum: Amount(params.minimum.0.into()),
        credited: Amount(custody.credited.0.into()),
        withdrawn: Amount(custody.withdrawn.0.into()),
    });
    std::iter::once(usdc).chain(others).collect()
}

/// What an account holds.
pub(super) fn holding_views(account: &Account) -> Vec<HoldingView> {
    let view = |asset: AssetId, amount: u64| HoldingView { asset: asset.0, amount: Amount(amount.into()) };
    account.holdings.iter().map(|holding| view(holding.asset, holding.amount.0)).collect()
}
