//! Memory as the reference step sees it: leaves that may be missing.

use alloy_primitives::B256;
use std::collections::BTreeMap;
use thiserror::Error;

/// 32 bytes of memory, the lowest address first.
pub type Leaf = [u8; 32];

/// What a step needs and cannot have. The machine cannot go on; that is no state of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Missing {
    /// A leaf that a witness lacks.
    #[error("leaf {0} of memory is not in the witness")]
    Leaf(u32),
    /// A preimage that the host does not have.
    #[error("no preimage of {0}")]
    Preimage(B256),
    /// A field element of a blob that the host does not have.
    #[error("no field element {index} of blob {versioned_hash}")]
    BlobElement {
        /// Which blob.
        versioned_hash: B256,
        /// Which element, 0 to 4,095.
        index: u16,
    },
}

/// Leaves of memory by index, below 2^27.
pub trait Leaves {
    /// Reads a leaf.
    ///
    /// # Errors
    /// [`Missing::Leaf`] when it is not there.
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing>;

    /// Replaces a leaf.
    ///
    /// # Errors
    /// [`Missing::Leaf`] when it is not there.
    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing>;
}

/// Some leaves of a memory.
impl Leaves for BTreeMap<u32, Leaf> {
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing> {
        self.get(&index).copied().ok_or(Missing::Leaf(index))
    }

    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing> {
        let place = self.get_mut(&index).ok_or(Missing::Leaf(index))?;
        *place = leaf;
        Ok(())
    }
}

/// Notes every leaf that is touched, with what was in it before.
#[derive(Debug)]
pub(crate) struct Touched<'a, L> {
    memory: &'a mut L,
    /// The touched leaves as they were at first.
    pub(crate) before: BTreeMap<u32, Leaf>,
}

impl<'a, L: Leaves> Touched<'a, L> {
    /// Nothing is touched yet.
    pub(crate) fn new(memory: &'a mut L) -> Self {
        Self { memory, before: BTreeMap::new() }
    }
}

impl<L: Leaves> Leaves for Touched<'_, L> {
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing> {
        let leaf = self.memory.leaf(index)?;
        self.before.entry(index).or_insert(leaf);
        Ok(leaf)
    }

    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing> {
        let old = self.memory.leaf(index)?;
        self.before.entry(index).or_insert(old);
        self.memory.set_leaf(index, leaf)
    }
}
