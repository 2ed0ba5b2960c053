//! The judgement of one batch: a function of the state before it and of what was shown.

use crate::{
    error::{Error, Result},
    published::{Published, is_in_blobs},
    recovered::Recovered,
    replica::{Consumed, Replayed, Replica},
    verdict::{Missing, Reason, Verdict, difference},
};
use alloy::primitives::B256;
use alloy_sol_types::SolValue;
use ballast_batch::{
    BatchHeader, DiffError,
    chunks::{MAX_INPUT_CHUNKS, inputs_root, unchunk},
    data::calldata_data_hash,
};
use ballast_engine::invariants::Violation;
use ballast_oracle::Host;
use ballast_program::{Invalid, judge as judge_header};
use ballast_state::Change;
use ballast_types::{Input, codec};
use std::sync::Arc;

/// What was shown of a batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its header, as L1 has it.
    pub header: BatchHeader,
    /// Versioned hashes of its blobs; none when its diff is in calldata.
    pub blob_hashes: Vec<B256>,
    /// The chunks of its inputs, each proven under the header's `inputsRoot`.
    pub chunks: Vec<Vec<u8>>,
    /// Its diff on L1.
    pub published: Published,
}

/// A verdict and what came up on the way.
#[derive(Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The exchange after the last valid batch; `None` when it was spent on this one in vain and has to be restored.
    pub replica: Option<Replica>,
    /// How many inputs there are; 0 when they cannot be read.
    pub inputs: u64,
    /// The leaves that changed; none when the batch is not valid.
    pub changes: Vec<Change>,
    /// Its diff; empty when the batch is not valid.
    pub diff: Vec<u8>,
    /// The messages of the inbox that it consumed.
    pub messages: Vec<Consumed>,
    /// Of a batch that is valid, what is broken after it nevertheless.
    pub unsound: Option<Violation>,
}

impl Judgement {
    const fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            replica: None,
            inputs: 0,
            changes: Vec::new(),
            diff: Vec::new(),
            messages: Vec::new(),
            unsound: None,
        }
    }

    pub(crate) const fn invalid(reason: Reason) -> Self {
        Self::new(Verdict::Invalid(reason))
    }
}

/// Judges the batch that follows `replica`.
///
/// # Errors
/// [`Error::Disagreement`] when the program and the replica differ.
pub fn judge(replica: Replica, batch: &Batch) -> Result<Judgement> {
    if let Some(reason) = refuse(&replica, batch) {
        return Ok(Judgement { replica: Some(replica), ..Judgement::invalid(reason) });
    }
    let inputs = read_inputs(&batch.chunks);
    let known = inputs.as_deref().unwrap_or_default();
    let recovered = Recovered::of(known, replica.separator());
    let ruling = rule(&replica, batch, &recovered);
    let mut judgement = match (ruling, &inputs) {
        (Ok(_), Ok(inputs)) => weigh(replica, batch, inputs, &recovered)?,
        (Err(invalid), Ok(inputs)) => condemn(replica, &batch.header, invalid, inputs, &recovered)?,
        (Err(invalid @ Invalid::NotInputs), Err(_)) => {
            Judgement { replica: Some(replica), ..Judgement::invalid(Reason::Inputs(invalid)) }
        }
        (ruling, Err(_)) => {
            return Err(disagree(&batch.header, format!("{ruling:?}, and there are no inputs")));
        }
    };
    judgement.inputs = known.len() as u64;
    Ok(judgement)
}

/// What is wrong before anything is carried out. Behind it, the program's oracle has every answer.
fn refuse(replica: &Replica, batch: &Batch) -> Option<Reason> {
    let (header, tip) = (&batch.header, replica.header());
    let chunks = header.inputChunks;
    if header.previousHash != tip.hash() {
        let expected = BatchHeader { previousHash: tip.hash(), ..header.clone() };
        return difference("previousHash", header, &expected);
    }
    if chunks == 0 || chunks > MAX_INPUT_CHUNKS {
        return Some(Reason::Inputs(Invalid::NotInputs));
    }
    let whole =
        batch.chunks.len() as u64 == u64::from(chunks) && inputs_root(&batch.chunks) == header.inputsRoot;
    (!whole).then_some(Reason::Chunks { chunks })
}

fn read_inputs(chunks: &[Vec<u8>]) -> Result<Vec<Input>, Invalid> {
    let encoded = unchunk(chunks).map_err(|_| Invalid::NotInputs)?;
    encoded.iter().map(|bytes| codec::decode(bytes).map_err(|_| Invalid::NotInputs)).collect()
}

/// What the program says that decides a dispute, of all but the data on L1: these are compared with what our own exchange
/// makes.
fn rule(replica: &Replica, batch: &Batch, recovered: &Recovered) -> Result<(), Invalid> {
    let (header, previous) = (&batch.header, replica.header());
    let host = Host::new(Arc::clone(replica.ledger().commitment()), replica.ledger().clone())
        .with_header(header.hash(), header.abi_encode())
        .with_header(previous.hash(), previous.abi_encode())
        .with_chunks(batch.chunks.clone());
    judge_header(host, recovered, header.hash()).0.map(|_| ())
}

/// The program finds nothing wrong: whether our own exchange comes to the same, and whether L1 has the diff.
fn weigh(mut replica: Replica, batch: &Batch, inputs: &[Input], recovered: &Recovered) -> Result<Judgement> {
    let header = &batch.header;
    let replayed = agree(&mut replica, header, inputs, recovered)?;
    let right = &replayed.diff;
    match &batch.published {
        Published::Diff(posted) if posted != right => {
            let at = posted.iter().zip(right).take_while(|(a, b)| a == b).count();
            return Ok(Judgement::invalid(Reason::Diff { posted: posted.len(), computed: right.len(), at }));
        }
        Published::NoDiff(reason) => return Ok(Judgement::invalid(Reason::NoDiff(reason))),
        Published::Unread(why) if !is_on_l1(right, batch) => {
            return Ok(Judgement::new(Verdict::Unavailable(Missing::Diff(why.clone()))));
        }
        Published::Diff(_) | Published::Unread(_) => {}
    }
    replica.settle(header.clone());
    let Replayed { changes, messages, diff, unsound, .. } = replayed;
    let valid = Judgement::new(Verdict::Valid);
    Ok(Judgement { replica: Some(replica), changes, diff, messages, unsound, ..valid })
}

/// Whether L1 has this diff, as hashes tell that the contract has compared with the transaction.
fn is_on_l1(diff: &[u8], batch: &Batch) -> bool {
    match batch.blob_hashes.as_slice() {
        [] => calldata_data_hash(diff) == batch.header.dataHash,
        hashes => is_in_blobs(diff, hashes),
    }
}

/// Our own exchange carries the batch out and makes the header of it, and whoever has only L1 comes from the diff to
/// its exit roots and the root of its withdrawals.
fn agree(
    replica: &mut Replica,
    header: &BatchHeader,
    inputs: &[Input],
    recovered: &Recovered,
) -> Result<Replayed> {
    let replayed = replica.replay(inputs, recovered);
    let replayed =
        replayed.map_err(|invalid| disagree(header, format!("only our exchange says that {invalid}")))?;
    let ours =
        BatchHeader { dataHash: header.dataHash, programHash: header.programHash, ..replayed.header.clone() };
    if ours != *header {
        return Err(disagree(header, format!("the header should be {ours:?}")));
    }
    let unreadable = |error: DiffError| disagree(header, format!("its diff cannot be read: {error}"));
    let exits = replayed.exits.as_ref().map_err(|error| unreadable(*error))?;
    if exits.withdrawals != header.withdrawalsRoot {
        return Err(disagree(
            header,
            format!("its diff makes the root of the withdrawals {}", exits.withdrawals),
        ));
    }
    match exits.roots.iter().find(|(section, root)| header.sectionRoots[*section as usize] != *root) {
        Some((section, root)) => {
            Err(disagree(header, format!("its diff makes the root of {section:?} {root}")))
        }
        None => Ok(replayed),
    }
}

/// The program finds something wrong: our own exchange must, too, and tells the values.
fn condemn(
    mut replica: Replica,
    header: &BatchHeader,
    invalid: Invalid,
    inputs: &[Input],
    recovered: &Recovered,
) -> Result<Judgement> {
    match (invalid, replica.replay(inputs, recovered)) {
        (Invalid::Differs(field), Ok(replayed)) => {
            let reason = difference(field, header, &replayed.header);
            let reason =
                reason.ok_or_else(|| disagree(header, format!("only the program says that {invalid}")))?;
            Ok(Judgement { messages: replayed.messages, ..Judgement::invalid(reason) })
        }
        (theirs, Err(ours)) if theirs == ours => Ok(Judgement::invalid(Reason::Inputs(ours))),
        (theirs, ours) => {
            let ours = ours.map(|_| "nothing wrong");
            Err(disagree(header, format!("the program says that {theirs}, our exchange {ours:?}")))
        }
    }
}

const fn disagree(header: &BatchHeader, what: String) -> Error {
    Error::Disagreement { index: header.index, what }
}
