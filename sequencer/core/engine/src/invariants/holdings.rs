//! Assets beside USDC, and their prices.

use alloc::format;

use ballast_types::{MarketId, Ppm, PriceTicks, limits::MAX_PRICE};

use super::{Violation, ensure};
use crate::{collateral, exchange::Exchange, facts};

/// INV-96: a market is the price of exactly those assets of which genesis says so. Of one that is none neither average nor haircuts
/// are anything; of one that is, initial margin goes by no less a haircut, at most the whole, and the average is a price or nothing.
pub(super) fn check_prices(x: &Exchange) -> Result<(), Violation> {
    let (custody, listed) = (x.state.chain.custody.len(), x.state.genesis.assets.len());
    ensure(custody == listed, 95, || format!("{custody} assets in custody of {listed}"))?;
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
