//! Cancels: one order, many, at a time.

use ballast_types::{
    AccountId, CancelFilter, ClientId, Conditional, Event, KeyNumber, MarketId, Millis, OrderId, RejectCode,
    Rejection, RemovalReason, Side,
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
    operations::Step,
};

impl Exchange {
    pub(crate) fn cancel(&mut self, account: AccountId, market: MarketId, id: OrderId) -> Answer {
        self.own_order(account, market, id)?;
        Ok(vec![self.remove(market, id, RemovalReason::Cancelled)])
    }

    pub(crate) fn cancel_client(&mut self, account: AccountId, market: MarketId, client: ClientId) -> Answer {
        self.check_market(market)?;
        match self.with_client(account, market, client) {
            Some(id) => Ok(vec![self.remove(market, id, RemovalReason::Cancelled)]),
            None => match self.conditional_with_client(account, market, client) {
                Some(id) => Ok(vec![self.end_conditional(account, id, RemovalReason::Cancelled)]),
                None => refuse(RejectCode::UnknownOrder, client.0, 0),
            },
        }
    }

    pub(crate) fn cancel_all(&mut self, step: &Step<'_>, filter: &CancelFilter) -> Answer {
        let key = self.key_number(step.account, filter)?;
        if let Some(market) = filter.market {
            self.check_market(market)?;
        }
        let fits = |market: MarketId, side: Side, signer: KeyNumber| {
            filter.market.is_none_or(|it| it == market)
                && filter.side.is_none_or(|it| it == side)
                && key.is_none_or(|it| it == signer)
        };
        let removed = self.remove_all(step.account, fits, RemovalReason::Cancelled);
        let count = u32::try_from(removed.len()).expect("at most 1,032 orders");
        let mut events = vec![Event::AllCancelled { step: step.place, count }];
        events.extend(removed);
        Ok(events)
    }

    /// The number of the key that is asked for.
    fn key_number(&self, account: AccountId, filter: &CancelFilter) -> Result<Option<KeyNumber>, Rejection> {
        let account = self.account(account);
        match filter.key {
            None => Ok(None),
            Some(key) if key == account.owner => Ok(Some(KeyNumber(0))),
            Some(key) => match account.sessions.get(&key) {
                Some(session) => Ok(Some(session.number)),
                None => refuse_plainly(RejectCode::UnknownSession),
            },
        }
    }

    fn remove_all(
        &mut self,
        account: AccountId,
        fits: impl Fn(MarketId, Side, KeyNumber) -> bool,
        reason: RemovalReason,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        for market in self.market_ids() {
            for order in self.orders_of(account, market) {
                if !order.is_forced() && fits(market, order.side, order.key) {
                    events.push(self.remove(market, order.id, reason));
                }
            }
        }
        let fits = |it: &Conditional| fits(it.market, it.order.side, it.key);
        events.extend(self.end_conditionals(account, fits, reason));
        events
    }

    pub(crate) fn schedule_cancel(&mut self, step: &Step<'_>, at: Option<Millis>) -> Answer {
        if let Some(at) = at
            && at <= self.time
        {
            return refuse(RejectCode::InvalidTime, at.0, self.time.0);
        }
        self.account_mut(step.account).cancel_at = at;
        Ok(vec![Event::CancelScheduled { step: step.place, account: step.account, at }])
    }

    /// Cancels all orders of an account whose time for it has come.
    pub(crate) fn carry_out_schedule(&mut self, account: AccountId) -> Vec<Event> {
        if !self.account(account).is_cancelled_at(self.time) {
            return Vec::new();
        }
        self.account_mut(account).cancel_at = None;
        let removed = self.remove_all(account, |_, _, _| true, RemovalReason::Scheduled);
        let count = u32::try_from(removed.len()).expect("at most 1,032 orders");
        let mut events = vec![Event::ScheduledCancel { account, count }];
        events.extend(removed);
        events
    }
}
