//! The clearing of a market (protocol, "Clearing"): who takes part, what happens, and what becomes of who waited.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use ballast_types::{
    AccountId, Event, MarketId, Order, OrderId, PriceTicks, RejectCode, RemovalReason, Side, SizeLots, Waits,
    limits::{MAX_CLEARED, MAX_CLEARING_ROUNDS},
};

use crate::{
    auction::{self, Bidder},
    book::open,
    exchange::{Answer, Exchange},
    forced_pairs::Tally,
    interest::Narrowed,
    numbers::{is_money, quote, refuse_plainly, unsigned},
};

/// An order that takes part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) order: Order,
    /// Its limit, moved to the edge of the band when it lies beyond.
    pub(crate) limit: i128,
    /// What may trade.
    pub(crate) lots: i128,
}

/// An auction that was held, and what it told.
#[derive(Default)]
struct Held {
    result: auction::Result,
    told: Vec<Event>,
    /// Whether step 7 lets nothing trade.
    is_void: bool,
    /// Who shared what room there is for open interest, when there was too little.
    narrowed: Option<Narrowed>,
}

impl Exchange {
    /// Clears the market; `seed` is the promise chain before this input.
    pub(crate) fn clear(&mut self, market: MarketId, seed: B256) -> Answer {
        self.check_market(market)?;
        let is_halted = self.market(market).halt.is_some();
        let is_due = self.market(market).settled.is_none()
            && !self.waiting(market).is_empty()
            && self.time >= self.market(market).next_clearing
            && self.is_believed(market)
            && !self.market(market).is_closed(self.time)
            && (!is_halted || self.may_reopen(market));
        if !is_due {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let mut events = Vec::new();
        let mut parts = self.gather(market, &mut events);
        let uncertain = self.uncertain(market, &parts);
        self.drop_accounts(market, &mut parts, &uncertain, &mut events);
        let (held, before) = self.hold_auction(market, &mut parts, seed, &mut events);
        let price = held.result.price;
        let volume = held.result.bought.iter().map(|(_, lots)| lots).sum();
        let end = before.how_it_ends(market, price, volume, held.is_void);
        if is_halted && end.is_none() {
            *self = before;
            events.insert(0, self.put_off(market));
            events.extend(self.follow(&events));
            return Ok(events);
        }
        events.extend(held.told);
        events.extend(self.end_waiting(market, held.narrowed.as_ref()));
        self.market_mut(market).next_clearing = self.interval_away(market);
        let volume = SizeLots(unsigned(volume));
        let told = price.map(|price| PriceTicks(unsigned(price)));
        events.insert(0, Event::Cleared { market, price: told, volume });
        events.extend(self.follow(&events));
        if let Some(end) = end {
            self.end_halt(market, end);
            events.extend(self.tell_mode(market));
        }
        Ok(events)
    }

    /// Steps 3 to 7; gives what came of it and the exchange before anything traded.
    fn hold_auction(
        &mut self,
        market: MarketId,
        parts: &mut Vec<Part>,
        seed: B256,
        events: &mut Vec<Event>,
    ) -> (Held, Self) {
        let limit = self.interest_limit(market);
        let claim = self.claim(market);
        let mut narrowed: Option<Narrowed> = None;
        for _ in 0..MAX_CLEARING_ROUNDS {
            let before = self.clone();
            let result = auction::hold(&self.bidders(market, parts), self.market(market).index, seed);
            let (told, tally) = self.carry_out(market, &result, claim);
            let failing: BTreeSet<AccountId> = parts
                .iter()
                .filter(|part| result.bought.iter().chain(&result.sold).any(|(id, _)| *id == part.order.id))
                .filter(|part| !self.bears(&before, part, market, &tally))
                .map(|part| part.order.account)
                .collect();
            if !failing.is_empty() {
                *self = before;
                self.drop_accounts(market, parts, &failing, events);
                continue;
            }
            if let Some(limit) = limit.filter(|limit| self.is_beyond(&before, market, Some(*limit))) {
                assert!(narrowed.is_none(), "no more is opened than there is room for");
                *self = before;
                narrowed = Some(self.narrow(market, parts, (&result, limit), seed));
                continue;
            }
            self.settle_penalties(market, tally.paid);
            let are_bounded = is_money(self.pool_at(market).fees) && is_money(self.pool_at(market).fund());
            if !are_bounded || self.open_interest(market) > i128::from(u64::MAX) {
                *self = before;
                break;
            }
            return (Held { result, told, is_void: false, narrowed }, before);
        }
        (Held { is_void: true, ..Held::default() }, self.clone())
    }

    pub(crate) fn bidders(&self, market: MarketId, parts: &[Part]) -> Vec<Bidder> {
        let (low, high) = self.market(market).band();
        let bidder = |part: &Part| Bidder {
            id: part.order.id,
            owner: self.account(part.order.account).owner,
            side: part.order.side,
            limit: part.limit,
            lots: part.lots,
            counts_as: part.limit.clamp(low, high),
            is_forced: part.order.is_forced(),
        };
        parts.iter().map(bidder).collect()
    }

    /// Who takes part; what can never trade again goes.
    fn gather(&mut self, market: MarketId, events: &mut Vec<Event>) -> Vec<Part> {
        let waiting = self.waiting(market);
        let mut waiting = self.without_ended(market, waiting, events);
        let forced: BTreeSet<AccountId> =
            waiting.iter().filter(|order| order.is_forced()).map(|order| order.account).collect();
        let takes_part = |order: &Order| order.is_forced() || !forced.contains(&order.account);
        waiting.retain(takes_part);
        if self.market(market).is_reduce_only(self.time) {
            waiting.retain(|order| order.reduce_only || self.all_close(market, order.account, order.side));
        }
        let mut orders = waiting.clone();
        let (low, high) = self.market(market).band();
        for side in [Side::Sell, Side::Buy] {
            let takers: Vec<Part> = waiting.iter().filter_map(|order| self.admit(market, *order)).collect();
            let others = takers.iter().filter(|part| part.order.side != side);
            let limits = others.map(|part| part.limit.clamp(low, high));
            let limit = if side == Side::Sell { limits.max() } else { limits.min() };
            let Some(limit) = limit else { continue };
            let mut resting = self.market(market).crossed(side, PriceTicks(unsigned(limit)));
            resting.truncate(MAX_CLEARED);
            orders.extend(self.without_ended(market, resting, events).into_iter().filter(takes_part));
        }
        let mut parts: Vec<Part> = orders.into_iter().filter_map(|order| self.admit(market, order)).collect();
        self.cap(market, &mut parts);
        parts.retain(|part| part.lots > 0);
        let limits = |side| parts.iter().filter(move |part| part.order.side == side).map(|part| part.limit);
        let (bid, ask) = (limits(Side::Buy).max(), limits(Side::Sell).min());
        parts.retain(|part| match part.order.side {
            Side::Buy => ask.is_some_and(|ask| ask <= part.limit),
            Side::Sell => bid.is_some_and(|bid| bid >= part.limit),
        });
        parts.sort_by_key(|part| part.order.id);
        parts
    }

    /// Whether all that waits of an account and side is no more than there is to close.
    fn all_close(&self, market: MarketId, account: AccountId, side: Side) -> bool {
        let waiting = self.waiting(market);
        let own = waiting.iter().filter(|order| order.account == account && order.side == side);
        own.map(open).sum::<i128>() <= self.closable(account, market, side)
    }

    fn without_ended(&mut self, market: MarketId, orders: Vec<Order>, events: &mut Vec<Event>) -> Vec<Order> {
        let mut left = Vec::new();
        for order in orders {
            match self.end_in_clearing(market, &order) {
                Some(reason) => events.push(self.remove(market, order.id, reason)),
                None => left.push(order),
            }
        }
        left
    }

    /// The order within the band, a forced one at its own limit, when any price of the band is within its limit.
    fn admit(&self, market: MarketId, order: Order) -> Option<Part> {
        let (low, high) = self.market(market).band();
        let price = i128::from(order.price.0);
        let (limit, fits) = match order.side {
            Side::Buy => (price.min(high), price >= low),
            Side::Sell => (price.max(low), price <= high),
        };
        let limit = if order.is_forced() { price } else { limit };
        fits.then_some(Part { order, limit, lots: open(&order) })
    }

    /// Reduce-only orders of an account together close no more than there is.
    fn cap(&self, market: MarketId, parts: &mut [Part]) {
        let mut places: Vec<usize> = (0..parts.len()).filter(|n| parts[*n].order.reduce_only).collect();
        places.sort_by_key(|place| {
            let Part { order, limit, .. } = parts[*place];
            (if order.side == Side::Buy { -limit } else { limit }, order.id)
        });
        let mut used: BTreeMap<AccountId, i128> = BTreeMap::new();
        for place in places {
            let part = &mut parts[place];
            let used = used.entry(part.order.account).or_default();
            let closable = self.closable(part.order.account, market, part.order.side);
            part.lots = part.lots.min(closable - *used);
            *used += part.lots;
        }
    }

    /// By account, then by id.
    fn drop_accounts(
        &mut self,
        market: MarketId,
        parts: &mut Vec<Part>,
        accounts: &BTreeSet<AccountId>,
        events: &mut Vec<Event>,
    ) {
        for account in accounts {
            for part in parts.iter().filter(|part| part.order.account == *account) {
                events.push(self.remove(market, part.order.id, RemovalReason::MakerMargin));
            }
        }
        parts.retain(|part| !accounts.contains(&part.order.account));
    }

    /// Nets and trades.
    fn carry_out(&mut self, market: MarketId, result: &auction::Result, claim: i128) -> (Vec<Event>, Tally) {
        let mut tally = Tally::new(claim);
        let mut events = Vec::new();
        for (id, lots) in &result.netted {
            let order = self.order(market, *id).expect("it takes part");
            events.push(match open(&order) - lots {
                0 => self.remove(market, *id, RemovalReason::SelfTrade),
                left => self.reduce(market, &order, left, RemovalReason::SelfTrade),
            });
        }
        let Some(price) = result.price else { return (events, tally) };
        let mut left: BTreeMap<OrderId, i128> = result.bought.iter().chain(&result.sold).copied().collect();
        let total = left.clone();
        let after: BTreeMap<AccountId, i128> = self.positions_after(market, &total);
        let (mut bids, mut asks) = (result.bought.iter().peekable(), result.sold.iter().peekable());
        while let (Some((bid, _)), Some((ask, _))) = (bids.peek(), asks.peek()) {
            let lots = left[bid].min(left[ask]);
            // A forced one is the taker when the other is not.
            let rank = |id: &&OrderId| (self.order(market, **id).expect("it takes part").is_forced(), **id);
            let mut pair = [*bid, *ask];
            pair.sort_by_key(|id| rank(&id));
            let [maker, taker] = pair;
            *left.get_mut(bid).expect("it trades") -= lots;
            *left.get_mut(ask).expect("it trades") -= lots;
            if left[bid] == 0 {
                bids.next();
            }
            if left[ask] == 0 {
                asks.next();
            }
            let maker_done = total[&maker] - left[&maker];
            events.push(self.trade_pair(market, price, (maker, taker), lots, maker_done, &mut tally));
            for id in [maker, taker] {
                if left[&id] == 0 {
                    events.extend(self.settle(market, id, total[&id], &after));
                }
            }
        }
        (events, tally)
    }

    /// Positions of who trades, in the end.
    fn positions_after(
        &self,
        market: MarketId,
        total: &BTreeMap<OrderId, i128>,
    ) -> BTreeMap<AccountId, i128> {
        let mut after = BTreeMap::new();
        for (id, lots) in total {
            let order = self.order(market, *id).expect("it takes part");
            let q = self.account(order.account).position(market).size;
            let signed = if order.side == Side::Buy { *lots } else { -lots };
            *after.entry(order.account).or_insert(q) += signed;
        }
        after
    }

    fn trade_pair(
        &mut self,
        market: MarketId,
        price: i128,
        (maker, taker): (OrderId, OrderId),
        lots: i128,
        maker_done: i128,
        tally: &mut Tally,
    ) -> Event {
        let [maker, taker] = [maker, taker].map(|id| self.order(market, id).expect("it takes part"));
        let fees = self.pair_fees(market, (price, lots), [&maker, &taker], tally);
        let signed = |order: &Order| if order.side == Side::Buy { lots } else { -lots };
        for (order, fee) in [(&maker, fees.maker), (&taker, fees.taker)] {
            // Who fails with this pair stays as he is.
            if let Some(fee) = fee {
                self.trade(order.account, market, signed(order), price, fee);
            }
        }
        self.pool_at_mut(market).receive_fees(fees.to_pool);
        let now = self.time;
        self.market_mut(market).note_traded(now, lots);
        Event::Fill {
            market,
            price: PriceTicks(unsigned(price)),
            size: SizeLots(unsigned(lots)),
            taker_side: taker.side,
            taker: taker.account,
            taker_order: taker.id,
            taker_client: taker.client,
            taker_fee: quote(fees.taker.unwrap_or(0)),
            maker: maker.account,
            maker_order: maker.id,
            maker_client: maker.client,
            maker_fee: quote(fees.maker.unwrap_or(0)),
            maker_left: SizeLots(unsigned(open(&maker) - maker_done)),
        }
    }

    /// The order is filled with all that it trades.
    fn settle(
        &mut self,
        market: MarketId,
        id: OrderId,
        lots: i128,
        after: &BTreeMap<AccountId, i128>,
    ) -> Option<Event> {
        let order = self.order(market, id).expect("it takes part");
        if order.waits.is_some() {
            self.take_waiting(market, &order, lots);
        } else {
            self.take(market, &order, lots);
        }
        let q = after[&order.account];
        let closable = if order.side == Side::Buy { -q } else { q };
        if open(&order) == lots {
            Some(self.remove(market, id, RemovalReason::Filled))
        } else if order.reduce_only && closable <= 0 {
            Some(self.remove(market, id, RemovalReason::ReduceOnly))
        } else {
            None
        }
    }

    /// What becomes of who still waits.
    fn end_waiting(&mut self, market: MarketId, narrowed: Option<&Narrowed>) -> Vec<Event> {
        let (low, high) = self.market(market).band();
        let could_open = |order: &Order| narrowed.is_some_and(|it| it.opening.contains(&order.id));
        let mut waiting = self.waiting(market);
        // The sort is stable: of each side the oldest stays first.
        waiting.sort_by_key(|order| narrowed.is_some_and(|it| it.side == order.side));
        let mut events = Vec::new();
        for order in waiting {
            let price = i128::from(order.price.0);
            let best = self.market(market).depth(order.side.opposite()).first().map(|level| level.0.into());
            let crossed: Option<i128> = best.filter(|best| match order.side {
                Side::Buy => *best <= price,
                Side::Sell => *best >= price,
            });
            let can_trade = |best: i128| match order.side {
                Side::Buy => price >= low && best <= high,
                Side::Sell => price <= high && best >= low,
            };
            let reason = match (self.end_of(market, &order), crossed) {
                _ if order.waits != Some(Waits::Rest) => RemovalReason::ImmediateOrCancel,
                (Some(reason), _) => reason,
                (None, Some(_)) if could_open(&order) => RemovalReason::OpenInterest,
                (None, Some(best)) if can_trade(best) => continue,
                (None, Some(_)) => RemovalReason::OutsideBand,
                (None, None) => {
                    events.push(self.begin_to_rest(market, order.id));
                    continue;
                }
            };
            events.push(self.remove(market, order.id, reason));
        }
        events
    }

    fn begin_to_rest(&mut self, market: MarketId, id: OrderId) -> Event {
        let order = self.market_mut(market).orders.iter_mut().find(|order| order.id == id);
        let order = order.expect("it waits");
        order.waits = None;
        Event::OrderRested { market, order: *order }
    }
}
