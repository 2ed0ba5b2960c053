//! What a market's price is good for now (risk.md 2.3): what its publishers said last, and how long ago that was.

use ballast_state::{Market, State, Venue};
use ballast_types::{
    MarketId, Millis, OracleState, RejectCode, Rejection,
    limits::{INVALID_MARK_AGE_MS, MAX_MARK_AGE_MS},
};

use crate::facts;

/// What the price of a market is good for at `time`. Between two reports time alone makes it stale and then invalid.
#[must_use]
pub fn oracle_state(market: &Market, venue: &Venue, time: Millis) -> OracleState {
    let age = time.since(market.mark_time);
    if age > INVALID_MARK_AGE_MS {
        OracleState::Invalid
    } else if age > MAX_MARK_AGE_MS {
        venue.pricing.state.max(OracleState::Stale)
    } else {
        venue.pricing.state
    }
}

/// Whether the price of a market, which was entered, is good enough at `time` to trade on: there is one, and it is
/// neither stale nor invalid.
pub(crate) fn may_trade(state: &State, time: Millis, id: MarketId) -> bool {
    let market = facts::market(state, id);
    market.mark.is_valid() && oracle_state(market, facts::venue(state, id), time) <= OracleState::Uncertain
}

/// Whether the market, which was entered and has a price, takes an order that would only shrink a position, or one that
/// would not.
///
/// # Errors
/// [`RejectCode::InvalidOracle`] with the dispersion, or the age of the mark, and its bound;
/// [`RejectCode::StalePrice`] with the age of the mark and its bound.
pub(crate) fn check(state: &State, id: MarketId, only_shrinks: bool) -> Result<(), Rejection> {
    let (market, venue, now) = (facts::market(state, id), facts::venue(state, id), state.chain.time);
    match oracle_state(market, venue, now) {
        OracleState::Invalid if venue.pricing.state == OracleState::Invalid => {
            let bound = market.params.class.tolerance().invalid.0;
            Err(Rejection::new(RejectCode::InvalidOracle, venue.pricing.dispersion, bound))
        }
        OracleState::Invalid => {
            let age = now.since(market.mark_time);
            Err(Rejection::new(RejectCode::InvalidOracle, age, INVALID_MARK_AGE_MS))
        }
        OracleState::Stale if !only_shrinks => Err(stale(market, now)),
        _ => Ok(()),
    }
}

/// Whether the mark is so young that what a position is worth is known.
///
/// # Errors
/// [`RejectCode::StalePrice`] with the age of the mark and its bound.
pub(crate) fn check_mark(market: &Market, now: Millis) -> Result<(), Rejection> {
    if now.since(market.mark_time) > MAX_MARK_AGE_MS { Err(stale(market, now)) } else { Ok(()) }
}

fn stale(market: &Market, now: Millis) -> Rejection {
    Rejection::new(RejectCode::StalePrice, now.since(market.mark_time), MAX_MARK_AGE_MS)
}
