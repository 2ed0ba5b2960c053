//! What stands behind the accounts of a pool (protocol, "Liquidation", "Pool"): the fund, what it may pay, and who
//! pays what an account owes.

use ballast_types::{
    AccountId, Event, MarketId, Millis, PoolId,
    event::Cover,
    limits::{FUND_DAY_MS, FUND_PEAK_MS},
};

use crate::{
    closing::terms,
    exchange::Exchange,
    numbers::{MILLION, divide_down, divide_up, quote},
    pacing::Pacing,
    pause::Pause,
    resolution::Stage,
};

/// A pool's ledger, in u.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// All that was credited.
    pub credited: i128,
    /// All that was withdrawn.
    pub withdrawn: i128,
    /// Fees taken, less rebates.
    pub fees: i128,
    /// What came from other pools less what went to them.
    pub transferred: i128,
    /// What accounts owed and nobody could pay.
    pub deficit: i128,
    /// What accounts owed that other assets stand for, when the pool was resolved.
    pub debts: i128,
    /// Since when there is any.
    pub owes_since: Option<Millis>,
    /// How far its resolution is.
    pub stage: Stage,
    /// The last time in which nothing left it as somebody owed.
    pub pause: Option<Pause>,
    /// What the fund should hold.
    pub target: i128,
    /// The account that takes positions over.
    pub backstop: Option<AccountId>,
    /// The last day on which it did.
    pub takeovers: Option<Takeovers>,
    /// How what leaves it is paced, if it is.
    pub pacing: Option<Pacing>,
    /// What came to the fund by deposits, and when.
    gifts: Vec<(Millis, i128)>,
    /// What the fund held, and from when on; as far back as anything looks.
    held: Vec<(Millis, i128)>,
}

/// A day on which the backstop took positions over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeovers {
    /// Counted from the Unix epoch.
    pub day: u64,
    /// What the backstop had in equity before the first, in u.
    pub equity: i128,
}

impl Pool {
    pub(crate) fn new(target: i128, backstop: Option<AccountId>) -> Self {
        Self { target, backstop, ..Self::default() }
    }

    /// What the fund holds.
    #[must_use]
    pub fn fund(&self) -> i128 {
        self.held.last().map_or(0, |(_, held)| *held)
    }

    /// What it held just before a time, in ms.
    fn fund_before(&self, time: u64) -> i128 {
        self.held.iter().rfind(|(from, _)| from.0 < time).map_or(0, |(_, held)| *held)
    }

    /// What it held when the day of `now` began, and what was given to it since.
    #[must_use]
    pub fn day_start(&self, now: Millis) -> i128 {
        let begin = now.0 - now.0 % FUND_DAY_MS;
        let today = self.gifts.iter().filter(|(at, _)| at.0 >= begin);
        self.fund_before(begin) + today.map(|(_, gift)| gift).sum::<i128>()
    }

    /// The most that it held in the period `back` periods before that of `now`.
    #[must_use]
    pub fn peak_of(&self, now: Millis, back: u64) -> i128 {
        let start = now.0 - now.0 % FUND_PEAK_MS - back * FUND_PEAK_MS;
        let within = self.held.iter().filter(|(from, _)| (start..start + FUND_PEAK_MS).contains(&from.0));
        within.map(|(_, held)| *held).fold(self.fund_before(start), i128::max)
    }

    /// The most that it held lately.
    fn peak(&self, now: Millis) -> i128 {
        self.peak_of(now, 0).max(self.peak_of(now, 1))
    }

    /// Whether it is far below its peak and may fall little further.
    pub(crate) fn is_low(&self, now: Millis) -> bool {
        let below = self.peak(now) - self.fund();
        below > 0 && 20 * below >= self.target && 10 * self.most_of_a_payment(now) < below
    }

    /// The most that one payment of its fund may be, whatever for.
    pub(crate) fn most_of_a_payment(&self, now: Millis) -> i128 {
        let peak = self.peak(now);
        self.fund().min(self.fund() - divide_up(7 * peak, 10)).max(0)
    }

    /// The fund pays.
    fn pay(&mut self, now: Millis, u: i128) {
        if u != 0 {
            self.hold(now, self.fund() - u);
        }
    }

    /// Somebody deposits for the fund.
    pub(crate) fn gift(&mut self, now: Millis, u: i128) {
        let before = self.fund();
        self.receive(now, u);
        self.gifts.push((now, self.fund() - before));
    }

    /// Money for the fund pays the deficit first.
    fn receive(&mut self, now: Millis, u: i128) {
        let made_good = self.make_good(u);
        if u > made_good {
            self.hold(now, self.fund() + u - made_good);
        }
    }

    /// So much of the deficit as may be is paid; how much that is.
    pub(crate) fn make_good(&mut self, u: i128) -> i128 {
        let made_good = u.min(self.deficit);
        self.deficit -= made_good;
        if self.deficit == 0 {
            self.owes_since = None;
        }
        made_good
    }

    /// Fees, less rebates, pay the deficit first, too.
    pub(crate) fn receive_fees(&mut self, u: i128) {
        let made_good = self.make_good(u.max(0));
        self.fees += u - made_good;
    }

    /// It owes so much more.
    fn owe(&mut self, now: Millis, u: i128) {
        if self.deficit == 0 && u > 0 {
            self.owes_since = Some(now);
        }
        self.deficit += u;
    }

    fn hold(&mut self, now: Millis, held: i128) {
        assert!(held >= 0, "the fund holds {held}");
        let old = self.held.iter().filter(|(from, _)| from.0 + 2 * FUND_DAY_MS < now.0).count();
        self.held.drain(..old.saturating_sub(1));
        self.held.push((now, held));
    }
}

impl Exchange {
    fn today(&self) -> u64 {
        self.time.0 / FUND_DAY_MS
    }

    /// What the backstop had in equity before the first takeover of this day, when there was one.
    pub(crate) fn equity_of_day(&self, backstop: AccountId) -> Option<i128> {
        let last = self.pool_of(backstop).takeovers?;
        (last.day == self.today()).then_some(last.equity)
    }

    /// The backstop, which had so much in equity before, took something over.
    pub(crate) fn note_takeover(&mut self, backstop: AccountId, equity: i128) {
        let equity = self.equity_of_day(backstop).unwrap_or(equity);
        let day = self.today();
        self.pool_of_mut(backstop).takeovers = Some(Takeovers { day, equity });
    }

    /// What the fund paid for a market on this day.
    pub(crate) fn paid_today(&self, market: MarketId) -> i128 {
        self.market(market).paid.map_or(0, |(day, paid)| if day == self.today() { paid } else { 0 })
    }

    /// The most that one payment of the fund for a market may be.
    pub(crate) fn claim(&self, market: MarketId) -> i128 {
        let (pool, now) = (self.pool_at(market), self.time);
        let it = self.market(market);
        let share = if it.pool == PoolId(0) { terms(it.params.class).fund_share } else { MILLION };
        let left = divide_down(pool.day_start(now) * share, MILLION) - self.paid_today(market);
        pool.most_of_a_payment(now).min(left).max(0)
    }

    /// The fund pays for a market, no more than its claim.
    pub(crate) fn take_from_fund(&mut self, market: MarketId, u: i128) {
        if u == 0 {
            return;
        }
        let now = self.time;
        self.pool_at_mut(market).pay(now, u);
        let paid = (self.today(), self.paid_today(market) + u);
        self.market_mut(market).paid = Some(paid);
    }

    /// What the forced fills of an input in a market come to: penalties less what the fund added.
    pub(crate) fn settle_penalties(&mut self, market: MarketId, sum: i128) {
        if sum < 0 {
            return self.take_from_fund(market, -sum);
        }
        let (mut rest, now, pool) = (sum, self.time, self.pool_at(market));
        if let Some(backstop) = pool.backstop
            && pool.fund() >= pool.target
        {
            self.account_mut(backstop).cash += sum / 2;
            rest -= sum / 2;
        }
        self.pool_at_mut(market).receive(now, rest);
    }

    /// The fund pays what its pool owes, whatever its claim is; how much it pays.
    pub(crate) fn pay_deficit(&mut self, pool: PoolId) -> i128 {
        let now = self.time;
        let pool = self.pool_mut(pool);
        let paid = pool.make_good(pool.fund());
        pool.pay(now, paid);
        paid
    }

    /// What the account, which has no position, owes is paid.
    pub(crate) fn cover(&mut self, id: AccountId) -> Vec<Event> {
        let owed = (-self.margin(id).equity).max(0);
        let now = self.time;
        let from_fund = owed.min(self.pool_of(id).most_of_a_payment(now));
        self.pool_of_mut(id).pay(now, from_fund);
        let mut from_backstop = 0;
        if let Some(backstop) = self.pool_of(id).backstop.filter(|backstop| *backstop != id) {
            let margin = self.margin(backstop);
            from_backstop =
                (owed - from_fund).min((margin.equity - margin.counted.value - margin.maintenance).max(0));
            self.account_mut(backstop).cash -= from_backstop;
        }
        let pool = self.pool_of_mut(id);
        let from_fees = (owed - from_fund - from_backstop).min(pool.fees.max(0));
        pool.fees -= from_fees;
        let missing = owed - from_fund - from_backstop - from_fees;
        pool.owe(now, missing);
        self.account_mut(id).cash += owed;
        let paid = [
            (Cover::Fund, from_fund),
            (Cover::Backstop, from_backstop),
            (Cover::Fees, from_fees),
            (Cover::Pool, missing),
        ];
        let told = |(by, u)| Event::DeficitCovered { account: id, by, amount: quote(u) };
        paid.into_iter().filter(|(_, u)| *u > 0).map(told).collect()
    }
}
