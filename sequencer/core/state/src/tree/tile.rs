//! A tile: the subtree of depth 8 over 256 neighbouring hashes.

use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::B256;

use super::{EMPTY_LEAF, ancestor, node_hash};

/// Levels that one tile spans.
pub(super) const TILE_DEPTH: usize = 8;
/// Hashes at the bottom of a tile.
const TILE_WIDTH: usize = 1 << TILE_DEPTH;

/// Its nodes as a heap: its root at 1, the children of `i` at `2i` and `2i + 1`.
#[derive(Clone)]
pub(crate) struct Tile(Box<[B256; 2 * TILE_WIDTH]>);

impl Tile {
    /// A tile over nothing; `empty` holds the hashes of empty subtrees from its bottom upwards.
    pub(super) fn empty(empty: &[B256]) -> Self {
        let mut nodes = Box::new([EMPTY_LEAF; 2 * TILE_WIDTH]);
        for (height, hash) in empty.iter().enumerate().take(TILE_DEPTH + 1) {
            let width = TILE_WIDTH >> height;
            nodes[width..2 * width].fill(*hash);
        }
        Self(nodes)
    }

    /// Place, among the tiles of its layer, of the one that has `index` at its bottom.
    pub(crate) const fn place(index: u32) -> u32 {
        ancestor(index, TILE_DEPTH)
    }

    /// Hash of the node `index` of the level that lies `height` above the tile's bottom.
    pub(super) fn node(&self, height: usize, index: u32) -> B256 {
        self.0[at(height, index)]
    }

    /// Sets hashes at the bottom, indices ascending, and hashes each node above them once; returns the root.
    pub(crate) fn update(&mut self, changes: impl ExactSizeIterator<Item = (u32, B256)>) -> B256 {
        let nodes = &mut self.0;
        let mut touched: Vec<usize> = Vec::with_capacity(changes.len());
        for (index, hash) in changes {
            nodes[at(0, index)] = hash;
            touched.push(at(0, index));
        }
        for _ in 0..TILE_DEPTH {
            touched.iter_mut().for_each(|at| *at /= 2);
            touched.dedup();
            for &at in &touched {
                nodes[at] = node_hash(nodes[2 * at], nodes[2 * at + 1]);
            }
        }
        nodes[1]
    }
}

const fn at(height: usize, index: u32) -> usize {
    let width = TILE_WIDTH >> height;
    width + index as usize % width
}
