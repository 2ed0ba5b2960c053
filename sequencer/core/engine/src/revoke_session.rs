//! A session key ends.

use alloc::vec::Vec;

use ballast_state::{NonceWindow, State};
use ballast_types::{Event, RejectCode, Rejection, RevokeSession};

use crate::{
    authority::{is_revoked, session_place},
    exchange::Exchange,
    facts,
};

/// Ends a session at once. A key that used nonces stays listed without any right, so that a later grant does
/// not make them usable again (see [`crate::authority`]).
pub(crate) fn revoke_session(
    x: &mut Exchange,
    command: &RevokeSession,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &RevokeSession { account, key, .. } = command;
    let place = check(&x.state, command)?;
    let now = x.now();
    let trader = facts::trader_mut(&mut x.state, account);
    let session = &mut trader.seldom.sessions[place];
    if session.nonces == NonceWindow::default() {
        trader.seldom.sessions.remove(place);
    } else {
        session.scope = 0;
        session.valid_until = session.valid_until.min(now);
    }
    events.push(Event::SessionRevoked { account, key });
    Ok(())
}

/// The place of the session that would end; the account exists.
///
/// # Errors
/// [`RejectCode::UnknownSession`] when the key has none, or it was revoked before.
pub(crate) fn check(state: &State, command: &RevokeSession) -> Result<usize, Rejection> {
    let trader = facts::trader(state, command.account);
    match session_place(trader, command.key) {
        Ok(place) if !is_revoked(&trader.seldom.sessions[place]) => Ok(place),
        _ => Err(RejectCode::UnknownSession.into()),
    }
}
