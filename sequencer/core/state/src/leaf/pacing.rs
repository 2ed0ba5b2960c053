//! How fast money leaves a pool, and what waits to leave (risk.md 6.8).

use alloy_primitives::Address;
use ballast_types::{
    AccountId, Millis, PoolId, Ppm, Quote,
    limits::{MAX_POOLS, MAX_QUEUED, PACED_PART, PACING_PERIODS_MS, PPM},
};
use borsh::{BorshDeserialize, BorshSerialize};

use super::Lag;

/// The first index of what waits in the section of the pools.
pub const QUEUES: u32 = 1 << 20;

/// Index of the leaf of what waits, or last waited, with `ticket` in the queue of `pool`: the queue is a ring.
#[must_use]
pub const fn queue_index(pool: PoolId, ticket: u64) -> u32 {
    QUEUES * (1 + pool.0 as u32) + (ticket % MAX_QUEUED) as u32
}

/// Pool and place in its ring of the leaf at `index`; `None` where there can be no leaf of what waits.
#[must_use]
pub const fn queue_place(index: u32) -> Option<(PoolId, u64)> {
    let (pool, place) = (index / QUEUES, (index % QUEUES) as u64);
    if 1 <= pool && pool <= MAX_POOLS as u32 && place < MAX_QUEUED {
        Some((PoolId((pool - 1) as u16), place))
    } else {
        None
    }
}

/// Whether there can be a leaf of what waits at `index`.
pub(crate) const fn is_queue_index(index: u32) -> bool {
    queue_place(index).is_some()
}

/// A withdrawal that waits, or what is left of one. Its account was debited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Queued {
    /// The account.
    pub account: AccountId,
    /// Who is to be paid on L1.
    pub recipient: Address,
    /// How much waits, in u.
    pub amount: Quote,
}

/// What a bucket holds when it is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rate {
    /// Part of what of the vault stands for the pool and for who waits there, 1 to 10^6 ppm.
    pub share: Ppm,
    /// At least this, in u.
    pub floor: Quote,
}

impl Rate {
    /// What a bucket of a pool holds when it is full, in u, rounded down; `vault` is what of the vault stands for the pool and
    /// for who waits there.
    #[must_use]
    pub fn capacity(&self, vault: i128) -> i128 {
        (vault * i128::from(self.share.0) / i128::from(PPM)).max(self.floor.0.into())
    }
}

/// How fast money may leave a pool: within an hour, and within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pace {
    /// The bucket of the hour.
    pub hour: Rate,
    /// The bucket of the day.
    pub day: Rate,
}

/// What left by a bucket and has not come back, exactly: it comes back linearly, in units of one u in twice the bucket's
/// period, so that at half the pace it is exact, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bucket {
    /// Whole u.
    pub used: Quote,
    /// Units besides, below twice the period.
    pub part: u32,
}

/// A bucket as it is at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    /// What it holds when it is full, in u.
    capacity: i128,
    /// What is not there, in units.
    missing: i128,
    /// Units of one u.
    unit: i128,
}

impl Level {
    fn holds(&self, amount: Quote) -> bool {
        self.missing + i128::from(amount.0) * self.unit <= self.capacity * self.unit
    }

    fn available(&self) -> i128 {
        (self.capacity * self.unit - self.missing) / self.unit
    }

    fn without(&self, amount: Quote) -> Self {
        Self { missing: self.missing + i128::from(amount.0) * self.unit, ..*self }
    }

    fn with(&self, amount: Quote) -> Self {
        Self { missing: (self.missing - i128::from(amount.0) * self.unit).max(0), ..*self }
    }

    fn bucket(&self) -> Bucket {
        // What is missing was held when it left: no more than 2^61 u.
        let used = i64::try_from(self.missing / self.unit).unwrap_or(i64::MAX);
        Bucket { used: Quote(used), part: u32::try_from(self.missing % self.unit).unwrap_or(0) }
    }
}

/// How what leaves a pool is paced; by default not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pacing {
    /// How fast money may leave, if that is bounded.
    pub pace: Option<Pace>,
    /// The buckets of the hour and of the day as they were at `kept`.
    pub buckets: [Bucket; 2],
    /// When the buckets were kept last; 0 before the first time.
    pub kept: Millis,
    /// Ticket of the first who waits; that of the next where nobody does.
    pub first: u64,
    /// The next ticket.
    pub next: u64,
    /// What waits, in u; part of what was withdrawn.
    pub queued: Quote,
}

/// What a paced pool lets out at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    now: Millis,
    levels: [Level; 2],
}

impl Pacing {
    /// How many wait.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        self.next - self.first
    }

    /// What the pool lets out at `now`, not before it was kept; none when it is not paced. `held` is what of the vault stands
    /// for the pool (see [`Pool::held`](super::Pool::held)), `lag` that since the buckets were kept. No more is missing than a
    /// bucket holds when it is full now: what was missing of a larger one would not come back for long.
    #[must_use]
    pub fn flow(&self, held: i128, now: Millis, lag: Lag) -> Option<Flow> {
        let Pace { hour, day } = self.pace?;
        let vault = held + i128::from(self.queued.0);
        let elapsed = i128::from(now.since(self.kept)) * if lag == Lag::None { 2 } else { 1 };
        let level = |place: usize, rate: Rate| {
            let (capacity, unit) = (rate.capacity(vault), 2 * i128::from(PACING_PERIODS_MS[place]));
            let Bucket { used, part } = self.buckets[place];
            let missing = (i128::from(used.0) * unit + i128::from(part)).min(capacity * unit);
            Level { capacity, unit, missing: missing.saturating_sub(elapsed.saturating_mul(capacity)).max(0) }
        };
        Some(Flow { now, levels: [level(0, hour), level(1, day)] })
    }

    /// Keeps what the pool lets out as it is in `flow`.
    pub fn keep(&mut self, flow: &Flow) {
        self.kept = flow.now;
        self.buckets = flow.levels.map(|level| level.bucket());
    }
}

impl Flow {
    /// Whether `amount`, in u, can leave by both buckets.
    #[must_use]
    pub fn holds(&self, amount: Quote) -> bool {
        self.levels.iter().all(|level| level.holds(amount))
    }

    /// Whether `amount`, in u, can leave by the bucket of the day.
    #[must_use]
    pub fn holds_by_day(&self, amount: Quote) -> bool {
        self.levels[1].holds(amount)
    }

    /// Most that can leave, in u, rounded down.
    #[must_use]
    pub fn available(&self) -> i128 {
        let [hour, day] = self.available_by();
        hour.min(day)
    }

    /// Most that can leave by the bucket of the hour, and by that of the day, in u, rounded down.
    #[must_use]
    pub fn available_by(&self) -> [i128; 2] {
        self.levels.map(|level| level.available())
    }

    /// What the buckets of the hour and of the day hold when they are full, in u.
    #[must_use]
    pub fn capacities(&self) -> [i128; 2] {
        self.levels.map(|level| level.capacity)
    }

    /// How much of `amount`, which waits, leaves at a time.
    #[must_use]
    pub fn part(&self, amount: Quote) -> Quote {
        let [hour, day] = self.capacities();
        let most = hour.min(day).min((hour / 4).max(PACED_PART.into()));
        Quote(i64::try_from(most).map_or(amount.0, |most| amount.0.min(most)))
    }

    /// When `amount`, which it holds, has left by both buckets.
    #[must_use]
    pub fn without(&self, amount: Quote) -> Self {
        Self { levels: self.levels.map(|level| level.without(amount)), ..*self }
    }

    /// When `amount`, which it holds, has left by the bucket of the day alone.
    #[must_use]
    pub fn without_by_day(&self, amount: Quote) -> Self {
        let [hour, day] = self.levels;
        Self { levels: [hour, day.without(amount)], ..*self }
    }

    /// When `amount` has come by transfer: so much of what left by either bucket is back.
    #[must_use]
    pub fn with(&self, amount: Quote) -> Self {
        Self { levels: self.levels.map(|level| level.with(amount)), ..*self }
    }
}

#[cfg(test)]
mod tests;
