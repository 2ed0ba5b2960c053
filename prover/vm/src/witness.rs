//! What one leap needs beside the state, and its replay from that alone.

use crate::{
    hart::Hart,
    host::{BlobElement, Host},
    leap::run_leap,
    leaves::{Leaf, Missing},
    limits::MEMORY_DEPTH,
    proof,
    state::MachineState,
};
use alloy_primitives::{B256, Bytes, keccak256};
use std::collections::BTreeMap;
use thiserror::Error;

/// The witness of a leap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeapWitness {
    /// Indexes of the leaves of memory, ascending, none twice.
    pub indexes: Vec<u32>,
    /// What is in them before the leap, in the order of `indexes`.
    pub leaves: Vec<Leaf>,
    /// Nodes that the root needs beside them: from the leaves upwards, from left to right.
    pub siblings: Vec<B256>,
    /// The preimage that the leap reads; empty when it reads none, or an empty one.
    pub preimage: Bytes,
    /// The field element that the leap reads.
    pub element: Option<BlobElement>,
}

/// Why a witness is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Indexes and leaves differ in number, or indexes are not ascending, or beyond memory.
    #[error("the leaves of the witness are out of order")]
    Disorder,
    /// It leads to another root, has a sibling too many or too few.
    #[error("the witness does not lead to the root of memory")]
    Root,
    /// It lacks what the leap needs.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// The state after the leap that begins in `state`, from its witness alone. The opening of a field element is taken for
/// true: only the contract verifies it. Of a halted machine the witness is not looked at.
///
/// # Errors
/// [`Refused`] when the witness does not fit.
pub fn replay(state: &MachineState, witness: &LeapWitness) -> Result<MachineState, Refused> {
    if state.halted {
        return Ok(state.clone());
    }
    let ascending = witness.indexes.is_sorted_by(|left, right| left < right);
    let inside = witness.indexes.last().is_none_or(|last| *last >> MEMORY_DEPTH == 0);
    if !ascending || !inside || witness.indexes.len() != witness.leaves.len() {
        return Err(Refused::Disorder);
    }
    let mut leaves: BTreeMap<u32, Leaf> =
        witness.indexes.iter().copied().zip(witness.leaves.iter().copied()).collect();
    let mut hart = Hart::from(state);
    if proof::root(leaves.clone(), &witness.siblings) != Some(state.memory_root) {
        return Err(Refused::Root);
    }
    run_leap(&mut hart, &mut leaves, &mut Shown(witness))?;
    let root = proof::root(leaves, &witness.siblings).ok_or(Refused::Root)?;
    Ok(hart.state(root))
}

/// The host that a witness is.
struct Shown<'a>(&'a LeapWitness);

impl Host for Shown<'_> {
    fn preimage(&mut self, hash: B256) -> Option<Bytes> {
        (keccak256(&self.0.preimage) == hash).then(|| self.0.preimage.clone())
    }

    fn blob_element(&mut self, versioned_hash: B256, index: u16) -> Option<B256> {
        let read = self.0.element?;
        (read.versioned_hash == versioned_hash && read.index == index).then_some(read.element)
    }
}
