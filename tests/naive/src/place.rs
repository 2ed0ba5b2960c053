//! A new order: its checks in the order of the protocol, its meetings, and what rests of it.

use ballast_types::{
    AccountId, Event, Iceberg, MarketId, NewOrder, OracleState, Order, OrderId, PriceTicks, RejectCode,
    Rejection, RemovalReason, Side, SizeLots, TimeInForce, Waits,
    limits::{MAX_FILLS_PER_ORDER, MAX_OPEN_ORDERS, MAX_ORDERS_PER_BOOK, MAX_POSITIONS},
};

use crate::{
    exchange::{Answer, Exchange},
    meeting::Taker,
    numbers::{
        MAX_LOTS, MAX_MONEY, MAX_PRICE, is_money, product_not_less, quote, refuse, refuse_plainly, unsigned,
    },
    operations::Step,
};

/// One more than the last arrival number: 64 bits less those of the slot.
const ARRIVALS: u64 = 1 << 43;
/// The slot of an order that never rested.
pub(crate) const NO_SLOT: u64 = (1 << 21) - 1;

impl Exchange {
    /// Places an order, or refuses it and leaves the state for the caller to put back.
    pub(crate) fn place(&mut self, step: &mut Step<'_>, market: MarketId, asked: &NewOrder) -> Answer {
        let before = self.clone();
        self.place_after(step, market, asked, &before)
    }

    /// The same; `began` is the exchange with the order that this one replaces.
    pub(crate) fn place_after(
        &mut self,
        step: &mut Step<'_>,
        market: MarketId,
        asked: &NewOrder,
        began: &Self,
    ) -> Answer {
        let order = self.check_new(step, market, asked)?;
        let before = self.clone();
        let slot = u64::from(self.market(market).free_slot());
        let arrival = self.market_mut(market).arrive();
        let id = OrderId(arrival << 21 | slot);
        if self.is_batching(market) {
            let is_immediate = order.time_in_force == TimeInForce::Ioc;
            let waits = if is_immediate { Waits::Once } else { Waits::Rest };
            let waiting = self.wait(step, market, id, &order, waits)?;
            self.check_reach(step, market)?;
            self.check_part(step.account, market, began)?;
            self.check_margin(&before, step, market, &order)?;
            let NewOrder { client, side, price, size, .. } = order;
            let (step, account) = (step.place, step.account);
            return Ok(vec![
                Event::OrderAccepted { step, market, account, order: id, client, side, price, size },
                Event::OrderWaits { market, order: waiting },
            ]);
        }
        let mut taker = Taker::new((step.account, step.key), market, id, order);
        self.meet(&mut taker, step.budget)?;
        self.check_post_only(&mut taker)?;
        Self::check_filled(&taker)?;
        let end = self.rest_or_end(step, &mut taker)?;
        self.check_reach(step, market)?;
        self.check_part(step.account, market, began)?;
        self.check_margin(&before, step, market, &order)?;
        self.check_bounds(market)?;

        let mut events = vec![Event::OrderAccepted {
            step: step.place,
            market,
            account: step.account,
            order: taker.id,
            client: order.client,
            side: order.side,
            price: taker.order.price,
            size: order.size,
        }];
        events.extend(taker.events);
        events.extend(end);
        Ok(events)
    }

    /// The checks before the book is looked at. Gives the order as it enters: a reduce-only one is cut.
    fn check_new(&self, step: &Step<'_>, id: MarketId, asked: &NewOrder) -> Result<NewOrder, Rejection> {
        self.check_market_of(step.account, id)?;
        self.check_not_settled(id)?;
        if self.pool_of(step.account).backstop == Some(step.account) && !asked.reduce_only {
            return refuse_plainly(RejectCode::BackstopOnlyReduces);
        }
        self.check_form(asked)?;
        if asked.time_in_force == TimeInForce::Fok && self.is_batching(id) {
            return refuse(RejectCode::InvalidOption, asked.time_in_force as u8, 0);
        }
        let market = self.market(id);
        let (price, size) = (i128::from(asked.price.0), i128::from(asked.size.0));
        let notional = market.value(price, size);
        if notional > MAX_MONEY {
            return refuse(RejectCode::NotionalTooLarge, notional, MAX_MONEY);
        }
        if market.fresh_mark == 0 {
            return refuse_plainly(RejectCode::NoPrice);
        }
        self.check_band(id, price)?;
        let mut order = *asked;
        if asked.reduce_only {
            let closable = self.closable(step.account, id, asked.side);
            if closable == 0 {
                let q = self.account(step.account).position(id).size;
                let signed = if asked.side == Side::Buy { size } else { -size };
                return refuse(RejectCode::NothingToClose, q, signed);
            }
            order.size = SizeLots(unsigned(size.min(closable)));
        }
        if self.oracle(id) == OracleState::Invalid {
            return refuse(RejectCode::InvalidOracle, id.0, 0);
        }
        let shrinks = self.can_only_shrink(step.account, id, &order);
        if !shrinks {
            self.check_price(id)?;
        }
        self.check_mode(id, shrinks)?;
        if !shrinks {
            self.account(step.account).positions.keys().try_for_each(|other| self.check_price(*other))?;
        }
        let is_in = |market| {
            self.account(step.account).position(market).size != 0
                || !self.orders_of(step.account, market).is_empty()
        };
        let others = self.market_ids().into_iter().filter(|other| *other != id && is_in(*other)).count();
        if others >= MAX_POSITIONS {
            return refuse(RejectCode::TooManyPositions, MAX_POSITIONS as u64, MAX_POSITIONS as u64);
        }
        self.check_client(step.account, id, order.client)?;
        if market.next_arrival + MAX_FILLS_PER_ORDER as u64 >= ARRIVALS {
            return refuse(RejectCode::BookFull, market.next_arrival, ARRIVALS);
        }
        Ok(order)
    }

    pub(crate) fn check_form(&self, asked: &NewOrder) -> Result<(), Rejection> {
        let (price, size) = (i128::from(asked.price.0), i128::from(asked.size.0));
        if !(1..=MAX_PRICE).contains(&price) {
            return refuse(RejectCode::InvalidPrice, price, 0);
        }
        if !(1..=MAX_LOTS).contains(&size) {
            return refuse(RejectCode::InvalidSize, size, 0);
        }
        let rests = !matches!(asked.time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        if !rests && (asked.good_until.is_some() || asked.display.is_some()) {
            return refuse(RejectCode::InvalidOption, asked.time_in_force as u8, 0);
        }
        if let Some(display) = asked.display
            && (display.0 < 1 || display > asked.size)
        {
            return refuse(RejectCode::InvalidOption, display.0, size);
        }
        if let Some(until) = asked.good_until
            && self.time > until
        {
            return refuse(RejectCode::InvalidTime, until.0, self.time.0);
        }
        Ok(())
    }

    fn check_band(&self, market: MarketId, price: i128) -> Result<(), Rejection> {
        let (low, high) = self.market(market).band();
        if price < low {
            return refuse(RejectCode::OutsideBand, price, low);
        }
        if price > high {
            return refuse(RejectCode::OutsideBand, price, high);
        }
        Ok(())
    }

    /// Whether it is opposite to the position, and with all open orders of its side no larger.
    fn only_shrinks(&self, account: AccountId, market: MarketId, order: &NewOrder) -> bool {
        let others = self.open_lots(account, market, order.side);
        i128::from(order.size.0) + others <= self.closable(account, market, order.side)
    }

    /// Whether it can do nothing but shrink the position, with reduce-only orders of the account beside it.
    pub(crate) fn can_only_shrink(&self, account: AccountId, market: MarketId, order: &NewOrder) -> bool {
        self.only_shrinks(account, market, order) && (order.reduce_only || !self.has_closing(account))
    }

    /// A post-only order that would meet another is refused, or slides behind it.
    fn check_post_only(&self, taker: &mut Taker) -> Result<(), Rejection> {
        let Some(best) = taker.would_meet else { return Ok(()) };
        let price = taker.order.price;
        if taker.order.time_in_force == TimeInForce::PostOnly {
            return refuse(RejectCode::WouldCross, price.0, best.0);
        }
        let behind = match taker.order.side {
            Side::Buy => best.0 - 1,
            Side::Sell => best.0 + 1,
        };
        if !(1..=MAX_PRICE).contains(&i128::from(behind)) {
            return refuse(RejectCode::WouldCross, price.0, best.0);
        }
        taker.order.price = PriceTicks(behind);
        self.check_band(taker.market, i128::from(behind))?;
        let notional = self.market(taker.market).value(i128::from(behind), i128::from(taker.order.size.0));
        if notional > MAX_MONEY {
            return refuse(RejectCode::NotionalTooLarge, notional, MAX_MONEY);
        }
        Ok(())
    }

    /// Whether the account has an order, in any market, that is reduce-only.
    fn has_closing(&self, account: AccountId) -> bool {
        let markets = self.market_ids();
        markets.iter().any(|market| self.orders_of(account, *market).iter().any(|order| order.reduce_only))
    }

    /// What is left rests, or is cancelled; the events that say so.
    fn rest_or_end(&mut self, step: &Step<'_>, taker: &mut Taker) -> Answer {
        let NewOrder { client, side, price, time_in_force, .. } = taker.order;
        let (market, account) = (taker.market, step.account);
        let immediate = matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        let (size, reason) = match (taker.left, taker.ended) {
            (0, _) if taker.decremented > 0 => (taker.decremented, RemovalReason::SelfTradeTaker),
            (0, _) => (0, RemovalReason::Filled),
            (left, Some(reason)) => (left, reason),
            (left, None) if immediate => (left, RemovalReason::ImmediateOrCancel),
            (_, None) => return self.rest(step, taker),
        };
        taker.end_unrested();
        let (order, size) = (taker.id, SizeLots(unsigned(size)));
        let mut events: Vec<Event> = taker.decrease().into_iter().collect();
        events.push(Event::OrderRemoved { market, account, order, client, side, price, size, reason });
        Ok(events)
    }

    fn rest(&mut self, step: &Step<'_>, taker: &Taker) -> Answer {
        let NewOrder { client, side, price, reduce_only, good_until, display, .. } = taker.order;
        let (market, account) = (taker.market, step.account);
        let reserve = Self::reserve(self.market(market), side, i128::from(price.0), taker.left, reduce_only);
        self.check_places(account, market, reserve)?;
        self.check_reserves(account, reserve)?;
        let size = SizeLots(unsigned(taker.left));
        let iceberg = display.filter(|display| *display < size).map(|display| Iceberg {
            display,
            hidden: SizeLots(size.0 - display.0),
            arrival: taker.id.0 >> 21,
        });
        let order = Order {
            id: taker.id,
            account,
            key: step.key,
            side,
            price,
            size: iceberg.map_or(size, |iceberg| iceberg.display),
            reserve: quote(reserve),
            client,
            reduce_only,
            good_until,
            iceberg,
            waits: None,
        };
        self.market_mut(market).orders.push(order);
        let mut events: Vec<Event> = taker.decrease().into_iter().collect();
        events.push(Event::OrderRested { market, order });
        Ok(events)
    }

    /// Whether there is a place for one more order.
    pub(crate) fn check_places(
        &self,
        account: AccountId,
        market: MarketId,
        reserve: i128,
    ) -> Result<(), Rejection> {
        if !is_money(reserve) {
            return refuse_plainly(RejectCode::Overflow);
        }
        let orders = self.all_orders_of(account);
        if orders.len() >= MAX_OPEN_ORDERS as usize {
            return refuse(RejectCode::TooManyOpenOrders, orders.len() as u64 + 1, MAX_OPEN_ORDERS);
        }
        if self.market(market).orders.len() >= MAX_ORDERS_PER_BOOK as usize {
            return refuse(RejectCode::BookFull, MAX_ORDERS_PER_BOOK, MAX_ORDERS_PER_BOOK);
        }
        Ok(())
    }

    fn all_orders_of(&self, account: AccountId) -> Vec<Order> {
        self.market_ids().into_iter().flat_map(|market| self.orders_of(account, market)).collect()
    }

    /// Whether so much more may be reserved.
    pub(crate) fn check_reserves(&self, account: AccountId, reserve: i128) -> Result<(), Rejection> {
        let orders = self.all_orders_of(account);
        if !is_money(orders.iter().map(|order| i128::from(order.reserve.0)).sum::<i128>() + reserve) {
            return refuse_plainly(RejectCode::Overflow);
        }
        Ok(())
    }

    /// All bids or all asks together must keep the position within its bound.
    fn check_reach(&self, step: &Step<'_>, market: MarketId) -> Result<(), Rejection> {
        let reach = self.reach(step.account, market);
        if reach > MAX_LOTS {
            return refuse_plainly(RejectCode::PositionTooLarge);
        }
        Ok(())
    }

    /// Margin "on acceptance".
    fn check_margin(
        &self,
        before: &Self,
        step: &Step<'_>,
        market: MarketId,
        order: &NewOrder,
    ) -> Result<(), Rejection> {
        let id = step.account;
        let (old, new) = (before.margin(id), self.margin(id));
        if new.weighted >= new.required {
            return Ok(());
        }
        let q = before.account(id).position(market).size;
        let q_new = self.account(id).position(market).size;
        let does_not_grow = q_new.abs() <= q.abs() && (q_new == 0 || q_new.signum() == q.signum());
        let closes = order.reduce_only || before.only_shrinks(step.account, market, order);
        let transition = old.equity >= old.maintenance
            && does_not_grow
            && self.reach(id, market) <= before.reach(id, market)
            && product_not_less(new.equity, old.maintenance, old.equity, new.maintenance)
            && (new.required <= old.required || closes);
        if transition { Ok(()) } else { refuse(RejectCode::InsufficientMargin, new.weighted, new.required) }
    }

    fn check_bounds(&self, market: MarketId) -> Result<(), Rejection> {
        if !is_money(self.pool_at(market).fees) || self.open_interest(market) > i128::from(u64::MAX) {
            return refuse_plainly(RejectCode::Overflow);
        }
        Ok(())
    }
}

impl Taker {
    /// It never rests: its id, also in what was said of it, names no slot.
    fn end_unrested(&mut self) {
        self.id = OrderId(self.id.0 | NO_SLOT);
        for event in &mut self.events {
            if let Event::Fill { taker_order, .. } = event {
                *taker_order = self.id;
            }
        }
    }

    /// What it lost without a trade, when something is left.
    fn decrease(&self) -> Option<Event> {
        let NewOrder { client, side, price, .. } = self.order;
        (self.decremented > 0 && self.left > 0).then(|| Event::OrderReduced {
            market: self.market,
            account: self.account,
            order: self.id,
            client,
            side,
            price,
            size: SizeLots(unsigned(self.decremented)),
            left: SizeLots(unsigned(self.left)),
            reason: RemovalReason::SelfTradeTaker,
        })
    }
}
