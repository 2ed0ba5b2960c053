//! Snapshots: the whole state after a sealed batch, in bounded records, so that a restart replays little.
//!
//! A snapshot counts from the moment its name is written, which is last; records without a name are what a
//! crash left and are cleared before the next snapshot is written.

use super::{
    Journal, decode,
    store::{StoreError, Table, Write},
};
use ballast_types::{BatchIndex, Seq, codec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Bytes of records after which a write transaction ends: the log is written between two of them, and an
/// acknowledgement must not wait for more.
const BYTES_A_WRITE: usize = 1 << 20;
/// Records removed in one write transaction.
const REMOVED_A_WRITE: usize = 256;
/// Name of the newest whole snapshot.
const NEWEST: &str = "snapshot";

/// Which snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SnapshotId {
    /// The batch after which it was taken.
    pub batch: BatchIndex,
    /// The input that sealed that batch.
    pub seq: Seq,
    /// How many records it has.
    pub records: u32,
}

impl Journal {
    /// The newest whole snapshot.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn snapshot(&self) -> Result<Option<SnapshotId>, StoreError> {
        self.meta(NEWEST)?.map(|bytes| decode(&bytes, "entry of a snapshot")).transpose()
    }

    /// The records of a snapshot, one after the other.
    #[must_use]
    pub fn read_snapshot(&self, id: SnapshotId) -> SnapshotReader<'_> {
        SnapshotReader { journal: self, id, next: 0 }
    }

    /// Writes a snapshot and, when it is whole, removes the ones before it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_snapshot(
        &self,
        batch: BatchIndex,
        seq: Seq,
        records: impl Iterator<Item = Vec<u8>>,
    ) -> Result<SnapshotId, StoreError> {
        let newest = self.snapshot()?;
        self.clear_snapshots(|other| newest.is_none_or(|kept| kept.batch != other))?;
        let (mut count, mut writes, mut bytes) = (0_u32, Vec::new(), 0);
        for record in records {
            bytes += record.len();
            writes.push(Write { table: Table::Snapshots, key: key(batch, count), value: Some(record) });
            count += 1;
            if bytes >= BYTES_A_WRITE {
                self.store.write(&writes)?;
                writes.clear();
                bytes = 0;
            }
        }
        let id = SnapshotId { batch, seq, records: count };
        let name = NEWEST.as_bytes().to_vec();
        writes.push(Write { table: Table::Meta, key: name, value: Some(codec::encode(&id)) });
        self.store.write(&writes)?;
        self.clear_snapshots(|other| other != batch)?;
        Ok(id)
    }

    fn clear_snapshots(&self, gone: impl Fn(BatchIndex) -> bool) -> Result<(), StoreError> {
        let mut from = Vec::new();
        loop {
            let keys = self.store.keys(Table::Snapshots, &from, REMOVED_A_WRITE)?;
            let Some(last) = keys.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            let writes: Vec<Write> = keys
                .into_iter()
                .filter(|key| batch_of(key).is_some_and(&gone))
                .map(|key| Write { table: Table::Snapshots, key, value: None })
                .collect();
            if !writes.is_empty() {
                self.store.write(&writes)?;
            }
        }
    }
}

/// Reads a snapshot record by record.
#[derive(Debug)]
pub struct SnapshotReader<'a> {
    journal: &'a Journal,
    id: SnapshotId,
    next: u32,
}

impl Iterator for SnapshotReader<'_> {
    type Item = Result<Vec<u8>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.id.records {
            return None;
        }
        let found = self.journal.store.get(Table::Snapshots, &key(self.id.batch, self.next));
        self.next += 1;
        let missing = || StoreError::Damaged(format!("record {} of the snapshot is missing", self.next - 1));
        Some(found.and_then(|record| record.ok_or_else(missing)))
    }
}

fn key(batch: BatchIndex, record: u32) -> Vec<u8> {
    [&batch.0.to_be_bytes()[..], &record.to_be_bytes()].concat()
}

fn batch_of(key: &[u8]) -> Option<BatchIndex> {
    key.get(..8).and_then(|bytes| bytes.try_into().ok()).map(|bytes| BatchIndex(u64::from_be_bytes(bytes)))
}
