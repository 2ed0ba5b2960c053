//! The commitment to the whole state: one tree a section, and the root over their roots.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use ballast_types::limits::SECTION_COUNT;

use crate::{
    leaf::Section,
    state::Change,
    tree::{EMPTY_LEAF, Tree, leaf_hash},
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
        let mut sections: [Vec<(u32, B256)>; SECTION_COUNT] = Default::default();
        for (section, index, leaf) in changes {
            sections[*section as usize].push((*index, hash_of(leaf.as_deref())));
        }
        for (tree, leaves) in self.trees.iter_mut().zip(sections) {
            if !leaves.is_empty() {
                tree.update(leaves);
            }
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
