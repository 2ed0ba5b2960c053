//! Every committed leaf, byte for byte, with the trees over them: what diffs are told against, what snapshots
//! are written from, and what the program is shown.

use crate::fatal::Fatal;
use ballast_batch::{Changed, Diff};
use ballast_state::{Change, Commitment, Section, snapshot};
use ballast_types::codec;
use borsh::BorshDeserialize;
use std::{collections::BTreeMap, sync::Arc};

type Leaves = BTreeMap<(u8, u32), (Section, Vec<u8>)>;

/// The committed state as of a batch. A clone is cheap until one of the two changes.
#[derive(Clone, Default)]
pub struct Ledger {
    leaves: Arc<Leaves>,
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

    /// The ledger of these leaves, of which the trees are known.
    #[must_use]
    pub fn restored(leaves: Vec<snapshot::Record>, commitment: Commitment) -> Self {
        let leaf =
            |record: snapshot::Record| (key(record.section, record.index), (record.section, record.leaf));
        Self { leaves: Arc::new(leaves.into_iter().map(leaf).collect()), commitment: Arc::new(commitment) }
    }

    /// The trees.
    #[must_use]
    pub const fn commitment(&self) -> &Arc<Commitment> {
        &self.commitment
    }

    /// The bytes of a leaf; `None` when it is empty.
    #[must_use]
    pub fn leaf(&self, section: Section, index: u32) -> Option<&[u8]> {
        self.leaves.get(&key(section, index)).map(|(_, leaf)| leaf.as_slice())
    }

    /// Takes over the leaves that a batch changed.
    pub fn take(&mut self, changes: &[Change]) {
        let leaves = Arc::make_mut(&mut self.leaves);
        for (section, index, leaf) in changes {
            match leaf {
                Some(leaf) => leaves.insert(key(*section, *index), (*section, leaf.clone())),
                None => leaves.remove(&key(*section, *index)),
            };
        }
        Arc::make_mut(&mut self.commitment).update(changes);
    }

    /// The diff that these changes make, told against the leaves as they are here.
    ///
    /// # Errors
    /// When a leaf does not decode or an exit leaf would vanish, which none does.
    pub fn diff(&self, changes: &[Change]) -> Result<Diff, Fatal> {
        let mut diff = Diff::default();
        for (section, index, leaf) in changes {
            match section {
                Section::Accounts => diff.accounts.push(self.changed(*section, *index, leaf.as_deref())?),
                Section::Markets => diff.markets.push(self.changed(*section, *index, leaf.as_deref())?),
                Section::Pools => diff.pools.push(self.changed(*section, *index, leaf.as_deref())?),
                Section::Traders | Section::Venues | Section::Orders | Section::Chain => {}
            }
        }
        Ok(diff)
    }

    fn changed<T: BorshDeserialize>(
        &self,
        section: Section,
        index: u32,
        leaf: Option<&[u8]>,
    ) -> Result<Changed<T>, Fatal> {
        let broken = || Fatal::Invariant(format!("leaf {index} of {section:?} is gone or does not decode"));
        let after = leaf.and_then(|leaf| codec::decode(leaf).ok()).ok_or_else(broken)?;
        let before = self.leaf(section, index).map(codec::decode).transpose().map_err(|_| broken())?;
        Ok(Changed { index, before, after })
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

impl ballast_oracle::Facts for Ledger {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        Self::leaf(self, section, index).map(<[u8]>::to_vec)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("leaves", &self.leaves.len()).finish_non_exhaustive()
    }
}

/// The chain's section comes first, as in a snapshot.
const fn key(section: Section, index: u32) -> (u8, u32) {
    match section {
        Section::Chain => (0, index),
        other => (1 + other as u8, index),
    }
}
