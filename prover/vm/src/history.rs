//! The states of a run, committed to by one root.

use crate::{
    limits::HISTORY_DEPTH,
    tree::{parent, uniform},
};
use alloy_primitives::B256;

/// State hashes before the first leap and after each, and after the last one the same for ever: 2^38 leaves, of which only
/// those up to the halted state take room.
#[derive(Clone, Debug)]
pub struct History {
    /// Nodes by level, from the leaves upwards: those that have a leaf before the padding below them.
    levels: Vec<Vec<B256>>,
    /// The node of each level with nothing but padding below it.
    padding: [B256; HISTORY_DEPTH as usize + 1],
}

impl History {
    /// Commits to states, of which the last is a halted one.
    ///
    /// # Panics
    /// When there is none, or more than 2^38.
    #[must_use]
    pub fn new(states: Vec<B256>) -> Self {
        let last = *states.last().expect("a history has a start");
        assert!(states.len() as u64 <= 1 << HISTORY_DEPTH, "a history has 2^38 leaves");
        let padding: [B256; HISTORY_DEPTH as usize + 1] = uniform(last);
        let mut levels = vec![states];
        for pad in &padding[..usize::from(HISTORY_DEPTH)] {
            let below = levels.last().expect("there are leaves");
            levels.push(
                below
                    .chunks(2)
                    .map(|pair| match pair {
                        [left, right] => parent(*left, *right),
                        _ => parent(pair[0], *pad),
                    })
                    .collect(),
            );
        }
        Self { levels, padding }
    }

    /// Leaps until the machine halted.
    #[must_use]
    pub fn leaps(&self) -> u64 {
        self.levels[0].len() as u64 - 1
    }

    /// The node `level` above the leaves, 0 to 38, from the left.
    #[must_use]
    pub fn node(&self, level: u8, index: u64) -> B256 {
        let level = usize::from(level);
        usize::try_from(index)
            .ok()
            .and_then(|index| self.levels[level].get(index).copied())
            .unwrap_or(self.padding[level])
    }

    /// The root, which a claim states.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.node(HISTORY_DEPTH, 0)
    }

    /// The 2^`height` nodes that are `height` below the node at (`level`, `index`), from the left.
    ///
    /// # Panics
    /// When `height` is above `level`.
    #[must_use]
    pub fn descendants(&self, level: u8, index: u64, height: u8) -> Vec<B256> {
        let below = level.checked_sub(height).expect("nothing is below the leaves");
        (index << height..(index + 1) << height).map(|index| self.node(below, index)).collect()
    }

    /// The siblings of the path of a leaf, from the leaf upwards.
    #[must_use]
    pub fn proof(&self, leaf: u64) -> [B256; HISTORY_DEPTH as usize] {
        let mut level = 0;
        std::array::from_fn(|_| {
            let sibling = self.node(level, (leaf >> level) ^ 1);
            level += 1;
            sibling
        })
    }
}
