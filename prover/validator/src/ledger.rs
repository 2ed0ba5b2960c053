//! Every committed leaf, byte for byte, with the trees over them: what the program is shown, what diffs are told
//! against, what snapshots are written from.

use ballast_batch::{Changed, Diff, ExitLeaves, Withdrawal, Withdrawn, diff::Previous};
use ballast_oracle::Facts;
use ballast_state::{
    Account, Change, Commitment, LeafBytes, Market, Pool, QUEUES, Queued, Section, Subtree, account_index,
    snapshot::{self, Record},
};
use ballast_types::{AccountId, MarketId, PoolId, codec};
use borsh::BorshDeserialize;
use rayon::prelude::*;
use std::{fmt, ops::RangeInclusive, sync::Arc};

/// The committed state after a batch. A clone is cheap until one of the two changes.
#[derive(Clone, Default)]
pub struct Ledger {
    leaves: Arc<LeafBytes>,
    commitment: Arc<Commitment>,
}

impl Ledger {
    /// The state that consists of these leaves.
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

    /// Takes over the leaves that a batch changed, on all cores.
    ///
    /// # Panics
    /// When a leaf appears twice.
    pub fn take(&mut self, changes: &[Change]) {
        let (leaves, commitment) = (Arc::make_mut(&mut self.leaves), Arc::make_mut(&mut self.commitment));
        let hash = |subtrees: &mut [Subtree<'_>]| subtrees.par_iter_mut().for_each(Subtree::hash);
        rayon::join(|| commitment.update_by(changes, hash), || leaves.take(changes));
    }

    /// The net diff that these changes and withdrawals make upon the leaves as they are here.
    ///
    /// # Panics
    /// When an exit leaf would vanish or cannot be read: the engine makes none such.
    #[must_use]
    pub fn diff(&self, changes: &[Change], withdrawals: &[Withdrawal]) -> Diff {
        let diff = Diff {
            accounts: self.changed_of(Section::Accounts, 0..=u32::MAX, changes),
            markets: self.changed_of(Section::Markets, 0..=u32::MAX, changes),
            pools: self.changed_of(Section::Pools, 0..=QUEUES - 1, changes),
            queues: self.changed_of(Section::Pools, QUEUES..=u32::MAX, changes),
            withdrawals: withdrawals.iter().map(Withdrawn::from).collect(),
            stripe: None,
        };
        diff.net()
    }

    /// The changes of one section with such indices, in their order.
    fn changed_of<T: BorshDeserialize + Send>(
        &self,
        section: Section,
        indices: RangeInclusive<u32>,
        changes: &[Change],
    ) -> Vec<Changed<T>> {
        let ours = changes.par_iter().filter(|change| change.0 == section && indices.contains(&change.1));
        ours.map(|(_, index, leaf)| self.changed(section, *index, leaf.as_deref())).collect()
    }

    fn changed<T: BorshDeserialize>(&self, section: Section, index: u32, leaf: Option<&[u8]>) -> Changed<T> {
        let after = leaf.expect("an exit leaf never becomes empty");
        let after = codec::decode(after).expect("a leaf of ours can be read");
        Changed { index, before: self.read(section, index), after }
    }

    fn read<T: BorshDeserialize>(&self, section: Section, index: u32) -> Option<T> {
        self.leaf(section, index).map(|leaf| decoded(&leaf))
    }

    /// The leaves that exits rest on.
    ///
    /// # Panics
    /// When one cannot be read: the engine makes none such.
    #[must_use]
    pub fn exit_leaves(&self) -> ExitLeaves {
        let mut exits = ExitLeaves::default();
        for Record { section, index, leaf } in self.leaves.records() {
            match section {
                Section::Accounts => drop(exits.accounts.insert(index, decoded(&leaf))),
                Section::Markets => drop(exits.markets.insert(index, decoded(&leaf))),
                Section::Pools if index < QUEUES => drop(exits.pools.insert(index, decoded(&leaf))),
                Section::Pools => drop(exits.queues.insert(index, decoded(&leaf))),
                _ => {}
            }
        }
        exits
    }

    /// The chunks of a snapshot, in the order that [`snapshot::Restore`] wants.
    pub fn snapshot(&self) -> impl Iterator<Item = Vec<u8>> {
        snapshot::chunks(self.leaves.records())
    }
}

fn decoded<T: BorshDeserialize>(leaf: &[u8]) -> T {
    codec::decode(leaf).expect("a leaf of ours can be read")
}

impl Facts for Ledger {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        Self::leaf(self, section, index)
    }
}

/// The exit leaves that a diff is told against.
impl Previous for &Ledger {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.read(Section::Accounts, account_index(id))
    }

    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.read(Section::Markets, u32::from(id.0))
    }

    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.read(Section::Pools, u32::from(id.0))
    }

    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.read(Section::Pools, index)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("root", &self.commitment.state_root()).finish_non_exhaustive()
    }
}
