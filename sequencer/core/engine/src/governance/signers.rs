//! Who signs for prices, and who is the guardian: governance replaces one key at a time, by an account that the new one owns
//! (protocol.md, Governance; risk.md 3.9).

use ballast_state::State;
use ballast_types::{AccountId, Address, GovernanceCall, RejectCode, Rejection, limits::SIGNER_PAUSE_MS};

use crate::facts;

/// Number of the action that replaces a publisher; its subject is his place.
pub const PUBLISHER: u8 = 11;
/// Number of the action that replaces the guardian; its subject is 0.
pub const GUARDIAN: u8 = 12;
/// The actions that replace signers, by number, and their names.
pub static SIGNERS: [(u8, &str); 2] = [(PUBLISHER, "publisher"), (GUARDIAN, "guardian")];

/// Whether an action replaces a signer.
#[must_use]
pub fn is_of_signer(action: u8) -> bool {
    SIGNERS.iter().any(|(number, _)| *number == action)
}

/// Who signs at a place now, if there is such a place; the guardian may be zero.
#[must_use]
pub fn signer(state: &State, action: u8, place: u16) -> Option<Address> {
    match action {
        PUBLISHER => state.publishers().get(usize::from(place)).copied(),
        GUARDIAN => (place == 0).then(|| state.guardian()),
        _ => None,
    }
}

/// Who owns the account that a value names, if it is there and somebody's.
#[must_use]
pub fn owner(state: &State, value: u64) -> Option<Address> {
    let owner = account(state, value).map(|id| facts::account(state, id).owner);
    owner.filter(|owner| *owner != Address::ZERO)
}

/// The account that a value names, if there is one.
pub(super) fn account(state: &State, value: u64) -> Option<AccountId> {
    u32::try_from(value).ok().map(AccountId).filter(|id| facts::has_account(state, *id))
}

/// Whether somebody else would sign than does, of a call that replaces a signer; the account is loaded if it exists.
///
/// # Errors
/// In this order: [`RejectCode::UnknownPublisher`] or [`RejectCode::UnknownGuardian`] with the place and how many there are;
/// [`RejectCode::UnknownAccount`]; [`RejectCode::OutOfBounds`] with the value and the place that its owner signs for.
pub(super) fn judge(state: &State, call: GovernanceCall) -> Result<bool, Rejection> {
    let GovernanceCall { action, subject, value } = call;
    let current = signer(state, action, subject).ok_or_else(|| {
        let places = state.publishers().len() as u64;
        match action {
            PUBLISHER => Rejection::new(RejectCode::UnknownPublisher, subject, places),
            _ => Rejection::new(RejectCode::UnknownGuardian, subject, 1),
        }
    })?;
    let owner = owner(state, value)
        .ok_or_else(|| Rejection::new(RejectCode::UnknownAccount, value, state.chain.accounts))?;
    let elsewhere = state.publishers().iter().position(|publisher| *publisher == owner);
    match elsewhere.filter(|elsewhere| action == PUBLISHER && *elsewhere != usize::from(subject)) {
        Some(elsewhere) => Err(Rejection::new(RejectCode::OutOfBounds, value, elsewhere as u64)),
        None => Ok(owner != current),
    }
}

/// Whether enough time has passed since a signer was replaced.
pub(super) fn may_replace(state: &State) -> bool {
    state.signers().is_none_or(|signers| state.chain.time.since(signers.replaced_at) >= SIGNER_PAUSE_MS)
}

/// From now on the owner of the account signs, of a call that was judged.
pub(super) fn replace(state: &mut State, call: GovernanceCall) {
    let owner = owner(state, call.value).expect("the account was judged to be somebody's");
    let now = state.chain.time;
    let signers = state.signers_mut();
    signers.replaced_at = now;
    if call.action == PUBLISHER {
        signers.publishers[usize::from(call.subject)] = owner;
    } else {
        signers.guardian = owner;
    }
}
