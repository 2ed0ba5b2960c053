//! Money to L1 (protocol, "Withdrawals").

use ballast_types::{
    AccountId, Address, Event, OracleState, Quote, RejectCode, Rejection, Withdraw,
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
        self.check_leaving(id, u)?;
        if self.batch_withdrawals >= MAX_WITHDRAWALS_PER_BATCH {
            return refuse(RejectCode::WithdrawalsFull, self.batch_withdrawals, MAX_WITHDRAWALS_PER_BATCH);
        }
        if !is_money(self.account(id).cash - u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        let withdrawable = self.withdrawable(id).min(self.pool_of(id).held());
        if u > withdrawable {
            return refuse(RejectCode::InsufficientFunds, u, withdrawable);
        }
        if !is_money(self.pool_of(id).withdrawn + u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        self.account_mut(id).cash -= u;
        self.pool_of_mut(id).withdrawn += u;
        Ok(vec![self.next_withdrawal(id, command.recipient, command.amount)])
    }

    /// Whether anything may leave the account, and so much if it is the backstop: what withdrawals and transfers ask
    /// alike, before they look at amounts.
    pub(crate) fn check_leaving(&self, id: AccountId, u: i128) -> Result<(), Rejection> {
        for market in self.account(id).positions.keys() {
            self.check_price(*market)?;
            let is_warm = self.market(*market).is_warm(self.time);
            if self.oracle(*market) == OracleState::Uncertain || !is_warm {
                return refuse(RejectCode::UncertainOracle, market.0, 0);
            }
        }
        let pool = self.pool_of(id);
        if pool.deficit > 0 {
            return refuse(RejectCode::PoolInDeficit, pool.deficit, 0);
        }
        if pool.backstop == Some(id) && !self.account(id).positions.is_empty() {
            return refuse(RejectCode::InsufficientFunds, u, 0);
        }
        Ok(())
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
