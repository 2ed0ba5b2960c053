//! Preimages of hashes, that whoever asks for them verifies.
//!
//! The program that judges a batch or an escape claim knows nothing but a hash. Everything else it asks of an [`Oracle`], and
//! believes only what hashes to what it asked for. So an oracle need not be trusted: it can only refuse.

#![no_std]

extern crate alloc;

mod collector;
mod host;
mod tape;

pub use collector::{Collected, Collector};
pub use host::{Facts, Host};
pub use tape::{Recorder, Tape};

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use ballast_state::leaf::Section;

/// Where the next preimage may be found. A host that keeps trees by place need not index them by hash.
/// Hints are never needed for truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The header of a batch.
    Header,
    /// An escape claim.
    Claim,
    /// What a batch's `dataHash` is of: a hash of calldata, or those of blobs.
    Data,
    /// An inner node of a section's tree: `level` 1 is just above the leaves, the root is at the depth.
    Node {
        /// Which tree.
        section: Section,
        /// Height above the leaves.
        level: u8,
        /// Place within the level.
        index: u32,
    },
    /// A leaf of a section's tree.
    Leaf {
        /// Which tree.
        section: Section,
        /// Place.
        index: u32,
    },
    /// An inner node of the tree of input chunks.
    ChunkNode {
        /// Height above the leaves.
        level: u8,
        /// Place within the level.
        index: u32,
    },
    /// A chunk of the inputs.
    Chunk {
        /// Place.
        index: u32,
    },
}

/// Gives bytes for hashes.
pub trait Oracle {
    /// Bytes that are said to hash to `hash` by keccak256; empty when the oracle has none.
    fn preimage(&mut self, hash: B256, hint: Hint) -> Vec<u8>;

    /// The field element `index`, big-endian, of the blob with the versioned hash `blob` (EIP-4844).
    ///
    /// The one answer that the asker cannot check: whoever runs the program vouches for it. On the machine of a dispute
    /// that is a KZG proof.
    ///
    /// # Panics
    /// When the oracle does not have the blob: then nothing can be said.
    fn element(&mut self, blob: B256, index: u32) -> B256;
}

/// The oracle gave bytes that do not hash to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongPreimage {
    /// What was asked for.
    pub hash: B256,
}

/// The verified preimage of `hash`.
///
/// # Errors
/// [`WrongPreimage`] when the oracle's bytes hash to something else.
pub fn read(oracle: &mut dyn Oracle, hash: B256, hint: Hint) -> Result<Vec<u8>, WrongPreimage> {
    let bytes = oracle.preimage(hash, hint);
    if keccak256(&bytes) == hash { Ok(bytes) } else { Err(WrongPreimage { hash }) }
}
