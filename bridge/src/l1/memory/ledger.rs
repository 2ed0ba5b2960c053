//! What the contracts hold at the end of a block, under their rules (`Rollup.sol`, `Inbox.sol`).

use super::{demands::Demanding, pool::Pooled, upkeep::Upkept};
use crate::{
    bindings::Rollup::{self, RollupErrors as E},
    data::BatchData,
    l1::{Block, Call, Posted, QueuedMessage, Receipt, Verdict},
};
use alloy::primitives::{B256, U256, keccak256};
use ballast_batch::{
    BatchHeader,
    chunks::MAX_INPUT_CHUNKS,
    inbox::{l1_message_hash, roll},
};
use ballast_types::{BatchIndex, L1Message, L1Payload, limits};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What proving a header takes.
const GAS_OF_HEADER: u64 = 100_000;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) posted: Posted,
    /// `None` for genesis.
    pub(super) data: Option<BatchData>,
}

#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) messages: Vec<Arc<QueuedMessage>>,
    pub(super) batches: Vec<Arc<Entry>>,
    pub(super) finalized: u64,
    pub(super) nonce: u64,
    pub(super) receipts: BTreeMap<B256, Receipt>,
    pub(super) window: u64,
    /// When it was frozen, unix seconds.
    pub(super) frozen_at: Option<u64>,
    pub(super) demanding: Demanding,
    pub(super) upkept: Upkept,
    /// Hashes of the batches that were rejected by name.
    pub(super) rejected: BTreeSet<B256>,
    program: B256,
}

impl Ledger {
    pub(super) fn new(genesis: &BatchHeader, program: B256, window: u64, block: &Block) -> Self {
        let posted = Posted {
            header: genesis.clone(),
            blob_hashes: Vec::new(),
            transaction: B256::ZERO,
            block: *block,
        };
        Self {
            messages: Vec::new(),
            batches: vec![Arc::new(Entry { posted, data: None })],
            finalized: 1,
            nonce: 0,
            receipts: BTreeMap::new(),
            window,
            frozen_at: None,
            demanding: Demanding::default(),
            upkept: Upkept::default(),
            rejected: BTreeSet::new(),
            program,
        }
    }

    /// Rolling hash after `count` messages; `None` when there are fewer.
    pub(super) fn rolling(&self, count: u64) -> Option<B256> {
        match count.checked_sub(1) {
            None => Some(B256::ZERO),
            Some(last) => self.messages.get(usize::try_from(last).ok()?).map(|m| m.rolling),
        }
    }

    pub(super) fn queue(&mut self, block: &Block, payload: L1Payload) {
        let index = self.messages.len() as u64;
        let message = L1Message { index, l1_block: block.number, l1_time: block.time, payload };
        let before = self.messages.last().map_or(B256::ZERO, |m| m.rolling);
        let rolling = roll(before, l1_message_hash(&message));
        self.messages.push(Arc::new(QueuedMessage { message, rolling, block_hash: block.hash }));
    }

    /// Carries out a transaction in `block`.
    pub(super) fn include(&mut self, block: &Block, transaction: &Pooled) {
        let outcome = match &transaction.call {
            Call::PostBatch { header, data } => self.post(block, transaction.hash, header, data).is_ok(),
            Call::Finalize { up_to } => {
                self.finalize(block, *up_to);
                true
            }
            Call::Demand { header, chunk, .. } => self.take_demand(block, header, *chunk).is_ok(),
            Call::Reveal { batch_hash, chunk, shown } => {
                self.take_reveal(block, *batch_hash, *chunk, shown).is_ok()
            }
            // Nothing is owed here.
            Call::Collect => true,
            call @ (Call::Reject { .. } | Call::Freeze(_) | Call::Prove { .. }) => {
                self.take_upkeep(block, call).is_ok()
            }
            // There is no game here: whoever argues is refused.
            Call::Dispute { .. } => false,
        };
        self.nonce += 1;
        let hash = transaction.hash;
        let cost = Self::cost(transaction);
        let receipt = Receipt { transaction: hash, success: outcome, block: block.number, cost };
        self.receipts.insert(hash, receipt);
    }

    /// Of a transaction, in wei; only those of proofs are counted.
    fn cost(transaction: &Pooled) -> U256 {
        let Call::Prove { headers, .. } = &transaction.call else { return U256::ZERO };
        U256::from(headers.len()) * U256::from(GAS_OF_HEADER) * U256::from(transaction.fees.max_fee)
    }

    /// Posts a batch in `block` as whoever has the key: the nonce is not that of our account.
    ///
    /// # Errors
    /// When the rollup refuses it.
    pub(super) fn post_foreign(
        &mut self,
        block: &Block,
        header: &BatchHeader,
        data: &BatchData,
    ) -> Result<(), E> {
        self.post(block, header.hash(), header, data)
    }

    /// Drops a batch that is not final, with all that follow it.
    pub(super) fn reject(&mut self, index: u64) {
        assert!(
            (self.finalized..self.batches.len() as u64).contains(&index),
            "no batch {index} to be rejected"
        );
        let dropped = self.batches.split_off(index as usize);
        self.rejected.extend(dropped.first().map(|entry| entry.posted.hash()));
    }

    fn post(
        &mut self,
        block: &Block,
        transaction: B256,
        header: &BatchHeader,
        data: &BatchData,
    ) -> Result<(), E> {
        self.check(block.time, header, data)?;
        let blob_hashes = match data {
            BatchData::Blobs(sidecar) => sidecar.versioned_hashes().collect(),
            BatchData::Calldata(_) => Vec::new(),
        };
        let posted = Posted { header: header.clone(), blob_hashes, transaction, block: *block };
        let batch_hash = posted.hash();
        self.batches.push(Arc::new(Entry { posted, data: Some(data.clone()) }));
        self.queue(
            block,
            L1Payload::BatchPosted {
                index: BatchIndex(header.index),
                batch_hash,
                l1_block: block.number,
                prevrandao: U256::from_be_bytes(block.hash.0),
            },
        );
        Ok(())
    }

    pub(super) fn finalize(&mut self, block: &Block, up_to: u64) {
        while self.finalized <= up_to
            && self.final_from(self.finalized).is_some_and(|from| from <= block.time)
            && !self.is_invalid(self.finalized, block.time)
        {
            self.finalized += 1;
        }
    }

    fn is_invalid(&self, index: u64, time: u64) -> bool {
        let entry = usize::try_from(index).ok().and_then(|index| self.batches.get(index));
        entry.is_some_and(|entry| self.verdict(entry.posted.hash(), time) == Verdict::Invalid)
    }

    pub(super) fn final_from(&self, index: u64) -> Option<u64> {
        let entry = self.batches.get(usize::try_from(index).ok()?)?;
        Some(entry.posted.block.time.saturating_add(self.window))
    }

    /// Whether the rollup takes the batch at this time, in seconds.
    pub(super) fn check(&self, time: u64, h: &BatchHeader, data: &BatchData) -> Result<(), E> {
        if let Some(frozen_at) = self.frozen_at {
            return Err(E::Frozen(Rollup::Frozen { frozenAt: frozen_at }));
        }
        let tip = &self.batches[self.batches.len() - 1].posted.header;
        let index = self.batches.len() as u64;
        if h.index != index {
            return Err(E::WrongIndex(Rollup::WrongIndex { given: h.index, expected: index }));
        }
        check_bytes(h.previousHash, tip.hash(), |given, expected| {
            E::WrongPreviousHash(Rollup::WrongPreviousHash { given, expected })
        })?;
        check_bytes(h.previousStateRoot, tip.stateRoot, |given, expected| {
            E::WrongPreviousStateRoot(Rollup::WrongPreviousStateRoot { given, expected })
        })?;
        if h.firstSeq != tip.lastSeq + 1 {
            let expected = U256::from(tip.lastSeq + 1);
            return Err(E::WrongFirstSeq(Rollup::WrongFirstSeq { given: h.firstSeq, expected }));
        }
        if h.lastSeq < h.firstSeq {
            return Err(E::NoInputs(Rollup::NoInputs { firstSeq: h.firstSeq, lastSeq: h.lastSeq }));
        }
        if h.lastSeq - h.firstSeq >= limits::MAX_INPUTS_PER_BATCH {
            let given = U256::from(h.lastSeq) - U256::from(h.firstSeq) + U256::from(1);
            let limit = U256::from(limits::MAX_INPUTS_PER_BATCH);
            return Err(E::TooManyInputs(Rollup::TooManyInputs { given, limit }));
        }
        check_clock(tip, h, time)?;
        self.check_messages(tip, h)?;
        check_bytes(h.programHash, self.program, |given, expected| {
            E::WrongProgram(Rollup::WrongProgram { given, expected })
        })?;
        check_contents(h)?;
        if let BatchData::Calldata(diff) = data {
            check_bytes(h.diffHash, keccak256(diff), |given, expected| {
                E::WrongDiffHash(Rollup::WrongDiffHash { given, expected })
            })?;
        }
        check_bytes(h.dataHash, data.commitment(), |given, expected| {
            E::WrongDataHash(Rollup::WrongDataHash { given, expected })
        })
    }

    fn check_messages(&self, tip: &BatchHeader, h: &BatchHeader) -> Result<(), E> {
        let (given, least) = (h.l1MessageCount, tip.l1MessageCount);
        let most = (self.messages.len() as u64).min(least.saturating_add(h.lastSeq - h.firstSeq));
        if given < least || given > most {
            let error = Rollup::WrongL1MessageCount { given, atLeast: least, atMost: most };
            return Err(E::WrongL1MessageCount(error));
        }
        check_bytes(h.l1MessageHash, self.rolling(given).unwrap_or_default(), |given, expected| {
            E::WrongL1MessageHash(Rollup::WrongL1MessageHash { given, expected })
        })
    }
}

fn check_clock(tip: &BatchHeader, h: &BatchHeader, time: u64) -> Result<(), E> {
    let back =
        |given, earliest| E::TimeWentBack(Rollup::TimeWentBack { givenMs: given, earliestMs: earliest });
    if h.firstTimeMs < tip.lastTimeMs {
        return Err(back(h.firstTimeMs, tip.lastTimeMs));
    }
    if h.lastTimeMs < h.firstTimeMs {
        return Err(back(h.lastTimeMs, h.firstTimeMs));
    }
    let latest = time * 1_000 + limits::MAX_BATCH_FUTURE_MS;
    if h.lastTimeMs > latest {
        let error = Rollup::TimeInFuture { givenMs: h.lastTimeMs, latestMs: U256::from(latest) };
        return Err(E::TimeInFuture(error));
    }
    Ok(())
}

fn check_contents(h: &BatchHeader) -> Result<(), E> {
    if h.inputChunks == 0 {
        return Err(E::NoInputChunks(Rollup::NoInputChunks {}));
    }
    if h.inputChunks > MAX_INPUT_CHUNKS {
        let limit = U256::from(MAX_INPUT_CHUNKS);
        return Err(E::TooManyInputChunks(Rollup::TooManyInputChunks { given: h.inputChunks, limit }));
    }
    if h.withdrawalCount > limits::MAX_WITHDRAWALS_PER_BATCH {
        let limit = U256::from(limits::MAX_WITHDRAWALS_PER_BATCH);
        return Err(E::TooManyWithdrawals(Rollup::TooManyWithdrawals { given: h.withdrawalCount, limit }));
    }
    let mut sections = vec![2_u8];
    h.sectionRoots.iter().for_each(|root| sections.extend_from_slice(root.as_slice()));
    check_bytes(h.stateRoot, keccak256(sections), |given, expected| {
        E::WrongStateRoot(Rollup::WrongStateRoot { given, expected })
    })
}

fn check_bytes(given: B256, expected: B256, error: impl FnOnce(B256, B256) -> E) -> Result<(), E> {
    if given == expected { Ok(()) } else { Err(error(given, expected)) }
}
