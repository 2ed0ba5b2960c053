//! Every committed leaf, byte for byte, with the trees over them: what diffs are told against, what snapshots
//! are written from, and what the program is shown.

use crate::fatal::Fatal;
use ballast_batch::{Changed, Diff, Stripes, Withdrawal, Withdrawn, diff::Previous};
use ballast_engine::{
    Exchange, commit_by,
    invariants::{Audit, Totals},
};
use ballast_state::{
    Account, Chain, Change, Commitment, GENESIS_INDEX, Genesis, LeafBytes, Market, Pool, QUEUES, Queued,
    Section, Subtree, snapshot,
};
use ballast_types::{AccountId, MarketId, PoolId, codec};
use borsh::BorshDeserialize;
use rayon::prelude::*;
use std::{borrow::Cow, ops::RangeInclusive, sync::Arc};

/// The committed state as of a batch. A clone is cheap until one of the two changes.
#[derive(Clone, Default)]
pub struct Ledger {
    leaves: Arc<LeafBytes>,
    commitment: Arc<Commitment>,
}

impl Ledger {
    /// The ledger of the state that consists of these leaves.
    #[must_use]
    pub fn of(leaves: &[Change]) -> Self {
        let mut ledger = Self::default();
        ledger.take(leaves);
        ledger
    }

    /// The trees.
    #[must_use]
    pub const fn commitment(&self) -> &Arc<Commitment> {
        &self.commitment
    }

    /// The bytes of a leaf; `None` when it is empty.
    #[must_use]
    pub fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.leaves.get(section, index)
    }

    /// Takes over the leaves that changed, on all cores.
    ///
    /// # Panics
    /// When a leaf appears twice.
    pub fn take(&mut self, changes: &[Change]) {
        self.take_with(changes, |leaves| leaves.take(changes));
    }

    /// Takes over the leaves that a batch changed, on all cores; gives the bytes of the diff that they make with the batch's
    /// withdrawals and the stripe of the state after it, whose `chain` this is, told against the leaves as they were. `audit`
    /// learns which accounts changed.
    ///
    /// # Errors
    /// When a leaf does not decode or an exit leaf would vanish, which none does. The ledger is of no use then.
    ///
    /// # Panics
    /// As [`Self::take`], and when there are more withdrawals than a batch may have.
    pub fn advance(
        &mut self,
        changes: &[Change],
        withdrawals: &[Withdrawal],
        chain: &Chain,
        audit: &mut Audit,
    ) -> Result<Vec<u8>, Fatal> {
        self.take_with(changes, |leaves| {
            let diff = diff(leaves, changes, withdrawals)?;
            for Changed { before, after, .. } in &diff.accounts {
                audit.changed(before.as_ref(), Some(after));
            }
            let diff = diff.striped(chain, Stripes::OURS, &mut Before(leaves));
            let bytes = diff.encode(&mut Before(leaves));
            leaves.take(changes);
            Ok(bytes)
        })
    }

    /// Brings the trees up to date while `work` does what there is to do with the leaves.
    fn take_with<R: Send>(&mut self, changes: &[Change], work: impl FnOnce(&mut LeafBytes) -> R + Send) -> R {
        let (leaves, commitment) = (Arc::make_mut(&mut self.leaves), Arc::make_mut(&mut self.commitment));
        let hash = |subtrees: &mut [Subtree<'_>]| subtrees.par_iter_mut().for_each(Subtree::hash);
        rayon::join(|| commitment.update_by(changes, hash), || work(leaves)).1
    }

    /// What the sums over all accounts are held against, of the state whose `chain` this is; none when a leaf is gone or does not
    /// decode.
    #[must_use]
    pub fn totals(&self, chain: &Chain) -> Option<Totals<'static>> {
        let before = Before(&self.leaves);
        let genesis: Genesis = before.read(Section::Chain, GENESIS_INDEX)?;
        let pools = (0..u32::from(genesis.pools)).map(|index| before.read(Section::Pools, index));
        let markets = (0..u32::from(chain.markets)).map(|index| {
            Some((
                Cow::Owned(before.read(Section::Markets, index)?),
                Cow::Owned(before.read(Section::Venues, index)?),
            ))
        });
        Some(Totals {
            pools: pools.map(|pool| pool.map(Cow::Owned)).collect::<Option<_>>()?,
            markets: markets.collect::<Option<_>>()?,
            custody: Cow::Owned(chain.custody.clone()),
        })
    }

    /// The chunks of a snapshot, in the order that [`snapshot::Restore`] wants.
    pub fn snapshot(&self) -> impl Iterator<Item = Vec<u8>> {
        snapshot::chunks(self.leaves.records())
    }
}

/// Changed leaves of a section from which on it is worth the while to wake other threads.
const MANY: usize = 4_096;

/// [`commit`](ballast_engine::commit), where much changed on all cores.
pub fn commit(exchange: &mut Exchange) -> Vec<Change> {
    commit_by(exchange, &|indices, encode| match indices.len() {
        ..MANY => indices.iter().map(|index| encode(*index)).collect(),
        _ => indices.par_iter().map(|index| encode(*index)).collect(),
    })
}

/// The diff that these changes and withdrawals make upon `before`.
fn diff(before: &LeafBytes, changes: &[Change], withdrawals: &[Withdrawal]) -> Result<Diff, Fatal> {
    Ok(Diff {
        accounts: changed(before, Section::Accounts, 0..=u32::MAX, changes)?,
        markets: changed(before, Section::Markets, 0..=u32::MAX, changes)?,
        pools: changed(before, Section::Pools, 0..=QUEUES - 1, changes)?,
        queues: changed(before, Section::Pools, QUEUES..=u32::MAX, changes)?,
        withdrawals: withdrawals.iter().map(Withdrawn::from).collect(),
        stripe: None,
    })
}

/// The leaves before a batch.
struct Before<'a>(&'a LeafBytes);

impl Before<'_> {
    fn read<T: BorshDeserialize>(&self, section: Section, index: u32) -> Option<T> {
        self.0.get(section, index).and_then(|leaf| codec::decode(&leaf).ok())
    }
}

impl Previous for Before<'_> {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.read(Section::Accounts, id.0)
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.read(Section::Markets, id.0.into())
    }
    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.read(Section::Pools, id.0.into())
    }
    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.read(Section::Pools, index)
    }
}

/// The changes of one section with such indices, in their order.
fn changed<T: BorshDeserialize + Send>(
    before: &LeafBytes,
    section: Section,
    indices: RangeInclusive<u32>,
    changes: &[Change],
) -> Result<Vec<Changed<T>>, Fatal> {
    let broken = |index| Fatal::Invariant(format!("leaf {index} of {section:?} is gone or does not decode"));
    let ours = changes.par_iter().filter(|change| change.0 == section && indices.contains(&change.1));
    ours.map(|(_, index, after)| {
        let after =
            after.as_deref().and_then(|leaf| codec::decode(leaf).ok()).ok_or_else(|| broken(*index))?;
        let before = before.get(section, *index).map(|leaf| codec::decode(&leaf)).transpose();
        Ok(Changed { index: *index, before: before.map_err(|_| broken(*index))?, after })
    })
    .collect()
}

impl ballast_oracle::Facts for Ledger {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        Self::leaf(self, section, index)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("root", &self.commitment.state_root()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
