//! What a run asked for, without order: for whoever is asked by hash alone.

use crate::{Hint, Oracle};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// What an oracle answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Preimages; one that was asked for twice is here twice.
    pub preimages: Vec<Vec<u8>>,
    /// Field elements: the versioned hash of the blob, the place, the element.
    pub elements: Vec<(B256, u32, B256)>,
}

/// Passes an oracle's answers on and keeps them.
#[derive(Debug)]
pub struct Collector<O> {
    inner: O,
    collected: Collected,
}

impl<O: Oracle> Collector<O> {
    /// Keeps what `inner` answers.
    pub const fn new(inner: O) -> Self {
        Self { inner, collected: Collected { preimages: Vec::new(), elements: Vec::new() } }
    }

    /// What was kept.
    #[must_use]
    pub fn into_collected(self) -> Collected {
        self.collected
    }
}

impl<O: Oracle> Oracle for Collector<O> {
    fn preimage(&mut self, hash: B256, hint: Hint) -> Vec<u8> {
        let bytes = self.inner.preimage(hash, hint);
        self.collected.preimages.push(bytes.clone());
        bytes
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        let element = self.inner.element(blob, index);
        self.collected.elements.push((blob, index, element));
        element
    }
}
