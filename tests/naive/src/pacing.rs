//! What leaves a pool, and how fast (protocol, "Pacing").

use ballast_types::{
    AccountId, Address, AssetId, Event, Millis, PoolId, Quote, RejectCode, Rejection,
    limits::{
        EXIT_DAY_MS, MAX_QUEUED, MAX_RELEASED, MAX_TICKETS, MAX_WITHDRAWALS_PER_BATCH, MIN_QUEUED,
        PACED_PART, PACING_PERIODS_MS, SMALL_EXIT,
    },
};

use crate::{
    exchange::Exchange,
    numbers::{MILLION, divide_down, quote, refuse},
    protection::Pool,
    resolution::Stage,
};

/// How a pool is paced, and what follows from that.
#[derive(Clone, Debug)]
pub struct Pacing {
    /// The bucket of the hour and that of the day.
    pub buckets: [Bucket; 2],
    /// Who waits, the first first.
    pub queue: Vec<Queued>,
    /// The next ticket.
    pub next_ticket: u64,
}

/// What left by one measure, and comes back with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `P`, in ms.
    period: i128,
    /// Of what the pool holds so much, in ppm.
    share: i128,
    /// And at least so much, in u.
    floor: i128,
    /// `d`: what left by it and has not come back, in parts of `1 / 2P` u.
    pub drained: i128,
    /// `t`: when it was kept last.
    pub kept: Millis,
}

/// A withdrawal that waits, or what is left of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its ticket.
    pub ticket: u64,
    /// Who was debited.
    pub account: AccountId,
    /// Who is to be paid.
    pub recipient: Address,
    /// How much, in u.
    pub amount: i128,
}

impl Pacing {
    /// How many withdrawals of an account wait.
    #[must_use]
    pub fn tickets_of(&self, account: AccountId) -> u64 {
        self.queue.iter().filter(|it| it.account == account).count() as u64
    }

    /// Share, in ppm, and floor, in u, of the hour and of the day.
    #[must_use]
    pub fn rates(&self) -> [(u64, u64); 2] {
        let unsigned = |x: i128| u64::try_from(x).expect("a rate is not below zero");
        self.buckets.map(|bucket| (unsigned(bucket.share), unsigned(bucket.floor)))
    }

    /// Another of the four: the share and the floor of the hour, then those of the day.
    pub(crate) fn set_rate(&mut self, place: usize, value: u64) {
        let bucket = &mut self.buckets[place / 2];
        *(if place.is_multiple_of(2) { &mut bucket.share } else { &mut bucket.floor }) = value.into();
    }

    /// What waits, in u.
    #[must_use]
    pub fn queued(&self) -> i128 {
        self.queue.iter().map(|it| it.amount).sum()
    }
}

impl Bucket {
    const fn new(period: u64, (share, floor): (u32, Quote)) -> Self {
        let (period, share, floor) = (period as i128, share as i128, floor.0 as i128);
        Self { period, share, floor, drained: 0, kept: Millis(0) }
    }

    /// `K`: its capacity where there is so much in the pool.
    fn capacity(&self, there: i128) -> i128 {
        divide_down(there * self.share, MILLION).max(self.floor)
    }

    /// `2P * K`: it is empty when so much has left.
    fn all(&self, there: i128) -> i128 {
        2 * self.period * self.capacity(there)
    }

    /// Whether more has left by it, and not come back, than it could hold now.
    #[must_use]
    pub fn is_forgiven(&self, there: i128) -> bool {
        self.drained > self.all(there)
    }

    /// As it is at a time, where there is so much in the pool and what left comes back at `pace`: no more is missing than
    /// it could hold.
    fn at(&self, now: Millis, there: i128, pace: i128) -> Self {
        let back = pace * self.capacity(there) * i128::from(now.0 - self.kept.0);
        let missing = self.drained.min(self.all(there));
        Self { drained: (missing - back).max(0), kept: now, ..*self }
    }

    /// Once so much left by it.
    const fn without(self, u: i128) -> Self {
        Self { drained: self.drained + 2 * self.period * u, ..self }
    }

    /// Once so much came back.
    fn with(self, u: i128) -> Self {
        Self { drained: (self.drained - 2 * self.period * u).max(0), ..self }
    }

    /// What it has, in u, being as it is now.
    fn has(&self, there: i128) -> i128 {
        divide_down(self.all(there) - self.drained, 2 * self.period)
    }

    fn holds(&self, there: i128, u: i128) -> bool {
        self.without(u).drained <= self.all(there)
    }
}

impl Pool {
    /// What of the vault stands for the pool and for who waits there.
    #[must_use]
    pub fn there(&self) -> i128 {
        self.held() + self.pacing.as_ref().map_or(0, Pacing::queued)
    }

    /// Whether it may pay who waits.
    pub(crate) fn may_pay(&self) -> bool {
        match self.stage {
            Stage::Open => self.deficit == 0,
            Stage::Settling(_) => false,
            Stage::Resolved(_) => true,
        }
    }
}

impl Exchange {
    /// The same exchange with a pool paced by shares and floors of an hour and a day.
    #[must_use]
    pub fn paced(mut self, pool: PoolId, rates: [(u32, Quote); 2]) -> Self {
        let [hour, day] = PACING_PERIODS_MS;
        let buckets = [Bucket::new(hour, rates[0]), Bucket::new(day, rates[1])];
        self.pool_mut(pool).pacing = Some(Pacing { buckets, queue: Vec::new(), next_ticket: 0 });
        self
    }

    /// `g`.
    const fn pace_of_buckets(&self) -> i128 {
        if self.stage == 0 { 2 } else { 1 }
    }

    /// The buckets of a paced pool as they are now.
    fn buckets(&self, pool: PoolId) -> Option<[Bucket; 2]> {
        let it = self.pool(pool);
        let buckets = it.pacing.as_ref()?.buckets;
        Some(buckets.map(|bucket| bucket.at(self.time, it.there(), self.pace_of_buckets())))
    }

    /// All buckets are looked at and kept.
    pub(crate) fn keep_buckets(&mut self) {
        self.pool_ids().into_iter().for_each(|id| self.keep_buckets_of(id));
    }

    /// Those of one pool are.
    pub(crate) fn keep_buckets_of(&mut self, id: PoolId) {
        self.set_buckets(id, self.buckets(id));
    }

    fn is_queued_at(&self, pool: PoolId) -> bool {
        self.pool(pool).pacing.as_ref().is_some_and(|pacing| !pacing.queue.is_empty())
    }

    /// Whether both buckets of a paced pool hold the amount.
    fn hold(&self, pool: PoolId, u: i128) -> bool {
        let there = self.pool(pool).there();
        self.buckets(pool).is_some_and(|buckets| buckets.iter().all(|bucket| bucket.holds(there, u)))
    }

    /// The buckets once so much left by them; they are looked at as the exchange is.
    fn buckets_without(&self, pool: PoolId, u: i128) -> Option<[Bucket; 2]> {
        Some(self.buckets(pool)?.map(|it| it.without(u)))
    }

    fn set_buckets(&mut self, pool: PoolId, buckets: Option<[Bucket; 2]>) {
        if let (Some(pacing), Some(buckets)) = (&mut self.pool_mut(pool).pacing, buckets) {
            pacing.buckets = buckets;
        }
    }

    pub(crate) const fn has_room_in_batch(&self) -> bool {
        self.batch_withdrawals < MAX_WITHDRAWALS_PER_BATCH
    }

    /// Whether a withdrawal from a paced pool goes at once.
    fn goes_at_once(&self, pool: PoolId, u: i128) -> bool {
        !self.is_queued_at(pool) && self.hold(pool, u) && self.has_room_in_batch()
    }

    /// Refuses a withdrawal that would have to wait and is too small for it, unless it is forced, or one of too many of its
    /// account or pool.
    pub(crate) fn check_queue(&self, id: AccountId, u: i128, is_forced: bool) -> Result<(), Rejection> {
        let Some(pacing) = &self.pool_of(id).pacing else { return Ok(()) };
        let waits = !self.goes_at_once(self.account(id).pool, u) && !self.is_small_exit(id, u);
        if !waits {
            return Ok(());
        }
        if !is_forced && u < i128::from(MIN_QUEUED) {
            return refuse(RejectCode::InvalidAmount, u, MIN_QUEUED);
        }
        let own = pacing.tickets_of(id);
        if own >= u64::from(MAX_TICKETS) {
            return refuse(RejectCode::WithdrawalsFull, own, MAX_TICKETS);
        }
        let waiting = pacing.queue.len() as u64;
        if waiting >= MAX_QUEUED {
            return refuse(RejectCode::WithdrawalsFull, waiting, MAX_QUEUED);
        }
        Ok(())
    }

    fn is_small_exit(&self, id: AccountId, u: i128) -> bool {
        let account = self.account(id);
        let has_orders = self.market_ids().iter().any(|market| !self.orders_of(id, *market).is_empty());
        u < i128::from(SMALL_EXIT)
            && account.positions.is_empty()
            && !has_orders
            && account.small_exit != Some(self.time.0 / EXIT_DAY_MS)
            && self
                .buckets(account.pool)
                .is_some_and(|[_, day]| day.holds(self.pool(account.pool).there(), u))
            && self.has_room_in_batch()
    }

    /// A withdrawal, which passed its tests, leaves the exchange or waits; `before` is the exchange before it was debited.
    pub(crate) fn let_out(
        &mut self,
        before: &Self,
        account: AccountId,
        recipient: Address,
        amount: Quote,
    ) -> Event {
        let (pool, u) = (self.account(account).pool, i128::from(amount.0));
        if self.pool(pool).pacing.is_none() {
            return self.next_withdrawal(None, account, recipient, (AssetId::USDC, amount));
        }
        if before.goes_at_once(pool, u) {
            self.set_buckets(pool, before.buckets_without(pool, u));
            return self.next_withdrawal(None, account, recipient, (AssetId::USDC, amount));
        }
        if before.is_small_exit(account, u) {
            let buckets = before.buckets(pool).map(|[hour, day]| [hour, day.without(u)]);
            self.set_buckets(pool, buckets);
            self.account_mut(account).small_exit = Some(self.time.0 / EXIT_DAY_MS);
            return self.next_withdrawal(None, account, recipient, (AssetId::USDC, amount));
        }
        self.enqueue(pool, account, recipient, u)
    }

    fn enqueue(&mut self, pool: PoolId, account: AccountId, recipient: Address, amount: i128) -> Event {
        let pacing = self.pool_mut(pool).pacing.as_mut().expect("it is paced");
        let ticket = pacing.next_ticket;
        pacing.next_ticket += 1;
        pacing.queue.push(Queued { ticket, account, recipient, amount });
        Event::WithdrawalQueued { ticket, account, recipient, amount: quote(amount) }
    }

    /// Who waits longest leaves, as far as may be.
    pub(crate) fn release(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for pool in self.pool_ids() {
            for _ in 0..MAX_RELEASED {
                events.extend(self.release_one(pool));
            }
        }
        events
    }

    fn release_one(&mut self, pool: PoolId) -> Vec<Event> {
        let there = self.pool(pool).there();
        let Some(pacing) = &self.pool(pool).pacing else { return Vec::new() };
        let Some(first) = pacing.queue.first().copied() else { return Vec::new() };
        let [of_hour, of_day] = pacing.buckets.map(|bucket| bucket.capacity(there));
        let most = i128::from(PACED_PART).max(divide_down(of_hour, 4));
        let part = first.amount.min(of_hour).min(of_day).min(most);
        let is_paused = self.pool(pool).is_paused(self.time);
        if !self.pool(pool).may_pay() || is_paused || !self.has_room_in_batch() || !self.hold(pool, part) {
            return Vec::new();
        }
        let buckets = self.buckets_without(pool, part);
        self.set_buckets(pool, buckets);
        self.pool_mut(pool).pacing.as_mut().expect("it is paced").queue.remove(0);
        let Queued { ticket, account, recipient, amount } = first;
        let mut events =
            vec![self.next_withdrawal(Some(ticket), account, recipient, (AssetId::USDC, quote(part)))];
        if amount > part {
            events.push(self.enqueue(pool, account, recipient, amount - part));
        }
        events
    }

    /// Refuses a transfer of so much out of a paced pool where it cannot leave at once.
    pub(crate) fn check_paced(&self, pool: PoolId, u: i128) -> Result<(), Rejection> {
        let Some(buckets) = self.buckets(pool) else { return Ok(()) };
        if self.is_queued_at(pool) {
            return refuse(RejectCode::WithdrawalPaced, u, 0);
        }
        let there = self.pool(pool).there();
        if !self.hold(pool, u) {
            let least = buckets.map(|bucket| bucket.has(there)).into_iter().min().unwrap_or(0);
            return refuse(RejectCode::WithdrawalPaced, u, least);
        }
        Ok(())
    }

    /// An account that was just opened in a paced pool has no small exit on this day.
    pub(crate) fn begin_paced(&mut self, id: AccountId) {
        if self.pool_of(id).pacing.is_some() {
            self.account_mut(id).small_exit = Some(self.time.0 / EXIT_DAY_MS);
        }
    }

    /// A transfer of so much comes to a pool, which stood as `before`.
    pub(crate) fn refill(&mut self, before: &Self, pool: PoolId, u: i128) {
        self.set_buckets(pool, before.buckets(pool).map(|buckets| buckets.map(|it| it.with(u))));
    }

    /// A transfer of so much leaves a pool, which stood as `before`.
    pub(crate) fn drain(&mut self, before: &Self, pool: PoolId, u: i128) {
        self.set_buckets(pool, before.buckets_without(pool, u));
    }
}
