//! The end of a market: when it settles, at which price, and how its positions become cash (protocol, "Settlement").

use std::rc::Rc;

use ballast_types::{
    AccountId, Causes, Event, Lots, MarketId, Millis, OracleState, PriceTicks, RejectCode, Rejection,
    limits::{MAX_SETTLED, MINUTE_MS, MINUTE_SAMPLES, SETTLEMENT_GRACE_MS, SETTLEMENT_MS},
};

use crate::{
    exchange::{Answer, Exchange},
    fractions::Fractions,
    index::element,
    market::Market,
    numbers::{is_money, quote, refuse, refuse_plainly, unsigned},
};

/// How a market ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// `P`, in ticks; 0 when it never opened.
    pub price: i128,
    /// Lots that were cashed, with their signs.
    pub closed: i128,
}

impl Market {
    /// The index of a tick at which it may be fresh is the sample of its minute.
    pub(crate) fn note_minute(&mut self, now: Millis) {
        if self.quality != OracleState::Fresh {
            return;
        }
        let minutes = Rc::make_mut(&mut self.minutes);
        minutes.insert(now.0 / MINUTE_MS, self.index);
        while minutes.len() > MINUTE_SAMPLES + 1 {
            minutes.pop_first();
        }
    }

    /// The lower median of samples, when there are any.
    fn median(samples: &[i128]) -> Option<i128> {
        (!samples.is_empty()).then(|| element(samples, samples.len().div_ceil(2)))
    }

    /// The samples of the last 60 minutes that have one.
    fn kept(&self) -> Vec<i128> {
        self.minutes.values().rev().take(MINUTE_SAMPLES).copied().collect()
    }

    /// Those of the 60 minutes that end with a time.
    fn before(&self, end: Millis) -> Vec<i128> {
        let ends = end.0 / MINUTE_MS;
        let is_in = |minute: u64| minute < ends && minute + MINUTE_SAMPLES as u64 >= ends;
        self.minutes.iter().filter(|(minute, _)| is_in(**minute)).map(|(_, index)| *index).collect()
    }

    /// Whether the time has come that its parameters say (a).
    pub(crate) fn is_over(&self, now: Millis) -> bool {
        self.params.settles_at != Millis(0) && now >= self.params.settles_at
    }

    /// Whether it had a price and has had none for a day (b).
    fn is_silent(&self, now: Millis) -> bool {
        self.index > 0 && now.0 - self.mark_time.0 >= SETTLEMENT_MS
    }

    /// Whether it settled less than a minute ago.
    #[must_use]
    pub fn is_in_grace(&self, now: Millis) -> bool {
        self.settled.is_some() && now.0 < self.mark_time.0 + SETTLEMENT_GRACE_MS
    }

    /// What `q` lots whose funding settled at an index are worth at the price at which it settled, in u.
    fn worth(&self, q: i128, price: i128, funding: i128) -> i128 {
        self.value(price, q) - q * (self.funding - funding)
    }
}

impl Exchange {
    /// A market ends.
    pub(crate) fn settle_market(&mut self, id: MarketId) -> Answer {
        self.check_market(id)?;
        let (market, now) = (self.market(id), self.time);
        if market.settled.is_some() || !(market.is_over(now) || market.is_silent(now)) {
            return refuse_plainly(RejectCode::NothingDue);
        }
        if market.is_over(now) {
            return Ok(self.settle_by_date(id));
        }
        let price = Market::median(&market.kept());
        Ok(self.settle_at(id, price.unwrap_or(0)))
    }

    /// It settles as its time has come.
    pub(crate) fn settle_by_date(&mut self, id: MarketId) -> Vec<Event> {
        let market = self.market(id);
        let price = Market::median(&market.before(market.params.settles_at));
        let price = price.or_else(|| Market::median(&market.kept()));
        self.settle_at(id, price.unwrap_or(0))
    }

    /// It settles as its pool is resolved.
    pub(crate) fn settle_with_pool(&mut self, id: MarketId) -> Vec<Event> {
        let market = self.market(id);
        let price = Market::median(&market.kept()).unwrap_or(market.fresh_mark);
        self.settle_at(id, price)
    }

    fn settle_at(&mut self, id: MarketId, price: i128) -> Vec<Event> {
        let now = self.time;
        let market = self.market_mut(id);
        market.settled = Some(Settled { price, closed: 0 });
        market.crowding = 0;
        market.capacity = None;
        market.hour_average = 0;
        if price > 0 {
            (market.mark, market.fresh_mark, market.mark_time) = (price, price, now);
        }
        market.quality = OracleState::Fresh;
        (market.jumped, market.uncertain, market.next_clearing) = (None, None, Millis(0));
        market.history = Rc::default();
        (market.average, market.fractions) = (0, Fractions { maintenance: 0, initial: 0 });
        (market.batch_until, market.reduce_until, market.thin_until) = (Millis(0), Millis(0), Millis(0));
        (market.halt, market.outage, market.drained) = (None, None, None);
        (market.causes, market.factor) = (Causes::NONE, 1_000_000);
        let told = Event::MarketSettled { market: id, price: PriceTicks(unsigned(price)) };
        [Some(told), self.tell_mode(id)].into_iter().flatten().collect()
    }

    /// Refuses what would trade in a market that settled.
    pub(crate) fn check_not_settled(&self, id: MarketId) -> Result<(), Rejection> {
        if self.market(id).settled.is_some() {
            return refuse(RejectCode::MarketSettled, id.0, 0);
        }
        Ok(())
    }

    /// Positions of a market that ended become cash.
    pub(crate) fn settle_positions(&mut self, id: MarketId, accounts: &[AccountId]) -> Answer {
        self.check_market(id)?;
        self.check_list(accounts, MAX_SETTLED)?;
        if self.market(id).is_in_grace(self.time) {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let mut events = Vec::new();
        for account in accounts {
            if !self.owes_elsewhere(*account) {
                events.extend(self.cash_out(*account, id));
            }
        }
        if events.is_empty() {
            return refuse_plainly(RejectCode::NothingDue);
        }
        Ok(events)
    }

    /// Whether the account is below zero, and has a position in a market that has not settled.
    #[must_use]
    pub fn owes_elsewhere(&self, account: AccountId) -> bool {
        let is_open = |id: &MarketId| self.market(*id).settled.is_none();
        self.account(account).positions.keys().any(is_open) && self.margin(account).equity < 0
    }

    /// The account's position in a market that settled becomes cash, unless there is none or it could not hold so much.
    pub(crate) fn cash_out(&mut self, account: AccountId, id: MarketId) -> Option<Event> {
        let Settled { price, closed } = self.market(id).settled?;
        let position = self.account(account).positions.get(&id).copied()?;
        let cash = self.account(account).cash + self.market(id).worth(position.size, price, position.funding);
        if !is_money(cash) || price == 0 {
            return None;
        }
        let owner = self.account_mut(account);
        owner.cash = cash;
        owner.positions.remove(&id);
        let closed = closed + position.size;
        self.market_mut(id).settled = Some(Settled { price, closed });
        Some(Event::PositionSettled {
            market: id,
            account,
            size: Lots(i64::try_from(position.size).expect("at most 2^46")),
            price: PriceTicks(unsigned(price)),
            cash: quote(cash),
        })
    }
}
