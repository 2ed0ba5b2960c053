//! What owners ask for is rehearsed before it is applied (INV-59): the answer must be the same, and nothing stay.

use alloc::vec::Vec;

use ballast_risk::Summary;
use ballast_types::{Event, Input, Outcome, Source, Status, UserCommand};

use super::signed_by;
use crate::{Exchange, facts, margin::summary_of, rehearse};

/// What a rehearsal said: its events, and how the account stands after it.
type Rehearsed = (Vec<Event>, Summary);

/// Rehearses what is order entry in the owner's name.
pub(super) fn rehearsed(x: &mut Exchange, input: &Input) -> Option<Rehearsed> {
    let Source::User { command: UserCommand::Operations(command), signature } = &input.source else {
        return None;
    };
    let chain = x.state.chain.clone();
    let look = |x: &Exchange| summary_of(&x.state, command.account);
    let rehearsed = rehearse(x, input.time, command, look).ok();
    assert_eq!(x.state.chain, chain, "INV-59");
    // Orders tell which key signed them.
    let is_owner = || *signature == signed_by(facts::account(&x.state, command.account).owner);
    rehearsed.filter(|_| is_owner())
}

pub(super) fn check(x: &Exchange, rehearsed: Option<Rehearsed>, input: &Input, outcome: &Outcome) {
    let Some((events, summary)) = rehearsed else { return };
    let Source::User { command, .. } = &input.source else { unreachable!("only order entry is rehearsed") };
    if outcome.status == Status::Accepted {
        assert_eq!(events, outcome.events, "INV-59: {input:?}");
        assert_eq!(summary, summary_of(&x.state, command.account()), "INV-59: {input:?}");
    }
}
