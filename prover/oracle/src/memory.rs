//! An oracle that holds all it knows.

use crate::{Hint, Oracle};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{B256, keccak256};

/// Preimages by hash, field elements by the blob's and their place.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    known: BTreeMap<B256, Vec<u8>>,
    elements: BTreeMap<(B256, u32), B256>,
}

impl Memory {
    /// Adds a preimage and tells its hash.
    pub fn insert(&mut self, bytes: Vec<u8>) -> B256 {
        let hash = keccak256(&bytes);
        self.known.insert(hash, bytes);
        hash
    }

    /// Adds a field element of a blob.
    pub fn insert_element(&mut self, blob: B256, index: u32, element: B256) {
        self.elements.insert((blob, index), element);
    }
}

impl Oracle for Memory {
    fn preimage(&mut self, hash: B256, _hint: Hint) -> Vec<u8> {
        self.known.get(&hash).cloned().unwrap_or_default()
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        *self.elements.get(&(blob, index)).expect("the blob is known")
    }
}
