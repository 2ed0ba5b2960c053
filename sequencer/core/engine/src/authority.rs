//! Who may say what, until when, and only once. Shared by admission ([`precheck`](crate::precheck())) and
//! [`apply`](crate::apply()), so that the two cannot differ.
//!
//! # Why no signed command takes effect twice (INV-41)
//! A nonce is used up in the window of its key, and a window never forgets a use: behind it everything is
//! refused. The owner's window lives as long as the account. A session key's window outlives the session: it
//! is dropped only when the session has been over for longer than [`MAX_COMMAND_LIFE_MS`], and by then every
//! command that it took has expired, because a command expires at most that long after it is taken. A key
//! that is granted again before then keeps its window.

use ballast_state::{Session, State, Trader};
use ballast_types::{
    AccountId, Address, KeyNumber, Millis, Operation, RejectCode, Rejection, UserCommand, command::scope,
    limits::MAX_COMMAND_LIFE_MS,
};

use crate::facts;

/// Which key of the account speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The owner's: may do everything.
    Owner,
    /// The session's at this place of the trader's list.
    Session(usize),
}

/// Whether `signer` may say `command` at `time`, and by which key of the account.
///
/// # Errors
/// In this order: [`RejectCode::UnknownAccount`], [`RejectCode::UnknownSigner`],
/// [`RejectCode::SessionExpired`], [`RejectCode::OutOfScope`], [`RejectCode::Expired`],
/// [`RejectCode::ExpiryTooFar`], and the nonce's codes.
pub(crate) fn check(
    state: &State,
    time: Millis,
    command: &UserCommand,
    signer: Address,
) -> Result<Key, Rejection> {
    let account = command.account();
    if !facts::has_account(state, account) {
        return Err(Rejection::new(RejectCode::UnknownAccount, account.0, state.chain.accounts));
    }
    let trader = facts::trader(state, account);
    let key = find_key(state, account, signer)?;
    if let Key::Session(place) = key {
        check_session(&trader.seldom.sessions[place], time, command)?;
    }
    check_expiry(time, command.expires())?;
    match key {
        Key::Owner => trader.nonces.check(command.nonce())?,
        Key::Session(place) => trader.seldom.sessions[place].nonces.check(command.nonce())?,
    }
    Ok(key)
}

/// Whether the account takes what is signed for it: it does not exit.
///
/// # Errors
/// [`RejectCode::AccountExiting`] with the account.
pub(crate) fn check_stays(state: &State, account: AccountId) -> Result<(), Rejection> {
    if facts::trader(state, account).seldom.exit.is_some() {
        return Err(Rejection::new(RejectCode::AccountExiting, account.0, 0));
    }
    Ok(())
}

/// Uses up the nonce of a command that [`check`] let pass.
pub(crate) fn use_nonce(state: &mut State, command: &UserCommand, key: Key) {
    let trader = facts::trader_mut(state, command.account());
    match key {
        Key::Owner => trader.nonces.use_(command.nonce()),
        Key::Session(place) => trader.seldom.sessions[place].nonces.use_(command.nonce()),
    }
}

/// Number of the key of a command that [`check`] let pass.
pub(crate) fn number_of(state: &State, account: AccountId, key: Key) -> KeyNumber {
    match key {
        Key::Owner => KeyNumber(0),
        Key::Session(place) => facts::trader(state, account).seldom.sessions[place].number,
    }
}

/// Number of the account's key with this address, that of an ended session included while it is remembered.
///
/// # Errors
/// [`RejectCode::UnknownSession`]
pub(crate) fn key_number(
    state: &State,
    account: AccountId,
    address: Address,
) -> Result<KeyNumber, Rejection> {
    if facts::account(state, account).owner == address {
        return Ok(KeyNumber(0));
    }
    let trader = facts::trader(state, account);
    match session_place(trader, address) {
        Ok(place) => Ok(trader.seldom.sessions[place].number),
        Err(_) => Err(RejectCode::UnknownSession.into()),
    }
}

/// The place of a key among the account's sessions, or where it would be.
pub(crate) fn session_place(trader: &Trader, key: Address) -> Result<usize, usize> {
    trader.seldom.sessions.binary_search_by_key(&key, |session| session.key)
}

/// Whether a session was revoked: its entry then only keeps the window of its nonces.
pub(crate) const fn is_revoked(session: &Session) -> bool {
    session.scope == 0
}

/// Whether the key of a session may speak at `time`.
pub(crate) fn is_live(session: &Session, time: Millis) -> bool {
    !is_revoked(session) && time <= session.valid_until
}

/// Whether every command that the session's key ever used up has expired by `time`, so that its window may
/// be dropped.
pub(crate) const fn is_forgettable(session: &Session, time: Millis) -> bool {
    time.0 > session.valid_until.0.saturating_add(MAX_COMMAND_LIFE_MS)
}

fn find_key(state: &State, account: AccountId, signer: Address) -> Result<Key, Rejection> {
    if facts::account(state, account).owner == signer {
        return Ok(Key::Owner);
    }
    let trader = facts::trader(state, account);
    match session_place(trader, signer) {
        Ok(place) if !is_revoked(&trader.seldom.sessions[place]) => Ok(Key::Session(place)),
        _ => Err(RejectCode::UnknownSigner.into()),
    }
}

/// A session key must still be valid, and be entitled to every step of the command: a signature over steps
/// that its key may not take is refused whole.
fn check_session(session: &Session, time: Millis, command: &UserCommand) -> Result<(), Rejection> {
    if time > session.valid_until {
        return Err(Rejection::new(RejectCode::SessionExpired, time.0, session.valid_until.0));
    }
    let entitled = match command {
        UserCommand::Operations(command) => {
            command.operations.iter().all(|step| session.scope & needed_scope(step) == needed_scope(step))
        }
        UserCommand::RevokeSession(command) => command.key == session.key,
        UserCommand::GrantSession(_) | UserCommand::Withdraw(_) | UserCommand::Transfer(_) => false,
    };
    if entitled { Ok(()) } else { Err(RejectCode::OutOfScope.into()) }
}

const fn needed_scope(step: &Operation) -> u8 {
    match step {
        Operation::Place { .. }
        | Operation::Replace { .. }
        | Operation::PlaceConditional { .. }
        | Operation::SetLeverage { .. } => scope::TRADE,
        Operation::Cancel { .. }
        | Operation::CancelClient { .. }
        | Operation::CancelAll(_)
        | Operation::CancelConditional { .. } => scope::CANCEL,
        // What cancels at a time can also be put off, which a key that may only cancel is not to do.
        Operation::ScheduleCancel { .. } => scope::ALL,
    }
}

fn check_expiry(time: Millis, expires: Millis) -> Result<(), Rejection> {
    if time > expires {
        return Err(Rejection::new(RejectCode::Expired, time.0, expires.0));
    }
    let latest = time.0.saturating_add(MAX_COMMAND_LIFE_MS);
    if expires.0 > latest {
        return Err(Rejection::new(RejectCode::ExpiryTooFar, expires.0, latest));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
