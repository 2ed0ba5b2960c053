//! What can go wrong between the exchange and L1, and what to do about it.

use alloy::primitives::B256;

/// What the caller does about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is lost or decided: try again later.
    Temporary,
    /// What we believed of L1 is out of date: forget it, read the chain again and go on.
    Reset,
    /// Going on could cost money or contradict what was promised: stop, and call a human.
    Critical,
}

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The node of L1 did not answer, or not in a way that means anything.
    #[error("L1 does not answer: {0}")]
    Transport(String),
    /// A service for blobs did not answer.
    #[error("the blob service does not answer: {0}")]
    BlobService(String),
    /// Not a whole round of batches: leaves may be missing that were told in full before.
    #[error(
        "the batches {first} to {last} do not tell the whole state: a round of {needed} batches is needed"
    )]
    Incomplete {
        /// The first batch that was read.
        first: u64,
        /// The last one.
        last: u64,
        /// Batches of a round, as the last one tells.
        needed: u64,
    },
    /// L1 moved while it was read.
    #[error("L1 moved while it was read")]
    Moved,
    /// The node of L1 answered with an incomplete or inconsistent list of messages.
    #[error("the inbox logs are incomplete: expected message {expected}, found {found}")]
    IncompleteLogs {
        /// The index that had to come.
        expected: u64,
        /// The index that came, or the count that the inbox tells.
        found: u64,
    },
    /// A log of the inbox does not continue the rolling hash.
    #[error("message {index} of the inbox does not continue the rolling hash")]
    BrokenRollingHash {
        /// The message.
        index: u64,
    },
    /// A message of the inbox cannot be read. The contract writes only readable ones.
    #[error("message {index} of the inbox cannot be read: {reason}")]
    UnreadableMessage {
        /// The message.
        index: u64,
        /// Why.
        reason: String,
    },
    /// A message that the exchange has consumed is not on L1 any more.
    #[error(
        "L1 was reorganised deeper than the {confirmations} confirmations: of the {consumed} messages handed \
         over, the last had rolling hash {ours}, and L1 now says {theirs}"
    )]
    ConsumedMessageChanged {
        /// Depth that was thought to be safe, in blocks.
        confirmations: u64,
        /// Messages handed over.
        consumed: u64,
        /// Rolling hash after them.
        ours: B256,
        /// What L1 says; zero when it has fewer messages.
        theirs: B256,
    },
    /// A transaction that replaces another pays too little more.
    #[error("the replacement pays too little more than the transaction in the pool")]
    Underpriced,
    /// The account has a transaction of the other kind (with or without blobs) in the pool.
    #[error("a transaction of the other kind is in the pool")]
    OtherKindPending,
    /// The nonce was used.
    #[error("the nonce was used already")]
    NonceUsed,
    /// The account cannot pay.
    #[error("the account cannot pay for the transaction: {0}")]
    InsufficientFunds(String),
    /// A contract refused the call before or after it was sent.
    #[error("the contract refuses: {reason}")]
    Reverted {
        /// Name and values of the contract's error.
        reason: String,
        /// What to do about it.
        severity: Severity,
    },
    /// The chain has a batch that the outbox does not know, or knows differently, and there is no going on with it.
    #[error("batch {index} on L1 is not ours: {reason}")]
    ForeignBatch {
        /// The batch.
        index: u64,
        /// What differs.
        reason: &'static str,
    },
    /// The batch's data fit neither calldata nor the blobs of one transaction.
    #[error("the diff of {bytes} bytes does not fit one transaction (at most {limit})")]
    DataTooLarge {
        /// Size of the diff.
        bytes: usize,
        /// The most that fits.
        limit: usize,
    },
    /// A diff without a byte: no codec of ours writes one.
    #[error("the diff is empty")]
    EmptyDiff,
    /// Data from L1 or from a blob service contradict their hash.
    #[error("the data of batch {index} do not match the batch: {reason}")]
    WrongData {
        /// The batch.
        index: u64,
        /// What does not match.
        reason: &'static str,
    },
    /// The KZG library refused.
    #[error("KZG: {0}")]
    Kzg(String),
    /// The store behind the outbox failed.
    #[error("the outbox: {0}")]
    Outbox(String),
    /// A file or an option is wrong.
    #[error("{0}")]
    Config(String),
    /// A batch of ours was found invalid, or its inputs were not shown, and L1 has dropped it with all that followed.
    #[error(
        "L1 rejected our batch {index}, hash {hash}, as invalid: neither it nor any after it is posted again. Do not \
         start this node again before it is known why; see \"A rejected batch\" in docs/operating.md"
    )]
    RejectedBatch {
        /// The batch.
        index: u64,
        /// Its hash.
        hash: B256,
    },
    /// A service for blobs answers, and does not hold what was asked for.
    #[error("the blob service does not have it: {0}")]
    BlobsGone(String),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Transport(_)
            | Self::BlobService(_)
            | Self::BlobsGone(_)
            | Self::Moved
            | Self::Incomplete { .. }
            | Self::IncompleteLogs { .. }
            | Self::BrokenRollingHash { .. }
            | Self::Underpriced
            | Self::OtherKindPending
            | Self::InsufficientFunds(_)
            | Self::Outbox(_) => Severity::Temporary,
            Self::NonceUsed => Severity::Reset,
            Self::Reverted { severity, .. } => *severity,
            Self::UnreadableMessage { .. }
            | Self::ConsumedMessageChanged { .. }
            | Self::ForeignBatch { .. }
            | Self::DataTooLarge { .. }
            | Self::EmptyDiff
            | Self::WrongData { .. }
            | Self::Kzg(_)
            | Self::Config(_)
            | Self::RejectedBatch { .. } => Severity::Critical,
        }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = core::result::Result<T, E>;
