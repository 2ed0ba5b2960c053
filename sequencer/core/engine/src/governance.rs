//! Parameters that move (protocol.md, Governance; risk.md 3.9): what L1 says is judged, waits for its notice, is judged once
//! more, and takes effect with a price report. What is refused changes nothing.

mod actions;
mod judge;

use alloc::vec::Vec;

use ballast_state::{PendingChange, State};
use ballast_types::{
    Event, GovernanceCall, MarketId, Millis, PoolId, RejectCode, Rejection, limits::MAX_PENDING_CHANGES,
};

use crate::{exchange::Exchange, facts, pacing, shortfall};
pub use actions::{ACTIONS, Action, Unit};
use actions::{Holder, amount};
use judge::{When, judge};

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
    let (action, current) = judge(state, call, When::Asked(now))?;
    let GovernanceCall { action: number, subject, value } = call;
    let waiting = state.pending().changes().len();
    if waiting >= MAX_PENDING_CHANGES && state.pending().of(number, subject).is_none() {
        return Err(Rejection::new(RejectCode::WithdrawalsFull, waiting as u64, MAX_PENDING_CHANGES as u64));
    }
    if value == current {
        state.pending_mut().remove(number, subject);
        return Ok(Millis(0));
    }
    let at = Millis(now.0.saturating_add(action.notice(current, value)));
    state.pending_mut().put(PendingChange { at, call });
    Ok(at)
}

/// What waited and is due takes effect, at a report that is taken and before its markets.
pub(crate) fn tick(x: &mut Exchange, events: &mut Vec<Event>) {
    while let Some(PendingChange { call, .. }) = x.state.pending().due(x.now()) {
        x.state.pending_mut().remove(call.action, call.subject);
        load(x, call);
        match judge(&x.state, call, When::Due) {
            Ok((action, _)) => take_effect(x, action, call, events),
            Err(rejection) => events.push(Event::GovernanceRefused(call, rejection)),
        }
    }
}

/// The parameter is the value, and what follows from that does.
fn take_effect(x: &mut Exchange, action: &Action, call: GovernanceCall, events: &mut Vec<Event>) {
    let (market, pool) = (MarketId(call.subject), PoolId(call.subject));
    events.push(Event::ParameterChanged(call));
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

/// Makes the market or pool readable that is asked about, if there is one.
fn load(x: &mut Exchange, call: GovernanceCall) {
    let GovernanceCall { action, subject, .. } = call;
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
