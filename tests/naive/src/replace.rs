//! One order in place of another (protocol, "Replace").

use ballast_types::{
    AccountId, ClientId, MarketId, NewOrder, Order, OrderId, RejectCode, Rejection, RemovalReason,
    TimeInForce, Waits,
};

use crate::{
    book::open,
    exchange::{Answer, Exchange},
    numbers::refuse,
    operations::Step,
};

impl Exchange {
    pub(crate) fn replace(
        &mut self,
        step: &mut Step<'_>,
        market: MarketId,
        id: OrderId,
        new: &NewOrder,
    ) -> Answer {
        let old = self.own_order(step.account, market, id)?;
        if only_takes_off(&old, new) {
            return Ok(vec![self.reduce(market, &old, i128::from(new.size.0), RemovalReason::Reduced)]);
        }
        let before = self.clone();
        let removed = self.remove(market, id, RemovalReason::Replaced);
        let mut events = self.place_after(step, market, new, &before)?;
        events.insert(1, removed); // after the acceptance, before all that follows from it
        Ok(events)
    }

    /// An order of the account over which it has a say, or the refusal that there is none.
    pub(crate) fn own_order(
        &self,
        account: AccountId,
        market: MarketId,
        id: OrderId,
    ) -> Result<Order, Rejection> {
        self.check_market(market)?;
        match self.order(market, id) {
            Some(order) if order.account == account && !order.is_forced() => Ok(order),
            _ => refuse(RejectCode::UnknownOrder, id.0, 0),
        }
    }
}

/// Whether the new order is the old one with less size.
fn only_takes_off(old: &Order, new: &NewOrder) -> bool {
    new.side == old.side
        && new.price == old.price
        && new.reduce_only == old.reduce_only
        && new.good_until == old.good_until
        && shows_as_much(old, new)
        && stays(old, new.time_in_force)
        && (new.client == old.client || new.client == ClientId(0))
        && (1..=open(old)).contains(&i128::from(new.size.0))
}

/// Whether the new order's life is the old one's: to rest, or to wait once.
const fn stays(old: &Order, life: TimeInForce) -> bool {
    match old.waits {
        Some(Waits::Once) => matches!(life, TimeInForce::Ioc),
        _ => !matches!(life, TimeInForce::Ioc | TimeInForce::Fok),
    }
}

/// Whether the new order's display is the old one's. An order that hides nothing is one without a display, and so is
/// one that would show all of itself.
fn shows_as_much(old: &Order, new: &NewOrder) -> bool {
    match old.iceberg {
        Some(iceberg) => new.display == Some(iceberg.display),
        None => new.display.is_none_or(|display| display >= new.size),
    }
}
