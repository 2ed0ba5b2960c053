//! How much open interest a market may have, how much of it one account (risk.md 3.8, and OI of 6.3), and what it asks of
//! initial margin (risk.md 3.3).
//!
//! The limit binds fills, not orders: what closes goes on, and so does what takes over from those who close.

use alloc::vec::Vec;

use ballast_state::{Market, State, Venue};
use ballast_types::{
    Causes, Event, Lots, MarketClass, MarketId, MarketParams, Millis, Ppm, Quote, RejectCode, Rejection,
    Side, SizeLots, limits::PPM,
};

use crate::{capacity, facts, standing::Standing};

/// A market of class C may have at most so many times the fund of its pool (risk.md 3.8 d).
const FUNDS: i128 = 10;
/// What a capacity is told in, in u.
const U_PER_USDC: i128 = 1_000_000;
/// Causes that let open interest grow no more, also where a market's parameters limit nothing.
const FREEZING: Causes = Causes::FEEDBACK.with(Causes::LAG);

/// Most lots that the open interest may be raised to now; none without a limit. The market was entered.
#[must_use]
pub fn limit(state: &State, time: Millis, id: MarketId) -> Option<u128> {
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let growth = market.params.open_interest_growth;
    let is_frozen = is_untold(market, venue) || venue.breakers.causes.any_of(FREEZING);
    // Most markets, and each order asks.
    if !is_limited(&market.params) && !is_frozen {
        return None;
    }
    let grown = (growth > Quote::ZERO)
        .then(|| 2 * u128::from(venue.interest.past(time).0) + lots_of(state, id, growth.0.into()));
    let frozen = is_frozen.then(|| venue.open_interest.0.into());
    [cap(state, id), grown, frozen].into_iter().flatten().min()
}

/// Most lots that one account may hold, its open orders with it: its part of the cap, or of what is open where that is more, so that
/// others can take over from those who close; none without a cap. The market was entered.
#[must_use]
pub fn limit_of_account(state: &State, id: MarketId) -> Option<u128> {
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let share = market.params.class.position_share();
    let open = u128::from(venue.open_interest.0);
    let cap = if is_untold(market, venue) { Some(0) } else { cap(state, id) };
    // A cap is ten times a fund at most, and so below 2^64 lots.
    cap.map(|cap| cap.max(open) * u128::from(share.0) / PPM.unsigned_abs() as u128)
}

/// Whether the market goes by what is traded elsewhere, and fewer than the quorum told it.
const fn is_untold(market: &Market, venue: &Venue) -> bool {
    market.params.capacity && venue.capacity.agreed.is_none()
}

/// Whether the parameters limit the open interest.
fn is_limited(params: &MarketParams) -> bool {
    params.open_interest_cap > Quote::ZERO || params.open_interest_growth > Quote::ZERO || params.capacity
}

/// What the parameters, what is traded elsewhere, and where either says anything a fund that is to bear it, say together, in lots.
fn cap(state: &State, id: MarketId) -> Option<u128> {
    let market = facts::market(state, id);
    if !is_limited(&market.params) {
        return None;
    }
    let own = Some(i128::from(market.params.open_interest_cap.0)).filter(|own| *own > 0);
    let borne = (market.params.class == MarketClass::C)
        .then(|| FUNDS * i128::from(facts::pool(state, market.pool).fund.0));
    let told = facts::venue(state, id).capacity.agreed.map(|usdc| i128::from(usdc) * U_PER_USDC);
    own.into_iter().chain(told).chain(borne).min().map(|cap| lots_of(state, id, cap))
}

/// Whole lots that are worth at most `amount` u at the mark.
fn lots_of(state: &State, id: MarketId, amount: i128) -> u128 {
    let market = facts::market(state, id);
    (amount / market.params.value(market.mark, Lots(1)).max(1)).unsigned_abs()
}

/// By how many lots a fill of `size` raises the open interest: the taker, which held `taker` lots, is of `side`, and the
/// maker holds `maker` lots after it.
pub(crate) fn raise(taker: Lots, maker: Lots, side: Side, size: SizeLots) -> i128 {
    let traded = i128::from(side.signed(size).0);
    let (taker, maker) = (i128::from(taker.0), i128::from(maker.0));
    (taker + traded).max(0) - taker.max(0) + maker.max(0) - (maker + traded).max(0)
}

/// By how many lots the open interest may be raised, where it would become `after` and may not: that is more than the
/// limit, and than it is now.
pub(crate) fn room_for(state: &State, id: MarketId, after: SizeLots) -> Option<u128> {
    let now = facts::venue(state, id).open_interest;
    if after <= now {
        return None;
    }
    let limit = limit(state, state.chain.time, id).filter(|limit| u128::from(after.0) > *limit)?;
    Some(limit.saturating_sub(now.0.into()))
}

/// Whether an account may have what its position and its open orders could come to after an order, its
/// [span](Standing::span); the facts are still those before it, with the orders that give way.
///
/// # Errors
/// [`RejectCode::OpenInterestLimited`] with the span and the limit.
pub(crate) fn check_account(state: &State, id: MarketId, after: &Standing) -> Result<(), Rejection> {
    let Some(limit) = limit_of_account(state, id) else { return Ok(()) };
    let span = after.span();
    if span <= limit || span <= Standing::of(state, after.account, id).span() {
        return Ok(());
    }
    // It is a part of less than 2^68 lots.
    Err(Rejection::new(RejectCode::OpenInterestLimited, span.cast_signed(), limit.cast_signed()))
}

/// Looks at what is traded elsewhere, and at what the open interest of a market that has just got an index asks of initial margin.
/// That falls as it rises: what stayed when the crowd had gone would be a margin that anybody could raise for all, by trading with
/// himself for a moment.
pub(crate) fn tick(state: &mut State, id: MarketId, events: &mut Vec<Event>) {
    capacity::tick(state, id);
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let worth = i128::from(venue.open_interest.0) * market.params.value(market.mark, Lots(1));
    let margin = market.params.open_interest_margin(worth).unwrap_or(Ppm(0));
    if margin != market.open_interest_margin {
        facts::market_mut(state, id).open_interest_margin = margin;
        events.push(Event::OpenInterestMargin { market: id, margin });
    }
}

#[cfg(test)]
mod tests;
