//! Who signs in the test exchange, before and after every input.

use alloc::vec::Vec;

use ballast_state::PendingChange;
use ballast_types::{
    AccountId, Address, Event, Millis, Outcome,
    limits::{SIGNER_NOTICE_MS, SIGNER_PAUSE_MS},
};

use crate::{
    Exchange, facts,
    governance::{GUARDIAN, is_of_signer},
};

/// The publishers by place, then the guardian, when one was replaced last, and what waited.
pub(super) struct Signers {
    keys: Vec<Address>,
    replaced_at: Option<Millis>,
    waiting: Vec<PendingChange>,
}

pub(super) fn signers(x: &Exchange) -> Signers {
    let mut keys = x.state.publishers().to_vec();
    keys.push(x.state.guardian());
    let replaced_at = x.state.signers().map(|signers| signers.replaced_at);
    Signers { keys, replaced_at, waiting: x.state.pending().changes().to_vec() }
}

/// INV-100: a signer is replaced by `ParameterChanged` alone, of what waited and is due, and at most one in 24 hours; who is
/// to be waits for seven days.
pub(super) fn check(x: &Exchange, before: &Signers, outcome: &Outcome) {
    let (after, now) = (signers(x), x.state.chain.time);
    for event in &outcome.events {
        if let Event::ChangeScheduled(call, at) = event
            && is_of_signer(call.action)
        {
            assert!(at.0 == 0 || at.0 == now.0 + SIGNER_NOTICE_MS, "INV-100: {outcome:?}");
        }
    }
    let replaced = outcome.events.iter().filter_map(|event| match event {
        Event::ParameterChanged(call) if is_of_signer(call.action) => Some(*call),
        _ => None,
    });
    let replaced: Vec<_> = replaced.collect();
    let [call] = replaced.as_slice() else {
        assert!(replaced.is_empty(), "INV-100: several at once: {outcome:?}");
        assert_eq!((after.keys, after.replaced_at), (before.keys.clone(), before.replaced_at), "INV-100");
        return;
    };
    let waited = before.waiting.iter().any(|change| change.call == *call && change.at <= now);
    assert!(waited, "INV-100: {outcome:?}");
    let pause = before.replaced_at.map_or(SIGNER_PAUSE_MS, |last| now.since(last));
    assert!(pause >= SIGNER_PAUSE_MS, "INV-100: {outcome:?}");
    assert_eq!(after.replaced_at, Some(now), "INV-100: {outcome:?}");
    let place = if call.action == GUARDIAN { before.keys.len() - 1 } else { usize::from(call.subject) };
    let id = AccountId(u32::try_from(call.value).expect("INV-100: there is such an account"));
    let mut keys = before.keys.clone();
    keys[place] = facts::account(&x.state, id).owner;
    assert_eq!(after.keys, keys, "INV-100: {outcome:?}");
}
