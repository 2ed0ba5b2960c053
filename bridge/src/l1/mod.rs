//! What the bridge needs of L1, as two ports: [`L1`] reads, [`L1Sender`] also sends for one account.
//!
//! [`alloy`] speaks to a real node; [`memory`] is a simulated L1 for tests and the simulator.

pub mod alloy;
pub mod blobs;
pub mod memory;
pub mod revert;
mod upkeep;

pub use upkeep::{Upkeep, Verdict};

use crate::{
    data::{BatchData, SidecarForm},
    demand::{Chunk, Demand, DemandTerms, Demanded},
    error::Result,
    escape::Reason,
    fees::{FeeQuote, Fees},
};
use ::alloy::{
    eips::eip4844::Blob,
    primitives::{Address, B256, Bytes, U256},
};
use ballast_batch::BatchHeader;
use ballast_types::L1Message;
use std::{future::Future, sync::Arc};

/// A block of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// The hash of the block below.
    pub parent: B256,
    /// Its time, unix seconds.
    pub time: u64,
}

/// A message as a log of the inbox tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    /// What was said.
    pub message: L1Message,
    /// Rolling hash of the inbox after it, as the contract computed it.
    pub rolling: B256,
    /// Hash of the block with the log.
    pub block_hash: B256,
}

/// The inbox at the end of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxView {
    /// Messages queued.
    pub count: u64,
    /// Rolling hash after the number of messages that was asked for; `None` when there are fewer.
    pub rolling: Option<B256>,
}

/// A batch as L1 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its header; the hash is [`Posted::hash`].
    pub header: BatchHeader,
    /// Versioned hashes of the blobs with its diff; empty when the diff is in calldata, and for genesis.
    pub blob_hashes: Vec<B256>,
    /// The transaction that posted it.
    pub transaction: B256,
    /// The block with the transaction.
    pub block: Block,
}

impl Posted {
    /// The batch hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.header.hash()
    }
}

/// Reads L1.
pub trait L1: Send + Sync {
    /// The latest block.
    fn head(&self) -> impl Future<Output = Result<Block>> + Send;

    /// The block of the canonical chain at this height; `None` above the head.
    fn block(&self, number: u64) -> impl Future<Output = Result<Option<Block>>> + Send;

    /// The inbox at the end of the block `at`, and its rolling hash after `count` messages.
    fn inbox(&self, at: B256, count: u64) -> impl Future<Output = Result<InboxView>> + Send;

    /// The messages queued in the blocks `from` to `to` of the canonical chain, both included, in order.
    fn messages(&self, from: u64, to: u64) -> impl Future<Output = Result<Vec<QueuedMessage>>> + Send;

    /// Number of batches on the latest block, genesis included.
    fn batch_count(&self) -> impl Future<Output = Result<u64>> + Send;

    /// Hash of a batch; `None` when L1 does not have it.
    fn batch_hash(&self, index: u64) -> impl Future<Output = Result<Option<B256>>> + Send;

    /// Number of final batches, genesis included.
    fn finalized_count(&self) -> impl Future<Output = Result<u64>> + Send;

    /// Unix seconds from which on a batch can be made final; `None` when L1 does not have it.
    fn final_from(&self, index: u64) -> impl Future<Output = Result<Option<u64>>> + Send;

    /// When the exchange was frozen, unix seconds; `None` while it is not. No batch is posted after it.
    fn frozen_at(&self) -> impl Future<Output = Result<Option<u64>>> + Send;

    /// Whether a batch with this hash was found invalid and rejected, on the latest block. Not so one that fell with
    /// another before it.
    fn is_rejected(&self, batch_hash: B256) -> impl Future<Output = Result<bool>> + Send;

    /// A batch with its place on L1; `None` when L1 does not have it.
    fn posted(&self, index: u64) -> impl Future<Output = Result<Option<Posted>>> + Send;

    /// The diff of a posted batch, checked against the hashes in its header.
    fn diff(&self, posted: &Posted) -> impl Future<Output = Result<Vec<u8>>> + Send;

    /// The blobs of a posted batch, whatever they hold; none when its diff is in calldata.
    fn blobs_of(&self, posted: &Posted) -> impl Future<Output = Result<Vec<Blob>>> + Send;
}

/// Reads what L1 says about demands for inputs.
pub trait Demands: L1 {
    /// The demands that were made in the blocks `from` to `to` of the canonical chain, both included.
    fn demands(&self, from: u64, to: u64) -> impl Future<Output = Result<Vec<Demanded>>> + Send;

    /// A chunk of a batch, on the latest block.
    fn demand(&self, batch_hash: B256, chunk: u32) -> impl Future<Output = Result<Demand>> + Send;

    /// The chunk as it was shown on L1; `None` when it was not.
    fn revealed(&self, batch_hash: B256, chunk: u32) -> impl Future<Output = Result<Option<Chunk>>> + Send;

    /// What the contract owes the account, in wei.
    fn credit(&self) -> impl Future<Output = Result<U256>> + Send;

    /// What demands are made by.
    fn demand_terms(&self) -> impl Future<Output = Result<DemandTerms>> + Send;
}

/// Nonces of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonces {
    /// Of the next transaction after those of the latest block.
    pub latest: u64,
    /// Of the next transaction after those in the pool too.
    pub pending: u64,
}

/// What the account of the bridge calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Post a batch.
    PostBatch {
        /// The final header.
        header: Arc<BatchHeader>,
        /// Its diff.
        data: BatchData,
    },
    /// Make batches final.
    Finalize {
        /// The last of them.
        up_to: u64,
    },
    /// Demand a chunk of a posted batch.
    Demand {
        /// The header of the batch.
        header: Arc<BatchHeader>,
        /// Which chunk.
        chunk: u32,
        /// What goes with it, in wei.
        bond: U256,
    },
    /// Show a chunk that was demanded.
    Reveal {
        /// The batch.
        batch_hash: B256,
        /// Which chunk.
        chunk: u32,
        /// The chunk.
        shown: Arc<Chunk>,
    },
    /// Pull what the demands owe the account.
    Collect,
    /// Drop a batch that is invalid, and all that follow it.
    Reject {
        /// The first that goes.
        index: u64,
        /// The header of the one before it.
        previous: Arc<BatchHeader>,
    },
    /// Freeze the exchange for ever.
    Freeze(Reason),
    /// Prove headers of L1 to the clock of stress.
    Prove {
        /// The contract that they are for.
        clock: Address,
        /// In RLP, samples before those that are compared with them.
        headers: Arc<Vec<Bytes>>,
    },
    /// Act in a dispute.
    Dispute {
        /// The call to the dispute game, ABI-encoded.
        input: Bytes,
        /// What goes with it, in wei.
        value: U256,
    },
}

impl Call {
    /// Whether the transaction carries blobs.
    #[must_use]
    pub const fn has_blobs(&self) -> bool {
        matches!(self, Self::PostBatch { data, .. } if data.has_blobs())
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction: B256,
    /// Whether it took effect.
    pub success: bool,
    /// The block with it.
    pub block: u64,
    /// What it cost in wei, for execution and blobs together.
    pub cost: U256,
}

/// Sends transactions for one account.
pub trait L1Sender: L1 {
    /// What the next block asks for.
    fn fees(&self) -> impl Future<Output = Result<FeeQuote>> + Send;

    /// The form of sidecar that L1 wants; `None` when it takes no blobs.
    fn sidecar_form(&self) -> impl Future<Output = Result<Option<SidecarForm>>> + Send;

    /// The account's nonces.
    fn nonces(&self) -> impl Future<Output = Result<Nonces>> + Send;

    /// Tries the call on the latest state, signs it and puts it into the pool. Returns the transaction's hash.
    ///
    /// An error [`Transport`](crate::error::Error::Transport) leaves it open whether the pool took it.
    fn send(&self, call: &Call, nonce: u64, fees: &Fees) -> impl Future<Output = Result<B256>> + Send;

    /// Signs a call that builds on one in the pool and puts it there, with `gas` units of gas: on the latest state it would
    /// fail, so that it cannot be tried. Returns the transaction's hash; errors as with [`Self::send`].
    fn send_behind(
        &self,
        call: &Call,
        nonce: u64,
        fees: &Fees,
        gas: u64,
    ) -> impl Future<Output = Result<B256>> + Send;

    /// The receipt of a transaction; `None` while it is not in a block of the canonical chain.
    fn receipt(&self, transaction: B256) -> impl Future<Output = Result<Option<Receipt>>> + Send;
}
