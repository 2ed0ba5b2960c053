//! Whether what governance asks for lies within the engine's own bounds, which neither a key nor a contract passes.

use ballast_state::State;
use ballast_types::{
    GovernanceCall, MarketId, Millis, RejectCode, Rejection,
    limits::{MINUTE_MS, SETTLEMENT_NOTICE_MS, SIGNER_NOTICE_MS},
};

use super::{actions::Action, signers};
use crate::settlement;

/// When it is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// When L1 says it, at this time.
    Asked(Millis),
    /// When it is to take effect.
    Due,
}

/// How long what was asked for waits, in ms, or none where it is so already; its market, pool or account is loaded if it exists.
///
/// # Errors
/// In this order: [`RejectCode::UnknownAction`]; [`RejectCode::UnknownMarket`] or [`RejectCode::UnknownPool`], also of a pool
/// that is not paced; [`RejectCode::MarketSettled`]; [`RejectCode::OutOfBounds`] with the value and the bound. Of signers
/// those of [`signers::judge`].
pub(super) fn judge(state: &State, call: GovernanceCall, when: When) -> Result<Option<u64>, Rejection> {
    if signers::is_of_signer(call.action) {
        return Ok(signers::judge(state, call)?.then_some(SIGNER_NOTICE_MS));
    }
    let action =
        Action::of(call.action).ok_or_else(|| Rejection::new(RejectCode::UnknownAction, call.action, 0))?;
    let current = subject(state, action, call.subject)?;
    if !action.is_of_pool() {
        settlement::check_open(state, MarketId(call.subject))?;
    }
    match action.range(state, call.subject) {
        Some(range) => {
            within(call.value, range)?;
            step(current, call.value)?;
        }
        None => end(current, call.value, when)?,
    }
    Ok((call.value != current).then(|| action.notice(current, call.value)))
}

/// What the parameter is, of a market or a paced pool that exists.
fn subject(state: &State, action: &Action, subject: u16) -> Result<u64, Rejection> {
    let count = action.subjects(state);
    let current = if subject < count { action.current(state, subject) } else { None };
    current.ok_or_else(|| {
        let code = if action.is_of_pool() { RejectCode::UnknownPool } else { RejectCode::UnknownMarket };
        Rejection::new(code, subject, count)
    })
}

/// What was announced stays, and an end is announced in time.
fn end(current: u64, value: u64, when: When) -> Result<(), Rejection> {
    if current != 0 {
        return Err(out_of_bounds(value, current));
    }
    if !value.is_multiple_of(MINUTE_MS) {
        return Err(out_of_bounds(value, MINUTE_MS));
    }
    match when {
        When::Asked(now) if value < earliest_end(now).0 => Err(out_of_bounds(value, earliest_end(now).0)),
        _ => Ok(()),
    }
}

/// The earliest at which a market may settle whose end is announced at `now`.
pub(super) const fn earliest_end(now: Millis) -> Millis {
    Millis(now.0.saturating_add(SETTLEMENT_NOTICE_MS))
}

fn within(value: u64, [least, most]: [u64; 2]) -> Result<(), Rejection> {
    if value < least {
        return Err(out_of_bounds(value, least));
    }
    if value > most { Err(out_of_bounds(value, most)) } else { Ok(()) }
}

/// No more than twice and no less than half of what there is, if there is anything.
fn step(current: u64, value: u64) -> Result<(), Rejection> {
    if current == 0 {
        return Ok(());
    }
    within(value, [current.div_ceil(2), current.saturating_mul(2)])
}

fn out_of_bounds(value: u64, bound: u64) -> Rejection {
    Rejection::new(RejectCode::OutOfBounds, value, bound)
}
