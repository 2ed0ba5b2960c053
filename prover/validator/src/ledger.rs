//! Every committed leaf, byte for byte, with the trees over them: what the program is shown, what diffs are told
//! against, what snapshots are written from.

use ballast_batch::{Changed, Diff, diff::Previous};
use ballast_oracle::Facts;
use ballast_state::{Account, Change, Commitment, Market, Pool, Section, account_index, snapshot};
use ballast_types::{AccountId, MarketId, PoolId, codec};
use borsh::BorshDeserialize;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Leaves by place: the chain's section first, as snapshots want it.
type Leaves = BTreeMap<(u8, u32), (Section, Vec<u8>)>;

/// The committed state after a batch. A clone is cheap until one of the two changes.
#[derive(Clone, Default)]
pub struct Ledger {
    leaves: Arc<Leaves>,
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
    pub fn leaf(&self, section: Section, index: u32) -> Option<&[u8]> {
        self.leaves.get(&(turn(section), index)).map(|(_, leaf)| leaf.as_slice())
    }

    /// Takes over the leaves that a batch changed.
    ///
    /// # Panics
    /// When a leaf appears twice.
    pub fn take(&mut self, changes: &[Change]) {
        let leaves = Arc::make_mut(&mut self.leaves);
        for (section, index, leaf) in changes {
            match leaf {
                Some(leaf) => leaves.insert((turn(*section), *index), (*section, leaf.clone())),
                None => leaves.remove(&(turn(*section), *index)),
            };
        }
        Arc::make_mut(&mut self.commitment).update(changes);
    }

    /// The net diff that these changes make upon the leaves as they are here.
    ///
    /// # Panics
    /// When an exit leaf would vanish or cannot be read: the engine makes none such.
    #[must_use]
    pub fn diff(&self, changes: &[Change]) -> Diff {
        let mut diff = Diff::default();
        for (section, index, leaf) in changes {
            let leaf = leaf.as_deref();
            match section {
                Section::Accounts => diff.accounts.push(self.changed(*section, *index, leaf)),
                Section::Markets => diff.markets.push(self.changed(*section, *index, leaf)),
                Section::Pools => diff.pools.push(self.changed(*section, *index, leaf)),
                Section::Traders | Section::Venues | Section::Orders | Section::Chain => {}
            }
        }
        diff.net()
    }

    fn changed<T: BorshDeserialize>(&self, section: Section, index: u32, leaf: Option<&[u8]>) -> Changed<T> {
        let after = leaf.expect("an exit leaf never becomes empty");
        let after = codec::decode(after).expect("a leaf of ours can be read");
        Changed { index, before: self.read(section, index), after }
    }

    fn read<T: BorshDeserialize>(&self, section: Section, index: u32) -> Option<T> {
        self.leaf(section, index).map(|leaf| codec::decode(leaf).expect("a leaf of ours can be read"))
    }

    /// The chunks of a snapshot, in the order that [`snapshot::Restore`] wants.
    pub fn snapshot(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut leaves = self.leaves.iter();
        std::iter::from_fn(move || {
            let mut chunk = Vec::new();
            while chunk.len() < snapshot::CHUNK_BYTES {
                let Some(((_, index), (section, leaf))) = leaves.next() else { break };
                let record = snapshot::Record { section: *section, index: *index, leaf: leaf.clone() };
                chunk.extend_from_slice(&codec::encode(&record));
            }
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl Facts for Ledger {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        Self::leaf(self, section, index).map(<[u8]>::to_vec)
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
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("leaves", &self.leaves.len()).finish_non_exhaustive()
    }
}

const fn turn(section: Section) -> u8 {
    match section {
        Section::Chain => 0,
        other => 1 + other as u8,
    }
}
