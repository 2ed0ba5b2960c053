//! What a restart, a walk back and other validators need: the batches that were found valid, and now and then the
//! whole state.
//!
//! Entries of the store, a batch's number in twenty digits behind their names:
//!
//! ```text
//! genesis      hash of the genesis header: which exchange this is of
//! inputs-N     the chunks of the inputs of batch N
//! diff-N       its diff
//! batch-N      its header and the leaves that it changed; batch N counts from the moment this is written
//! snapshot-N   its header and every leaf after it
//! wrong-N      header, input chunks with their proofs, and blobs of a batch N that is not valid
//! ```

mod wrong;

use crate::{
    court::Data,
    error::{Error, Result},
    ledger::Ledger,
    replica::Replica,
    source::Chunk,
    store::Store,
};
use alloy::primitives::B256;
use alloy_sol_types::SolValue;
use ballast_batch::BatchHeader;
use ballast_engine::GenesisConfig;
use ballast_state::{Change, snapshot};
use ballast_types::codec;
use borsh::{BorshDeserialize, BorshSerialize};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

const GENESIS: &str = "genesis";
const INPUTS: &str = "inputs";
const DIFF: &str = "diff";
const BATCH: &str = "batch";
const SNAPSHOT: &str = "snapshot";
const WRONG: &str = "wrong";

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A snapshot after every so many batches, at least 1.
    pub snapshot_every: u64,
    /// So many batches back, inputs are served and a reorganisation of L1 is followed without a new start.
    pub batches: u64,
    /// So many batches back, diffs are served: L1 keeps those in blobs for some 18 days.
    pub diffs: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { snapshot_every: 50, batches: 2_000, diffs: 50_000 }
    }
}

/// Keeps valid batches. Clones share the store.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
    genesis: Arc<GenesisConfig>,
    retention: Retention,
    /// The first batch that L1 does not call final: it may be disputed, and so may all behind it.
    open: Arc<AtomicU64>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct BatchEntry {
    header: Vec<u8>,
    changes: Vec<Change>,
}

/// A batch that was judged, and what it takes to judge it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whether it was found valid.
    pub is_valid: bool,
    /// Its header.
    pub header: BatchHeader,
    /// The chunks of its inputs with their proofs; see [`Case::chunks`](crate::court::Case::chunks).
    pub chunks: Vec<Chunk>,
    /// What it carried to L1, of a wrong one. `None` where that could not be read, and was not needed.
    pub data: Option<Data>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct SnapshotEntry {
    header: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

fn name(kind: &str, index: u64) -> String {
    format!("{kind}-{index:020}")
}

fn decode<T: BorshDeserialize>(name: &str, bytes: &[u8]) -> Result<T> {
    codec::decode(bytes).map_err(|_| damaged(name, "it cannot be read"))
}

fn header(name: &str, bytes: &[u8]) -> Result<BatchHeader> {
    BatchHeader::from_bytes(bytes).ok_or_else(|| damaged(name, "its header cannot be read"))
}

/// Every step of a restart leads to a root that was once found right.
fn check_root(name: &str, ledger: &Ledger, header: &BatchHeader) -> Result<()> {
    if ledger.commitment().state_root() == header.stateRoot {
        Ok(())
    } else {
        Err(damaged(name, "its leaves have another root"))
    }
}

fn damaged(name: &str, reason: &str) -> Error {
    Error::Damaged { name: name.to_owned(), reason: reason.to_owned() }
}

impl Archive {
    /// The archive of the exchange with this genesis in `store`.
    ///
    /// # Errors
    /// [`Error::ForeignStore`] when it holds another exchange; when it fails.
    pub fn open(store: Arc<dyn Store>, genesis: GenesisConfig, retention: Retention) -> Result<Self> {
        let ours = Replica::genesis(&genesis)?.header().hash();
        match store.get(GENESIS)? {
            Some(theirs) if theirs == ours.as_slice() => {}
            Some(theirs) => {
                let theirs =
                    B256::try_from(theirs.as_slice()).map_err(|_| damaged(GENESIS, "it is no hash"))?;
                return Err(Error::ForeignStore { ours, theirs });
            }
            None => store.put(GENESIS, ours.as_slice())?,
        }
        let open = Arc::default();
        Ok(Self { store, genesis: Arc::new(genesis), retention, open })
    }

    /// The exchange after the last batch that is kept.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn restore(&self) -> Result<Replica> {
        self.restore_at(u64::MAX)
    }

    /// The exchange after batch `last`, or after the last one before it that is kept. Of a batch that was rejected after it was
    /// found valid what is kept is no more than that.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn restore_at(&self, last: u64) -> Result<Replica> {
        let start = Replica::genesis(&self.genesis)?;
        let (mut ledger, mut tip) = (start.ledger().clone(), start.header().clone());
        if let Some(index) = self.indices(SNAPSHOT)?.into_iter().rfind(|index| *index <= last) {
            (ledger, tip) = self.snapshot(index)?;
        }
        while tip.index < last
            && let Some((next, changes)) = self.batch(tip.index + 1)?
        {
            if next.previousHash != tip.hash() {
                return Err(damaged(&name(BATCH, next.index), "it does not follow the batch before"));
            }
            ledger.take(&changes);
            check_root(&name(BATCH, next.index), &ledger, &next)?;
            tip = next;
        }
        if tip == *start.header() { Ok(start) } else { Replica::restore(ledger, tip) }
    }

    fn snapshot(&self, index: u64) -> Result<(Ledger, BatchHeader)> {
        let name = name(SNAPSHOT, index);
        let bytes = self.store.get(&name)?.ok_or_else(|| damaged(&name, "it is gone"))?;
        let entry: SnapshotEntry = decode(&name, &bytes)?;
        let mut leaves: Vec<Change> = Vec::new();
        for chunk in &entry.chunks {
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let record = snapshot::Record::deserialize(&mut rest);
                let record = record.map_err(|_| damaged(&name, "a leaf cannot be read"))?;
                leaves.push((record.section, record.index, Some(record.leaf)));
            }
        }
        let (ledger, header) = (Ledger::of(&leaves), header(&name, &entry.header)?);
        check_root(&name, &ledger, &header)?;
        Ok((ledger, header))
    }

    fn batch(&self, index: u64) -> Result<Option<(BatchHeader, Vec<Change>)>> {
        let name = name(BATCH, index);
        let Some(bytes) = self.store.get(&name)? else { return Ok(None) };
        let entry: BatchEntry = decode(&name, &bytes)?;
        Ok(Some((header(&name, &entry.header)?, entry.changes)))
    }

    /// Hash of a kept batch; that of genesis for 0, always.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn hash(&self, index: u64) -> Result<Option<B256>> {
        if index == 0 {
            return Ok(Some(Replica::genesis(&self.genesis)?.header().hash()));
        }
        Ok(self.batch(index)?.map(|(header, _)| header.hash()))
    }

    /// Number of the last batch that is kept as valid; 0 when there is none but genesis.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_valid(&self) -> Result<u64> {
        Ok(self.indices(BATCH)?.pop().unwrap_or_default())
    }

    /// Keeps the batch that `after` is the state after, with its inputs and diff, and lets go of what is too old.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep(&self, after: &Replica, chunks: &[Vec<u8>], diff: &[u8], changes: Vec<Change>) -> Result<()> {
        let index = after.header().index;
        let header = after.header().abi_encode();
        self.store.put(&name(INPUTS, index), &codec::encode(&chunks.to_vec()))?;
        self.store.put(&name(DIFF, index), diff)?;
        let entry = BatchEntry { header: header.clone(), changes };
        self.store.put(&name(BATCH, index), &codec::encode(&entry))?;
        if index.is_multiple_of(self.retention.snapshot_every.max(1)) {
            let entry = SnapshotEntry { header, chunks: after.ledger().snapshot().collect() };
            self.store.put(&name(SNAPSHOT, index), &codec::encode(&entry))?;
            self.prune(index)?;
        }
        Ok(())
    }

    /// The batches from `index` on may be disputed: what is needed to judge them, and the state before the first, is kept. Until
    /// it is said which, all are.
    pub fn keep_from(&self, index: u64) {
        self.open.store(index, Ordering::Relaxed);
    }

    /// The batch with this number and hash, when it was judged and is kept.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn judged(&self, index: u64, hash: B256) -> Result<Option<Kept>> {
        if let Some((found, _)) = self.batch(index)?
            && found.hash() == hash
        {
            let name = name(INPUTS, index);
            let Some(bytes) = self.store.get(&name)? else { return Ok(None) };
            let data: Vec<Vec<u8>> = decode(&name, &bytes)?;
            let chunks = (0..found.inputChunks).filter_map(|chunk| Chunk::of(&data, chunk)).collect();
            return Ok(Some(Kept { is_valid: true, header: found, chunks, data: None }));
        }
        self.wrong_at(index).map(|wrong| wrong.filter(|wrong| wrong.header.hash() == hash))
    }

    /// The batch with this number that was judged last, valid or not.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn judged_last(&self, index: u64) -> Result<Option<Kept>> {
        match self.batch(index)? {
            Some((header, _)) => self.judged(index, header.hash()),
            None => self.wrong_at(index),
        }
    }

    /// Forgets the batches after `index`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_after(&self, index: u64) -> Result<()> {
        // The latest first, so that what a crash leaves is a whole beginning; snapshots before the batches that they
        // would stand in for.
        for kind in [SNAPSHOT, BATCH, INPUTS, DIFF] {
            for gone in self.indices(kind)?.into_iter().rev().take_while(|gone| *gone > index) {
                self.store.remove(&name(kind, gone))?;
            }
        }
        Ok(())
    }

    /// Lets go of what is not needed to walk back as far as promised.
    fn prune(&self, tip: u64) -> Result<()> {
        // The state before the first that may be disputed.
        let disputable = self.open.load(Ordering::Relaxed).saturating_sub(1);
        self.drop_before(DIFF, tip.saturating_sub(self.retention.diffs).min(disputable))?;
        let Some(oldest) = tip.checked_sub(self.retention.batches) else { return Ok(()) };
        let oldest = oldest.min(disputable);
        // Batches are restored upon a snapshot: the newest that is old enough stays, and all that follows it.
        let base = self.indices(SNAPSHOT)?.into_iter().rev().find(|index| *index <= oldest);
        let Some(base) = base else { return Ok(()) };
        for (kind, first) in [(INPUTS, oldest), (WRONG, oldest), (BATCH, base), (SNAPSHOT, base)] {
            self.drop_before(kind, first)?;
        }
        Ok(())
    }

    fn drop_before(&self, kind: &str, first: u64) -> Result<()> {
        for gone in self.indices(kind)?.into_iter().take_while(|index| *index < first) {
            self.store.remove(&name(kind, gone))?;
        }
        Ok(())
    }

    /// Numbers of the entries of a kind, ascending.
    fn indices(&self, kind: &str) -> Result<Vec<u64>> {
        let names = self.store.names()?;
        let index = |name: &String| name.strip_prefix(kind)?.strip_prefix('-')?.parse().ok();
        Ok(names.iter().filter_map(index).collect())
    }

    /// The diff of a kept batch; `None` when it is not kept.
    ///
    /// # Errors
    /// When the store fails.
    pub fn diff(&self, index: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.store.get(&name(DIFF, index))?)
    }

    /// A chunk of the inputs of a kept batch, with its proof, and how many there are; `None` when it is not kept.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn chunk(&self, index: u64, chunk: u32) -> Result<Option<(Chunk, usize)>> {
        let name = name(INPUTS, index);
        let Some(bytes) = self.store.get(&name)? else { return Ok(None) };
        let chunks: Vec<Vec<u8>> = decode(&name, &bytes)?;
        Ok(Chunk::of(&chunks, chunk).map(|shown| (shown, chunks.len())))
    }
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("retention", &self.retention).finish_non_exhaustive()
    }
}
