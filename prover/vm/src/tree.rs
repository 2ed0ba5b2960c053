//! The tree over memory, kept up to date: only the paths of changed leaves are hashed again.

use crate::{
    limits::MEMORY_DEPTH,
    memory::{Frame, PAGE_LEAVES, Page},
};
use alloy_primitives::{B256, keccak256};
use std::collections::{BTreeSet, HashMap};

/// The node over two.
#[must_use]
pub(crate) fn parent(left: B256, right: B256) -> B256 {
    let mut both = [0; 64];
    both[..32].copy_from_slice(left.as_slice());
    both[32..].copy_from_slice(right.as_slice());
    keccak256(both)
}

/// Roots of trees over nothing but `leaf`, by depth.
#[must_use]
pub(crate) fn uniform<const LEVELS: usize>(leaf: B256) -> [B256; LEVELS] {
    let mut node = leaf;
    std::array::from_fn(|_| {
        let this = node;
        node = parent(node, node);
        this
    })
}

/// The nodes over the leaves of one page, in the order of a heap: 1 is the page's root, `2 i` and `2 i + 1` are below
/// `i`, from 64 on are those over two leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageNodes(Option<Box<[B256; PAGE_LEAVES as usize]>>);

impl PageNodes {
    /// The node `level` above the leaves, 1 to 7, from the left. `None` when the page has always been zeros.
    #[must_use]
    pub(crate) fn node(&self, level: u8, index: u32) -> Option<B256> {
        self.0.as_ref().map(|nodes| nodes[((PAGE_LEAVES >> level) + index) as usize])
    }
}

/// The nodes above the pages; `node(0, i)` is the root of page `i`.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    zeros: [B256; MEMORY_DEPTH as usize + 1],
    /// In the order of a heap; what is not there is the root of zeros.
    nodes: HashMap<u32, B256>,
}

const PAGE_DEPTH: u8 = 7;
const UPPER_DEPTH: u8 = MEMORY_DEPTH - PAGE_DEPTH;

impl Default for Tree {
    fn default() -> Self {
        Self { zeros: uniform(B256::ZERO), nodes: HashMap::new() }
    }
}

impl Tree {
    /// The root of a tree over zeros, `level` above the leaves, at most 27.
    #[must_use]
    pub(crate) fn zero(&self, level: u8) -> B256 {
        self.zeros[usize::from(level)]
    }

    /// The node `level` above the pages, at most 20, from the left.
    #[must_use]
    pub(crate) fn node(&self, level: u8, index: u32) -> B256 {
        let place = (1 << (UPPER_DEPTH - level)) + index;
        self.nodes.get(&place).copied().unwrap_or_else(|| self.zero(PAGE_DEPTH + level))
    }

    /// The root over all memory.
    #[must_use]
    pub(crate) fn root(&self) -> B256 {
        self.node(UPPER_DEPTH, 0)
    }

    /// Hashes the paths of pages by number, whose roots have changed.
    pub(crate) fn update(&mut self, pages: BTreeSet<u32>) {
        let mut changed: BTreeSet<u32> =
            pages.into_iter().map(|page| ((1 << UPPER_DEPTH) + page) >> 1).collect();
        for level in 1..=UPPER_DEPTH {
            let mut above = BTreeSet::new();
            for place in changed {
                let first = (2 * place) & ((1 << (UPPER_DEPTH - level + 1)) - 1);
                let node = parent(self.node(level - 1, first), self.node(level - 1, first + 1));
                self.nodes.insert(place, node);
                above.insert(place >> 1);
            }
            changed = above;
        }
    }

    /// Hashes the changed leaves of a page up to its root.
    pub(crate) fn update_page(&mut self, page: &mut Page, frame: &Frame) {
        let zeros = &self.zeros;
        let nodes = page.nodes.0.get_or_insert_with(|| {
            // Of a page that is all zeros, so that only changed paths need hashing.
            let level = |place: usize| usize::from(PAGE_DEPTH) - place.max(1).ilog2() as usize;
            Box::new(std::array::from_fn(|place| zeros[level(place)]))
        });
        let leaves = frame.as_chunks::<32>().0;
        // A bit a node of the level below; two bits become one a level up.
        let mut changed = page.changed;
        let mut width = leaves.len() / 2;
        while width > 0 {
            let mut above = 0_u128;
            for index in (0..width).filter(|index| (changed >> (2 * index)) & 3 != 0) {
                above |= 1 << index;
                let (left, right) = if width == leaves.len() / 2 {
                    (leaves[2 * index].into(), leaves[2 * index + 1].into())
                } else {
                    (nodes[2 * (width + index)], nodes[2 * (width + index) + 1])
                };
                nodes[width + index] = parent(left, right);
            }
            changed = above;
            width /= 2;
        }
        page.changed = 0;
        self.nodes.insert((1 << UPPER_DEPTH) + page.number, nodes[1]);
    }
}
