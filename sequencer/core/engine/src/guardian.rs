//! The guardian moves a market towards safety (risk.md 6.1).

use alloc::vec::Vec;

use ballast_auth::Authorized;
use ballast_state::State;
use ballast_types::{
    Address, Causes, Event, GuardianCommand, MarketMode, Millis, RejectCode, Rejection, Restrict,
    limits::{MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_RESTRICTED_AHEAD_MS},
};

use crate::{
    breakers::{self, halt},
    exchange::Exchange,
    facts, settlement,
};

/// Whether the guardian may say this at `time`.
///
/// # Errors
/// In this order: [`RejectCode::UnknownGuardian`]; of its time [`RejectCode::ReportFromFuture`],
/// [`RejectCode::ReportTooOld`]; [`RejectCode::UnknownMarket`], [`RejectCode::MarketSettled`], [`RejectCode::InvalidOption`] (mode), [`RejectCode::InvalidTime`] (until, the latest that may
/// be).
pub(crate) fn check(
    state: &State,
    time: Millis,
    command: &Authorized<GuardianCommand>,
) -> Result<(), Rejection> {
    let guardian = state.guardian();
    if guardian == Address::ZERO || command.signer() != guardian {
        return Err(RejectCode::UnknownGuardian.into());
    }
    check_time(state, time, command.get().time())?;
    let GuardianCommand::Restrict(Restrict { market, mode, until, .. }) = *command.get();
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    settlement::check_open(state, market)?;
    if matches!(mode, MarketMode::Normal | MarketMode::Settled) {
        return Err(Rejection::new(RejectCode::InvalidOption, mode as u8, 0));
    }
    let latest = time.0.saturating_add(MAX_RESTRICTED_AHEAD_MS);
    if until.0 > latest {
        return Err(Rejection::new(RejectCode::InvalidTime, until.0, latest));
    }
    Ok(())
}

/// What was said is as fresh as a price report must be, and later than what was said before: none is taken twice, nor
/// after a later one.
fn check_time(state: &State, now: Millis, said: Millis) -> Result<(), Rejection> {
    let latest = now.0.saturating_add(MAX_REPORT_LEAD_MS);
    if said.0 > latest {
        return Err(Rejection::new(RejectCode::ReportFromFuture, said.0, latest));
    }
    let (earliest, last) = (now.0.saturating_sub(MAX_REPORT_AGE_MS), state.chain.guardian_time.0);
    if said.0 < earliest {
        return Err(Rejection::new(RejectCode::ReportTooOld, said.0, earliest));
    }
    if said.0 <= last {
        return Err(Rejection::new(RejectCode::ReportTooOld, said.0, last));
    }
    Ok(())
}

/// Carries out what the guardian says. What the market's parameters or its breakers say holds all the same when the time is
/// over, and where orders still wait it matches in batches until they were cleared.
pub(crate) fn guardian(
    x: &mut Exchange,
    command: &Authorized<GuardianCommand>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let GuardianCommand::Restrict(Restrict { market, .. }) = *command.get();
    if facts::has_market(&x.state, market) {
        x.enter_market(market)?;
    }
    check(&x.state, x.now(), command)?;
    x.state.chain.guardian_time = command.get().time();
    let GuardianCommand::Restrict(restrict) = *command.get();
    let Restrict { market, mode, until, .. } = restrict;
    let venue = facts::venue_mut(&mut x.state, market);
    match mode {
        MarketMode::Normal | MarketMode::Batches | MarketMode::Settled => venue.batch_until = until,
        MarketMode::ReduceOnly => venue.breakers.reduce_until = until,
        MarketMode::Halt => halt::begin(&mut x.state, market, Causes::GUARDIAN, until),
    }
    events.push(Event::Restricted(restrict));
    breakers::tell(x, market, events);
    Ok(())
}

#[cfg(test)]
mod tests;
