//! One proof of many leaves.

use crate::{leaves::Leaf, limits::MEMORY_DEPTH, memory::Memory, tree::parent};
use alloy_primitives::B256;

/// The nodes that the root needs beside the leaves at `indexes` (ascending, none twice): from the leaves upwards,
/// from left to right. After [`Memory::root`], until memory changes.
#[must_use]
pub(crate) fn siblings(memory: &Memory, indexes: &[u32]) -> Vec<B256> {
    let mut siblings = Vec::new();
    let mut known = indexes.to_vec();
    for level in 0..MEMORY_DEPTH {
        let mut above = Vec::with_capacity(known.len());
        let mut rest = known.as_slice();
        while let [index, after @ ..] = rest {
            rest = match after {
                [next, after @ ..] if *next == (index | 1) && index.is_multiple_of(2) => after,
                _ => {
                    siblings.push(memory.node(level, index ^ 1));
                    after
                }
            };
            above.push(index / 2);
        }
        known = above;
    }
    siblings
}

/// The root over leaves (ascending by index, none twice) and their siblings. `None` when there is no leaf, or a
/// sibling is missing, or one is too many.
#[must_use]
pub(crate) fn root(leaves: impl IntoIterator<Item = (u32, Leaf)>, siblings: &[B256]) -> Option<B256> {
    let mut siblings = siblings.iter().copied();
    let mut known: Vec<(u32, B256)> =
        leaves.into_iter().map(|(index, leaf)| (index, B256::from(leaf))).collect();
    for _ in 0..MEMORY_DEPTH {
        let mut above = Vec::with_capacity(known.len());
        let mut rest = known.as_slice();
        while let [(index, node), after @ ..] = rest {
            let (left, right);
            (left, right, rest) = match after {
                [(next, right), after @ ..] if *next == (index | 1) && index.is_multiple_of(2) => {
                    (*node, *right, after)
                }
                _ if index.is_multiple_of(2) => (*node, siblings.next()?, after),
                _ => (siblings.next()?, *node, after),
            };
            above.push((index / 2, parent(left, right)));
        }
        known = above;
    }
    match (known.as_slice(), siblings.next()) {
        ([(0, root)], None) => Some(*root),
        _ => None,
    }
}
