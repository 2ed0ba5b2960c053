//! Small trees that are built once: withdrawals and input chunks of a batch.

use alloc::vec::Vec;
use alloy_primitives::B256;

use super::{DEPTH, EMPTY_LEAF, node_hash};

/// Root of the tree of `depth` whose first leaves are `leaves` and whose others are empty.
///
/// # Panics
/// When there are more leaves than `2^depth`, or `depth` is above [`DEPTH`].
#[must_use]
pub fn fixed_root(depth: usize, leaves: &[B256]) -> B256 {
    climb(depth, leaves, |_, _| ())
}

/// Siblings from the leaf at `index` up to the root of that tree, for [`super::verify`].
///
/// # Panics
/// As [`fixed_root`], and when the tree has no such index.
#[must_use]
pub fn fixed_proof(depth: usize, leaves: &[B256], index: u32) -> Vec<B256> {
    assert!(u64::from(index) >> depth == 0, "index {index} in a tree of depth {depth}");
    let mut proof = Vec::with_capacity(depth);
    let mut at = index as usize;
    climb(depth, leaves, |nodes, empty| {
        proof.push(nodes.get(at ^ 1).copied().unwrap_or(empty));
        at /= 2;
    });
    proof
}

/// Hashes level by level up to the root; shows each level below it with the hash of its empty nodes.
fn climb(depth: usize, leaves: &[B256], mut level: impl FnMut(&[B256], B256)) -> B256 {
    assert!(depth <= DEPTH, "depth {depth}");
    assert!(leaves.len() as u64 <= 1 << depth, "{} leaves in a tree of depth {depth}", leaves.len());
    let mut nodes = leaves.to_vec();
    let mut empty = EMPTY_LEAF;
    for _ in 0..depth {
        level(&nodes, empty);
        nodes =
            nodes.chunks(2).map(|pair| node_hash(pair[0], pair.get(1).copied().unwrap_or(empty))).collect();
        empty = node_hash(empty, empty);
    }
    nodes.first().copied().unwrap_or(empty)
}
