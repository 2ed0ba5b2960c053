//! What a market's price is good for now (risk.md 2.3): what its publishers said last, and how long ago that was.

use ballast_state::{Market, State};
use ballast_types::{
    MarketId, Millis, OracleState, RejectCode, Rejection,
    limits::{INVALID_MARK_AGE_MS, MAX_MARK_AGE_MS},
};

use crate::{facts, settlement::is_in_grace};

/// What the price of a market is good for at `time`. Between two reports time alone makes it stale and then invalid; at
/// which it settled is fresh for ever.
#[must_use]
pub fn oracle_state(market: &Market, time: Millis) -> OracleState {
    if market.settlement.is_some() {
        return OracleState::Fresh;
    }
    let age = time.since(market.mark_time);
    if is_gone(market, time) {
        OracleState::Invalid
    } else if age > MAX_MARK_AGE_MS {
        market.oracle.max(OracleState::Stale)
    } else {
        market.oracle
    }
}

/// Whether its price is too old for anything: older than [`INVALID_MARK_AGE_MS`].
pub(crate) const fn is_gone(market: &Market, time: Millis) -> bool {
    time.since(market.mark_time) > INVALID_MARK_AGE_MS
}

/// Whether what cannot be undone may follow the price of a market, which was entered: that of a conditional order, or of
/// a clearing. There was a fresh one, it is neither stale nor invalid, it has not just jumped, and it did not come back less
/// than a minute ago after an outage (risk.md 6.5).
pub fn is_believed(state: &State, time: Millis, id: MarketId) -> bool {
    let market = facts::market(state, id);
    market.fresh_mark.is_valid()
        && oracle_state(market, time) <= OracleState::Uncertain
        && facts::venue(state, id).pricing.jumped.is_none()
        && is_warm(state, time, id)
}

/// Whether the publishers agree on a price that is believed: what is forced on somebody may happen at it.
pub(crate) fn is_sure(state: &State, time: Millis, id: MarketId) -> bool {
    oracle_state(facts::market(state, id), time) == OracleState::Fresh && is_believed(state, time, id)
}

/// Whether a price that came back after an outage has been there for a minute (risk.md 6.5).
fn is_warm(state: &State, time: Millis, id: MarketId) -> bool {
    time >= facts::venue(state, id).breakers.warm_until
}

/// Whether somebody with a position in the market, or who wants one, may take more risk, or where the order would
/// `only_shrinks` a position, less.
///
/// # Errors
/// [`RejectCode::InvalidOracle`] with the market; [`RejectCode::StalePrice`] with the age of the mark and its bound.
pub(crate) fn check_order(state: &State, id: MarketId, only_shrinks: bool) -> Result<(), Rejection> {
    match oracle_state(facts::market(state, id), state.chain.time) {
        OracleState::Invalid => Err(invalid(id)),
        OracleState::Stale if !only_shrinks => Err(stale(state, id)),
        _ => Ok(()),
    }
}

/// Whether what a position in the market is worth is known so well that money may leave, and where it settled, whether those
/// who cannot pay were given the time to be named.
///
/// # Errors
/// [`RejectCode::InvalidOracle`] and [`RejectCode::UncertainOracle`] with the market; [`RejectCode::StalePrice`] with the
/// age of the mark and its bound.
pub(crate) fn check_withdrawal(state: &State, id: MarketId) -> Result<(), Rejection> {
    let (market, now) = (facts::market(state, id), state.chain.time);
    match oracle_state(market, now) {
        OracleState::Fresh if is_warm(state, now, id) && !is_in_grace(market, now) => Ok(()),
        OracleState::Fresh | OracleState::Uncertain => {
            Err(Rejection::new(RejectCode::UncertainOracle, id.0, 0))
        }
        OracleState::Stale => Err(stale(state, id)),
        OracleState::Invalid => Err(invalid(id)),
    }
}

fn invalid(id: MarketId) -> Rejection {
    Rejection::new(RejectCode::InvalidOracle, id.0, 0)
}

fn stale(state: &State, id: MarketId) -> Rejection {
    let age = state.chain.time.since(facts::market(state, id).mark_time);
    Rejection::new(RejectCode::StalePrice, age, MAX_MARK_AGE_MS)
}
