//! Whom a new order meets, and what becomes of both (protocol, "Meetings").

use ballast_types::{
    AccountId, ClientId, Event, KeyNumber, MarketId, NewOrder, Order, OrderId, PriceTicks, RejectCode,
    Rejection, RemovalReason, SelfTrade, Side, SizeLots, TimeInForce, limits::MAX_FILLS_PER_ORDER,
};

use crate::{
    book::{Part, open},
    exchange::Exchange,
    forced::Forced,
    numbers::{MAX_LOTS, MAX_MONEY, is_money, product_not_less, quote, refuse, unsigned},
};

/// A new order on its way through the book.
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    pub(crate) account: AccountId,
    pub(crate) key: KeyNumber,
    pub(crate) market: MarketId,
    pub(crate) id: OrderId,
    pub(crate) order: NewOrder,
    /// What has not traded yet, in lots.
    pub(crate) left: i128,
    /// What traded, in lots.
    pub(crate) filled: i128,
    /// What it lost to orders of its own owner without a trade, in lots.
    pub(crate) decremented: i128,
    /// Price of the order that it would meet, were it not post-only.
    pub(crate) would_meet: Option<PriceTicks>,
    /// Why it meets no more, when something is left of it that must not rest.
    pub(crate) ended: Option<RemovalReason>,
    pub(crate) events: Vec<Event>,
    /// Most open interest that it may make, in lots, as it was before it.
    pub(crate) interest_limit: Option<i128>,
    /// What bounds it when it is a forced order.
    pub(crate) forced: Option<Forced>,
    /// Whether it closes a position of an account that exits.
    pub(crate) exits: bool,
}

impl Taker {
    /// An order of the account, signed with this key.
    pub(crate) const fn new(
        (account, key): (AccountId, KeyNumber),
        market: MarketId,
        id: OrderId,
        order: NewOrder,
    ) -> Self {
        Self {
            account,
            key,
            market,
            id,
            order,
            left: order.size.0 as i128,
            filled: 0,
            decremented: 0,
            would_meet: None,
            ended: None,
            events: Vec::new(),
            interest_limit: None,
            forced: None,
            exits: false,
        }
    }

    /// What is told of a fill.
    fn fill(&self, maker: &Order, lots: i128, (taker_fee, maker_fee): (i128, i128)) -> Event {
        Event::Fill {
            market: self.market,
            price: maker.price,
            size: SizeLots(unsigned(lots)),
            taker_side: self.order.side,
            taker: self.account,
            taker_order: self.id,
            taker_client: self.order.client,
            taker_fee: quote(taker_fee),
            maker: maker.account,
            maker_order: maker.id,
            maker_client: maker.client,
            maker_fee: quote(maker_fee),
            maker_left: SizeLots(unsigned(open(maker) - lots)),
        }
    }

    fn is_post_only(&self) -> bool {
        matches!(self.order.time_in_force, TimeInForce::PostOnly | TimeInForce::PostOnlySlide)
    }
}

impl Exchange {
    /// Meets opposite orders until nothing is left, nobody crosses, or it must stop. `budget` is what all orders
    /// under the signature may still meet.
    pub(crate) fn meet(&mut self, taker: &mut Taker, budget: &mut usize) -> Result<(), Rejection> {
        let market = taker.market;
        // Of those that count against the bound of one order.
        let mut met = 0;
        taker.interest_limit = self.interest_limit(market);
        for (id, part) in self.market(market).offers(taker.order.side.opposite(), taker.order.price) {
            let Some(maker) = self.order(market, id) else { continue };
            if taker.left == 0 || taker.ended.is_some() || taker.would_meet.is_some() {
                break;
            }
            if met == MAX_FILLS_PER_ORDER || *budget == 0 {
                taker.ended = Some(RemovalReason::FillLimit);
                break;
            }
            let is_over = self.end_of(market, &maker).is_some();
            if self.meet_one(taker, &maker, part)? {
                met += usize::from(!is_over);
                *budget -= 1;
            }
        }
        Ok(())
    }

    /// Whether the resting order traded or gave way: one that stays as it is does not count as met.
    fn meet_one(&mut self, taker: &mut Taker, maker: &Order, part: Part) -> Result<bool, Rejection> {
        let market = taker.market;
        let told = taker.events.len();
        if let Some(reason) = self.end_of(market, maker) {
            taker.events.push(self.remove(market, maker.id, reason));
        } else if taker.is_post_only() {
            taker.would_meet = Some(maker.price);
        } else if self.account(maker.account).owner == self.account(taker.account).owner {
            self.meet_own(taker, maker);
        } else {
            self.meet_other(taker, maker, part)?;
        }
        Ok(taker.events.len() > told)
    }

    /// Rule 3: nothing trades.
    fn meet_own(&mut self, taker: &mut Taker, maker: &Order) {
        let market = taker.market;
        let foreign = maker.account != taker.account && taker.key != KeyNumber(0);
        match if foreign { SelfTrade::CancelTaker } else { taker.order.self_trade } {
            SelfTrade::CancelMaker => {
                taker.events.push(self.remove(market, maker.id, RemovalReason::SelfTrade))
            }
            SelfTrade::CancelTaker => taker.ended = Some(RemovalReason::SelfTradeTaker),
            SelfTrade::CancelBoth => {
                taker.events.push(self.remove(market, maker.id, RemovalReason::SelfTrade));
                taker.ended = Some(RemovalReason::SelfTradeTaker);
            }
            SelfTrade::Decrement => {
                let lots = taker.left.min(open(maker));
                taker.left -= lots;
                taker.decremented += lots;
                taker.events.push(self.decrement(market, maker, lots));
            }
        }
    }

    /// The resting order loses `lots` without a trade.
    fn decrement(&mut self, market: MarketId, maker: &Order, lots: i128) -> Event {
        if lots == open(maker) {
            return self.remove(market, maker.id, RemovalReason::SelfTrade);
        }
        self.reduce(market, maker, open(maker) - lots, RemovalReason::SelfTrade)
    }

    /// Rules 4 and 5: they trade, or the resting order could not bear it and goes.
    fn meet_other(&mut self, taker: &mut Taker, maker: &Order, part: Part) -> Result<(), Rejection> {
        let market = taker.market;
        let offered = if part == Part::Shown { i128::from(maker.size.0) } else { open(maker) };
        let mut lots = taker.left.min(offered);
        if maker.reduce_only {
            lots = lots.min(self.closable(maker.account, market, maker.side));
        }
        let price = i128::from(maker.price.0);
        let notional = self.market(market).value(price, lots);
        let (taker_fee, _) = self.market(market).fees(self.account(taker.account), notional, self.time);
        let (_, maker_fee) = self.market(market).fees(self.account(maker.account), notional, self.time);
        // A forced order pays into the fund and no fee, so there is none to rebate.
        let to_pool = if taker.forced.is_some() { 0 } else { taker_fee };
        let maker_fee = maker_fee.max(-to_pool);
        let to_fund =
            taker.forced.map(|it| self.closing(taker.account, market).payment(price, lots, it.penalty));
        let taker_fee = to_fund.unwrap_or(taker_fee);
        let signed = |side| if side == Side::Buy { lots } else { -lots };

        let before = self.clone();
        self.trade(maker.account, market, signed(maker.side), price, maker_fee);
        self.take(market, maker, lots);
        if !self.is_borne(&before, maker.account, market) {
            *self = before;
            taker.events.push(self.remove(market, maker.id, RemovalReason::MakerMargin));
            return Ok(());
        }
        self.trade(taker.account, market, signed(taker.order.side), price, taker_fee);
        if self.is_beyond(&before, market, taker.interest_limit) {
            *self = before;
            taker.ended = Some(RemovalReason::OpenInterest);
            return Ok(());
        }
        self.pool_at_mut(market).receive_fees(to_pool + maker_fee);
        let added = taker.forced.map(|it| it.added + (-taker_fee).max(0));
        if self.must_end(taker, added) {
            *self = before;
            taker.ended = Some(RemovalReason::ImmediateOrCancel);
            return Ok(());
        }
        if let (Some(forced), Some(added)) = (&mut taker.forced, added) {
            forced.paid += taker_fee;
            forced.added = added;
        }
        let now = self.time;
        self.market_mut(market).note_traded(now, lots);
        taker.left -= lots;
        taker.filled += lots;
        let position = self.account(taker.account).position(market);
        if position.size.abs() > MAX_LOTS {
            return refuse(RejectCode::PositionTooLarge, position.size, MAX_LOTS);
        }
        for money in [self.account(taker.account).cash, position.basis] {
            if !is_money(money) {
                return refuse(RejectCode::Overflow, money, MAX_MONEY);
            }
        }
        taker.events.push(taker.fill(maker, lots, (taker_fee, maker_fee)));
        if lots == open(maker) {
            taker.events.push(self.remove(market, maker.id, RemovalReason::Filled));
        } else if maker.reduce_only && self.closable(maker.account, market, maker.side) == 0 {
            taker.events.push(self.remove(market, maker.id, RemovalReason::ReduceOnly));
        }
        Ok(())
    }

    /// Whether an order that nobody placed ends before the fill that led to here: a bound is broken, the fund has added more
    /// than it may, or who exits owes.
    fn must_end(&self, taker: &Taker, added: Option<i128>) -> bool {
        let market = taker.market;
        let in_bounds = self.is_in_bounds(taker.account, market)
            && is_money(self.pool_at(market).fees)
            && self.open_interest(market) <= i128::from(u64::MAX);
        match (taker.forced, added) {
            (Some(forced), Some(added)) => added > forced.claim || !in_bounds,
            _ => taker.exits && (!in_bounds || self.margin(taker.account).equity < 0),
        }
    }

    /// Whether the maker bears the fill that led from `before` to here.
    pub(crate) fn is_borne(&self, before: &Self, maker: AccountId, market: MarketId) -> bool {
        if !self.is_in_bounds(maker, market) || self.reach(maker, market) > MAX_LOTS {
            return false;
        }
        let (old, new) = (before.margin(maker), self.margin(maker));
        if self.reach(maker, market) > before.reach(maker, market) {
            return new.weighted >= new.required;
        }
        if new.weighted >= Self::fill_margin(&new) {
            return true;
        }
        let q = before.account(maker).position(market).size;
        let q_new = self.account(maker).position(market).size;
        let is_smaller = q_new.abs() < q.abs() && (q_new == 0 || q_new.signum() == q.signum());
        let is_healthier = product_not_less(new.equity, old.maintenance, old.equity, new.maintenance);
        is_smaller
            && (new.equity >= old.equity
                || (is_healthier && self.reach(maker, market) <= before.reach(maker, market)))
    }
}

impl Exchange {
    /// Refuses a fill-or-kill order of which something is left.
    pub(crate) fn check_filled(taker: &Taker) -> Result<(), Rejection> {
        if taker.order.time_in_force == TimeInForce::Fok && taker.filled < i128::from(taker.order.size.0) {
            return refuse(RejectCode::CannotFill, taker.filled, taker.order.size.0);
        }
        Ok(())
    }

    /// The client id of a resting order, for a duplicate.
    pub(crate) fn with_client(
        &self,
        account: AccountId,
        market: MarketId,
        client: ClientId,
    ) -> Option<OrderId> {
        let orders = self.orders_of(account, market);
        orders.iter().find(|order| client != ClientId(0) && order.client == client).map(|order| order.id)
    }
}
