//! Assets beside USDC add up to the unit.

use alloc::format;

use ballast_types::{
    AccountId, AssetId, MarketId, Ppm, PriceTicks,
    limits::{MAX_AMOUNT, MAX_ASSETS, MAX_PRICE},
};

use super::{Violation, ensure};
use crate::{collateral, exchange::Exchange, facts};

/// INV-96: a market is the price of exactly those assets of which genesis says so. Of one that is none neither average nor haircuts
/// are anything; of one that is, initial margin goes by no less a haircut, at most the whole, and the average is a price or nothing.
pub(super) fn check_prices(x: &Exchange) -> Result<(), Violation> {
    for id in (0..x.state.chain.markets).map(MarketId) {
        let market = facts::market(&x.state, id);
        let (average, haircut, initial) = (market.hour_average, market.haircut, market.haircut_initial);
        let is_bounded = haircut <= initial && initial <= Ppm::WHOLE && average.0 <= MAX_PRICE;
        let is_nothing = (average, initial) == (PriceTicks(0), Ppm(0));
        let listed = market.prices == collateral::terms(&x.state.genesis.assets, id);
        ensure(listed && is_bounded && (is_nothing || !market.prices.is_empty()), 96, || {
            format!("market {id}: {:?}, {average}, {haircut}, {initial}", market.prices)
        })?;
    }
    Ok(())
}

/// INV-95: of each asset that genesis lists what accounts hold is what was credited less what was withdrawn, and of others they
/// hold nothing; no more was ever credited than 2^60, nor withdrawn than credited.
pub(super) fn check_holdings(x: &Exchange) -> Result<(), Violation> {
    let (custody, listed) = (&x.state.chain.custody, x.state.genesis.assets.len());
    ensure(custody.len() == listed, 95, || format!("{} assets in custody of {listed}", custody.len()))?;
    let mut held = [0_u64; MAX_ASSETS as usize];
    for id in (0..x.state.chain.accounts).map(AccountId) {
        for holding in facts::account(&x.state, id).holdings.iter() {
            held[usize::from(holding.asset.0)] += holding.amount.0;
        }
    }
    for (asset, held) in (1..MAX_ASSETS).map(AssetId).zip(&held[1..]) {
        let custody = asset.place().and_then(|place| custody.get(place)).copied().unwrap_or_default();
        let is_bounded = custody.credited.0 <= MAX_AMOUNT.unsigned_abs();
        let adds_up = custody.credited.0.checked_sub(custody.withdrawn.0) == Some(*held);
        ensure(is_bounded && adds_up, 95, || format!("asset {asset}: accounts hold {held}, {custody:?}"))?;
    }
    Ok(())
}
