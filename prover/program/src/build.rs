//! The header of a batch, from the header before and the inputs.

use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use ballast_auth::Recover;
use ballast_batch::{
    BatchHeader, Withdrawal,
    chunks::{chunk, inputs_root},
    data::diff_hash,
    withdrawal::withdrawals_root,
};
use ballast_engine::{Exchange, apply, commit, verify};
use ballast_oracle::Oracle;
use ballast_state::{Change, LeafSource, state_root};
use ballast_types::{BatchIndex, Input, codec, limits::MAX_INPUTS_PER_BATCH};

use crate::{diff, invalid::Invalid, leaves::Leaves};

/// A batch as its inputs make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its header; `dataHash` and `programHash`, which L1 knows, are zero.
    pub header: BatchHeader,
    /// The encoded diff, that `diffHash` is of.
    pub diff: Vec<u8>,
    /// The leaves of its withdrawal tree.
    pub withdrawals: Vec<Withdrawal>,
    /// Every leaf that changed, as it now is.
    pub changes: Vec<Change>,
}

/// Executes `inputs` on the state after `previous`, which `leaves` holds.
///
/// # Errors
/// [`Invalid`] when they are not the inputs of one batch: out of order, or not sealed at their end.
///
/// # Panics
/// When the oracle behind `leaves` withholds a preimage.
pub fn build<O, R>(
    previous: &BatchHeader,
    inputs: &[Input],
    leaves: &Arc<Leaves<O>>,
    recover: &R,
) -> Result<Built, Invalid>
where
    O: Oracle + Send + 'static,
    R: Recover,
{
    if state_root(&previous.sectionRoots) != previous.stateRoot {
        return Err(Invalid::Discontinuous("previousStateRoot"));
    }
    let source: Arc<dyn LeafSource> = Arc::<Leaves<O>>::clone(leaves);
    let mut exchange = Exchange::lazy(source);
    execute(&mut exchange, previous, inputs, recover)?;
    let withdrawals = exchange.take_withdrawals();
    let changes = commit(&mut exchange);
    let diff = diff::encode(&changes, &withdrawals, &exchange.state.chain, leaves);
    let section_roots = leaves
        .roots_after(changes.iter().map(|(section, index, bytes)| (*section, *index, bytes.as_deref())));
    let chunks = chunk(inputs.iter().map(codec::encode));
    let (first, last) = (inputs.first().ok_or(Invalid::NotInputs)?, inputs.last().ok_or(Invalid::NotInputs)?);
    let chain = &exchange.state.chain;
    let header = BatchHeader {
        index: previous.index + 1,
        previousHash: previous.hash(),
        previousStateRoot: previous.stateRoot,
        stateRoot: state_root(&section_roots),
        sectionRoots: section_roots,
        firstSeq: first.seq.0,
        lastSeq: last.seq.0,
        firstTimeMs: first.time.0,
        lastTimeMs: last.time.0,
        promiseHash: chain.promise,
        l1MessageCount: chain.l1_count,
        l1MessageHash: chain.l1_hash,
        inputsRoot: inputs_root(&chunks),
        inputChunks: u32::try_from(chunks.len()).map_err(|_| Invalid::NotInputs)?,
        withdrawalsRoot: withdrawals_root(&withdrawals),
        withdrawalCount: u32::try_from(withdrawals.len()).map_err(|_| Invalid::NotInputs)?,
        diffHash: diff_hash(&diff),
        dataHash: B256::ZERO,
        programHash: B256::ZERO,
    };
    Ok(Built { header, diff, withdrawals, changes })
}

/// Applies the inputs, which must be the next in number and time and end with the seal of their batch.
fn execute<R: Recover>(
    exchange: &mut Exchange,
    previous: &BatchHeader,
    inputs: &[Input],
    recover: &R,
) -> Result<(), Invalid> {
    if inputs.len() as u64 > MAX_INPUTS_PER_BATCH {
        return Err(Invalid::NotInputs);
    }
    let (open, separator) = (BatchIndex(previous.index + 1), exchange.separator());
    for (place, input) in inputs.iter().enumerate() {
        let chain = &exchange.state.chain;
        if input.seq != chain.seq.next() || input.time < chain.time {
            return Err(Invalid::OutOfOrder(input.seq));
        }
        apply(exchange, input, &verify(recover, separator, &input.source));
        let sealed = exchange.state.chain.batch != open;
        let is_last = place + 1 == inputs.len();
        if sealed != is_last {
            return Err(Invalid::Unsealed(input.seq));
        }
    }
    Ok(())
}
