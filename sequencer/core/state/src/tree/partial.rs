//! A tree of which only the root is known at first: how the fault proof's program sees the state.

use alloc::collections::{BTreeMap, BTreeSet};
use alloy_primitives::B256;

use super::{DEPTH, ancestor, empty_roots, node_hash};

/// Where a [`PartialTree`] learns its nodes from. It need not be trusted: each answer is checked.
pub trait NodeSource {
    /// What the node `hash`, at `index` of `level` (the root is level 32) of the tree before any update, is
    /// the hash of.
    fn node(&mut self, level: usize, index: u32, hash: B256) -> (B256, B256);
}

/// A source told something that is not in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeError {
    /// Level of the node whose children were asked for.
    pub level: usize,
    /// Its place.
    pub index: u32,
    /// Its hash, which the answer does not have.
    pub expected: B256,
}

impl core::fmt::Display for TreeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { level, index, expected } = self;
        write!(f, "the answer for node {index} of level {level} does not hash to {expected}")
    }
}

impl core::error::Error for TreeError {}

/// A tree of depth [`DEPTH`] that begins with its root, learns the paths that are read or written, and has
/// the root that the whole tree would have after the same updates.
#[derive(Clone)]
pub struct PartialTree {
    /// Hashes by level and index. A node's children are known together or not at all. Above a written leaf
    /// they are out of date until [`Self::root`].
    nodes: BTreeMap<(usize, u32), B256>,
    /// Leaves written since the last [`Self::root`].
    written: BTreeSet<u32>,
    /// Hash of an empty subtree by level.
    empty: [B256; DEPTH + 1],
}

impl PartialTree {
    /// The tree with this root.
    #[must_use]
    pub fn new(root: B256) -> Self {
        Self { nodes: BTreeMap::from([((DEPTH, 0), root)]), written: BTreeSet::new(), empty: empty_roots() }
    }

    /// Hash of the leaf at `index`, as last written.
    ///
    /// # Errors
    /// [`TreeError`] when `source` lies about a node on the way.
    pub fn get(&mut self, index: u32, source: &mut impl NodeSource) -> Result<B256, TreeError> {
        let mut level = self.lowest_known(index);
        while level > 0 {
            self.expand(level, ancestor(index, level), source)?;
            level -= 1;
        }
        Ok(self.nodes[&(0, index)])
    }

    /// Sets the hash of a leaf; [`super::EMPTY_LEAF`] clears it.
    ///
    /// # Errors
    /// As [`Self::get`]; the tree is as before then.
    pub fn update(&mut self, index: u32, leaf: B256, source: &mut impl NodeSource) -> Result<(), TreeError> {
        self.get(index, source)?;
        self.nodes.insert((0, index), leaf);
        self.written.insert(index);
        Ok(())
    }

    /// The root after all updates. Hashes each node above a written leaf once.
    pub fn root(&mut self) -> B256 {
        let mut touched = core::mem::take(&mut self.written);
        if !touched.is_empty() {
            for level in 1..=DEPTH {
                touched = touched.into_iter().map(|index| index / 2).collect();
                for &index in &touched {
                    let hash = node_hash(
                        self.nodes[&(level - 1, 2 * index)],
                        self.nodes[&(level - 1, 2 * index + 1)],
                    );
                    self.nodes.insert((level, index), hash);
                }
            }
        }
        self.nodes[&(DEPTH, 0)]
    }

    /// Level of the lowest known node above or at the leaf `index`.
    fn lowest_known(&self, index: u32) -> usize {
        // Known nodes of a path reach from the root down without a gap, so a binary search finds the end.
        let (mut unknown_below, mut known) = (0, DEPTH);
        while unknown_below < known {
            let middle = usize::midpoint(unknown_below, known);
            if self.nodes.contains_key(&(middle, ancestor(index, middle))) {
                known = middle;
            } else {
                unknown_below = middle + 1;
            }
        }
        known
    }

    /// Learns the children of a known node that has none yet. No leaf below it was ever written, so its hash
    /// is that of the tree before any update.
    fn expand(&mut self, level: usize, index: u32, source: &mut impl NodeSource) -> Result<(), TreeError> {
        let expected = self.nodes[&(level, index)];
        let (left, right) = if expected == self.empty[level] {
            (self.empty[level - 1], self.empty[level - 1])
        } else {
            let (left, right) = source.node(level, index, expected);
            if node_hash(left, right) != expected {
                return Err(TreeError { level, index, expected });
            }
            (left, right)
        };
        self.nodes.insert((level - 1, 2 * index), left);
        self.nodes.insert((level - 1, 2 * index + 1), right);
        Ok(())
    }
}
