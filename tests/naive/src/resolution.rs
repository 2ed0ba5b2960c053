//! The end of a pool that nobody makes whole (protocol, "Resolution"): its markets settle, its accounts become cash, and
//! all of them are paid by one ratio.

use ballast_types::{
    AccountId, Event, MarketId, Millis, PoolId, RejectCode, Rejection,
    event::Cover,
    limits::{FUND_ACCOUNT, SETTLEMENT_MS},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, divide_down, quote, refuse, refuse_plainly},
    protection::Pool,
};

/// Parts of a ratio.
const WHOLE: i128 = 1_000_000_000;
/// Accounts that one input looks at.
const STEP: usize = 256;

/// How far the resolution of a pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It did not begin.
    #[default]
    Open,
    /// It began; this many accounts were looked at.
    Settling(usize),
    /// It ended; so many parts of 10^9 are paid.
    Resolved(i128),
}

impl Pool {
    /// Whether it is in resolution, or was.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.stage != Stage::Open
    }

    /// What somebody who takes so much out of it is paid, in u.
    pub(crate) const fn paid(&self, amount: i128) -> i128 {
        match self.stage {
            Stage::Resolved(ratio) => divide_down(amount * ratio, WHOLE),
            Stage::Open | Stage::Settling(_) => amount,
        }
    }

    /// Who was paid by the ratio left so much behind.
    pub(crate) fn keep(&mut self, rest: i128) {
        let made_good = self.make_good(rest);
        self.fees += rest - made_good;
    }

    /// `ratio`, of 10^9.
    fn ratio_to_pay(&self) -> i128 {
        let claims = self.held() + self.deficit - self.fees - self.fund() + self.debts;
        if claims <= 0 { WHOLE } else { divide_down(self.held() * WHOLE, claims).min(WHOLE) }
    }

    /// Whether it has owed for a day.
    fn owes_for_long(&self, now: Millis) -> bool {
        self.deficit > 0 && self.owes_since.is_some_and(|since| now.0 - since.0 >= SETTLEMENT_MS)
    }
}

impl Exchange {
    /// A step of the resolution of a pool.
    pub(crate) fn resolve(&mut self, id: PoolId) -> Answer {
        let Some(pool) = self.pools.get(usize::from(id.0)) else {
            return refuse(RejectCode::UnknownPool, id.0, self.pools.len() as u64);
        };
        match pool.stage {
            Stage::Open if pool.owes_for_long(self.time) => Ok(self.begin_to_resolve(id)),
            Stage::Settling(looked_at) => Ok(self.go_on_to_resolve(id, looked_at)),
            Stage::Open | Stage::Resolved(_) => refuse_plainly(RejectCode::NothingDue),
        }
    }

    pub(crate) fn markets_of(&self, id: PoolId) -> Vec<MarketId> {
        self.market_ids().into_iter().filter(|market| self.market(*market).pool == id).collect()
    }

    fn begin_to_resolve(&mut self, id: PoolId) -> Vec<Event> {
        let paid = self.pay_deficit(id);
        let account = AccountId(FUND_ACCOUNT - u32::from(id.0));
        let told = Event::DeficitCovered { account, by: Cover::Fund, amount: quote(paid) };
        let mut events: Vec<Event> = (paid > 0).then_some(told).into_iter().collect();
        if self.pool(id).deficit == 0 {
            return events;
        }
        self.pool_mut(id).stage = Stage::Settling(0);
        events.push(Event::ResolutionBegan { pool: id });
        for market in self.markets_of(id) {
            if self.market(market).settled.is_none() {
                events.extend(self.settle_with_pool(market));
            }
        }
        events
    }

    fn go_on_to_resolve(&mut self, id: PoolId, looked_at: usize) -> Vec<Event> {
        let mut events = Vec::new();
        for account in self.account_ids().into_iter().skip(looked_at).take(STEP) {
            if self.account(account).pool == id {
                events.extend(self.become_cash(account));
            }
        }
        let looked_at = looked_at + STEP;
        self.pool_mut(id).stage = Stage::Settling(looked_at);
        if looked_at >= self.accounts.len() {
            let ratio = self.pool(id).ratio_to_pay();
            self.pool_mut(id).stage = Stage::Resolved(ratio);
            let ratio = u32::try_from(ratio).expect("at most 10^9");
            events.push(Event::PoolResolved { pool: id, ratio });
        }
        events
    }

    /// All that the account holds becomes cash, and what it then owes is covered.
    fn become_cash(&mut self, account: AccountId) -> Vec<Event> {
        let markets = self.market_ids();
        let mut events: Vec<Event> =
            markets.into_iter().filter_map(|market| self.cash_out(account, market)).collect();
        if self.account(account).positions.is_empty() && self.margin(account).equity < 0 {
            events.extend(self.cover(account));
        }
        let owes = -self.account(account).cash.min(0);
        let pool = self.pool_of_mut(account);
        pool.debts = (pool.debts + owes).min(MAX_MONEY);
        events
    }

    /// Refuses money for a pool that is in resolution, or was.
    pub(crate) fn check_takes_money(&self, id: PoolId) -> Result<(), Rejection> {
        if self.pool(id).is_ending() {
            return refuse(RejectCode::PoolInResolution, id.0, 0);
        }
        Ok(())
    }

    /// Refuses money from a pool with a deficit, or in resolution; not when that has ended.
    pub(crate) fn check_gives_money(&self, account: AccountId) -> Result<(), Rejection> {
        let (id, pool) = (self.account(account).pool, self.pool_of(account));
        match pool.stage {
            Stage::Settling(_) => refuse(RejectCode::PoolInResolution, id.0, 0),
            Stage::Open if pool.deficit > 0 => refuse(RejectCode::PoolInDeficit, pool.deficit, 0),
            Stage::Open | Stage::Resolved(_) => Ok(()),
        }
    }
}
