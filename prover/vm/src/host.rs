//! What the program knows of the world: preimages of hashes, and field elements of blobs.

use alloy_primitives::{B256, Bytes, keccak256};
use std::collections::HashMap;

/// A field element of a blob, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobElement {
    /// Which blob.
    pub versioned_hash: B256,
    /// Which element, 0 to 4,095.
    pub index: u16,
    /// The element, big-endian.
    pub element: B256,
}

/// Answers what is asked by hash. It must answer truly: the machine does not verify it.
pub trait Host {
    /// The preimage of a keccak256 hash.
    fn preimage(&mut self, hash: B256) -> Option<Bytes>;
    /// Field element `index`, 0 to 4,095, of a blob, big-endian.
    fn blob_element(&mut self, versioned_hash: B256, index: u16) -> Option<B256>;
}

/// A host in memory.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    preimages: HashMap<B256, Bytes>,
    elements: HashMap<(B256, u16), B256>,
}

impl Facts {
    /// Adds a preimage and tells its hash.
    pub fn add_preimage(&mut self, preimage: impl Into<Bytes>) -> B256 {
        let preimage = preimage.into();
        let hash = keccak256(&preimage);
        self.preimages.insert(hash, preimage);
        hash
    }

    /// Adds a field element.
    pub fn add_blob_element(&mut self, read: BlobElement) {
        self.elements.insert((read.versioned_hash, read.index), read.element);
    }
}

impl Host for Facts {
    fn preimage(&mut self, hash: B256) -> Option<Bytes> {
        self.preimages.get(&hash).cloned()
    }

    fn blob_element(&mut self, versioned_hash: B256, index: u16) -> Option<B256> {
        self.elements.get(&(versioned_hash, index)).copied()
    }
}

/// Notes what is asked of a host. A leap asks once at most.
#[derive(Debug)]
pub(crate) struct Asked<'a, H> {
    host: &'a mut H,
    /// The preimage that was asked for.
    pub(crate) preimage: Option<Bytes>,
    /// The field element that was asked for.
    pub(crate) element: Option<BlobElement>,
}

impl<'a, H: Host> Asked<'a, H> {
    /// Nothing has been asked yet.
    pub(crate) fn new(host: &'a mut H) -> Self {
        Self { host, preimage: None, element: None }
    }
}

impl<H: Host> Host for Asked<'_, H> {
    fn preimage(&mut self, hash: B256) -> Option<Bytes> {
        self.preimage = self.host.preimage(hash);
        self.preimage.clone()
    }

    fn blob_element(&mut self, versioned_hash: B256, index: u16) -> Option<B256> {
        let element = self.host.blob_element(versioned_hash, index)?;
        self.element = Some(BlobElement { versioned_hash, index, element });
        Some(element)
    }
}
