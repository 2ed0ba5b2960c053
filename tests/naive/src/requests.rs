//! What is asked for through L1 (protocol, "Forced requests").

use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, Event, ForcedRequest, KeyNumber, Quote, RejectCode, Rejection,
    RemovalReason,
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
    operations::Step,
    withdraw::{check_amount, check_recipient},
};

impl Exchange {
    /// A request takes effect, or changes nothing.
    pub(crate) fn requested(
        &mut self,
        index: u64,
        request: ForcedRequest,
        (sender, account): (Address, AccountId),
        (recipient, asset, amount): (Address, AssetId, Quote),
    ) -> Answer {
        if account.0 as usize >= self.accounts.len() {
            return refuse(RejectCode::UnknownAccount, account.0, self.accounts.len() as u64);
        }
        if request != ForcedRequest::Liquidate && self.account(account).owner != sender {
            return refuse_plainly(RejectCode::ForeignAccount);
        }
        let before = self.clone();
        let answer = match request {
            ForcedRequest::CancelAll => self.requested_cancel(account),
            ForcedRequest::Withdraw => {
                self.requested_withdrawal((account, recipient), asset, i128::from(amount.0))
            }
            ForcedRequest::Exit => self.requested_exit(account, recipient),
            ForcedRequest::Liquidate => self.liquidate(account),
        };
        match answer {
            Ok(events) => Ok([vec![Event::ForcedRequest { index, account, request }], events].concat()),
            Err(rejection) => {
                *self = before;
                Err(rejection)
            }
        }
    }

    fn requested_cancel(&mut self, account: AccountId) -> Answer {
        let scheduled = self.carry_out_schedule(account);
        let step = Step { account, key: KeyNumber(0), place: 0, budget: &mut 0, earlier: &[] };
        let mut told = self.cancel_all(&step, &CancelFilter::ALL)?;
        told.extend(self.follow(&told));
        Ok([scheduled, told].concat())
    }

    fn requested_withdrawal(
        &mut self,
        (id, recipient): (AccountId, Address),
        asset: AssetId,
        u: i128,
    ) -> Answer {
        self.check_stays(id)?;
        check_recipient(recipient)?;
        if asset != AssetId::USDC {
            self.check_kind(asset, u)?;
            return self.withdraw_in_kind((id, recipient), asset, u, true);
        }
        check_amount(u)?;
        self.take_out((id, recipient), u, true)
    }

    fn requested_exit(&mut self, id: AccountId, recipient: Address) -> Answer {
        if self.account(id).exit.is_some() {
            return refuse_plainly(RejectCode::NothingDue);
        }
        check_recipient(recipient)?;
        if self.pools.iter().any(|pool| pool.backstop == Some(id)) {
            return refuse_plainly(RejectCode::BackstopOnlyReduces);
        }
        let mut events = Vec::new();
        for market in self.market_ids() {
            for order in self.orders_of(id, market) {
                events.push(self.remove(market, order.id, RemovalReason::Exit));
            }
        }
        events.extend(self.end_conditionals(id, |_| true, RemovalReason::Exit));
        let account = self.account_mut(id);
        (account.cancel_at, account.exit) = (None, Some(recipient));
        events.extend(self.pay_out(id).unwrap_or_default());
        Ok(events)
    }

    /// Refuses what is asked for an account that exits.
    pub(crate) fn check_stays(&self, id: AccountId) -> Result<(), Rejection> {
        if self.account(id).exit.is_some() {
            return refuse(RejectCode::AccountExiting, id.0, 0);
        }
        Ok(())
    }
}
