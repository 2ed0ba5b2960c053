//! Parameters that move, and signers that are replaced (protocol.md, Governance; risk.md 3.9): what L1 says is judged, waits
//! for its notice, is judged once more, and takes effect with a price report. What is refused changes nothing.

mod actions;
mod judge;
mod signers;

use alloc::vec::Vec;

use ballast_state::{PendingChange, State, account_index};
use ballast_types::{
    Event, GovernanceCall, MarketId, Millis, PoolId, RejectCode, Rejection, limits::MAX_PENDING_CHANGES,
};

use crate::{exchange::Exchange, facts, pacing, shortfall};
pub use actions::{ACTIONS, Action, Unit};
use actions::{Holder, amount};
use judge::{When, judge};
pub use signers::{GUARDIAN, PUBLISHER, SIGNERS, is_of_signer, owner, signer};

/// The name of a parameter that governance may move, or of who signs that it may replace, by the number of the action.
#[must_use]
pub fn action_name(number: u8) -> Option<&'static str> {
    names().find(|(known, _)| *known == number).map(|(_, name)| name)
}

/// Every action by its number, and its name.
pub fn names() -> impl Iterator<Item = (u8, &'static str)> {
    ACTIONS.iter().map(|action| (action.number, action.name)).chain(SIGNERS)
}

/// Governance said something on L1, which the inbox handed over.
pub(crate) fn take(x: &mut Exchange, call: GovernanceCall, events: &mut Vec<Event>) {
    load(x, call);
    events.push(match schedule(&mut x.state, call) {
        Ok(at) => Event::ChangeScheduled(call, at),
        Err(rejection) => Event::GovernanceRefused(call, rejection),
    });
}

/// What is asked for waits from now on, or what waited is taken back; when it takes effect, 0 for never.
fn schedule(state: &mut State, call: GovernanceCall) -> Result<Millis, Rejection> {
    let now = state.chain.time;
    let notice = judge(state, call, When::Asked(now))?;
    let waiting = state.pending().changes().len();
    if waiting >= MAX_PENDING_CHANGES && state.pending().of(call.action, call.subject).is_none() {
        return Err(Rejection::new(RejectCode::WithdrawalsFull, waiting as u64, MAX_PENDING_CHANGES as u64));
    }
    let Some(notice) = notice else {
        state.pending_mut().remove(call.action, call.subject);
        return Ok(Millis(0));
    };
    let at = Millis(now.0.saturating_add(notice));
    state.pending_mut().put(PendingChange { at, call });
    Ok(at)
}

/// What waited and is due takes effect, at a report that is taken and before its markets.
pub(crate) fn tick(x: &mut Exchange, events: &mut Vec<Event>) {
    while let Some(call) = due(&x.state) {
        x.state.pending_mut().remove(call.action, call.subject);
        load(x, call);
        match judge(&x.state, call, When::Due) {
            Ok(_) => take_effect(x, call, events),
            Err(rejection) => events.push(Event::GovernanceRefused(call, rejection)),
        }
    }
}

/// What takes effect next, if anything is due: signers wait until enough time has passed since one was replaced.
fn due(state: &State) -> Option<GovernanceCall> {
    let may_replace = signers::may_replace(state);
    let mut due = state.pending().due(state.chain.time);
    due.find(|change| may_replace || !is_of_signer(change.call.action)).map(|change| change.call)
}

/// The parameter is the value, and what follows from that does; or the owner of an account signs.
fn take_effect(x: &mut Exchange, call: GovernanceCall, events: &mut Vec<Event>) {
    events.push(Event::ParameterChanged(call));
    if is_of_signer(call.action) {
        return signers::replace(&mut x.state, call);
    }
    let action = Action::of(call.action).expect("there is such an action, for it was judged");
    let (market, pool) = (MarketId(call.subject), PoolId(call.subject));
    match action.holder {
        Holder::Market { set, .. } => {
            let params = &mut facts::market_mut(&mut x.state, market).params;
            let floors = shortfall::floors(params);
            set(params, call.value);
            if shortfall::floors(params) != floors {
                shortfall::floors_moved(&mut x.state, market, events);
            }
        }
        Holder::End => facts::market_mut(&mut x.state, market).params.settles_at = Millis(call.value),
        Holder::Pool { set, .. } => {
            pacing::keep_one(x, pool);
            let pace = facts::pool_mut(&mut x.state, pool).pacing.pace.as_mut();
            set(pace.expect("a pool whose pace moves is paced"), call.value);
        }
        Holder::Target => facts::pool_mut(&mut x.state, pool).protection.target = amount(call.value),
    }
}

/// Makes the market, pool or account readable that is asked about, if there is one.
fn load(x: &mut Exchange, call: GovernanceCall) {
    let GovernanceCall { action, subject, value } = call;
    if is_of_signer(action) {
        if let Some(id) = signers::account(&x.state, value) {
            x.state.accounts.load(account_index(id));
        }
        return;
    }
    let Some(action) = Action::of(action).filter(|action| subject < action.subjects(&x.state)) else {
        return;
    };
    if action.is_of_pool() {
        x.load_pool(PoolId(subject));
    } else {
        x.state.markets.load(subject.into());
        x.state.venues.load(subject.into());
    }
}

#[cfg(test)]
mod tests;
