//! A tree of depth 32 that is held whole, in tiles.

use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::B256;

use super::{
    DEPTH, ancestor, empty_roots,
    tile::{TILE_DEPTH, Tile},
};

/// Layers of tiles from the leaves to the root.
const LAYERS: usize = DEPTH / TILE_DEPTH;

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
        tile.map_or(self.empty[level], |tile| tile.node(height, index))
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

    /// Sets the hashes of leaves ([`super::EMPTY_LEAF`] to clear one) and hashes each node above them once.
    ///
    /// # Panics
    /// When an index appears twice.
    pub fn update(&mut self, mut leaves: Vec<(u32, B256)>) {
        leaves.sort_unstable_by_key(|(index, _)| *index);
        assert!(leaves.windows(2).all(|pair| pair[0].0 != pair[1].0), "a leaf is set twice in one update");
        self.raise(0, leaves);
    }

    /// Takes the tile of leaves at `place` out, to be given back with [`Self::join`] before anything is read.
    pub(crate) fn cut(&mut self, place: u32) -> Tile {
        self.layers[0].remove(&place).unwrap_or_else(|| Tile::empty(&self.empty))
    }

    /// Puts tiles of leaves back, places ascending, each with its root, and hashes each node above them once.
    pub(crate) fn join(&mut self, tiles: impl Iterator<Item = (u32, Tile, B256)>) {
        let roots = tiles.map(|(place, tile, root)| {
            self.layers[0].insert(place, tile);
            (place, root)
        });
        let roots = roots.collect();
        self.raise(1, roots);
    }

    /// Sets hashes at the bottom of a layer and hashes each node above them once.
    fn raise(&mut self, layer: usize, mut changes: Vec<(u32, B256)>) {
        for layer in layer..LAYERS {
            changes = self.update_layer(layer, &changes);
        }
    }

    /// Sets hashes at the bottom of a layer's tiles; returns the roots of the tiles, ascending.
    fn update_layer(&mut self, layer: usize, changes: &[(u32, B256)]) -> Vec<(u32, B256)> {
        let empty = &self.empty[layer * TILE_DEPTH..];
        let tiles = &mut self.layers[layer];
        changes
            .chunk_by(|a, b| Tile::place(a.0) == Tile::place(b.0))
            .map(|group| {
                let place = Tile::place(group[0].0);
                let tile = tiles.entry(place).or_insert_with(|| Tile::empty(empty));
                (place, tile.update(group.iter().copied()))
            })
            .collect()
    }
}

const _: () = assert!(LAYERS * TILE_DEPTH == DEPTH);
