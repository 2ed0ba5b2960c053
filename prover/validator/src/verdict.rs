//! What is said about a batch.

use alloy::primitives::B256;
use ballast_batch::BatchHeader;
use ballast_program::Invalid;
use ballast_state::Section;
use serde_json::json;
use std::fmt;

/// What is said about a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what its inputs make of the batch before, and L1 has its diff.
    Valid,
    /// It is not.
    Invalid(Reason),
    /// Nothing can be said until something is shown.
    Unavailable(Missing),
}

/// Why a batch is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A field of the header is not what the inputs make of it.
    #[error("{field} is {claimed} in the header, and the inputs make it {computed}")]
    Field {
        /// Which, as the header names it.
        field: &'static str,
        /// What the header says.
        claimed: String,
        /// What it should say.
        computed: String,
    },
    /// The program refuses the inputs.
    #[error("{0}")]
    Inputs(Invalid),
    /// The header counts other chunks than its inputs' root holds.
    #[error("the inputs' root does not hold exactly the {chunks} chunks that the header counts")]
    Chunks {
        /// How many it counts.
        chunks: u32,
    },
    /// The header tells of messages that the inbox does not have.
    #[error("the inbox has no {count} messages with the rolling hash of the header")]
    Inbox {
        /// How many it tells of.
        count: u64,
    },
    /// It consumed a message that the inbox does not have at that place.
    #[error("it consumed message {index}, which the inbox does not have so")]
    Message {
        /// Place in the inbox.
        index: u64,
    },
    /// What L1 has instead of the diff does not even have its form.
    #[error("L1 has no diff of it: {0}")]
    NoDiff(&'static str),
    /// L1 has another diff than the inputs make.
    #[error("the diff on L1 has {posted} bytes and differs from the right one, of {computed}, at byte {at}")]
    Diff {
        /// Length on L1.
        posted: usize,
        /// Length of the right one.
        computed: usize,
        /// The first byte that differs, or the length of the shorter one.
        at: usize,
    },
    /// It builds on a batch that is wrong.
    #[error("it builds on batch {0}, which is wrong")]
    Follows(u64),
}

/// What has to be shown before a batch can be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// A chunk of the inputs.
    #[error("chunk {chunk} of the inputs: {why}")]
    Chunk {
        /// Which.
        chunk: u32,
        /// What the last one who was asked said.
        why: String,
    },
    /// The diff.
    #[error("the diff on L1: {0}")]
    Diff(String),
}

/// The verdict on one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which batch.
    pub index: u64,
    /// Its hash.
    pub hash: B256,
    /// What is said about it.
    pub verdict: Verdict,
    /// How many inputs it has; 0 when they are not known.
    pub inputs: u64,
    /// How long it took to come to that, in milliseconds.
    pub ms: u64,
}

impl Verdict {
    /// The verdict as one word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid(_) => "INVALID",
            Self::Unavailable(_) => "UNAVAILABLE",
        }
    }

    /// Why it is not valid; `None` when it is.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Valid => None,
            Self::Invalid(reason) => Some(reason.to_string()),
            Self::Unavailable(missing) => Some(missing.to_string()),
        }
    }
}

impl Judged {
    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        json!({
            "index": self.index,
            "hash": self.hash,
            "verdict": self.verdict.word(),
            "reason": self.verdict.why(),
            "inputs": self.inputs,
            "ms": self.ms,
        })
        .to_string()
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, hash, verdict, inputs, ms } = self;
        write!(f, "batch {index} {hash} {} {inputs} inputs {ms} ms", verdict.word())?;
        verdict.why().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// The field of a header that differs, with both values. `None` when the two say the same.
pub(crate) fn difference(
    field: &'static str,
    claimed: &BatchHeader,
    computed: &BatchHeader,
) -> Option<Reason> {
    let (theirs, ours) = (value(field, claimed), value(field, computed));
    (theirs != ours).then_some(Reason::Field { field, claimed: theirs, computed: ours })
}

fn value(field: &str, header: &BatchHeader) -> String {
    match field {
        "index" => header.index.to_string(),
        "previousHash" => header.previousHash.to_string(),
        "previousStateRoot" => header.previousStateRoot.to_string(),
        "stateRoot" => header.stateRoot.to_string(),
        "sectionRoots" => {
            let roots = Section::ALL.iter().zip(&header.sectionRoots);
            roots.map(|(section, root)| format!("{section:?} {root}")).collect::<Vec<_>>().join(", ")
        }
        "firstSeq" => header.firstSeq.to_string(),
        "lastSeq" => header.lastSeq.to_string(),
        "firstTimeMs" => header.firstTimeMs.to_string(),
        "lastTimeMs" => header.lastTimeMs.to_string(),
        "promiseHash" => header.promiseHash.to_string(),
        "l1MessageCount" => header.l1MessageCount.to_string(),
        "l1MessageHash" => header.l1MessageHash.to_string(),
        "inputsRoot" => header.inputsRoot.to_string(),
        "inputChunks" => header.inputChunks.to_string(),
        "withdrawalsRoot" => header.withdrawalsRoot.to_string(),
        "withdrawalCount" => header.withdrawalCount.to_string(),
        "diffHash" => header.diffHash.to_string(),
        // Of no other field can the inputs say anything.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(verdict: Verdict) -> Judged {
        Judged { index: 3, hash: B256::repeat_byte(1), verdict, inputs: 20, ms: 5 }
    }

    #[test]
    fn a_verdict_is_one_line() {
        let missing = Missing::Chunk { chunk: 2, why: "not found".into() };
        let judged = judged(Verdict::Unavailable(missing));
        let line: serde_json::Value = serde_json::from_str(&judged.json()).expect("JSON");
        assert_eq!((line["index"].as_u64(), line["verdict"].as_str()), (Some(3), Some("UNAVAILABLE")));
        assert_eq!(line["reason"].as_str(), Some("chunk 2 of the inputs: not found"));
        let text = judged.to_string();
        assert!(
            text.starts_with("batch 3 0x0101") && text.ends_with("ms: chunk 2 of the inputs: not found"),
            "{text}"
        );
    }

    #[test]
    fn a_valid_batch_has_no_reason() {
        let line: serde_json::Value = serde_json::from_str(&judged(Verdict::Valid).json()).expect("JSON");
        assert!(line["reason"].is_null());
    }

    #[test]
    fn a_field_that_differs_is_told_with_both_values() {
        let claimed = BatchHeader { lastSeq: 7, ..BatchHeader::genesis([B256::ZERO; 7]) };
        let computed = BatchHeader { lastSeq: 8, ..claimed.clone() };
        let reason = difference("lastSeq", &claimed, &computed).expect("they differ");
        assert_eq!(reason.to_string(), "lastSeq is 7 in the header, and the inputs make it 8");
        assert_eq!(difference("stateRoot", &claimed, &computed), None);
    }
}
