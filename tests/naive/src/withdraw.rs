//! Money to L1 (protocol, "Withdrawals").

use ballast_types::{
    AccountId, Address, AssetId, Event, Quote, RejectCode, Rejection, Withdraw,
    limits::{MAX_WITHDRAWALS_PER_BATCH, MIN_WITHDRAWAL},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, quote, refuse, refuse_plainly},
    resolution::Stage,
};

impl Exchange {
    pub(crate) fn withdraw(&mut self, command: &Withdraw) -> Answer {
        let (account, u) = ((command.account, command.recipient), i128::from(command.amount.0));
        if command.asset != AssetId::USDC {
            self.check_kind(command.asset, u)?;
            check_recipient(command.recipient)?;
            return self.withdraw_in_kind(account, command.asset, u, false);
        }
        check_amount(u)?;
        check_recipient(command.recipient)?;
        self.take_out(account, u, false)
    }

    /// So much leaves the account, or is refused; of a forced withdrawal no more than may.
    pub(crate) fn take_out(
        &mut self,
        (id, recipient): (AccountId, Address),
        asked: i128,
        is_forced: bool,
    ) -> Answer {
        self.check_leaving(id, asked)?;
        self.check_not_paused(id)?;
        if self.pool_of(id).pacing.is_none() && !self.has_room_in_batch() {
            return refuse(RejectCode::WithdrawalsFull, self.batch_withdrawals, MAX_WITHDRAWALS_PER_BATCH);
        }
        let most = self.most_to_leave(id);
        let u = if is_forced { asked.min(most) } else { asked };
        if u < i128::from(MIN_WITHDRAWAL) {
            return refuse(RejectCode::InsufficientFunds, asked, most);
        }
        let paid = self.pool_of(id).paid(u);
        if paid < 1 {
            return refuse(RejectCode::InsufficientFunds, u, 0);
        }
        if !is_money(self.account(id).cash - u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        if u > most {
            return refuse(RejectCode::InsufficientFunds, u, most);
        }
        if !is_money(self.pool_of(id).withdrawn + paid) {
            return refuse_plainly(RejectCode::Overflow);
        }
        self.check_queue(id, paid, is_forced)?;
        Ok(vec![self.debit((id, recipient), u)?])
    }

    /// The account is debited, and what its pool pays for that leaves or waits.
    pub(crate) fn debit(
        &mut self,
        (id, recipient): (AccountId, Address),
        u: i128,
    ) -> Result<Event, Rejection> {
        let before = self.clone();
        let paid = self.pool_of(id).paid(u);
        self.account_mut(id).cash -= u;
        self.pool_of_mut(id).withdrawn += paid;
        self.pool_of_mut(id).keep(u - paid);
        if !is_money(self.pool_of(id).fees) {
            return refuse_plainly(RejectCode::Overflow);
        }
        Ok(self.let_out(&before, id, recipient, quote(paid)))
    }

    /// The most that may leave the account: no more than its pool has. Of a pool that was resolved all that may be
    /// withdrawn, for what it pays of that it has.
    pub(crate) fn most_to_leave(&self, id: AccountId) -> i128 {
        let (withdrawable, pool) = (self.withdrawable(id), self.pool_of(id));
        match pool.stage {
            Stage::Resolved(_) => withdrawable,
            Stage::Open | Stage::Settling(_) => withdrawable.min(pool.held()),
        }
    }

    /// Whether anything may leave the account, and so much if it is the backstop: what withdrawals and transfers ask
    /// alike, before they look at amounts.
    pub(crate) fn check_leaving(&self, id: AccountId, u: i128) -> Result<(), Rejection> {
        for market in self.account(id).positions.keys() {
            self.check_withdrawal_at(*market)?;
        }
        self.check_gives_money(id)?;
        if self.pool_of(id).backstop == Some(id) && !self.account(id).positions.is_empty() {
            return refuse(RejectCode::InsufficientFunds, u, 0);
        }
        Ok(())
    }

    /// Numbers a withdrawal of the open batch, which may have waited with a ticket.
    pub(crate) const fn next_withdrawal(
        &mut self,
        ticket: Option<u64>,
        account: AccountId,
        recipient: Address,
        (asset, amount): (AssetId, Quote),
    ) -> Event {
        let id = self.next_withdrawal;
        self.next_withdrawal += 1;
        self.batch_withdrawals += 1;
        Event::Withdrawn { id, account, recipient, asset, amount, ticket }
    }
}

/// Refuses an amount that nobody may ask for.
pub(crate) fn check_amount(u: i128) -> Result<(), Rejection> {
    if u < i128::from(MIN_WITHDRAWAL) {
        return refuse(RejectCode::InvalidAmount, u, MIN_WITHDRAWAL);
    }
    if u > MAX_MONEY {
        return refuse(RejectCode::InvalidAmount, u, MAX_MONEY);
    }
    Ok(())
}

/// Refuses to pay nobody.
pub(crate) fn check_recipient(recipient: Address) -> Result<(), Rejection> {
    if recipient == Address::ZERO { refuse_plainly(RejectCode::InvalidRecipient) } else { Ok(()) }
}
