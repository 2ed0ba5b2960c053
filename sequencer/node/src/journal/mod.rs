//! The journal: the ordered log of inputs with what they did, made durable before anything is told, and what
//! is derived from it and kept beside it (fills by account, orders, commands, sealed batches, snapshots).

pub mod mdbx;
pub mod memory;
pub mod store;

mod commands;
mod conditionals;
mod derived;
mod order_record;
mod orders;
mod snapshot;
mod via_writer;
mod writer;

pub use conditionals::{ConditionalEnd, ConditionalRecord, Ended};
pub use derived::{FillRecord, FundingRecord, WithdrawalRecord};
pub use mdbx::MdbxStore;
pub use memory::MemoryStore;
pub use order_record::{ClientOrder, OrderEnd, OrderRecord};
pub(crate) use orders::asked_for;
pub use snapshot::{SnapshotId, SnapshotReader};
pub use store::{Store, StoreError};
pub use writer::Writer;

use crate::pipeline::Record;
use alloy_primitives::B256;
use ballast_types::{AccountId, Address, BatchIndex, MarketId, Outcome, Seq, codec};
use borsh::{BorshDeserialize, BorshSerialize};
use crossbeam_channel::Sender;
use std::sync::Arc;
use store::{Table, Write};
use via_writer::{ViaWriter, WriteRequest};

/// Most records read at a time.
pub const MAX_READ: usize = 10_000;

/// The part of a record beside its input.
#[derive(BorshSerialize, BorshDeserialize)]
struct StoredOutcome {
    chain: B256,
    outcome: Outcome,
}

/// A record to append.
#[derive(Clone, Copy, Debug)]
pub struct Appended<'a> {
    /// What is appended.
    pub record: &'a Record,
    /// Who signed its input, when a user did.
    pub signer: Option<Address>,
}

impl<'a> From<&'a Record> for Appended<'a> {
    /// A record that nobody signed.
    fn from(record: &'a Record) -> Self {
        Self { record, signer: None }
    }
}

/// The typed journal over a [`Store`]. Cheap to clone; one thread appends, any may read.
#[derive(Clone)]
pub struct Journal {
    store: Arc<dyn Store>,
}

impl Journal {
    /// The journal kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The same journal, but for what is kept: that is written by the one who takes the requests.
    fn via_writer(&self, requests: Sender<WriteRequest>) -> Self {
        Self::new(Arc::new(ViaWriter { store: Arc::clone(&self.store), requests }))
    }

    /// Appends records whose seqs follow the last one, all or none; durable when it returns.
    ///
    /// # Errors
    /// When the store fails, or the records do not follow the log.
    pub fn append<'a, R: Into<Appended<'a>>>(
        &self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<(), StoreError> {
        self.append_with(records.into_iter().map(Into::into).collect(), Vec::new())
    }

    /// Appends as [`Self::append`] does, together with other writes.
    fn append_with(&self, records: Vec<Appended<'_>>, mut writes: Vec<Write>) -> Result<(), StoreError> {
        let mut next = self.last_seq()?.next();
        for Appended { record, signer } in &records {
            if record.input.seq != next {
                return Err(StoreError::Damaged(format!("input {} where {next} is due", record.input.seq)));
            }
            next = next.next();
            let key = record.input.seq.0.to_be_bytes().to_vec();
            let outcome = StoredOutcome { chain: record.chain, outcome: record.outcome.clone() };
            writes.push(Write {
                table: Table::Inputs,
                key: key.clone(),
                value: Some(record.input_bytes.clone()),
            });
            writes.push(Write { table: Table::Outcomes, key, value: Some(codec::encode(&outcome)) });
            derived::index(record, &mut writes);
            if let Some(signer) = signer {
                commands::index(record, *signer, &mut writes);
            }
        }
        orders::index(self.store.as_ref(), records.iter().map(|appended| appended.record), &mut writes)?;
        if writes.is_empty() { Ok(()) } else { self.store.write(&writes) }
    }

    /// Seq of the last durable input; 0 when there is none.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn last_seq(&self) -> Result<Seq, StoreError> {
        let last = self.store.descending(Table::Inputs, None, 1)?;
        last.first().map_or(Ok(Seq(0)), |(key, _)| number(key).map(Seq))
    }

    /// Up to `limit` records from `from` on, ascending and without a gap.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn records(&self, from: Seq, limit: usize) -> Result<Vec<Record>, StoreError> {
        let key = from.0.to_be_bytes();
        let limit = limit.min(MAX_READ);
        let inputs = self.store.ascending(Table::Inputs, &key, limit)?;
        let outcomes = self.store.ascending(Table::Outcomes, &key, limit)?;
        let mut records = Vec::with_capacity(inputs.len());
        // The outcomes are read after the inputs: there may be more of them.
        if outcomes.len() < inputs.len() {
            return Err(StoreError::Damaged(format!("an outcome after {from} is missing")));
        }
        for (place, ((input_key, input_bytes), (outcome_key, outcome))) in
            inputs.into_iter().zip(outcomes).enumerate()
        {
            let due = from.0.max(1) + place as u64;
            if input_key != outcome_key || number(&input_key)? != due {
                return Err(StoreError::Damaged(format!("input {due} is missing")));
            }
            let outcome: StoredOutcome = decode(&outcome, "outcome")?;
            let input = decode(&input_bytes, "input")?;
            records.push(Record { input, input_bytes, chain: outcome.chain, outcome: outcome.outcome });
        }
        Ok(records)
    }

    /// One record.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn record(&self, seq: Seq) -> Result<Option<Record>, StoreError> {
        let found = self.records(seq, 1)?.into_iter().next();
        Ok(found.filter(|record| record.input.seq == seq))
    }

    /// The encoded inputs from `first` to `last`, both included.
    ///
    /// # Errors
    /// When the store fails, or one of them is missing.
    pub fn input_bytes(&self, first: Seq, last: Seq) -> Result<Vec<Vec<u8>>, StoreError> {
        let count = usize::try_from((last.0 + 1).saturating_sub(first.0)).map_err(StoreError::engine)?;
        let pairs = self.store.ascending(Table::Inputs, &first.0.to_be_bytes(), count)?;
        let whole = pairs.len() == count
            && pairs.last().is_none_or(|(key, _)| number(key).is_ok_and(|seq| seq == last.0));
        if !whole {
            return Err(StoreError::Damaged(format!("inputs {first} to {last} are not all there")));
        }
        Ok(pairs.into_iter().map(|(_, value)| value).collect())
    }

    /// Keeps a sealed batch with the ids of its withdrawals, durably.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_batch(
        &self,
        index: BatchIndex,
        bytes: Vec<u8>,
        withdrawals: std::ops::Range<u64>,
    ) -> Result<(), StoreError> {
        let mut writes: Vec<Write> = withdrawals.map(|id| derived::sealed_withdrawal(id, index)).collect();
        writes.push(Write { table: Table::Batches, key: index.0.to_be_bytes().to_vec(), value: Some(bytes) });
        self.store.write(&writes)
    }

    /// The bytes of a sealed batch.
    ///
    /// # Errors
    /// When the store fails.
    pub fn batch(&self, index: BatchIndex) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(Table::Batches, &index.0.to_be_bytes())
    }

    /// Keeps the header of a batch as L1 has it, durably.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_posted(&self, index: BatchIndex, header: Vec<u8>) -> Result<(), StoreError> {
        let key = index.0.to_be_bytes().to_vec();
        self.store.write(&[Write { table: Table::Posted, key, value: Some(header) }])
    }

    /// The header of a batch as it was posted.
    ///
    /// # Errors
    /// When the store fails.
    pub fn posted(&self, index: BatchIndex) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(Table::Posted, &index.0.to_be_bytes())
    }

    /// Forgets the headers of posted batches from `index` on: L1 does not have them any more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_posted(&self, index: BatchIndex) -> Result<(), StoreError> {
        loop {
            let pairs = self.store.ascending(Table::Posted, &index.0.to_be_bytes(), MAX_READ)?;
            if pairs.is_empty() {
                return Ok(());
            }
            let gone = |(key, _)| Write { table: Table::Posted, key, value: None };
            self.store.write(&pairs.into_iter().map(gone).collect::<Vec<_>>())?;
        }
    }

    /// Index of the last sealed batch; 0, genesis, when there is none.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn last_batch(&self) -> Result<BatchIndex, StoreError> {
        let last = self.store.descending(Table::Batches, None, 1)?;
        last.first().map_or(Ok(BatchIndex(0)), |(key, _)| number(key).map(BatchIndex))
    }

    /// A single value kept under a name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(Table::Meta, name.as_bytes())
    }

    /// Keeps a single value under a name, durably.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_meta(&self, name: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.store.write(&[Write { table: Table::Meta, key: name.as_bytes().to_vec(), value: Some(value) }])
    }

    /// Up to `limit` fills of an account, newest first, each with its place among the events of its input: those
    /// below the seq and place `before`.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn fills(
        &self,
        account: AccountId,
        before: (Seq, u32),
        limit: usize,
    ) -> Result<Vec<(u32, FillRecord)>, StoreError> {
        derived::fills(self.store.as_ref(), account, before, limit)
    }

    /// Up to `limit` accruals of funding of a market, newest first: those of inputs below `before`.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn funding(
        &self,
        market: MarketId,
        before: Seq,
        limit: usize,
    ) -> Result<Vec<FundingRecord>, StoreError> {
        derived::funding(self.store.as_ref(), market, before, limit)
    }

    /// Seq of the input that consumed a message of L1, by its place in the inbox.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn l1_message(&self, index: u64) -> Result<Option<Seq>, StoreError> {
        derived::l1_message(self.store.as_ref(), index)
    }

    /// Block of the last L1 message in the log.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn last_l1_block(&self) -> Result<Option<u64>, StoreError> {
        derived::last_l1_block(self.store.as_ref())
    }

    /// Up to `limit` withdrawals of an account, newest first.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn withdrawals(&self, account: AccountId, limit: usize) -> Result<Vec<WithdrawalRecord>, StoreError> {
        derived::withdrawals(self.store.as_ref(), account, limit)
    }

    /// One withdrawal of an account.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn withdrawal(&self, account: AccountId, id: u64) -> Result<Option<WithdrawalRecord>, StoreError> {
        derived::withdrawal(self.store.as_ref(), account, id)
    }

    /// The sealed batch that holds a withdrawal; `None` while its batch is open or the id unknown.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn batch_of_withdrawal(&self, id: u64) -> Result<Option<BatchIndex>, StoreError> {
        derived::batch_of_withdrawal(self.store.as_ref(), id)
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

fn number(key: &[u8]) -> Result<u64, StoreError> {
    let bytes =
        key.try_into().map_err(|_| StoreError::Damaged(format!("a key of {} bytes, not 8", key.len())))?;
    Ok(u64::from_be_bytes(bytes))
}

fn decode<T: BorshDeserialize>(bytes: &[u8], what: &str) -> Result<T, StoreError> {
    codec::decode(bytes).map_err(|_| StoreError::Damaged(format!("an {what} does not decode")))
}

#[cfg(test)]
mod tests;
