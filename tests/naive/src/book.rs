//! The orders of a market: found by looking at all of them, queued by sorting.

use ballast_types::{
    AccountId, Event, Iceberg, MarketId, Millis, Order, OrderId, PriceTicks, Quote, RemovalReason, Side,
    SizeLots,
};

use crate::{
    exchange::Exchange,
    market::Market,
    numbers::{divide_up, unsigned},
};

/// What is open of an order, in lots.
pub(crate) fn open(order: &Order) -> i128 {
    i128::from(order.size.0) + order.iceberg.map_or(0, |iceberg| i128::from(iceberg.hidden.0))
}

/// Its time priority: the arrival of what it shows.
pub(crate) fn arrival(order: &Order) -> u64 {
    order.iceberg.map_or(order.id.0 >> 21, |iceberg| iceberg.arrival)
}

/// A part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What it shows.
    Shown,
    /// All that is left of it, once what was shown of everybody is gone.
    Hidden,
}

impl Market {
    /// The resting orders of `side` that trade with a limit of `limit`, best price first, then oldest.
    pub(crate) fn crossed(&self, side: Side, limit: PriceTicks) -> Vec<Order> {
        let crosses = |order: &Order| match side {
            Side::Sell => order.price <= limit,
            Side::Buy => order.price >= limit,
        };
        let rests = |order: &&Order| order.waits.is_none() && order.side == side && crosses(order);
        let mut queue: Vec<Order> = self.orders.iter().filter(rests).copied().collect();
        queue.sort_by_key(|order| {
            let price = i128::from(order.price.0);
            (if side == Side::Sell { price } else { -price }, arrival(order))
        });
        queue
    }

    /// What an order of the other side limited at `limit` may meet, as it meets it: best price first; at each price
    /// what is shown of all orders, then what the icebergs hide; then the oldest.
    pub(crate) fn offers(&self, side: Side, limit: PriceTicks) -> Vec<(OrderId, Part)> {
        let queue = self.crossed(side, limit);
        let shown = queue.iter().map(|order| (order, Part::Shown));
        let hidden = queue.iter().filter(|order| open(order) > i128::from(order.size.0));
        let mut offers: Vec<_> = shown.chain(hidden.map(|order| (order, Part::Hidden))).collect();
        // The sort is stable: at each price the parts stay in their order.
        offers.sort_by_key(|(order, _)| {
            let price = i128::from(order.price.0);
            if side == Side::Sell { price } else { -price }
        });
        offers.into_iter().map(|(order, part)| (order.id, part)).collect()
    }

    /// Price, shown size and number of orders of each level of a side, best first.
    #[must_use]
    pub fn depth(&self, side: Side) -> Vec<(u64, u128, u32)> {
        let everything = if side == Side::Sell { u64::MAX } else { 0 };
        let mut levels: Vec<(u64, u128, u32)> = Vec::new();
        for order in self.crossed(side, PriceTicks(everything)) {
            match levels.last_mut() {
                Some((price, size, orders)) if *price == order.price.0 => {
                    *size += u128::from(order.size.0);
                    *orders += 1;
                }
                _ => levels.push((order.price.0, u128::from(order.size.0), 1)),
            }
        }
        levels
    }

    /// The lowest slot in which no order rests.
    pub(crate) fn free_slot(&self) -> u32 {
        (0..)
            .find(|slot| self.orders.iter().all(|order| order.id.slot() != *slot))
            .expect("fewer than 2^20 orders")
    }

    /// The next arrival number, which is used up.
    pub(crate) const fn arrive(&mut self) -> u64 {
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        arrival
    }
}

impl Exchange {
    /// A resting order.
    pub(crate) fn order(&self, market: MarketId, id: OrderId) -> Option<Order> {
        self.market(market).orders.iter().find(|order| order.id == id).copied()
    }

    /// The orders of an account in a market, by id.
    pub(crate) fn orders_of(&self, account: AccountId, market: MarketId) -> Vec<Order> {
        let mut orders: Vec<Order> =
            self.market(market).orders.iter().filter(|order| order.account == account).copied().collect();
        orders.sort_by_key(|order| order.id);
        orders
    }

    /// Why an order can never trade again, when it cannot.
    pub(crate) fn end_of(&self, market: MarketId, order: &Order) -> Option<RemovalReason> {
        if self.market(market).settled.is_some() {
            return Some(RemovalReason::Settled);
        }
        let is_over = |until: Millis| self.time > until;
        if order.good_until.is_some_and(is_over) {
            return Some(RemovalReason::Expired);
        }
        if !order.is_forced() && self.account(order.account).is_cancelled_at(self.time) {
            return Some(RemovalReason::Scheduled);
        }
        if order.reduce_only && self.closable(order.account, market, order.side) == 0 {
            return Some(RemovalReason::ReduceOnly);
        }
        None
    }

    /// What an order of `side` could close of the account's position, in lots.
    pub(crate) fn closable(&self, account: AccountId, market: MarketId, side: Side) -> i128 {
        let size = self.account(account).position(market).size;
        match side {
            Side::Buy => (-size).max(0),
            Side::Sell => size.max(0),
        }
    }

    /// Takes an order out of the book.
    pub(crate) fn remove(&mut self, market: MarketId, id: OrderId, reason: RemovalReason) -> Event {
        let order = self.order(market, id).expect("the order rests");
        self.market_mut(market).orders.retain(|other| other.id != id);
        Event::OrderRemoved {
            market,
            account: order.account,
            order: id,
            client: order.client,
            side: order.side,
            price: order.price,
            size: SizeLots(unsigned(open(&order))),
            reason,
        }
    }

    /// Leaves `left` lots open of an order, which keeps its id and its place, without a trade. What it shows goes
    /// first; one that would show nothing shows as much as it may of what is left.
    pub(crate) fn reduce(
        &mut self,
        market: MarketId,
        old: &Order,
        left: i128,
        reason: RemovalReason,
    ) -> Event {
        let Order { id: order, account, client, side, price, .. } = *old;
        let cut = open(old) - left;
        let shown = left.min(i128::from(old.size.0));
        self.leave(market, order, shown, left - shown);
        let (size, left) = (SizeLots(unsigned(cut)), SizeLots(unsigned(left)));
        Event::OrderReduced { market, account, order, client, side, price, size, left, reason }
    }

    /// Takes `lots` of an order for a trade: of what it shows, then of what it hides. When nothing is shown any
    /// more, it shows the next part, behind all others.
    pub(crate) fn take(&mut self, market: MarketId, old: &Order, lots: i128) {
        let of_shown = lots.min(i128::from(old.size.0));
        let (shown, left) = (i128::from(old.size.0) - of_shown, open(old) - lots);
        if shown > 0 || left == 0 {
            return self.leave(market, old.id, shown, left - shown);
        }
        let iceberg = old.iceberg.expect("what is left is hidden");
        let next = left.min(i128::from(iceberg.display.0));
        self.leave(market, old.id, next, left - next);
        let market = self.market_mut(market);
        let arrival = market.arrive();
        let order = market.orders.iter_mut().find(|order| order.id == old.id).expect("the order rests");
        order.iceberg = order.iceberg.map(|iceberg| Iceberg { arrival, ..iceberg });
    }

    /// Takes `lots` of an order that waits. What is left of an iceberg shows as much as it may.
    pub(crate) fn take_waiting(&mut self, market: MarketId, old: &Order, lots: i128) {
        let left = open(old) - lots;
        let shown = old.iceberg.map_or(left, |iceberg| left.min(i128::from(iceberg.display.0)));
        self.leave(market, old.id, shown, left - shown);
    }

    /// Leaves `shown` and `hidden` open of an order, and releases its reserve pro rata; what stays rounds up.
    fn leave(&mut self, market: MarketId, id: OrderId, shown: i128, hidden: i128) {
        let order =
            self.market_mut(market).orders.iter_mut().find(|order| order.id == id).expect("the order rests");
        let (before, after) = (open(order), shown + hidden);
        let reserve = divide_up(i128::from(order.reserve.0) * after, before);
        order.reserve = Quote(i64::try_from(reserve).expect("no more than before"));
        order.size = SizeLots(unsigned(shown));
        if let Some(iceberg) = &mut order.iceberg {
            iceberg.hidden = SizeLots(unsigned(hidden));
        }
    }
}
