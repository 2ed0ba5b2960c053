//! What became of a message of L1, as JSON.

use super::{EventView, RejectionView, answer::status};
use crate::pipeline::Record;
use ballast_types::L1Payload;
use serde::{Deserialize, Serialize};

/// A message of the inbox that was consumed: what it did, or why it did nothing. Neither changes any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1MessageView {
    /// Its place in the inbox.
    pub index: u64,
    /// `deposit`, `batchPosted`, `forced` or `governance`.
    pub kind: String,
    /// Input that consumed it.
    pub seq: u64,
    /// Time of that input, in milliseconds.
    pub time: u64,
    /// `accepted` or `rejected`.
    pub status: String,
    /// Why it was rejected; null when it was not.
    pub rejection: Option<RejectionView>,
    /// Everything that it did, in order.
    pub events: Vec<EventView>,
}

impl L1MessageView {
    /// The message with this place, and the record of the input that consumed it.
    #[must_use]
    pub fn of(index: u64, payload: &L1Payload, record: &Record) -> Self {
        let kind = match payload {
            L1Payload::Deposit { .. } => "deposit",
            L1Payload::BatchPosted { .. } => "batchPosted",
            L1Payload::Forced { .. } => "forced",
            L1Payload::Governance(_) => "governance",
        };
        let (status, rejection) = status(&record.outcome.status);
        Self {
            index,
            kind: kind.into(),
            seq: record.input.seq.0,
            time: record.input.time.0,
            status,
            rejection,
            events: record.outcome.events.iter().map(EventView::from).collect(),
        }
    }
}
