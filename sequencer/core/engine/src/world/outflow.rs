//! What leaves the paced pools of the test exchange.

use alloc::vec::Vec;

use ballast_state::{Flow, GENESIS_INDEX, Pace, Pacing, Rate, Section};
use ballast_types::{
    AccountId, AssetId, Event, Input, Millis, Outcome, PoolId, Ppm, Quote, codec,
    limits::{MAX_RELEASED, PACING_PERIODS_MS},
};

use super::World;
use crate::{Exchange, commit, facts, pacing};

/// A paced pool before an input.
pub(super) struct Mouth {
    pool: PoolId,
    pacing: Pacing,
    flow: Flow,
    /// What of the vault stands for the pool and for who waits there.
    vault: i128,
    /// The day of each account's last small exit.
    exits: Vec<Option<u32>>,
}

/// The paced pools as they are at a time.
pub(super) fn mouths(x: &Exchange, time: Millis) -> Vec<Mouth> {
    let exits =
        || (0..x.state.chain.accounts).map(|id| facts::trader(&x.state, AccountId(id)).exit_day).collect();
    let mouth = |pool| {
        let flow = pacing::flow(&x.state, pool, time)?;
        let ledger = facts::pool(&x.state, pool);
        let (pacing, vault) = (ledger.pacing, ledger.held() + i128::from(ledger.pacing.queued.0));
        Some(Mouth { pool, pacing, flow, vault, exits: exits() })
    };
    (0..x.state.genesis.pools).map(PoolId).filter_map(mouth).collect()
}

impl Mouth {
    /// The largest capacities that the input may have reckoned: after it, or, where governance moved the pace, before what
    /// waited left.
    fn capacities(&self, x: &Exchange, now: Millis) -> [i128; 2] {
        let after = pacing::flow(&x.state, self.pool, now).expect("it is paced").capacities();
        let pace = facts::pool(&x.state, self.pool).pacing.pace;
        if pace == self.pacing.pace {
            return after;
        }
        let rates =
            pace.map_or([Rate { share: Ppm(0), floor: Quote::ZERO }; 2], |pace| [pace.hour, pace.day]);
        [0, 1].map(|place: usize| after[place].max(rates[place].capacity(self.vault)))
    }

    /// What the capacities grew by.
    fn grown(&self, x: &Exchange, now: Millis) -> [i128; 2] {
        let after = self.capacities(x, now);
        [0, 1].map(|place: usize| (after[place] - self.flow.capacities()[place]).max(0))
    }
}

/// What an input moved at a pool's buckets of the hour and of the day.
#[derive(Clone)]
struct Moved {
    pool: PoolId,
    time: Millis,
    left: [i128; 2],
    /// What came by transfer, and what the capacities grew by.
    came: [i128; 2],
}

/// What moved at buckets since the beginning, and the largest capacities of each pool's.
#[derive(Clone, Default)]
pub(super) struct Outflow {
    moved: Vec<Moved>,
    capacities: Vec<[i128; 2]>,
}

impl Outflow {
    /// INV-67: in any span of time no more leaves by a bucket than it holds when full, what comes back in that time, by itself or
    /// by transfer, and what its capacity grows by; what does not leave by the bucket of the hour is a small exit; who waits
    /// leaves in the order of tickets, and nobody else passes him.
    pub(super) fn check(&mut self, x: &Exchange, before: &[Mouth], input: &Input, outcome: &Outcome) {
        for mouth in before {
            let place = usize::from(mouth.pool.0);
            self.capacities.resize(self.capacities.len().max(place + 1), [0; 2]);
            let most = &mut self.capacities[place];
            let after = mouth.capacities(x, input.time);
            *most = [0, 1].map(|n: usize| most[n].max(mouth.flow.capacities()[n]).max(after[n]));
            let (mut first, mut next) = (mouth.pacing.first, mouth.pacing.next);
            let (mut left, mut small, mut came) = (0, 0, 0);
            for event in &outcome.events {
                match event {
                    Event::Withdrawn { account, ticket: Some(ticket), amount, .. }
                        if pool_of(x, *account) == Some(mouth.pool) =>
                    {
                        assert_eq!(*ticket, first, "INV-67: {input:?} {outcome:?}");
                        (first, left) = (first + 1, left + i128::from(amount.0));
                    }
                    Event::Withdrawn { account, asset: AssetId::USDC, amount, .. }
                        if pool_of(x, *account) == Some(mouth.pool) =>
                    {
                        let is_small =
                            facts::trader(&x.state, *account).exit_day != mouth.exits[account.0 as usize];
                        assert!(is_small || mouth.pacing.waiting() == 0, "INV-67: {input:?} {outcome:?}");
                        *(if is_small { &mut small } else { &mut left }) += i128::from(amount.0);
                    }
                    Event::WithdrawalQueued { account, ticket, .. }
                        if pool_of(x, *account) == Some(mouth.pool) =>
                    {
                        assert_eq!(*ticket, next, "INV-67: {input:?} {outcome:?}");
                        next += 1;
                    }
                    Event::Transferred { account, pool, amount, .. }
                        if pool_of(x, *account) == Some(mouth.pool) && *pool != mouth.pool =>
                    {
                        assert_eq!(mouth.pacing.waiting(), 0, "INV-67: {input:?} {outcome:?}");
                        left += i128::from(amount.0);
                    }
                    Event::Transferred { account, pool, amount, .. }
                        if pool_of(x, *account) != Some(mouth.pool) && *pool == mouth.pool =>
                    {
                        came += i128::from(amount.0);
                    }
                    _ => {}
                }
            }
            assert!(first - mouth.pacing.first <= MAX_RELEASED as u64, "INV-67: {input:?} {outcome:?}");
            let after = &facts::pool(&x.state, mouth.pool).pacing;
            assert_eq!((after.first, after.next), (first, next), "INV-67: {input:?} {outcome:?}");
            let left = [left, left + small];
            let came = mouth.grown(x, input.time).map(|grown| grown + came);
            if left != [0; 2] || came != [0; 2] {
                self.moved.push(Moved { pool: mouth.pool, time: input.time, left, came });
            }
            if left != [0; 2] {
                self.check_spans(mouth.pool, input.time);
            }
        }
    }

    /// Of the spans that end now.
    fn check_spans(&self, pool: PoolId, now: Millis) {
        let mut net = [0; 2];
        for moved in self.moved.iter().rev().filter(|moved| moved.pool == pool) {
            for (place, period) in PACING_PERIODS_MS.map(i128::from).into_iter().enumerate() {
                net[place] += moved.left[place];
                let (net, span) = (net[place], i128::from(now.since(moved.time)));
                assert!(
                    net * period <= self.capacities[usize::from(pool.0)][place] * (period + span),
                    "INV-67: {net} u more left pool {pool} in {span} ms than came"
                );
            }
            net = [0, 1].map(|place: usize| net[place] - moved.came[place]);
        }
    }
}

fn pool_of(x: &Exchange, account: AccountId) -> Option<PoolId> {
    facts::has_account(&x.state, account).then(|| facts::account(&x.state, account).pool)
}

impl World {
    /// From now on a pool is paced, by shares in ppm and floors in u.
    pub(crate) fn pace(&mut self, pool: PoolId, [hour, day]: [(u32, i64); 2]) {
        let rate = |(share, floor)| Rate { share: Ppm(share), floor: Quote(floor) };
        facts::pool_mut(&mut self.x.state, pool).pacing.pace =
            Some(Pace { hour: rate(hour), day: rate(day) });
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }

    /// From now on markets tighten while L1 takes no batch.
    pub(crate) fn heed_lag(&mut self) {
        self.x.state.genesis.settlement_lag = true;
        let genesis = codec::encode(&self.x.state.genesis);
        self.leaves.take(&[(Section::Chain, GENESIS_INDEX, Some(genesis))]);
    }
}
