//! The whole state and all resting orders as a stream of bounded chunks, and back.
//!
//! A snapshot is every leaf that is not empty: the chain's section first, then the others, each by index
//! ascending. A chunk is one record after the other in Borsh and ends between records. Where the cuts are is
//! the writer's choice; what is restored is checked against the state root.

use alloc::vec::Vec;
use alloy_primitives::B256;
use ballast_types::{
    codec,
    limits::{MAX_ACCOUNTS, MAX_MARKETS},
};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    commit::Commitment,
    leaf::{Chain, FACTORS, MINUTES, OrderPage, QUEUES, Section, is_queue_index},
    state::{CHAIN_INDEX, Change, GENESIS_INDEX, GOVERNANCE_INDEX, State},
    table::Table,
};

/// Bytes at which a chunk is closed. A chunk is longer only by the record that fills it.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// One leaf.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// Its section.
    pub section: Section,
    /// Its index.
    pub index: u32,
    /// Its bytes.
    pub leaf: Vec<u8>,
}

/// Chunks that are not a snapshot of the state that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// A record or its leaf cannot be read.
    Malformed,
    /// A leaf comes twice or before its turn, or the chain's leaves are missing.
    Order,
    /// An index that its section does not have.
    Index,
    /// The leaves have another state root.
    Root {
        /// The root of what was read.
        found: B256,
    },
}

impl core::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed => f.write_str("a record of the snapshot cannot be read"),
            Self::Order => f.write_str("the records of the snapshot are out of order or incomplete"),
            Self::Index => f.write_str("a record of the snapshot has an index out of range"),
            Self::Root { found } => write!(f, "the snapshot is of another state, {found}"),
        }
    }
}

impl core::error::Error for SnapshotError {}

/// The snapshot of a complete state and the pages of its books, indices ascending, empty pages left out.
///
/// # Panics
/// While it is read, when a table of the state is lazy.
pub fn write<'a>(
    state: &'a State,
    pages: impl Iterator<Item = (u32, OrderPage)> + 'a,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    let chain = [CHAIN_INDEX, GENESIS_INDEX, GOVERNANCE_INDEX].into_iter();
    let chain = chain.filter_map(|index| {
        state.leaf_bytes(Section::Chain, index).map(|leaf| Record { section: Section::Chain, index, leaf })
    });
    let pages =
        pages.map(|(index, page)| Record { section: Section::Orders, index, leaf: codec::encode(&page) });
    let records = chain
        .chain(records(Section::Accounts, &state.accounts))
        .chain(records(Section::Markets, &state.markets))
        .chain(records(Section::Pools, &state.pools))
        .chain(records(Section::Pools, &state.queues))
        .chain(records(Section::Traders, &state.traders))
        .chain(records(Section::Venues, &state.venues))
        .chain(records(Section::Venues, &state.factors))
        .chain(records(Section::Venues, &state.minutes))
        .chain(pages);
    chunks(records)
}

/// The chunks of a snapshot that has these records, which must come in its order.
pub fn chunks(mut records: impl Iterator<Item = Record>) -> impl Iterator<Item = Vec<u8>> {
    core::iter::from_fn(move || {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK_BYTES {
            let Some(record) = records.next() else { break };
            chunk.extend_from_slice(&codec::encode(&record));
        }
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn records<T: BorshSerialize>(section: Section, table: &Table<T>) -> impl Iterator<Item = Record> {
    table.iter().map(move |(index, value)| Record { section, index, leaf: codec::encode(value) })
}

/// What a snapshot holds.
pub struct Restored {
    /// The complete state, without changes to commit.
    pub state: State,
    /// The pages of the books, indices ascending.
    pub pages: Vec<(u32, OrderPage)>,
}

/// Reads a snapshot, chunk by chunk.
#[derive(Default)]
pub struct Restore {
    chain: Option<Chain>,
    state: Option<State>,
    pages: Vec<(u32, OrderPage)>,
    last: Option<(u8, u32)>,
}

impl Restore {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next chunk, and gives its leaves back for the host's trees.
    ///
    /// # Errors
    /// [`SnapshotError`] when it does not go on with a snapshot; what was read is of no use then.
    pub fn push(&mut self, mut chunk: &[u8]) -> Result<Vec<Change>, SnapshotError> {
        let mut changes = Vec::new();
        while !chunk.is_empty() {
            let record = Record::deserialize(&mut chunk).map_err(|_| SnapshotError::Malformed)?;
            let turn = (turn(record.section), record.index);
            if self.last.is_some_and(|last| last >= turn) {
                return Err(SnapshotError::Order);
            }
            self.last = Some(turn);
            self.take(&record)?;
            changes.push((record.section, record.index, Some(record.leaf)));
        }
        if let Some(state) = &mut self.state {
            state.forget_changes();
        }
        Ok(changes)
    }

    /// What was read, if it is the state with this root; `commitment` is over the leaves that were given back.
    ///
    /// # Errors
    /// [`SnapshotError::Order`] when not even the chain's leaves were read, [`SnapshotError::Root`] when the
    /// leaves are not those of the root.
    pub fn finish(self, commitment: &Commitment, state_root: B256) -> Result<Restored, SnapshotError> {
        let found = commitment.state_root();
        let state = self.state.ok_or(SnapshotError::Order)?;
        if found != state_root {
            return Err(SnapshotError::Root { found });
        }
        Ok(Restored { state, pages: self.pages })
    }

    fn take(&mut self, record: &Record) -> Result<(), SnapshotError> {
        let Record { section, index, leaf } = record;
        let index = *index;
        if *section == Section::Chain {
            return self.take_chain(index, leaf);
        }
        let state = self.state.as_mut().ok_or(SnapshotError::Order)?;
        if !has_index(*section, index) {
            return Err(SnapshotError::Index);
        }
        match section {
            Section::Accounts => state.accounts.insert(index, read(leaf)?),
            Section::Markets => state.markets.insert(index, read(leaf)?),
            Section::Pools if index >= QUEUES => state.queues.insert(index, read(leaf)?),
            Section::Pools => state.pools.insert(index, read(leaf)?),
            Section::Traders => state.traders.insert(index, read(leaf)?),
            Section::Venues if index >= MINUTES => state.minutes.insert(index, read(leaf)?),
            Section::Venues if index >= FACTORS => state.factors.insert(index, read(leaf)?),
            Section::Venues => state.venues.insert(index, read(leaf)?),
            Section::Orders => self.pages.push((index, read(leaf)?)),
            Section::Chain => return Err(SnapshotError::Order),
        }
        Ok(())
    }

    fn take_chain(&mut self, index: u32, leaf: &[u8]) -> Result<(), SnapshotError> {
        if let (GOVERNANCE_INDEX, Some(state)) = (index, self.state.as_mut()) {
            *state.governance_mut() = read(leaf)?;
            return Ok(());
        }
        match (index, self.chain.take()) {
            (CHAIN_INDEX, None) => self.chain = Some(read(leaf)?),
            (GENESIS_INDEX, Some(chain)) => {
                let mut state = State::empty(read(leaf)?);
                state.chain = chain;
                self.state = Some(state);
            }
            (GENESIS_INDEX, None) => return Err(SnapshotError::Order),
            _ => return Err(SnapshotError::Index),
        }
        Ok(())
    }
}

/// Place of a section in a snapshot: the chain's first, for it says what the rest belongs to.
pub(crate) const fn turn(section: Section) -> u8 {
    match section {
        Section::Chain => 0,
        other => 1 + other as u8,
    }
}

/// Whether a section has such an index.
fn has_index(section: Section, index: u32) -> bool {
    const MARKETS: u32 = MAX_MARKETS as u32;
    match section {
        Section::Accounts | Section::Traders => index < MAX_ACCOUNTS,
        Section::Markets => index < MARKETS,
        Section::Venues => {
            [0, FACTORS, MINUTES].iter().any(|first| (*first..first + MARKETS).contains(&index))
        }
        Section::Pools => index < 1 << u16::BITS || is_queue_index(index),
        Section::Orders => index < MARKETS << u16::BITS,
        Section::Chain => index <= GOVERNANCE_INDEX,
    }
}

fn read<T: BorshDeserialize>(leaf: &[u8]) -> Result<T, SnapshotError> {
    codec::decode(leaf).map_err(|_| SnapshotError::Malformed)
}

#[cfg(test)]
mod tests;
