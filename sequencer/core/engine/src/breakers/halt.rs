//! A halt: orders are only cancelled until the market calls for them, and then wait for one auction that reopens it
//! (risk.md 6.1, 7.5).

use alloc::vec::Vec;

use ballast_risk::price::has_jumped;
use ballast_state::{Halt, State};
use ballast_types::{
    Causes, Event, MarketId, Millis, OracleState, Ppm, PriceTicks, SizeLots,
    limits::{CALL_MS, MAX_CALL_ROUNDS, THIN_MS, UNCERTAIN_HALT_MS},
};

use crate::{
    facts,
    oracle::{is_believed, oracle_state},
    pricing::mark_bound,
};

/// Whether nothing may be done in the market at `time` but cancel: it is halted and does not call yet.
pub(crate) fn is_closed(state: &State, time: Millis, id: MarketId) -> bool {
    facts::venue(state, id).breakers.halt.is_some_and(|halt| time < halt.calls_from)
}

/// Whether the market is halted.
pub(crate) fn is_on(state: &State, id: MarketId) -> bool {
    facts::venue(state, id).breakers.halt.is_some()
}

/// Halts the market: it calls from `from` on, from when it did if that is later, and from now on at the earliest.
pub(crate) fn begin(state: &mut State, id: MarketId, causes: Causes, from: Millis) {
    let now = state.chain.time;
    let venue = facts::venue_mut(state, id);
    let breakers = &mut venue.breakers;
    let before = breakers.halt.unwrap_or(Halt { causes, calls_from: now, rounds: 0 });
    let calls_from = from.max(before.calls_from).max(now);
    breakers.halt = Some(Halt { causes: causes.with(before.causes), calls_from, rounds: 0 });
    (breakers.outside, breakers.quoted) = (None, Millis(0));
    venue.next_clearing = Millis(calls_from.0.saturating_add(CALL_MS));
}

/// Whether the price is good enough at `time` for the auction: it is fresh, or was not for so long that a market in batches
/// is better than none.
pub(crate) fn may_end(state: &State, time: Millis, id: MarketId) -> bool {
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let late = Millis(venue.next_clearing.0.saturating_add(UNCERTAIN_HALT_MS));
    oracle_state(market, time) == OracleState::Fresh || (is_believed(state, time, id) && time >= late)
}

/// Whether the auction is over at `time` although nobody takes part in it.
pub(crate) fn ends_without_orders(state: &State, time: Millis, id: MarketId) -> bool {
    let venue = facts::venue(state, id);
    venue.breakers.halt.is_some()
        && venue.waiting == 0
        && time >= venue.next_clearing
        && may_end(state, time, id)
}

/// What the auction came to: a price, if anything trades, and lots.
pub(crate) type Auction = (Option<PriceTicks>, SizeLots);

/// Whether the auction is good: its price is near the index, the nearer the fewer times it was put off, and what trades is
/// at least a tenth of what was traded in a minute of the last hour.
fn is_good(state: &State, id: MarketId, (price, volume): Auction) -> bool {
    let (now, market) = (state.chain.time, facts::market(state, id));
    let breakers = &facts::venue(state, id).breakers;
    let rounds = u32::from(breakers.halt.map_or(0, |halt| halt.rounds));
    let bound = Ppm(mark_bound(market).0 * (1 + rounds));
    price.is_none_or(|price| !has_jumped(market.index, price, bound))
        && 600 * u128::from(volume.0) >= breakers.last_hour(now).traded
}

/// The auction came to this, or to nothing that everybody could bear. Whether the market reopens with it; else it is put off,
/// and that is told.
pub(crate) fn conclude(
    state: &mut State,
    id: MarketId,
    auction: Option<Auction>,
    events: &mut Vec<Event>,
) -> bool {
    let now = state.chain.time;
    let is_fresh = oracle_state(facts::market(state, id), now) == OracleState::Fresh;
    let good = is_fresh && auction.is_some_and(|auction| is_good(state, id, auction));
    let venue = facts::venue_mut(state, id);
    let breakers = &mut venue.breakers;
    let Some(halt) = &mut breakers.halt else { return true };
    if good || !is_fresh || halt.rounds == MAX_CALL_ROUNDS {
        breakers.halt = None;
        if !good {
            breakers.thin_until = Millis(now.0.saturating_add(THIN_MS));
            breakers.causes = breakers.causes.with(Causes::THIN);
        }
        return true;
    }
    halt.rounds += 1;
    let (until, rounds) = (Millis(now.0.saturating_add(CALL_MS)), halt.rounds);
    venue.next_clearing = until;
    events.push(Event::AuctionPutOff { market: id, until, rounds });
    false
}
