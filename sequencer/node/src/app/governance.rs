//! What governance may move, what of it waits, and who signs.

use crate::wire::{GovernanceView, Integer, ParameterView, PendingChangeView, SignersView, action_name};
use ballast_engine::governance::{ACTIONS, Action, is_of_signer, owner};
use ballast_state::{PendingChange, State};
use ballast_types::{Address, GovernanceCall, MarketId, Millis};

/// As it is at `now`.
pub(super) fn governance_view(state: &State, now: Millis) -> GovernanceView {
    GovernanceView {
        seq: state.chain.seq.0,
        time: now.0,
        pending: state.pending().changes().iter().map(|change| pending_view(state, change)).collect(),
        parameters: ACTIONS.iter().flat_map(|action| parameter_views(state, action, now)).collect(),
        signers: SignersView {
            publishers: state.publishers().to_vec(),
            guardian: Some(state.guardian()).filter(|guardian| *guardian != Address::ZERO),
            replaced_at: state.signers().map(|signers| signers.replaced_at.0),
        },
    }
}

fn pending_view(state: &State, change: &PendingChange) -> PendingChangeView {
    let GovernanceCall { action, subject, value } = change.call;
    PendingChangeView {
        action,
        name: action_name(action),
        subject,
        value: Integer(value),
        signer: is_of_signer(action).then(|| owner(state, value)).flatten(),
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
