//! Who may say what (protocol, "Authority"), in the order in which it is judged.

use ballast_types::{
    AccountId, Address, KeyNumber, Operation, RejectCode, Rejection, UserCommand,
    command::scope,
    limits::{MAX_COMMAND_LIFE_MS, MAX_NONCE_JUMP, NONCE_WINDOW},
};

use crate::{
    account::Nonces,
    exchange::Exchange,
    numbers::{refuse, refuse_plainly},
};

impl Exchange {
    /// Judges a command, uses its nonce, and gives the number of the key that signed.
    pub(crate) fn authorize(
        &mut self,
        signer: Address,
        command: &UserCommand,
    ) -> Result<KeyNumber, Rejection> {
        let id = command.account();
        if id.0 as usize >= self.accounts.len() {
            return refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64);
        }
        let key = self.key_of(id, signer)?;
        if signer != self.account(id).owner {
            self.check_session(id, signer, command)?;
        }
        let (now, expires) = (self.time.0, command.expires().0);
        if now > expires {
            return refuse(RejectCode::Expired, now, expires);
        }
        let latest = i128::from(now) + i128::from(MAX_COMMAND_LIFE_MS);
        if i128::from(expires) > latest {
            return refuse(RejectCode::ExpiryTooFar, expires, latest);
        }
        let account = self.account_mut(id);
        let nonces = match account.sessions.get_mut(&signer) {
            Some(session) => &mut session.nonces,
            None => &mut account.nonces,
        };
        nonces.take(command.nonce().0)?;
        Ok(key)
    }

    /// The number of the owner's key, or of a session's that was not revoked.
    fn key_of(&self, id: AccountId, signer: Address) -> Result<KeyNumber, Rejection> {
        let account = self.account(id);
        if signer == account.owner {
            return Ok(KeyNumber(0));
        }
        match account.sessions.get(&signer) {
            Some(session) if session.scope != 0 => Ok(session.number),
            _ => refuse_plainly(RejectCode::UnknownSigner),
        }
    }

    fn check_session(&self, id: AccountId, signer: Address, command: &UserCommand) -> Result<(), Rejection> {
        let session = &self.account(id).sessions[&signer];
        if self.time > session.valid_until {
            return refuse(RejectCode::SessionExpired, self.time.0, session.valid_until.0);
        }
        let may = match command {
            UserCommand::Operations(command) => command.operations.iter().all(|step| {
                let needed = match step {
                    Operation::Place { .. }
                    | Operation::Replace { .. }
                    | Operation::PlaceConditional { .. }
                    | Operation::SetLeverage { .. } => scope::TRADE,
                    Operation::Cancel { .. }
                    | Operation::CancelClient { .. }
                    | Operation::CancelAll(_)
                    | Operation::CancelConditional { .. } => scope::CANCEL,
                    Operation::ScheduleCancel { .. } => scope::ALL,
                };
                session.scope & needed == needed
            }),
            UserCommand::RevokeSession(command) => command.key == signer,
            UserCommand::GrantSession(_) | UserCommand::Withdraw(_) | UserCommand::Transfer(_) => false,
        };
        if may { Ok(()) } else { refuse_plainly(RejectCode::OutOfScope) }
    }
}

impl Nonces {
    /// Whether one was ever used.
    pub(crate) fn is_untouched(&self) -> bool {
        self.used.is_empty()
    }

    /// Uses a nonce that is free.
    fn take(&mut self, nonce: u64) -> Result<(), Rejection> {
        let highest = self.used.last().copied().unwrap_or(0);
        if nonce > highest && nonce - highest > MAX_NONCE_JUMP {
            return refuse(RejectCode::NonceTooFar, nonce, i128::from(highest) + i128::from(MAX_NONCE_JUMP));
        }
        if nonce + NONCE_WINDOW <= highest {
            return refuse(RejectCode::NonceTooOld, nonce, highest - NONCE_WINDOW + 1);
        }
        if !self.used.insert(nonce) {
            return refuse(RejectCode::NonceUsed, nonce, 0);
        }
        let highest = highest.max(nonce);
        self.used.retain(|used| used + NONCE_WINDOW > highest);
        Ok(())
    }
}
