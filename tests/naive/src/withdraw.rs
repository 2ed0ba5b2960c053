//! Money to L1 (protocol, "Withdrawals").

use ballast_types::{
    AccountId, Address, Event, OracleState, Quote, RejectCode, Withdraw,
    limits::{MAX_WITHDRAWALS_PER_BATCH, MIN_WITHDRAWAL},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, refuse, refuse_plainly},
};

impl Exchange {
    pub(crate) fn withdraw(&mut self, command: &Withdraw) -> Answer {
        let (id, u) = (command.account, i128::from(command.amount.0));
        if u < i128::from(MIN_WITHDRAWAL) {
            return refuse(RejectCode::InvalidAmount, u, MIN_WITHDRAWAL);
        }
        if u > MAX_MONEY {
            return refuse(RejectCode::InvalidAmount, u, MAX_MONEY);
        }
        if command.recipient == Address::ZERO {
            return refuse_plainly(RejectCode::InvalidRecipient);
        }
        for market in self.account(id).positions.keys() {
            self.check_price(*market)?;
            let is_warm = self.market(*market).is_warm(self.time);
            if self.oracle(*market) == OracleState::Uncertain || !is_warm {
                return refuse(RejectCode::UncertainOracle, market.0, 0);
            }
        }
        if self.pool.deficit > 0 {
            return refuse(RejectCode::PoolInDeficit, self.pool.deficit, 0);
        }
        if self.pool.backstop == Some(id) && !self.account(id).positions.is_empty() {
            return refuse(RejectCode::InsufficientFunds, u, 0);
        }
        if self.batch_withdrawals >= MAX_WITHDRAWALS_PER_BATCH {
            return refuse(RejectCode::WithdrawalsFull, self.batch_withdrawals, MAX_WITHDRAWALS_PER_BATCH);
        }
        if !is_money(self.account(id).cash - u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        let withdrawable = self.withdrawable(id).min(self.pool.credited - self.pool.withdrawn);
        if u > withdrawable {
            return refuse(RejectCode::InsufficientFunds, u, withdrawable);
        }
        self.account_mut(id).cash -= u;
        self.pool.withdrawn += u;
        Ok(vec![self.next_withdrawal(id, command.recipient, command.amount)])
    }

    /// Numbers a withdrawal of the open batch.
    pub(crate) const fn next_withdrawal(
        &mut self,
        account: AccountId,
        recipient: Address,
        amount: Quote,
    ) -> Event {
        let id = self.next_withdrawal;
        self.next_withdrawal += 1;
        self.batch_withdrawals += 1;
        Event::Withdrawn { id, account, recipient, amount }
    }
}
