//! Session keys (protocol, "Sessions", "Tombstones").

use ballast_types::{
    Address, Event, GrantSession, KeyNumber, RejectCode, RevokeSession,
    command::scope,
    limits::{MAX_COMMAND_LIFE_MS, MAX_ENDED_SESSIONS, MAX_SESSIONS},
};

use crate::{
    account::{Nonces, Session},
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
};

impl Exchange {
    pub(crate) fn grant_session(&mut self, command: &GrantSession) -> Answer {
        let GrantSession { account: id, key, valid_until, scope: bits, .. } = *command;
        let now = self.time;
        let account = self.account_mut(id);
        if bits == 0 || bits & !scope::ALL != 0 {
            return refuse(RejectCode::InvalidScope, bits, scope::ALL);
        }
        if key == Address::ZERO || key == account.owner {
            return refuse_plainly(RejectCode::InvalidSessionKey);
        }
        if now > valid_until {
            return refuse(RejectCode::SessionExpired, now.0, valid_until.0);
        }
        let is_live = |session: &Session| session.scope != 0 && now <= session.valid_until;
        let others_live = account.sessions.iter().filter(|(other, it)| **other != key && is_live(it)).count();
        if others_live >= MAX_SESSIONS {
            return refuse(RejectCode::TooManySessions, others_live as u64 + 1, MAX_SESSIONS as u64);
        }
        if let Some(session) = account.sessions.get_mut(&key) {
            session.valid_until = valid_until;
            session.scope = bits;
        } else {
            account.sessions.retain(|_, it| {
                i128::from(now.0) <= i128::from(it.valid_until.0) + i128::from(MAX_COMMAND_LIFE_MS)
            });
            let most = MAX_SESSIONS + MAX_ENDED_SESSIONS;
            if account.sessions.len() >= most {
                return refuse(RejectCode::TooManySessions, account.sessions.len() as u64 + 1, most as u64);
            }
            account.sessions_begun += 1;
            let number = KeyNumber(account.sessions_begun);
            let session = Session { number, valid_until, scope: bits, nonces: Nonces::default() };
            account.sessions.insert(key, session);
        }
        Ok(vec![Event::SessionGranted { account: id, key, valid_until, scope: bits }])
    }

    pub(crate) fn revoke_session(&mut self, command: &RevokeSession) -> Answer {
        let RevokeSession { account: id, key, .. } = *command;
        let now = self.time;
        let account = self.account_mut(id);
        match account.sessions.get_mut(&key) {
            Some(session) if session.scope != 0 && session.nonces.is_untouched() => {
                account.sessions.remove(&key);
            }
            Some(session) if session.scope != 0 => {
                session.scope = 0;
                session.valid_until = session.valid_until.min(now);
            }
            _ => return refuse_plainly(RejectCode::UnknownSession),
        }
        Ok(vec![Event::SessionRevoked { account: id, key }])
    }
}
