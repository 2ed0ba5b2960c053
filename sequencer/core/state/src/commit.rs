//! The commitment to the whole state: one tree a section, and the root over their roots.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use ballast_types::limits::SECTION_COUNT;

use crate::{
    leaf::Section,
    state::Change,
    tree::{EMPTY_LEAF, Tile, Tree, leaf_hash},
};

const STATE_PREFIX: u8 = 2;

/// The state root: `keccak(0x02 || section roots)`, in the order of [`Section::ALL`].
#[must_use]
pub fn state_root(section_roots: &[B256; SECTION_COUNT]) -> B256 {
    let mut preimage = [STATE_PREFIX; 1 + 32 * SECTION_COUNT];
    for (place, root) in preimage[1..].chunks_exact_mut(32).zip(section_roots) {
        place.copy_from_slice(root.as_slice());
    }
    keccak256(preimage)
}

/// Hash of a leaf in its tree.
#[must_use]
pub fn hash_of(leaf: Option<&[u8]>) -> B256 {
    leaf.map_or(EMPTY_LEAF, leaf_hash)
}

/// Neighbouring leaves of one section, some of them changed, cut out of their tree with the nodes above them.
/// Subtrees have nothing in common, so the order in which they are hashed, and on which thread, decides nothing.
pub struct Subtree<'a> {
    section: Section,
    place: u32,
    tile: Tile,
    changes: &'a [&'a Change],
    /// Once it is hashed.
    root: Option<B256>,
}

impl Subtree<'_> {
    /// Hashes the changed leaves and each node above them once.
    pub fn hash(&mut self) {
        let leaves = self.changes.iter().map(|(_, index, leaf)| (*index, hash_of(leaf.as_deref())));
        self.root = Some(self.tile.update(leaves));
    }

    fn into_parts(self) -> (u32, Tile, B256) {
        (self.place, self.tile, self.root.expect("every subtree is hashed"))
    }
}

/// The trees of all sections, held whole.
#[derive(Clone, Default)]
pub struct Commitment {
    trees: [Tree; SECTION_COUNT],
}

impl Commitment {
    /// Of the state without any leaf.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes changed leaves over, in any order.
    ///
    /// # Panics
    /// When a leaf appears twice.
    pub fn update(&mut self, changes: &[Change]) {
        self.update_by(changes, |subtrees| subtrees.iter_mut().for_each(Subtree::hash));
    }

    /// [`Self::update`] for a host that has threads: `hash` calls [`Subtree::hash`] once for each, in any order
    /// and wherever it likes.
    ///
    /// # Panics
    /// When a leaf appears twice, or a subtree was not hashed.
    pub fn update_by(&mut self, changes: &[Change], hash: impl FnOnce(&mut [Subtree<'_>])) {
        let mut sorted: Vec<&Change> = changes.iter().collect();
        sorted.sort_unstable_by_key(|(section, index, _)| (*section as usize, *index));
        let same = |a: &Change, b: &Change| (a.0, a.1) == (b.0, b.1);
        assert!(sorted.windows(2).all(|pair| !same(pair[0], pair[1])), "a leaf is set twice in one update");
        let mut subtrees: Vec<Subtree<'_>> = sorted
            .chunk_by(|a, b| (a.0, Tile::place(a.1)) == (b.0, Tile::place(b.1)))
            .map(|changes| {
                let (section, place) = (changes[0].0, Tile::place(changes[0].1));
                Subtree { section, place, tile: self.trees[section as usize].cut(place), changes, root: None }
            })
            .collect();
        hash(&mut subtrees);
        let mut subtrees = subtrees.into_iter().peekable();
        while let Some(section) = subtrees.peek().map(|subtree| subtree.section) {
            let ours = core::iter::from_fn(|| subtrees.next_if(|subtree| subtree.section == section));
            self.trees[section as usize].join(ours.map(Subtree::into_parts));
        }
    }

    /// Roots of the sections, in the order of [`Section::ALL`].
    #[must_use]
    pub fn section_roots(&self) -> [B256; SECTION_COUNT] {
        core::array::from_fn(|section| self.trees[section].root())
    }

    /// The state root.
    #[must_use]
    pub fn state_root(&self) -> B256 {
        state_root(&self.section_roots())
    }

    /// The tree of a section.
    #[must_use]
    pub const fn tree(&self, section: Section) -> &Tree {
        &self.trees[section as usize]
    }

    /// What the node at `index` of `level` (leaves are level 0) of a section is the hash of: enough to answer
    /// a program that knows only the roots.
    ///
    /// # Panics
    /// When there is no such node, or it is a leaf.
    #[must_use]
    pub fn children(&self, section: Section, level: usize, index: u32) -> (B256, B256) {
        self.tree(section).children(level, index)
    }

    /// Siblings of a leaf of a section, from below.
    #[must_use]
    pub fn proof(&self, section: Section, index: u32) -> Vec<B256> {
        self.tree(section).proof(index)
    }
}

#[cfg(test)]
mod tests;
