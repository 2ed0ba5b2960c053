//! What the price of an asset is made of: its index on average, and what that may lose in a day.

use alloc::vec::Vec;

use ballast_risk::shortfall::{self, MAX_HORIZON, horizon_scale};
use ballast_state::{Market, Minutes, Priced, State, minutes_index};
use ballast_types::{AssetId, AssetParams, Event, MarketId, Millis, Ppm, PriceTicks, limits::MINUTE_MS};

use crate::facts;

/// Minutes that the average is of.
const HOUR: u64 = 60;
/// By what a haircut in force rises in an hour at most, a quarter of a percent, and falls, a percent a day (risk.md 3.9).
const RISE: u32 = 2_500;
const FALL: u32 = 416;

/// What of the assets that genesis lists the market is the price of, ascending.
pub(crate) fn terms(assets: &[AssetParams], id: MarketId) -> Vec<Priced> {
    let listed =
        (1..).map(AssetId).zip(assets).filter_map(|(asset, params)| Some((asset, params.collateral?)));
    let here = listed.filter(|(_, terms)| terms.market == id);
    here.map(|(asset, terms)| Priced { asset, units_per_lot: terms.units_per_lot, haircut: terms.haircut })
        .collect()
}

/// What an index may lose in a day, by its shortfall.
pub(crate) fn day_of(factor: &shortfall::Factor) -> Ppm {
    factor.fractions(factor.volatility.raw(), horizon_scale(MAX_HORIZON)).long.min(Ppm::WHOLE)
}

/// What the market's assets are valued by, but for its index.
pub(crate) fn told(state: &State, id: MarketId) -> Event {
    let &Market { hour_average: average, haircut, haircut_initial, .. } = facts::market(state, id);
    Event::CollateralPriced { market: id, average, haircut, haircut_initial }
}

/// A minute of the market is over, and among its samples where it has one: what the index was on average.
pub(crate) fn minute_over(state: &mut State, id: MarketId) {
    if !facts::market(state, id).prices.is_empty() {
        state.minutes.load(minutes_index(id));
        let minutes = state.minutes.get(minutes_index(id)).expect("every market has its minutes (INV-69)");
        facts::market_mut(state, id).hour_average = average(minutes, state.chain.time);
    }
}

/// The mean of the samples of the hour before the minute of `now`, rounded down; 0 without one.
fn average(minutes: &Minutes, now: Millis) -> PriceTicks {
    let first = (now.0 / MINUTE_MS).saturating_sub(HOUR);
    let counted = || minutes.samples.iter().filter(|minute| minute.number >= first);
    // At most 60 of 2^40.
    let sum: u64 = counted().map(|minute| minute.index.0).sum();
    PriceTicks(sum.checked_div(counted().count() as u64).unwrap_or(0))
}

/// An hour of the market is over, and this is what its index may now lose in a day. What counts as equity follows slowly, for
/// it can liquidate; what counts for new risk at once.
pub(crate) fn hour_over(state: &mut State, id: MarketId, factor: &shortfall::Factor) {
    if facts::market(state, id).prices.is_empty() {
        return;
    }
    let target = day_of(factor);
    let market = facts::market_mut(state, id);
    let fallen = |from: Ppm| Ppm(from.0.saturating_sub(FALL)).max(target);
    market.haircut = if target > market.haircut {
        Ppm(market.haircut.0 + RISE).min(target)
    } else {
        fallen(market.haircut)
    };
    market.haircut_initial = fallen(market.haircut_initial);
}
