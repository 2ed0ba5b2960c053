//! Circuit breakers: what a market's index, book, liquidations and fund make of it at each tick (risk.md 6.1 to 6.5).
//!
//! Whether a market is [halted](halt), and what else asks for a mode, is a fact that changes at ticks, so that a mode never
//! depends on when somebody looks. Only what the guardian says ends with its time.

pub(crate) mod halt;
mod watch;

use alloc::vec::Vec;

use ballast_state::{State, Told};
use ballast_types::{
    Causes, Event, MarketId, MarketMode, Millis, OracleState, Ppm, PriceTicks, RejectCode, Rejection,
    SizeLots,
    limits::{DISLOCATED_HALT_MS, QUOTELESS_MS, WARM_UP_MS},
};

use crate::{exchange::Exchange, facts, lag, oracle::oracle_state, peg, settlement::is_ending};

/// What a breaker for the velocity, and the settlement lag, multiplies initial margin with, and what one for feedback.
const RAISED: [Ppm; 2] = [Ppm(1_250_000), Ppm(1_500_000)];

/// What does not let a market match in batches.
const QUIET: Causes = REDUCING.with(Causes::LAG).with(Causes::WEAK);

/// What lets positions only shrink.
const REDUCING: Causes = Causes::FUND.with(Causes::STALLED).with(Causes::ENDING).with(Causes::BROKEN);

/// The best prices of a market's own book. Orders that wait for a clearing are no part of it.
#[derive(Clone, Copy)]
pub(crate) struct Top {
    pub(crate) bid: Option<PriceTicks>,
    pub(crate) ask: Option<PriceTicks>,
}

/// The mode of a market at `time`, and why. Not told by it: that its price is uncertain, that its parameters say so, or
/// that orders wait, for which it matches in batches too.
#[must_use]
pub fn mode_of(state: &State, time: Millis, id: MarketId) -> (MarketMode, Causes) {
    let venue = facts::venue(state, id);
    let breakers = &venue.breakers;
    let said = time < venue.batch_until || time < breakers.reduce_until;
    let causes = breakers.causes.with(Causes::GUARDIAN.when(said));
    let mode = if facts::market(state, id).settlement.is_some() {
        return (MarketMode::Settled, Causes::NONE);
    } else if breakers.halt.is_some() {
        MarketMode::Halt
    } else if reduces(state, time, id) {
        MarketMode::ReduceOnly
    } else if causes.0 & !QUIET.0 == 0 {
        MarketMode::Normal
    } else {
        MarketMode::Batches
    };
    (mode, causes.with(breakers.halt.map_or(Causes::NONE, |halt| halt.causes)))
}

/// Whether orders may only shrink positions, by the fund's breaker, the settlement lag, the peg, the end that is near
/// or the guardian's word.
pub(crate) fn reduces(state: &State, time: Millis, id: MarketId) -> bool {
    let breakers = &facts::venue(state, id).breakers;
    breakers.causes.any_of(REDUCING) || time < breakers.reduce_until
}

/// Whether a breaker, a halt or the guardian lets the market match in batches.
pub(crate) fn asks_for_batches(state: &State, time: Millis, id: MarketId) -> bool {
    let venue = facts::venue(state, id);
    let breakers = &venue.breakers;
    breakers.halt.is_some() || time < venue.batch_until || breakers.causes.0 & !QUIET.0 != 0
}

/// Whether the market takes an order, which where it `only_shrinks` a position may be more.
///
/// # Errors
/// [`RejectCode::MarketHalted`] with the market and from when on it takes orders; [`RejectCode::MarketReduceOnly`] with
/// the market.
pub(crate) fn check_order(state: &State, id: MarketId, only_shrinks: bool) -> Result<(), Rejection> {
    let now = state.chain.time;
    if let Some(halt) = facts::venue(state, id).breakers.halt {
        // A market that is stale is cleared by nobody.
        let is_stale = oracle_state(facts::market(state, id), now) > OracleState::Uncertain;
        if now < halt.calls_from || is_stale {
            return Err(Rejection::new(RejectCode::MarketHalted, id.0, halt.calls_from.0));
        }
    }
    if !only_shrinks && reduces(state, now, id) {
        return Err(Rejection::new(RejectCode::MarketReduceOnly, id.0, 0));
    }
    Ok(())
}

/// Looks at a market that has just got an index; its book's `top` is as the mark saw it. `was_gone`: before this tick it
/// had a mark that was invalid for its age.
pub(crate) fn tick(x: &mut Exchange, id: MarketId, top: Top, was_gone: bool, events: &mut Vec<Event>) {
    let now = x.now();
    let is_watched = facts::market(&x.state, id).params.circuit_breakers;
    if is_watched && was_gone {
        let warm_until = Millis(now.0.saturating_add(WARM_UP_MS));
        facts::venue_mut(&mut x.state, id).breakers.warm_until = warm_until;
        halt::begin(&mut x.state, id, Causes::OUTAGE, warm_until);
    }
    watch::keep_index(&mut x.state, id);
    let venue = facts::venue_mut(&mut x.state, id);
    venue.interest.keep(now, venue.open_interest);
    let mut causes = watch::fund(&mut x.state, id);
    if is_watched {
        causes = causes.with(watch::velocity(&mut x.state, id)).with(watch::feedback(&mut x.state, id));
        if facts::venue(&x.state, id).breakers.halt.is_none() {
            causes = causes.with(watch::book(&mut x.state, id, top));
            halt_for_book(&mut x.state, id);
        }
    }
    let ends = is_ending(facts::market(&x.state, id), now);
    causes = causes.with(lag::causes(&x.state)).with(peg::causes(&x.state)).with(Causes::ENDING.when(ends));
    let breakers = &mut facts::venue_mut(&mut x.state, id).breakers;
    causes = causes.with(Causes::THIN.when(now < breakers.thin_until));
    breakers.causes = causes;
    let raised = raised(causes).max(x.state.chain.peg.factor());
    facts::market_mut(&mut x.state, id).initial_factor = raised;
    if halt::ends_without_orders(&x.state, now, id) {
        halt::conclude(&mut x.state, id, Some((None, SizeLots::ZERO)), events);
    }
    tell(x, id, events);
}

/// Halts a market whose book went away from the index, or away.
fn halt_for_book(state: &mut State, id: MarketId) {
    let (now, breakers) = (state.chain.time, facts::venue(state, id).breakers);
    let is_dislocated = breakers.outside.is_some_and(|since| now.since(since) >= DISLOCATED_HALT_MS);
    let is_quoteless = breakers.quoted != Millis(0) && now.since(breakers.quoted) > QUOTELESS_MS;
    let causes = Causes::DISLOCATION.when(is_dislocated).with(Causes::QUOTES.when(is_quoteless));
    if causes != Causes::NONE {
        halt::begin(state, id, causes, now);
    }
}

/// What these causes multiply initial margin with; what the peg does is another thing.
const fn raised(causes: Causes) -> Ppm {
    let [fast, forced] = RAISED;
    if causes.any_of(Causes::FEEDBACK) {
        forced
    } else if causes.any_of(Causes::VELOCITY.with(Causes::LAG)) {
        fast
    } else {
        Ppm::WHOLE
    }
}

/// Tells the market's mode where it is not what was told last.
pub(crate) fn tell(x: &mut Exchange, id: MarketId, events: &mut Vec<Event>) {
    let (mode, causes) = mode_of(&x.state, x.now(), id);
    let initial_factor = facts::market(&x.state, id).initial_factor;
    let breakers = &mut facts::venue_mut(&mut x.state, id).breakers;
    let calls_from = breakers.halt.map_or(Millis(0), |halt| halt.calls_from);
    let told = Told { mode, causes, initial_factor, calls_from };
    if breakers.told != told {
        breakers.told = told;
        events.push(Event::ModeChanged { market: id, mode, causes, initial_factor, calls_from });
    }
}

#[cfg(test)]
mod tests;
