//! The batcher: makes of every sealed batch what L1 gets and what a restart needs: roots, diff, header, and
//! now and then a snapshot. It works on what the publisher handed over and holds no lock of the mirror.

mod ledger;
mod stored;

pub use ledger::{Ledger, commit};
pub use stored::StoredBatch;

use crate::{
    fatal::Fatal,
    journal::{Journal, StoreError},
    metrics::BatchMetrics,
    mirror::Sealed,
};
use alloy_primitives::B256;
use ballast_batch::{BatchHeader, Withdrawal, chunks, data, withdrawal};
use ballast_bridge::threads;
use ballast_engine::invariants::Audit;
use ballast_types::{BatchIndex, Input, Seq, codec};
use crossbeam_channel::Receiver;
use std::{fmt::Display, time::Instant};

/// A second opinion on a batch before it is stored: the very program that judges it on L1, run natively.
pub trait Shadow: Send {
    /// The header that the program makes of `inputs` after the batch `previous`, whose state is `before`; its
    /// `previousHash`, `dataHash` and `programHash` are not looked at.
    ///
    /// # Errors
    /// Why the program calls the inputs no batch.
    fn build(
        &mut self,
        before: Ledger,
        previous: &BatchHeader,
        inputs: &[Vec<u8>],
    ) -> Result<BatchHeader, String>;
}

/// The batcher's thread.
pub struct Batcher {
    /// Where batches and snapshots go, and inputs come from.
    pub journal: Journal,
    /// Every committed leaf with its trees, as of the last batch.
    pub ledger: Ledger,
    /// What all accounts have, added up, as of the last batch.
    pub audit: Audit,
    /// Header of the last batch, as it is stored; of genesis before the first.
    pub previous: BatchHeader,
    /// The program that judges batches.
    pub program_hash: B256,
    /// A snapshot after every so many batches.
    pub snapshot_every: u64,
    /// The second opinion, when there is one.
    pub shadow: Option<Box<dyn Shadow>>,
    /// Told the index of each batch that is stored.
    pub stored: tokio::sync::watch::Sender<BatchIndex>,
    /// Counts.
    pub metrics: BatchMetrics,
}

impl Batcher {
    /// Stores batches until the publisher hangs up.
    ///
    /// # Errors
    /// When the store fails, or the batch is not the one that an earlier run stored, or that the program takes, or does not add
    /// up.
    pub fn run(mut self, seals: &Receiver<Sealed>) -> Result<(), Fatal> {
        // The publisher may have to wait for one that is being taken.
        let next = || (threads::urgent(), seals.recv()).1;
        while let Ok(sealed) = next() {
            self.process(sealed)?;
        }
        Ok(())
    }

    /// Makes and stores one batch. One that is stored already, by the run before a crash, must be the same.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn process(&mut self, sealed: Sealed) -> Result<(), Fatal> {
        let started = Instant::now();
        let (index, last_seq) = (sealed.index, sealed.chain.seq);
        let inputs = self.journal.input_bytes(Seq(self.previous.lastSeq).next(), last_seq)?;
        // Before the ledger moves on: the program starts from the state before the batch.
        let second_opinion = match &mut self.shadow {
            Some(shadow) => Some(shadow.build(self.ledger.clone(), &self.previous, &inputs)),
            None => None,
        };
        let Sealed { changes, withdrawals, chain, .. } = &sealed;
        let diff = self.ledger.advance(changes, withdrawals, chain, &mut self.audit)?;
        self.add_up(&sealed)?;
        let header = self.header(&sealed, &inputs, &diff)?;
        match second_opinion {
            Some(Ok(other)) if open(&other) == open(&header) => {}
            Some(Ok(_)) => return Err(refused(index, "it makes another header")),
            Some(Err(why)) => return Err(refused(index, &why)),
            None => {}
        }
        let diff_bytes = diff.len();
        self.store(&sealed, StoredBatch::new(&header, diff, &sealed.withdrawals))?;
        self.previous = header;
        self.metrics.stored(index.0, diff_bytes, started.elapsed());
        tracing::info!(batch = index.0, last_seq = last_seq.0, diff_bytes, "batch stored");
        self.stored.send_replace(index);
        if self.snapshot_every > 0
            && index.0.is_multiple_of(self.snapshot_every)
            && self.is_new_snapshot(index)?
        {
            self.journal.put_snapshot(index, last_seq, self.ledger.snapshot())?;
            tracing::info!(batch = index.0, "snapshot stored");
        }
        Ok(())
    }

    /// What all accounts have is what pools and markets say of it: a rule that makes money of nothing is found before L1 hears
    /// of it, though all who re-execute the batch agree.
    fn add_up(&self, sealed: &Sealed) -> Result<(), Fatal> {
        let broken = |what: &dyn Display| Fatal::Invariant(format!("batch {}: {what}", sealed.index));
        let totals = self.ledger.totals(&sealed.chain);
        let totals =
            totals.ok_or_else(|| broken(&"a leaf of a pool or a market is gone or does not decode"))?;
        self.audit.check(&totals).map_err(|violation| broken(&violation))
    }

    /// The header, but for what is known at posting only: the hash of the batch before and of the data.
    fn header(&self, sealed: &Sealed, inputs: &[Vec<u8>], diff: &[u8]) -> Result<BatchHeader, Fatal> {
        let first = inputs.first().and_then(|bytes| codec::decode::<Input>(bytes).ok());
        let first =
            first.ok_or_else(|| StoreError::Damaged("the first input of a batch cannot be read".into()))?;
        let chunks = chunks::chunk(inputs);
        let chain = &sealed.chain;
        Ok(BatchHeader {
            index: sealed.index.0,
            previousHash: B256::ZERO,
            previousStateRoot: self.previous.stateRoot,
            stateRoot: self.ledger.commitment().state_root(),
            sectionRoots: self.ledger.commitment().section_roots(),
            firstSeq: first.seq.0,
            lastSeq: chain.seq.0,
            firstTimeMs: first.time.0,
            lastTimeMs: chain.time.0,
            promiseHash: chain.promise,
            l1MessageCount: chain.l1_count,
            l1MessageHash: chain.l1_hash,
            inputsRoot: chunks::inputs_root(&chunks),
            inputChunks: count(chunks.len())?,
            withdrawalsRoot: withdrawal::withdrawals_root(&sealed.withdrawals),
            withdrawalCount: count(sealed.withdrawals.len())?,
            diffHash: data::diff_hash(diff),
            dataHash: B256::ZERO,
            programHash: self.program_hash,
        })
    }

    fn store(&self, sealed: &Sealed, batch: StoredBatch) -> Result<(), Fatal> {
        let Some(earlier) = self.journal.batch(sealed.index)? else {
            let bytes = codec::encode(&batch);
            return Ok(self.journal.put_batch(sealed.index, bytes, ids(&sealed.withdrawals))?);
        };
        if StoredBatch::decode(&earlier)?.is_same(&batch)? {
            return Ok(());
        }
        Err(Fatal::Invariant(format!("batch {} was stored with other contents", sealed.index)))
    }

    fn is_new_snapshot(&self, index: BatchIndex) -> Result<bool, StoreError> {
        Ok(self.journal.snapshot()?.is_none_or(|newest| newest.batch < index))
    }
}

/// The header without what is known at posting only.
fn open(header: &BatchHeader) -> BatchHeader {
    BatchHeader { previousHash: B256::ZERO, dataHash: B256::ZERO, programHash: B256::ZERO, ..header.clone() }
}

fn refused(index: BatchIndex, why: &str) -> Fatal {
    Fatal::Invariant(format!("the program that judges batches refuses batch {index}: {why}"))
}

fn count(length: usize) -> Result<u32, Fatal> {
    u32::try_from(length).map_err(|_| Fatal::Invariant("a batch has more than 2^32 parts".into()))
}

fn ids(withdrawals: &[Withdrawal]) -> std::ops::Range<u64> {
    match (withdrawals.first(), withdrawals.last()) {
        (Some(first), Some(last)) => first.id..last.id + 1,
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests;
