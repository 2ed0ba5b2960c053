//! A tree of depth 32 that is held whole, in tiles.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use alloy_primitives::B256;

use super::{DEPTH, EMPTY_LEAF, ancestor, empty_roots, node_hash};

/// Levels that one tile spans.
const TILE_DEPTH: usize = 8;
/// Hashes at the bottom of a tile.
const TILE_WIDTH: usize = 1 << TILE_DEPTH;
/// Layers of tiles from the leaves to the root.
const LAYERS: usize = DEPTH / TILE_DEPTH;

/// The subtree of depth 8 over 256 hashes as a heap: its root at 1, the children of `i` at `2i` and `2i + 1`.
type Tile = Box<[B256; 2 * TILE_WIDTH]>;

/// A Merkle tree of depth [`DEPTH`], sparse in tiles of 256: 16 KiB a tile where something is, nothing where
/// nothing is.
#[derive(Clone)]
pub struct Tree {
    /// Tiles by place, the layer of the leaves first.
    layers: [BTreeMap<u32, Tile>; LAYERS],
    /// Hash of an empty subtree by level.
    empty: [B256; DEPTH + 1],
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self { layers: Default::default(), empty: empty_roots() }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.node(DEPTH, 0)
    }

    /// Hash of the leaf at `index`.
    #[must_use]
    pub fn leaf(&self, index: u32) -> B256 {
        self.node(0, index)
    }

    /// Hash of the node at `index` of `level`; leaves are level 0, the root is level 32.
    ///
    /// # Panics
    /// When the tree has no such node.
    #[must_use]
    pub fn node(&self, level: usize, index: u32) -> B256 {
        assert!(level <= DEPTH && u64::from(index) >> (DEPTH - level) == 0, "node {index} of level {level}");
        // The root of a tile is also at the bottom of the tile above, but for the topmost one.
        let layer = (level / TILE_DEPTH).min(LAYERS - 1);
        let height = level - layer * TILE_DEPTH;
        let tile = self.layers[layer].get(&ancestor(index, TILE_DEPTH - height));
        tile.map_or(self.empty[level], |tile| tile[in_tile(height, index)])
    }

    /// The two nodes that the node at `index` of `level` is the hash of.
    ///
    /// # Panics
    /// When the tree has no such node, or it is a leaf.
    #[must_use]
    pub fn children(&self, level: usize, index: u32) -> (B256, B256) {
        assert!((1..=DEPTH).contains(&level), "level {level} has no children");
        assert!(u64::from(index) >> (DEPTH - level) == 0, "node {index} of level {level}");
        (self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))
    }

    /// Siblings from the leaf at `index` up to the root, for [`super::verify`].
    #[must_use]
    pub fn proof(&self, index: u32) -> Vec<B256> {
        (0..DEPTH).map(|level| self.node(level, ancestor(index, level) ^ 1)).collect()
    }

    /// Sets the hashes of leaves ([`EMPTY_LEAF`] to clear one) and hashes each node above them once.
    ///
    /// # Panics
    /// When an index appears twice.
    pub fn update(&mut self, mut leaves: Vec<(u32, B256)>) {
        leaves.sort_unstable_by_key(|(index, _)| *index);
        assert!(leaves.windows(2).all(|pair| pair[0].0 != pair[1].0), "a leaf is set twice in one update");
        for layer in 0..LAYERS {
            leaves = self.update_layer(layer, &leaves);
        }
    }

    /// Sets hashes at the bottom of a layer's tiles; returns the roots of the tiles, ascending.
    fn update_layer(&mut self, layer: usize, changes: &[(u32, B256)]) -> Vec<(u32, B256)> {
        let empty = &self.empty[layer * TILE_DEPTH..];
        let tiles = &mut self.layers[layer];
        changes
            .chunk_by(|a, b| ancestor(a.0, TILE_DEPTH) == ancestor(b.0, TILE_DEPTH))
            .map(|group| {
                let place = ancestor(group[0].0, TILE_DEPTH);
                let tile = tiles.entry(place).or_insert_with(|| empty_tile(empty));
                (place, update_tile(tile, group))
            })
            .collect()
    }
}

/// Place in its tile of the node `index` of the level that lies `height` above the tile's bottom.
const fn in_tile(height: usize, index: u32) -> usize {
    let width = TILE_WIDTH >> height;
    width + index as usize % width
}

/// A tile over nothing; `empty` holds the hashes of empty subtrees from its bottom upwards.
fn empty_tile(empty: &[B256]) -> Tile {
    let mut tile = Box::new([EMPTY_LEAF; 2 * TILE_WIDTH]);
    for (height, hash) in empty.iter().enumerate().take(TILE_DEPTH + 1) {
        let width = TILE_WIDTH >> height;
        tile[width..2 * width].fill(*hash);
    }
    tile
}

/// Sets hashes at the tile's bottom, ascending, and hashes each node above them once; returns the root.
fn update_tile(tile: &mut Tile, changes: &[(u32, B256)]) -> B256 {
    let mut touched: Vec<usize> = Vec::with_capacity(changes.len());
    for (index, hash) in changes {
        let at = in_tile(0, *index);
        tile[at] = *hash;
        touched.push(at);
    }
    for _ in 0..TILE_DEPTH {
        touched.iter_mut().for_each(|at| *at /= 2);
        touched.dedup();
        for &at in &touched {
            tile[at] = node_hash(tile[2 * at], tile[2 * at + 1]);
        }
    }
    tile[1]
}

const _: () = assert!(LAYERS * TILE_DEPTH == DEPTH);
