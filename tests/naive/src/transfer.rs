//! Money from an account to another of the same owner (protocol, "Transfers").

use ballast_types::{
    AccountId, Event, Quote, RejectCode, Rejection, Transfer,
    limits::{MAX_ACCOUNTS, NEW_ACCOUNT, OPENING_FEE},
};

use crate::{
    account::Account,
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, quote, refuse, refuse_plainly},
};

impl Exchange {
    /// Carries it out, or refuses it and leaves the state for the caller to put back.
    pub(crate) fn transfer(&mut self, command: &Transfer) -> Answer {
        let Transfer { account, to, pool, amount, .. } = *command;
        let u = i128::from(amount.0);
        let opens = to == AccountId(NEW_ACCOUNT);
        let fee = if opens { i128::from(OPENING_FEE) } else { 0 };

        check_amount(u, if opens { fee } else { 1 })?;
        if to == account {
            return refuse_plainly(RejectCode::InvalidRecipient);
        }
        self.check_receiver(command)?;

        self.check_leaving(account, u)?;
        if self.account(account).pool != pool {
            self.check_not_paused(account)?;
        }
        let paid = self.pool_of(account).paid(u);
        if paid < 1 {
            return refuse(RejectCode::InsufficientFunds, u, 0);
        }
        if paid < fee {
            return refuse(RejectCode::InvalidAmount, paid, fee);
        }
        if !is_money(self.account(account).cash - u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        let most = self.most_to_leave(account);
        if u > most {
            return refuse(RejectCode::InsufficientFunds, u, most);
        }

        let source_pool = self.account(account).pool;
        let before = self.clone();
        let to = if opens { self.open_account(command) } else { to };
        self.account_mut(account).cash -= u;
        self.account_mut(to).cash += paid - fee;
        self.pool_mut(pool).receive_fees(fee);
        if source_pool != pool {
            self.pool_mut(source_pool).transferred -= paid;
            self.pool_mut(pool).transferred += paid;
        }
        self.pool_mut(source_pool).keep(u - paid);
        let in_bounds = is_money(self.account(to).cash)
            && is_money(self.pool(pool).transferred)
            && is_money(self.pool(pool).fees)
            && is_money(self.pool(source_pool).fees);
        if !in_bounds {
            return refuse_plainly(RejectCode::Overflow);
        }
        if source_pool != pool {
            before.check_paced(source_pool, paid)?;
            self.drain(&before, source_pool, paid);
            self.refill(&before, pool, paid);
        }
        let fee = Quote(if opens { OPENING_FEE } else { 0 });
        Ok(vec![Event::Transferred { account, to, pool, amount: quote(paid), fee }])
    }

    /// Whether the pool is there, and in it the account that is to be paid, or one can be opened.
    fn check_receiver(&self, command: &Transfer) -> Result<(), Rejection> {
        let Transfer { account, to, pool, .. } = *command;
        if usize::from(pool.0) >= self.pools.len() {
            return refuse(RejectCode::UnknownPool, pool.0, self.pools.len() as u64);
        }
        self.check_takes_money(pool)?;
        if to == AccountId(NEW_ACCOUNT) {
            if self.accounts.len() >= MAX_ACCOUNTS as usize {
                return refuse(RejectCode::TooManyAccounts, self.accounts.len() as u64, MAX_ACCOUNTS);
            }
            return Ok(());
        }
        let Some(receiver) = self.accounts.get(to.0 as usize) else {
            return refuse(RejectCode::UnknownAccount, to.0, self.accounts.len() as u64);
        };
        if receiver.owner != self.account(account).owner {
            return refuse_plainly(RejectCode::ForeignAccount);
        }
        if receiver.pool != pool {
            return refuse(RejectCode::UnknownPool, pool.0, receiver.pool.0);
        }
        Ok(())
    }

    fn open_account(&mut self, command: &Transfer) -> AccountId {
        let id = AccountId(u32::try_from(self.accounts.len()).expect("checked: at most 2^28"));
        let owner = self.account(command.account).owner;
        self.accounts.push(Account { pool: command.pool, ..Account::new(owner) });
        self.begin_paced(id);
        id
    }
}

fn check_amount(u: i128, least: i128) -> Result<(), Rejection> {
    if u < least {
        return refuse(RejectCode::InvalidAmount, u, least);
    }
    if u > MAX_MONEY {
        return refuse(RejectCode::InvalidAmount, u, MAX_MONEY);
    }
    Ok(())
}
