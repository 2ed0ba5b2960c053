//! Part of a position is closed on the book (protocol, "Liquidate", step 4).

use ballast_types::{
    AccountId, Causes, ClientId, Event, KeyNumber, MarketId, NewOrder, Order, OrderId, PriceTicks,
    RemovalReason, SelfTrade, Side, SizeLots, TimeInForce, Waits,
    limits::{FORCED_WINDOW_MS, MAX_FILLS_PER_INPUT},
};

use crate::{
    account::Closed,
    closing::{Closing, USDC, terms},
    exchange::Exchange,
    market::Pace,
    meeting::Taker,
    numbers::{divide_down, divide_up, unsigned},
    operations::Step,
    place::NO_SLOT,
};

/// What bounds the fills of a forced order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forced {
    /// Of a fill, in ppm.
    pub(crate) penalty: i128,
    /// What the fund may add, in u.
    pub(crate) claim: i128,
    /// What it added so far, without the penalties that it got, in u.
    pub(crate) added: i128,
    /// What the account paid so far, below zero what the fund added, in u.
    pub(crate) paid: i128,
}

impl Taker {
    /// What is told of an order of step 0 that never rests: that it came, whom it met, and how it ended.
    pub(crate) fn told(self) -> Vec<Event> {
        let Self { account, market, id, order, .. } = self;
        let reason = match (self.left, self.ended) {
            (0, _) => RemovalReason::Filled,
            (_, Some(reason)) => reason,
            (_, None) => RemovalReason::ImmediateOrCancel,
        };
        let NewOrder { client, side, price, .. } = order;
        let size = SizeLots(unsigned(self.left));
        let mut events = vec![accepted(account, market, id, &order)];
        events.extend(self.events);
        events.push(Event::OrderRemoved { market, account, order: id, client, side, price, size, reason });
        events
    }
}

impl Closing<'_> {
    /// Lots worth so much at the mark, rounded up.
    fn worth(&self, u: i128) -> i128 {
        divide_up(u, self.market.value(self.market.mark, 1))
    }

    /// What restores health to 1.15, and what else makes sense to close at once.
    fn healing(&self) -> i128 {
        let (market, all) = (self.market, self.lots());
        let penalty = terms(market.params.class).penalty;
        let lacks = 10_i128.pow(6) * (23 * self.maintenance - 20 * self.equity);
        let cost = 10_i128.pow(7) * (self.fillable() - market.mark).abs();
        let each = market.value(market.mark * (23 * self.highest_rate() - 20 * penalty) - cost, 1);
        let x = if each <= 0 { all } else { divide_up(lacks, each) };
        let x = x.max(self.worth(1_000 * USDC)).min(all);
        let money = |lots| market.value(market.mark, lots);
        if money(all) <= 5_000 * USDC || money(all - x) < 1_000 * USDC { all } else { x }
    }
}

impl Exchange {
    fn window(&self) -> u64 {
        self.time.0 / FORCED_WINDOW_MS
    }

    /// Closes part of the largest position of which anything can be closed, while the account has any equity.
    pub(crate) fn force(&mut self, id: AccountId) -> Vec<Event> {
        let margin = self.margin(id);
        if margin.equity <= 0 || margin.equity >= margin.maintenance {
            return Vec::new();
        }
        let need = |market: &MarketId| {
            let closing = self.closing(id, *market);
            closing.need(closing.lots())
        };
        let positions = self.account(id).positions.keys();
        let open = positions.filter(|market| self.market(**market).settled.is_none());
        let mut markets: Vec<(i128, MarketId)> = open.map(|market| (-need(market), *market)).collect();
        markets.sort_unstable();
        for (_, market) in markets {
            let events = self.force_in(id, market);
            if !events.is_empty() {
                return events;
            }
        }
        Vec::new()
    }

    fn force_in(&mut self, id: AccountId, market: MarketId) -> Vec<Event> {
        let lots = self.forced_lots(id, market);
        if lots <= 0 || self.market(market).halt.is_some() {
            Vec::new()
        } else if self.is_batching(market) {
            self.force_to_wait(id, market, lots)
        } else {
            self.force_now(id, market, lots)
        }
    }

    /// How much is closed: nothing when that is not above zero.
    fn forced_lots(&self, id: AccountId, market: MarketId) -> i128 {
        let closing = self.closing(id, market);
        let it = closing.market;
        let mut lots = closing.healing();
        let closed = match self.account(id).forced {
            Some(last) if last.window == self.window() && last.market == market => last.lots,
            _ => 0,
        };
        let began = closing.lots() + closed;
        let is_large = it.value(it.mark, began) > terms(it.params.class).large;
        if is_large && 20 * closing.equity >= 17 * closing.maintenance {
            lots = lots.min(divide_up(began, 5) - closed);
        }
        let pace = self.pace(market);
        lots.min(pace.allowance - pace.closed)
    }

    /// That of the running 5 s: as it is, or as it begins now.
    fn pace(&self, id: MarketId) -> Pace {
        let market = self.market(id);
        if let Some(pace) = market.pace.filter(|pace| pace.window == self.window()) {
            return pace;
        }
        let reach = divide_down(2 * market.mark, 100);
        let reaches = |side, price: u64| match side {
            Side::Buy => i128::from(price) >= market.mark - reach,
            Side::Sell => i128::from(price) <= market.mark + reach,
        };
        let shown = |side| -> u128 {
            market.depth(side).iter().filter(|level| reaches(side, level.0)).map(|level| level.1).sum()
        };
        let shown = i128::try_from(shown(Side::Buy) + shown(Side::Sell)).expect("2^20 orders of 2^46 lots");
        let waits = |order: &&Order| {
            order.waits.is_some() && !order.is_forced() && reaches(order.side, order.price.0)
        };
        let waiting: i128 = market.orders.iter().filter(waits).map(|order| i128::from(order.size.0)).sum();
        let depth = shown + waiting;
        let least = divide_up(5_000 * USDC, market.value(market.mark, 1));
        let depth_percent = if market.causes.any_of(Causes::FEEDBACK) { 200 } else { 100 };
        let allowance = divide_down(15 * depth, depth_percent).max(least);
        Pace { window: self.window(), allowance, closed: 0 }
    }

    /// The worst price of a forced order.
    fn forced_limit(&self, id: AccountId, market: MarketId, lots: i128) -> i128 {
        let closing = self.closing(id, market);
        let more = divide_down(self.claim(market), closing.market.value(1, lots));
        closing.better(closing.fillable(), closing.worse_by(closing.zero(lots), more))
    }

    /// Where it matches continuously: an order that takes.
    fn force_now(&mut self, id: AccountId, market: MarketId, lots: i128) -> Vec<Event> {
        let before = self.clone();
        let pace = self.pace(market);
        let claim = self.claim(market);
        let limit = self.forced_limit(id, market, lots);
        let closing = self.closing(id, market);
        let penalty = terms(closing.market.params.class).penalty;
        let order = forced_order(closing.side(), limit, lots);
        let order_id = OrderId(self.market_mut(market).arrive() << 21 | NO_SLOT);
        let mut taker = Taker::new((id, KeyNumber(0)), market, order_id, order);
        taker.forced = Some(Forced { penalty, claim, added: 0, paid: 0 });
        self.meet(&mut taker, &mut MAX_FILLS_PER_INPUT.clone()).expect("a forced order ends instead");
        if taker.events.is_empty() {
            *self = before;
            return Vec::new();
        }
        self.settle_penalties(market, taker.forced.expect("it is one").paid);
        let now = self.time;
        self.market_mut(market).note_forced(now, taker.filled);
        self.note_paced(id, market, pace, taker.filled);
        taker.told()
    }

    /// Where it matches in batches: an order that waits, unless one does.
    fn force_to_wait(&mut self, id: AccountId, market: MarketId, lots: i128) -> Vec<Event> {
        if self.waiting(market).iter().any(|order| order.account == id && order.is_forced()) {
            return Vec::new();
        }
        let before = self.clone();
        let pace = self.pace(market);
        let limit = self.forced_limit(id, market, lots);
        let order = forced_order(self.closing(id, market).side(), limit, lots);

        let slot = u64::from(self.market(market).free_slot());
        let order_id = OrderId(self.market_mut(market).arrive() << 21 | slot);
        let step = Step { account: id, key: KeyNumber(0), place: 0, budget: &mut 0, earlier: &[] };
        let Ok(waiting) = self.wait(&step, market, order_id, &order, Waits::Forced) else {
            *self = before;
            return Vec::new();
        };
        self.note_paced(id, market, pace, lots);
        vec![accepted(id, market, order_id, &order), Event::OrderWaits { market, order: waiting }]
    }

    /// So much was closed, or waits to be, of the account and in the market.
    fn note_paced(&mut self, id: AccountId, market: MarketId, pace: Pace, lots: i128) {
        self.market_mut(market).pace = Some(Pace { closed: pace.closed + lots, ..pace });
        let window = self.window();
        let of_account = &mut self.account_mut(id).forced;
        let earlier = match of_account {
            Some(last) if last.window == window && last.market == market => last.lots,
            _ => 0,
        };
        *of_account = Some(Closed { window, market, lots: earlier + lots });
    }
}

pub(crate) fn forced_order(side: Side, limit: i128, lots: i128) -> NewOrder {
    let (price, size) = (PriceTicks(unsigned(limit)), SizeLots(unsigned(lots)));
    let order = NewOrder::plain(side, price, size, TimeInForce::Ioc, ClientId(0));
    NewOrder { reduce_only: true, self_trade: SelfTrade::CancelMaker, ..order }
}

pub(crate) const fn accepted(account: AccountId, market: MarketId, order: OrderId, new: &NewOrder) -> Event {
    let NewOrder { client, side, price, size, .. } = *new;
    Event::OrderAccepted { step: 0, market, account, order, client, side, price, size }
}
