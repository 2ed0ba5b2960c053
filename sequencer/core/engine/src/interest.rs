//! How much open interest a market may have, and how much of it one account (risk.md 3.8, and OI of 6.3).
//!
//! The limit binds fills, not orders: what closes goes on, and so does what takes over from those who close.

use ballast_state::State;
use ballast_types::{
    Causes, Lots, MarketClass, MarketId, Millis, Quote, RejectCode, Rejection, Side, SizeLots, limits::PPM,
};

use crate::{facts, standing::Standing};

/// A market of class C may have at most so many times the fund of its pool (risk.md 3.8 d).
const FUNDS: i128 = 10;

/// Most lots that the open interest may be raised to now; none without a limit. The market was entered.
#[must_use]
pub fn limit(state: &State, time: Millis, id: MarketId) -> Option<u128> {
    let (market, venue) = (facts::market(state, id), facts::venue(state, id));
    let growth = market.params.open_interest_growth;
    let grown = (growth > Quote::ZERO)
        .then(|| 2 * u128::from(venue.interest.past(time).0) + lots_of(state, id, growth.0.into()));
    let frozen = venue.breakers.causes.any_of(Causes::FEEDBACK).then(|| venue.open_interest.0.into());
    [cap(state, id), grown, frozen].into_iter().flatten().min()
}

/// Most lots that one account may hold, its open orders with it; none without a cap. The market was entered.
#[must_use]
pub fn limit_of_account(state: &State, id: MarketId) -> Option<u128> {
    let share = facts::market(state, id).params.class.position_share();
    // A cap has at most 2^60 lots.
    cap(state, id).map(|cap| cap * u128::from(share.0) / PPM.unsigned_abs() as u128)
}

/// What the parameters say, in lots.
fn cap(state: &State, id: MarketId) -> Option<u128> {
    let market = facts::market(state, id);
    let own = i128::from(market.params.open_interest_cap.0);
    let cap = match market.params.class {
        MarketClass::A | MarketClass::B => own,
        MarketClass::C => own.min(FUNDS * i128::from(facts::pool(state, market.pool).fund.0)),
    };
    (own > 0).then(|| lots_of(state, id, cap))
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

/// Whether the open interest may become `after`: it is no more than the limit, or than it is now.
pub(crate) fn may_become(state: &State, id: MarketId, after: SizeLots) -> bool {
    after <= facts::venue(state, id).open_interest
        || limit(state, state.chain.time, id).is_none_or(|limit| u128::from(after.0) <= limit)
}

/// Whether an account may have the position that its open orders could make after an order.
///
/// # Errors
/// [`RejectCode::OpenInterestLimited`] with its lots and the limit.
pub(crate) fn check_account(
    state: &State,
    id: MarketId,
    before: &Standing,
    after: &Standing,
    reduce_only: bool,
) -> Result<(), Rejection> {
    let (was, lots) = (before.reach().lots(), after.reach().lots());
    match limit_of_account(state, id) {
        Some(limit) if !reduce_only && lots > was && lots.unsigned_abs() > limit => {
            Err(Rejection::new(RejectCode::OpenInterestLimited, lots, limit.cast_signed()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
