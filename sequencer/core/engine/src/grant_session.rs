//! A session key begins.

use alloc::vec::Vec;

use ballast_state::{NonceWindow, Session, State, Trader};
use ballast_types::{
    Address, Event, GrantSession, KeyNumber, Millis, RejectCode, Rejection,
    command::scope,
    limits::{MAX_ENDED_SESSIONS, MAX_SESSIONS},
};

use crate::{
    authority::{is_forgettable, is_live, session_place},
    exchange::Exchange,
    facts,
};

/// Lets the key trade for the account until its time. A session that the key already has is replaced, its
/// used nonces stay used: also when it had been revoked (see [`crate::authority`]).
pub(crate) fn grant_session(
    x: &mut Exchange,
    command: &GrantSession,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let now = x.now();
    check(&x.state, now, command)?;
    let &GrantSession { account, key, valid_until, scope, .. } = command;
    let trader = facts::trader_mut(&mut x.state, account);
    match session_place(trader, key) {
        Ok(place) => {
            let session = &mut trader.seldom.sessions[place];
            session.valid_until = valid_until;
            session.scope = scope;
        }
        Err(_) => {
            trader.seldom.sessions.retain(|session| !is_forgettable(session, now));
            trader.last_key = KeyNumber(trader.last_key.0.saturating_add(1));
            let number = trader.last_key;
            insert(trader, Session { key, number, valid_until, scope, nonces: NonceWindow::default() });
        }
    }
    events.push(Event::SessionGranted { account, key, valid_until, scope });
    Ok(())
}

/// Whether the session may begin at `time`; the account exists.
///
/// # Errors
/// [`RejectCode::InvalidScope`], [`RejectCode::InvalidSessionKey`], [`RejectCode::SessionExpired`] when it
/// would be over before it begins, [`RejectCode::TooManySessions`].
pub(crate) fn check(state: &State, time: Millis, command: &GrantSession) -> Result<(), Rejection> {
    if command.scope == 0 || command.scope & !scope::ALL != 0 {
        return Err(Rejection::new(RejectCode::InvalidScope, command.scope, scope::ALL));
    }
    if command.key == Address::ZERO || command.key == facts::account(state, command.account).owner {
        return Err(RejectCode::InvalidSessionKey.into());
    }
    if time > command.valid_until {
        return Err(Rejection::new(RejectCode::SessionExpired, time.0, command.valid_until.0));
    }
    check_room(facts::trader(state, command.account), time, command.key)
}

/// At most [`MAX_SESSIONS`] keys are live. Besides, up to [`MAX_ENDED_SESSIONS`] ended ones are remembered
/// for the nonces that they used; they are not forgotten early to make room.
fn check_room(trader: &Trader, time: Millis, key: Address) -> Result<(), Rejection> {
    let others = || trader.seldom.sessions.iter().filter(|session| session.key != key);
    let live = others().filter(|session| is_live(session, time)).count();
    let kept = others().filter(|session| !is_forgettable(session, time)).count();
    if live >= MAX_SESSIONS {
        return Err(Rejection::new(RejectCode::TooManySessions, live as i128 + 1, MAX_SESSIONS as i128));
    }
    let most = MAX_SESSIONS + MAX_ENDED_SESSIONS;
    if kept >= most {
        return Err(Rejection::new(RejectCode::TooManySessions, kept as i128 + 1, most as i128));
    }
    Ok(())
}

fn insert(trader: &mut Trader, session: Session) {
    let place = session_place(trader, session.key).expect_err("the key has no session");
    trader.seldom.sessions.insert(place, session);
    assert!(trader.seldom.sessions.len() <= MAX_SESSIONS + MAX_ENDED_SESSIONS, "room was checked");
}
