//! Merkle trees over keccak-256: the rules that Solidity mirrors.
//!
//! A leaf is `keccak(0x00 || bytes)`, a node `keccak(0x01 || left || right)`, an empty leaf is zero, and an
//! empty subtree follows from that by the same rule. The first byte keeps a leaf from passing for a node.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

mod fixed;
mod partial;
mod tile;
mod whole;

pub use fixed::{fixed_proof, fixed_root};
pub use partial::{NodeSource, PartialTree, TreeError};
pub(crate) use tile::Tile;
pub use whole::Tree;

/// Depth of a section's tree; indices are a whole `u32`.
pub const DEPTH: usize = ballast_types::limits::SECTION_TREE_DEPTH;

const LEAF_PREFIX: u8 = 0;
const NODE_PREFIX: u8 = 1;

/// The hash of a leaf that stands for nothing.
pub const EMPTY_LEAF: B256 = B256::ZERO;

/// Hash of a leaf with these bytes: `keccak(0x00 || bytes)`.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> B256 {
    let mut preimage = Vec::with_capacity(1 + bytes.len());
    preimage.push(LEAF_PREFIX);
    preimage.extend_from_slice(bytes);
    keccak256(preimage)
}

/// Hash of the node over two others: `keccak(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: B256, right: B256) -> B256 {
    let mut preimage = [NODE_PREFIX; 65];
    preimage[1..33].copy_from_slice(left.as_slice());
    preimage[33..].copy_from_slice(right.as_slice());
    keccak256(preimage)
}

/// Roots of the empty trees of depth 0 to [`DEPTH`].
#[must_use]
pub fn empty_roots() -> [B256; DEPTH + 1] {
    let mut roots = [EMPTY_LEAF; DEPTH + 1];
    for level in 1..=DEPTH {
        roots[level] = node_hash(roots[level - 1], roots[level - 1]);
    }
    roots
}

/// Whether `proof`, the siblings from the leaf upwards, shows that the tree of depth `depth` under `root`
/// has `leaf` at `index`. To show that an index is empty, ask for [`EMPTY_LEAF`].
///
/// False for a proof of another length and for an index that such a tree does not have.
#[must_use]
pub fn verify(root: B256, depth: usize, index: u32, leaf: B256, proof: &[B256]) -> bool {
    if proof.len() != depth || depth > DEPTH || u64::from(index) >> depth != 0 {
        return false;
    }
    let mut hash = leaf;
    for (level, sibling) in proof.iter().enumerate() {
        hash = if index >> level & 1 == 0 { node_hash(hash, *sibling) } else { node_hash(*sibling, hash) };
    }
    hash == root
}

/// Index of the node of `level` that `index` lies under; at the top there is one node.
const fn ancestor(index: u32, level: usize) -> u32 {
    ((index as u64) >> level) as u32
}

#[cfg(test)]
mod tests;
