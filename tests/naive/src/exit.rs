//! A position of an account that exits is closed: on the book, with the backstop, and by a tear-up (protocol, "Forced
//! requests", Closing).

use ballast_types::{
    AccountId, Event, KeyNumber, Lots, MarketId, OrderId, PriceTicks, RejectCode, Rejection, RemovalReason,
    Side, SizeLots,
    limits::{MAX_EXIT_FILLS, MAX_HOLDERS},
};

use crate::{
    exchange::{Answer, Exchange},
    forced::forced_order,
    meeting::Taker,
    numbers::{quote, refuse, refuse_plainly, unsigned},
    place::NO_SLOT,
};

impl Exchange {
    pub(crate) fn exit(&mut self, id: AccountId, market: MarketId, holders: &[AccountId]) -> Answer {
        self.check_exit(id, market, holders)?;
        if self.account(id).positions.is_empty() {
            return self.pay_out(id).map_or_else(|| refuse_plainly(RejectCode::NothingDue), Ok);
        }
        let q = self.size_in(id, market);
        if self.is_cashable(market) && q != 0 {
            return self.cash_exiting(id, market);
        }
        let other = if q > 0 { Side::Sell } else { Side::Buy };
        let is_due =
            q != 0 && self.is_closable(market) && !holders.is_empty() && self.are_all(market, other, holders);
        if !is_due {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let price = self.closing(id, market).exit_price();
        if !self.closing(id, market).bears_exit(price) {
            return Ok(vec![self.end_exit(id, 0)]);
        }
        let before = self.clone();
        let answer = self.close_exiting(id, market, price, holders);
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    fn check_exit(&self, id: AccountId, market: MarketId, holders: &[AccountId]) -> Result<(), Rejection> {
        let check_account = |id: AccountId| {
            if id.0 as usize >= self.accounts.len() {
                return refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64);
            }
            Ok(())
        };
        check_account(id)?;
        self.check_market(market)?;
        if holders.len() > MAX_HOLDERS {
            return refuse(RejectCode::TooManyItems, holders.len() as i128, MAX_HOLDERS as i128);
        }
        if holders.windows(2).any(|pair| pair[0] >= pair[1]) || holders.contains(&id) {
            return refuse_plainly(RejectCode::UnsortedPrices);
        }
        holders.iter().try_for_each(|holder| check_account(*holder))?;
        if self.account(id).exit.is_none() {
            return refuse_plainly(RejectCode::NothingDue);
        }
        Ok(())
    }

    /// Where the market settled its position becomes cash, unless that would be a debt while others are open.
    fn cash_exiting(&mut self, id: AccountId, market: MarketId) -> Answer {
        if self.owes_elsewhere(id) {
            return Ok(vec![self.end_exit(id, 0)]);
        }
        let Some(cashed) = self.cash_out(id, market) else {
            return refuse_plainly(RejectCode::NothingDue);
        };
        let mut events = vec![cashed];
        events.extend(self.pay_out(id).unwrap_or_default());
        Ok(events)
    }

    pub(crate) fn size_in(&self, id: AccountId, market: MarketId) -> i128 {
        self.account(id).position(market).size
    }

    /// Steps 1 to 5; what they changed stays for the caller to put back where it is refused.
    fn close_exiting(
        &mut self,
        id: AccountId,
        market: MarketId,
        price: i128,
        holders: &[AccountId],
    ) -> Answer {
        let q = self.size_in(id, market);
        let lots = Lots(i64::try_from(q).expect("at most 2^46"));
        let mut events = vec![Event::Exiting { account: id, market, lots }];
        for order in self.orders_of(id, market) {
            events.push(self.remove(market, order.id, RemovalReason::Exit));
        }
        events.extend(self.exit_on_the_book(id, market));
        events.extend(self.exit_to_the_backstop(id, market, price));
        events.extend(self.exit_by_tear_up(id, market, price, holders)?);
        if !holders.iter().chain([&id]).all(|id| self.is_in_bounds(*id, market)) {
            return refuse_plainly(RejectCode::Overflow);
        }
        if self.size_in(id, market) == q {
            return refuse_plainly(RejectCode::NothingDue);
        }
        events.extend(self.follow(&events));
        events.extend(self.pay_out(id).unwrap_or_default());
        Ok(events)
    }

    /// Step 2: an order that takes, where anybody can be met.
    fn exit_on_the_book(&mut self, id: AccountId, market: MarketId) -> Vec<Event> {
        let margin = self.margin(id);
        let lacks = margin.equity < margin.maintenance;
        if lacks || self.market(market).halt.is_some() || self.is_batching(market) {
            return Vec::new();
        }
        let before = self.clone();
        let closing = self.closing(id, market);
        let (low, high) = closing.market.band();
        let limit = closing.takeover(closing.lots()).clamp(low, high);
        let order = forced_order(closing.side(), limit, closing.lots());
        let order_id = OrderId(self.market_mut(market).arrive() << 21 | NO_SLOT);
        let mut taker = Taker::new((id, KeyNumber(0)), market, order_id, order);
        taker.exits = true;
        self.meet(&mut taker, &mut MAX_EXIT_FILLS.clone()).expect("it ends instead");
        if taker.events.is_empty() {
            *self = before;
            return Vec::new();
        }
        taker.told()
    }

    /// Step 3: the backstop takes as many sixteenths as can be.
    fn exit_to_the_backstop(&mut self, id: AccountId, market: MarketId, price: i128) -> Option<Event> {
        let backstop = self.pool_of(id).backstop?;
        if self.size_in(id, market) == 0
            || !self.closing(id, market).bears_exit(price)
            || !self.account(backstop).positions.keys().all(|market| self.may_liquidate_at(*market))
        {
            return None;
        }
        for sixteenths in (1..=16).rev() {
            let before = self.clone();
            let told = self.take_sixteenths((id, backstop), market, price, sixteenths);
            if told.is_some() && self.is_borne_by_backstop(&before, backstop, 2) {
                self.note_takeover(backstop, before.margin(backstop).equity);
                return told;
            }
            *self = before;
        }
        None
    }

    /// So much of the position changes hands, unless that is nothing or breaks a bound.
    fn take_sixteenths(
        &mut self,
        (id, backstop): (AccountId, AccountId),
        market: MarketId,
        price: i128,
        sixteenths: i128,
    ) -> Option<Event> {
        let closing = self.closing(id, market);
        let (x, side) = (closing.lots() * sixteenths / 16, closing.side());
        if x == 0 {
            return None;
        }
        let signed = if side == Side::Sell { -x } else { x };
        self.move_lots(id, market, signed, price, 0);
        self.move_lots(backstop, market, -signed, price, 0);
        let in_bounds = self.is_in_bounds(id, market)
            && self.is_in_bounds(backstop, market)
            && self.open_interest(market) <= i128::from(u64::MAX);
        let (size, price, fund) = (SizeLots(unsigned(x)), PriceTicks(unsigned(price)), quote(0));
        in_bounds.then_some(Event::TakenOver { account: id, market, side, size, price, fund })
    }
}
