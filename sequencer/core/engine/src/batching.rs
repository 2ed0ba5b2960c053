//! How a market matches: continuously, or in batches that are cleared at one price.

use ballast_state::State;
use ballast_types::{
    MarketId, Millis, OracleState,
    limits::{CALL_MS, UNCERTAIN_BATCHING_MS},
};

use crate::{
    breakers::{self, halt},
    facts,
    oracle::oracle_state,
    place_order::Placement,
};

/// Whether a market matches in batches at `time`; not one that does not exist.
#[must_use]
pub fn matches_in_batches(state: &State, time: Millis, market: MarketId) -> bool {
    let waiting = state.venues.get(u32::from(market.0)).map(|venue| venue.waiting);
    waiting.is_some_and(|waiting| {
        may_clear(state, time, market) && (by_itself(state, time, market) || waiting > 0)
    })
}

/// Whether its price lets the market be cleared at all. While it does not, what only shrinks positions must not wait.
fn may_clear(state: &State, time: Millis, market: MarketId) -> bool {
    oracle_state(facts::market(state, market), time) <= OracleState::Uncertain
}

/// Whether its parameters, its mode or the guardian say so, or because its price is uncertain or just was (risk.md 2.3).
fn by_itself(state: &State, time: Millis, id: MarketId) -> bool {
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let is_unsure = |at| time.since(at) < UNCERTAIN_BATCHING_MS;
    market.params.batch_interval > 0
        || breakers::asks_for_batches(state, time, id)
        || oracle_state(market, time) == OracleState::Uncertain
        || venue.pricing.uncertain.is_some_and(is_unsure)
}

/// Whether orders of `market` wait for a clearing now: by its parameters or its mode, because its price is
/// uncertain, or because others still wait. An order that another replaces is gone before.
pub(crate) fn is_on(state: &State, ask: &Placement) -> bool {
    let now = state.chain.time;
    may_clear(state, now, ask.market) && (by_itself(state, now, ask.market) || others(state, ask) > 0)
}

/// Orders that wait, but for the one that this one replaces.
pub(crate) fn others(state: &State, ask: &Placement) -> u32 {
    let given_up = ask.instead_of.is_some_and(|old| old.waits.is_some());
    facts::venue(state, ask.market).waiting - u32::from(given_up)
}

/// Where an order is the first to wait, the next clearing is an interval away: nobody is cleared alone because he came
/// first after a pause. The auction that ends a halt has called long enough: nobody puts it off by coming late.
pub(crate) fn open_batch(state: &mut State, ask: &Placement) {
    let (now, venue) = (state.chain.time, facts::venue(state, ask.market));
    if others(state, ask) == 0 && venue.next_clearing <= now && !halt::is_on(state, ask.market) {
        put_off(state, ask.market);
    }
}

/// The next clearing is an interval away, or later; the auction that ends a halt, the time for which it calls.
pub(crate) fn put_off(state: &mut State, market: MarketId) {
    let interval = if halt::is_on(state, market) {
        CALL_MS
    } else {
        facts::market(state, market).params.clearing_interval().into()
    };
    let next = Millis(state.chain.time.0.saturating_add(interval));
    let venue = facts::venue_mut(state, market);
    venue.next_clearing = venue.next_clearing.max(next);
}
