//! A market settles: at its time, when it had no price for a day, or with its pool.

use alloc::vec::Vec;

use ballast_state::{Breakers, Market, Minute, Settlement, State, minutes_index};
use ballast_types::{
    Event, MarketId, Millis, OracleState, Ppm, PriceTicks, RejectCode, Rejection,
    limits::{ENDING_MS, SETTLEMENT_GRACE_MS, SETTLEMENT_MS},
};

use crate::{breakers, collateral, exchange::Exchange, facts};

/// Why a market settles.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    /// Its time came.
    Due(Millis),
    /// It had no price for a day.
    Gone,
    /// Its pool is resolved.
    Pool,
}

/// Whether `Settle` would be taken at `time`.
#[must_use]
pub fn can_settle(state: &State, time: Millis, market: MarketId) -> bool {
    check(state, time, market).is_ok()
}

/// # Errors
/// [`RejectCode::UnknownMarket`]; [`RejectCode::NothingDue`] when it settled, or is not to settle at `time`.
pub(crate) fn check(state: &State, time: Millis, market: MarketId) -> Result<(), Rejection> {
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    cause(state, time, market).map_or(Err(RejectCode::NothingDue.into()), |_| Ok(()))
}

/// Whether the market did not settle.
///
/// # Errors
/// [`RejectCode::MarketSettled`] with the market.
pub(crate) fn check_open(state: &State, market: MarketId) -> Result<(), Rejection> {
    match facts::market(state, market).settlement {
        None => Ok(()),
        Some(_) => Err(Rejection::new(RejectCode::MarketSettled, market.0, 0)),
    }
}

/// Whether the market's time comes so soon that its price is nearly known.
pub(crate) fn is_ending(market: &Market, time: Millis) -> bool {
    let at = market.params.settles_at;
    at != Millis(0) && time.0 >= at.0.saturating_sub(ENDING_MS)
}

/// Whether the market settled so short ago that who cannot pay may not be known yet.
#[must_use]
pub fn is_in_grace(market: &Market, time: Millis) -> bool {
    market.settlement.is_some() && time.since(market.mark_time) < SETTLEMENT_GRACE_MS
}

/// The market settles, if it is to.
///
/// # Errors
/// As [`check`].
pub(crate) fn settle(x: &mut Exchange, market: MarketId, events: &mut Vec<Event>) -> Result<(), Rejection> {
    if facts::has_market(&x.state, market) {
        x.enter_market(market)?;
    }
    check(&x.state, x.now(), market)?;
    if let Some(cause) = cause(&x.state, x.now(), market) {
        end(x, market, cause, events);
    }
    Ok(())
}

/// Whether what a report says of the market, which is loaded, is nothing to it any more: it settled, or its time came, and
/// then it settles now.
pub(crate) fn is_over(x: &mut Exchange, market: MarketId, events: &mut Vec<Event>) -> bool {
    if let Some(cause @ Cause::Due(_)) = cause(&x.state, x.now(), market) {
        end(x, market, cause, events);
    }
    facts::market(&x.state, market).settlement.is_some()
}

fn cause(state: &State, time: Millis, id: MarketId) -> Option<Cause> {
    let market = facts::market(state, id);
    let at = market.params.settles_at;
    if market.settlement.is_some() {
        None
    } else if at != Millis(0) && time >= at {
        Some(Cause::Due(at))
    } else {
        (market.index.is_valid() && time.since(market.mark_time) >= SETTLEMENT_MS).then_some(Cause::Gone)
    }
}

/// A market that has just got a fresh index has a sample of the running minute.
pub(crate) fn sample(state: &mut State, id: MarketId) {
    let minute = Minute::at(state.chain.time, facts::market(state, id).index);
    let venue = facts::venue_mut(state, id);
    let before = core::mem::replace(&mut venue.minute, minute);
    if before.number != minute.number {
        keep(state, id, before);
        collateral::minute_over(state, id);
    }
}

fn keep(state: &mut State, id: MarketId, minute: Minute) {
    if minute.index.is_valid() {
        let minutes = state.minutes.get_mut(minutes_index(id));
        minutes.expect("every market has its minutes (INV-69)").push(minute);
    }
}

/// The market, which is loaded with its venue, never trades again.
pub(super) fn end(x: &mut Exchange, id: MarketId, cause: Cause, events: &mut Vec<Event>) {
    let (now, price) = (x.now(), price(&mut x.state, id, cause));
    let market = facts::market_mut(&mut x.state, id);
    market.settlement = Some(Settlement { price, closed: 0 });
    if price.is_valid() {
        (market.mark, market.fresh_mark, market.mark_time) = (price, price, now);
    }
    market.oracle = OracleState::Fresh;
    market.initial_factor = Ppm::WHOLE;
    (market.maintenance, market.initial) = (Ppm(0), Ppm(0));
    (market.average, market.open_interest_margin) = (PriceTicks(0), Ppm(0));
    market.hour_average = PriceTicks(0);
    let venue = facts::venue_mut(&mut x.state, id);
    venue.breakers = Breakers { told: venue.breakers.told, ..Breakers::NEW };
    venue.capacity.agreed = None;
    (venue.batch_until, venue.next_clearing) = (Millis(0), Millis(0));
    (venue.pricing.jumped, venue.pricing.uncertain) = (None, None);
    events.push(Event::MarketSettled { market: id, price });
    breakers::tell(x, id, events);
}

/// What the market's positions are worth; 0 where it never had a price that was fresh.
fn price(state: &mut State, id: MarketId, cause: Cause) -> PriceTicks {
    let end = match cause {
        Cause::Due(at) => Some(at),
        Cause::Gone | Cause::Pool => None,
    };
    let running = core::mem::take(&mut facts::venue_mut(state, id).minute);
    state.minutes.load(minutes_index(id));
    keep(state, id, running);
    let minutes = state.minutes.get(minutes_index(id)).expect("every market has its minutes (INV-69)");
    let without = match cause {
        // Nobody who trades in it moves the median; the mark he does.
        Cause::Pool => facts::market(state, id).fresh_mark,
        Cause::Due(_) | Cause::Gone => PriceTicks::default(),
    };
    minutes.median(end).unwrap_or(without)
}
