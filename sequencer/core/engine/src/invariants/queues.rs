//! What waits to leave a pool.

use alloc::{collections::BTreeMap, format};

use ballast_state::{Bucket, Pacing, queue_index};
use ballast_types::{
    AccountId, PoolId, Quote,
    limits::{MAX_QUEUED, PACING_PERIODS_MS},
};

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts};

/// INV-68: what waits in a pool adds up to what its ledger says, as part of what was withdrawn; at most 65,536 wait, each for
/// something, and of each account as many as its trader says. Where nothing is paced nothing waits. What buckets lack is not below zero nor from the future.
pub(super) fn check_queues(x: &Exchange) -> Result<(), Violation> {
    let mut tickets: BTreeMap<AccountId, u32> = BTreeMap::new();
    for id in (0..x.state.genesis.pools).map(PoolId) {
        let pool = facts::pool(&x.state, id);
        let pacing = &pool.pacing;
        let told = || format!("pool {id}: {pool:?}");
        let is_bounded = pacing.first <= pacing.next && pacing.next - pacing.first <= MAX_QUEUED;
        ensure(is_bounded && (pacing.pace.is_some() || *pacing == Pacing::default()), 68, told)?;
        let mut sum = 0;
        for ticket in pacing.first..pacing.next {
            let queued = x.state.queues.get(queue_index(id, ticket));
            let amount = queued.map_or(0, |queued| queued.amount.0);
            if let Some(queued) = queued {
                let count = tickets.entry(queued.account).or_default();
                *count = count.saturating_add(1);
            }
            ensure(amount > 0, 68, || format!("pool {id}: {amount} u wait with ticket {ticket}"))?;
            sum += i128::from(amount);
        }
        let sound = sum == pacing.queued.0.into() && pacing.queued <= pool.withdrawn;
        ensure(sound, 68, || format!("pool {id}: {sum} u wait, {pool:?}"))?;
        let is_level = |(bucket, period): (&Bucket, u64)| {
            bucket.used >= Quote::ZERO && u64::from(bucket.part) < 2 * period
        };
        let levels = pacing.buckets.iter().zip(PACING_PERIODS_MS).all(is_level);
        ensure(levels && pacing.kept <= x.now(), 68, told)?;
    }
    for id in (0..x.state.chain.accounts).map(AccountId) {
        let (waits, counted) = (tickets.remove(&id).unwrap_or(0), facts::trader(&x.state, id).tickets);
        ensure(waits == counted, 68, || {
            format!("{waits} tickets of account {id} wait, {counted} are counted")
        })?;
    }
    Ok(())
}
