//! What each breaker looks at (risk.md 6.3).

use ballast_risk::price::{basis_sample, has_jumped, is_outside};
use ballast_state::State;
use ballast_types::{
    Causes, Lots, MarketId, Millis, Ppm, PriceTicks,
    limits::{BREAKER_HOLD_MS, DISLOCATED_MS, FUND_DAY_MS},
};

use super::Top;
use crate::{facts, fund, pricing::mark_bound};

/// Keeps the index, unless it has jumped and that is not believed yet.
pub(super) fn keep_index(state: &mut State, id: MarketId) {
    let (now, index) = (state.chain.time, facts::market(state, id).index);
    let venue = facts::venue_mut(state, id);
    if venue.pricing.jumped.is_none() {
        venue.breakers.note_index(now, index);
    }
}

/// CB2: how far the index moved in a minute, and in an hour.
pub(super) fn velocity(state: &mut State, id: MarketId) -> Causes {
    let (now, bounds) = (state.chain.time, facts::market(state, id).params.class.velocity());
    let breakers = &mut facts::venue_mut(state, id).breakers;
    let windows =
        [(breakers.last_minute(now).range, bounds.minute), (breakers.last_hour(now).range, bounds.hour)];
    let moved = |part: u32| {
        let beyond = |(range, bound): (Option<(PriceTicks, PriceTicks)>, Ppm)| {
            range.is_some_and(|(low, high)| has_jumped(low, high, Ppm(bound.0 / part)))
        };
        windows.into_iter().any(beyond)
    };
    breakers.fast = held(breakers.fast, now, moved(1), moved(2));
    Causes::VELOCITY.when(breakers.fast.is_some())
}

/// CB4: how much of what is traded in a minute is forced.
pub(super) fn feedback(state: &mut State, id: MarketId) -> Causes {
    let (now, market) = (state.chain.time, facts::market(state, id));
    let large = market.params.class.liquidation().large;
    let lot_value = market.params.value(market.mark, Lots(1));
    let breakers = &mut facts::venue_mut(state, id).breakers;
    let seen = breakers.last_minute(now);
    // At most five spans of 2^64 lots, each at most 2^70 u.
    let forced = seen.forced.min(u128::from(u64::MAX));
    let weighs = i128::try_from(forced).is_ok_and(|forced| forced.saturating_mul(lot_value) >= large);
    let above = |tenths: u128| weighs && 10 * seen.forced > tenths * seen.traded;
    breakers.forced = held(breakers.forced, now, above(4), above(2));
    Causes::FEEDBACK.when(breakers.forced.is_some())
}

/// A breaker that trips, and holds until a minute after it was last above half: when that was, while it holds.
fn held(last: Option<Millis>, now: Millis, trips: bool, above_half: bool) -> Option<Millis> {
    if trips || (last.is_some() && above_half) {
        return Some(now);
    }
    last.filter(|at| now.since(*at) < BREAKER_HOLD_MS)
}

/// CB5: whether the fund has paid nearly all that it may: for the market in a day, or for all of its pool. That holds until the
/// fund is full again, for a day at most after it last was so.
pub(super) fn fund(state: &mut State, id: MarketId) -> Causes {
    let (now, pool) = (state.chain.time, facts::market(state, id).pool);
    let (full, spent) =
        (fund::is_full(state, pool), fund::is_spent_on(state, id) || fund::is_spent(state, pool));
    let breakers = &mut facts::venue_mut(state, id).breakers;
    let last = if spent { Some(now) } else { breakers.spent };
    breakers.spent = last.filter(|at| !full && now.since(*at) < FUND_DAY_MS);
    Causes::FUND.when(breakers.spent.is_some())
}

/// CB1 and CB6: where the book stands, and since when. Those of a book away from the index for some seconds.
pub(super) fn book(state: &mut State, id: MarketId, top: Top) -> Causes {
    let (now, market) = (state.chain.time, facts::market(state, id));
    let (index, bound) = (market.index, mark_bound(market));
    let venue = facts::venue_mut(state, id);
    let (waits, breakers) = (venue.waiting > 0, &mut venue.breakers);
    // Whoever quotes anew for each clearing has nothing that rests.
    let is_quoted = breakers.quoted != Millis(0) && waits;
    if is_quoted || basis_sample(index, top.bid, top.ask, bound).is_some() {
        breakers.quoted = now;
    }
    // A book that was never near the index has not gone away from it.
    let outside = breakers.quoted != Millis(0)
        && top.bid.zip(top.ask).is_some_and(|(bid, ask)| is_outside(index, bid, ask, bound));
    breakers.outside = outside.then(|| breakers.outside.unwrap_or(now));
    Causes::DISLOCATION.when(breakers.outside.is_some_and(|since| now.since(since) >= DISLOCATED_MS))
}
