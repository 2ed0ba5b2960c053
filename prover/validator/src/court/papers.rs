//! Claims, states and witnesses as the contract reads them.

use super::{case::Data, moves::REVEAL, opening::opening, trial::Trace};
use crate::error::{Error, Result};
use alloy::primitives::{B256, Bytes};
use ballast_bridge::{
    bindings::DisputeGame::{self, Filing},
    dispute::Matter,
};
use ballast_vm::{Leap, MachineState, Subject, limits::HISTORY_DEPTH};

/// A claim that the machine runs so on a subject, as it is filed.
#[must_use]
pub fn filing(matter: Matter, trace: &Trace) -> Filing {
    let below = usize::from(HISTORY_DEPTH - REVEAL);
    Filing {
        subject: subject(matter) as u8,
        index: matter.batch.unwrap_or_default(),
        hash: matter.hash,
        nodes: trace.history.descendants(HISTORY_DEPTH, 0, REVEAL),
        startProof: trace.history.proof(0)[..below].to_vec(),
        last: state(&trace.last),
        lastProof: trace.history.proof((1 << HISTORY_DEPTH) - 1)[..below].to_vec(),
    }
}

/// What the machine is told that it judges; the contract has the same numbers.
pub(super) const fn subject(matter: Matter) -> Subject {
    if matter.batch.is_some() { Subject::Batch } else { Subject::Claim }
}

pub(super) fn state(state: &MachineState) -> DisputeGame::MachineState {
    DisputeGame::MachineState {
        memoryRoot: state.memory_root,
        pc: state.pc,
        cycle: state.cycle,
        halted: state.halted,
        exitCode: state.exit_code,
        x: state.x,
    }
}

pub(super) fn witness(leap: &Leap, data: &Data) -> Result<DisputeGame::LeapWitness> {
    let witness = &leap.witness;
    let opening = match witness.element {
        None => Bytes::new(),
        Some(read) => {
            let blob = data.blobs().iter().find(|(hash, _)| *hash == read.versioned_hash);
            let (_, blob) = blob
                .ok_or_else(|| Error::Incomplete { hash: read.versioned_hash, what: "a blob".to_owned() })?;
            opening(blob, read.index, read.element)?
        }
    };
    Ok(DisputeGame::LeapWitness {
        indexes: witness.indexes.clone(),
        leaves: witness.leaves.iter().map(|leaf| B256::from(*leaf)).collect(),
        siblings: witness.siblings.clone(),
        preimage: witness.preimage.clone(),
        opening,
    })
}
