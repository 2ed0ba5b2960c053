//! What governance asked for and waits, and whom it made sign.

use alloc::format;

use ballast_state::State;
use ballast_types::{Address, GovernanceCall, limits::MAX_PENDING_CHANGES};

use super::{Violation, ensure};
use crate::{
    exchange::Exchange,
    governance::{Action, is_of_signer, owner, signer},
};

/// INV-77: of what governance asked for at most 64 changes wait, in the order in which they take effect, of an action and a
/// subject one; each is of an action that there is and a market, a paced pool or a signer's place that exists, to another
/// value than now.
pub(super) fn check_pending(x: &Exchange) -> Result<(), Violation> {
    let pending = x.state.pending();
    let changes = pending.changes();
    ensure(pending.is_sound() && changes.len() <= MAX_PENDING_CHANGES, 77, || format!("{changes:?}"))?;
    for change in changes {
        let moves = if is_of_signer(change.call.action) {
            replaces(&x.state, change.call)
        } else {
            moves(&x.state, change.call)
        };
        ensure(moves, 77, || format!("{change:?}"))?;
    }
    Ok(())
}

fn moves(state: &State, GovernanceCall { action, subject, value }: GovernanceCall) -> bool {
    Action::of(action).is_some_and(|action| {
        subject < action.subjects(state)
            && action.current(state, subject).is_some_and(|current| current != value)
    })
}

fn replaces(state: &State, GovernanceCall { action, subject, value }: GovernanceCall) -> bool {
    let (current, next) = (signer(state, action, subject), owner(state, value));
    current.is_some() && next.is_some() && current != next
}

/// INV-100: as many publishers sign as genesis has places, nobody for two of them; none was replaced later than now.
pub(super) fn check_signers(x: &Exchange) -> Result<(), Violation> {
    let publishers = x.state.publishers();
    let is_one = |(place, publisher): (usize, &Address)| !publishers[..place].contains(publisher);
    let is_sound = publishers.len() == x.state.genesis.publishers.len()
        && publishers.iter().enumerate().all(is_one)
        && !publishers.contains(&Address::ZERO)
        && x.state.signers().is_none_or(|signers| signers.replaced_at <= x.state.chain.time);
    ensure(is_sound, 100, || format!("{:?}", x.state.signers()))
}
