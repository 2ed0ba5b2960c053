//! What governance may move, and what of it waits.

use crate::wire::{GovernanceView, Integer, ParameterView, PendingChangeView, action_name};
use ballast_engine::governance::{ACTIONS, Action};
use ballast_state::{PendingChange, State};
use ballast_types::{MarketId, Millis};

/// As it is at `now`.
pub(super) fn governance_view(state: &State, now: Millis) -> GovernanceView {
    GovernanceView {
        seq: state.chain.seq.0,
        time: now.0,
        pending: state.pending().changes().iter().map(pending_view).collect(),
        parameters: ACTIONS.iter().flat_map(|action| parameter_views(state, action, now)).collect(),
    }
}

fn pending_view(change: &PendingChange) -> PendingChangeView {
    PendingChangeView {
        action: change.call.action,
        name: action_name(change.call.action),
        subject: change.call.subject,
        value: Integer(change.call.value),
        at: change.at.0,
    }
}

/// The parameter of each market that did not settle, or pool that is paced, as far as it may move at all.
fn parameter_views(state: &State, action: &Action, now: Millis) -> Vec<ParameterView> {
    let is_of_pool = action.is_of_pool();
    let is_open = |subject: &u16| is_of_pool || is_open(state, MarketId(*subject));
    let view = |subject| {
        let [least, most] = action.bounds(state, subject, now)?;
        Some(ParameterView {
            action: action.number,
            name: action.name.into(),
            of: if is_of_pool { "pool" } else { "market" }.into(),
            subject,
            value: Integer(action.current(state, subject)?),
            least: Integer(least),
            most: Integer(most),
        })
    };
    (0..action.subjects(state)).filter(is_open).filter_map(view).collect()
}

fn is_open(state: &State, market: MarketId) -> bool {
    state.markets.get(u32::from(market.0)).is_some_and(|market| market.settlement.is_none())
}
