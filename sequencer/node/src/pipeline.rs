//! What passes from stage to stage: the vocabulary that the stages share, and no behaviour.
//!
//! `rpc` → `admission` → `sequence` → `journal` → `publish` → `batch`, each stage with bounded channels to the
//! next; a slow stage holds up the ones before it, and the first of them says Busy.

use alloy_primitives::B256;
use ballast_batch::promise::Link;
use ballast_engine::Verified;
use ballast_types::{Input, Millis, Outcome, Rejection, Seq, Signature, Source, codec};
use std::sync::Arc;
use tokio::sync::oneshot;

/// An input and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The input.
    pub input: Input,
    /// Its canonical encoding.
    pub input_bytes: Vec<u8>,
    /// The promise chain after it (architecture A6).
    pub chain: B256,
    /// What it did.
    pub outcome: Outcome,
}

impl Record {
    /// Hash of what the input did: what live, mirror and replay must agree on.
    #[must_use]
    pub fn outcome_hash(&self) -> B256 {
        outcome_hash(&self.outcome)
    }
}

/// `keccak256` of the canonical encoding of an outcome.
#[must_use]
pub fn outcome_hash(outcome: &Outcome) -> B256 {
    alloy_primitives::keccak256(codec::encode(outcome))
}

/// The definitive answer to what was asked for, given when it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The input's place in the log.
    pub seq: Seq,
    /// Its time.
    pub time: Millis,
    /// The promise chain after it.
    pub chain: B256,
    /// The sequencer's signature over the EIP-712 `Promise` of the input that the links lead to.
    pub signature: Signature,
    /// The input and what it did.
    pub record: Arc<Record>,
    /// Of the inputs from the next one to the one that is signed; none when that is this one.
    pub links: Vec<Link>,
}

/// What goes back to the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the log; the outcome says what it did.
    Sequenced(Box<Ack>),
    /// It was refused without a place in the log.
    Refused(Rejection),
}

/// Where an answer goes. A receiver that went away is no error.
pub type Reply = oneshot::Sender<Answer>;

/// One thing that the sequencer decided.
#[derive(Debug)]
pub enum Entry {
    /// An input got its place.
    Sequenced {
        /// The input and what it did.
        record: Arc<Record>,
        /// The input as the engine takes it, its signature dealt with.
        verified: Verified,
        /// Who waits for the answer.
        reply: Option<Reply>,
    },
    /// A request was refused. The refusal may rest on inputs before it, so it waits until they are durable.
    Refused {
        /// Why.
        rejection: Rejection,
        /// Who waits for the answer.
        reply: Reply,
        /// What was asked for, unless the refusal is final.
        asked: Option<Box<Asked>>,
    },
}

/// A request whose signature has been dealt with.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is said, by whom.
    pub source: Source,
    /// The same, as the engine takes it.
    pub verified: Verified,
}

/// What the sequencer decided in one go: made durable together.
pub type Group = Vec<Entry>;
