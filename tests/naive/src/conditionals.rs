//! Orders that wait for a condition (protocol, "Conditional orders"): how they begin to wait, and cancels.

use ballast_types::{
    AccountId, ClientId, Conditional, ConditionalId, Event, Link, LinkKind, MarketId, NewOrder, RejectCode,
    Rejection, RemovalReason, TimeInForce, Trigger,
    limits::{MAX_CONDITIONALS, MAX_SLICE_INTERVAL_MS, MAX_SLICES, MIN_SLICE_INTERVAL_MS},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, MAX_PRICE, refuse, refuse_plainly},
    operations::Step,
};

impl Exchange {
    /// Lets an order wait, or refuses it and leaves the state for the caller to put back.
    pub(crate) fn place_conditional(
        &mut self,
        step: &Step<'_>,
        market: MarketId,
        order: &NewOrder,
        (trigger, link): (Trigger, Option<Link>),
    ) -> Answer {
        self.check_market_of(step.account, market)?;
        self.check_not_settled(market)?;
        self.check_form(order)?;
        let notional = self.market(market).value(i128::from(order.price.0), i128::from(order.size.0));
        if notional > MAX_MONEY {
            return refuse(RejectCode::NotionalTooLarge, notional, MAX_MONEY);
        }
        check_trigger(order, trigger, link)?;
        self.check_client(step.account, market, order.client)?;
        let count = self.account(step.account).conditionals.len() + 1;
        if count > MAX_CONDITIONALS {
            return refuse(RejectCode::TooManyConditionals, count as u64, MAX_CONDITIONALS as u64);
        }
        let id = ConditionalId::new(self.seq, step.place);
        let mut conditional = Conditional { id, key: step.key, market, order: *order, trigger, group: None };
        if let Some(link) = link {
            self.link(step, &mut conditional, link)?;
        }
        self.account_mut(step.account).conditionals.insert(id, conditional);
        Ok(vec![Event::ConditionalPlaced { step: step.place, account: step.account, conditional }])
    }

    pub(crate) fn cancel_conditional(&mut self, account: AccountId, id: ConditionalId) -> Answer {
        if !self.account(account).conditionals.contains_key(&id) {
            return refuse(RejectCode::UnknownOrder, id.0, 0);
        }
        Ok(vec![self.end_conditional(account, id, RemovalReason::Cancelled)])
    }

    /// Cancels those that fit, by id.
    pub(crate) fn end_conditionals(
        &mut self,
        account: AccountId,
        fits: impl Fn(&Conditional) -> bool,
        reason: RemovalReason,
    ) -> Vec<Event> {
        let all = self.account(account).conditionals.values();
        let ids: Vec<ConditionalId> = all.filter(|it| fits(it)).map(|it| it.id).collect();
        ids.into_iter().map(|id| self.end_conditional(account, id, reason)).collect()
    }

    /// It no longer waits, and will not be placed.
    pub(crate) fn end_conditional(
        &mut self,
        account: AccountId,
        id: ConditionalId,
        reason: RemovalReason,
    ) -> Event {
        let Conditional { market, order, .. } = self.take_conditional(account, id);
        Event::ConditionalRemoved { account, market, conditional: id, client: order.client, reason }
    }

    /// Takes out one that waits. A group ends with its last.
    pub(crate) fn take_conditional(&mut self, account: AccountId, id: ConditionalId) -> Conditional {
        let account = self.account_mut(account);
        let it = account.conditionals.remove(&id).expect("it waits");
        let others = &account.conditionals;
        account.groups.retain(|group, _| others.values().any(|other| other.group == Some(*group)));
        it
    }

    /// One that waits with this client id.
    pub(crate) fn conditional_with_client(
        &self,
        account: AccountId,
        market: MarketId,
        client: ClientId,
    ) -> Option<ConditionalId> {
        let mut all = self.account(account).conditionals.values();
        all.find(|it| client != ClientId(0) && it.market == market && it.order.client == client)
            .map(|it| it.id)
    }

    /// Refuses a client id that an open order of the account has, or one that waits.
    pub(crate) fn check_client(
        &self,
        account: AccountId,
        market: MarketId,
        client: ClientId,
    ) -> Result<(), Rejection> {
        if let Some(open) = self.with_client(account, market, client) {
            return refuse(RejectCode::DuplicateClientId, client.0, open.0);
        }
        if let Some(waits) = self.conditional_with_client(account, market, client) {
            return refuse(RejectCode::DuplicateClientId, client.0, waits.0);
        }
        Ok(())
    }
}

/// The trigger's bounds, and whether it goes with the order and the link.
fn check_trigger(order: &NewOrder, trigger: Trigger, link: Option<Link>) -> Result<(), Rejection> {
    match trigger {
        Trigger::Price { level, .. } if !(1..=MAX_PRICE).contains(&i128::from(level.0)) => {
            refuse(RejectCode::InvalidTrigger, level.0, 0)
        }
        Trigger::Price { .. } => Ok(()),
        Trigger::Time { .. } if link.is_some() => refuse_plainly(RejectCode::InvalidTrigger),
        Trigger::Time { slices, interval, .. } => {
            if slices == 0 || slices > MAX_SLICES {
                return refuse(RejectCode::InvalidTrigger, slices, MAX_SLICES);
            }
            let bounds = if slices == 1 { 0..=0 } else { MIN_SLICE_INTERVAL_MS..=MAX_SLICE_INTERVAL_MS };
            if interval < *bounds.start() {
                return refuse(RejectCode::InvalidTrigger, interval, *bounds.start());
            }
            if interval > *bounds.end() {
                return refuse(RejectCode::InvalidTrigger, interval, *bounds.end());
            }
            if slices > 1 && order.time_in_force != TimeInForce::Ioc {
                return refuse_plainly(RejectCode::InvalidTrigger);
            }
            Ok(())
        }
        Trigger::Opened if link.is_some_and(|link| link.kind == LinkKind::After) => Ok(()),
        Trigger::Opened => refuse_plainly(RejectCode::InvalidTrigger),
    }
}
