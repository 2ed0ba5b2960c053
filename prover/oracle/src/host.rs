//! An oracle over the trees and leaves that a host holds by place, so that nothing is indexed by hash.

use crate::{Hint, Oracle};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use ballast_state::{Commitment, Section, tree::node_hash};

/// The leaves of the state that a commitment is of.
pub trait Facts: Send {
    /// The bytes of a leaf; `None` for the empty leaf.
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>>;
}

/// Answers for one batch: the state before it, its header and the one before, the chunks of its inputs. Or for one escape
/// claim: the claim, the header that it is on, the state after that.
pub struct Host<F> {
    commitment: Arc<Commitment>,
    facts: F,
    named: Vec<(B256, Vec<u8>)>,
    chunks: Vec<Vec<u8>>,
    blobs: Vec<(B256, Vec<u8>)>,
}

impl<F: Facts> Host<F> {
    /// An oracle of the state that `commitment` is of and `facts` holds.
    pub const fn new(commitment: Arc<Commitment>, facts: F) -> Self {
        Self { commitment, facts, named: Vec::new(), chunks: Vec::new(), blobs: Vec::new() }
    }

    /// Knows a header, too, by its hash and encoding.
    #[must_use]
    pub fn with_header(mut self, hash: B256, encoded: Vec<u8>) -> Self {
        self.named.push((hash, encoded));
        self
    }

    /// Knows an escape claim, too, by its hash and encoding.
    #[must_use]
    pub fn with_claim(mut self, hash: B256, encoded: Vec<u8>) -> Self {
        self.named.push((hash, encoded));
        self
    }

    /// Knows what the batch's `dataHash` is of, too, and the blobs that this names, by their versioned hashes.
    #[must_use]
    pub fn with_data(mut self, data_hash: B256, preimage: Vec<u8>, blobs: Vec<(B256, Vec<u8>)>) -> Self {
        self.named.push((data_hash, preimage));
        self.blobs = blobs;
        self
    }

    /// Knows the chunks of the batch's inputs, too.
    #[must_use]
    pub fn with_chunks(mut self, chunks: Vec<Vec<u8>>) -> Self {
        self.chunks = chunks;
        self
    }

    /// The node of the tree of chunks: hashed anew each time, for the tree is small and asked for once.
    fn chunk_node(&self, level: u8, index: u32) -> B256 {
        let first = u64::from(index) << level;
        if first >= self.chunks.len() as u64 {
            return ballast_state::tree::empty_roots()[usize::from(level)];
        }
        if level == 0 {
            return ballast_state::tree::leaf_hash(&self.chunks[index as usize]);
        }
        node_hash(self.chunk_node(level - 1, 2 * index), self.chunk_node(level - 1, 2 * index + 1))
    }
}

/// What a node is the hash of.
fn node_preimage(left: B256, right: B256) -> Vec<u8> {
    [&[1], left.as_slice(), right.as_slice()].concat()
}

/// What a leaf is the hash of.
fn leaf_preimage(bytes: &[u8]) -> Vec<u8> {
    [&[0], bytes].concat()
}

impl<F: Facts> Oracle for Host<F> {
    fn preimage(&mut self, hash: B256, hint: Hint) -> Vec<u8> {
        match hint {
            Hint::Header | Hint::Claim | Hint::Data => {
                let known = self.named.iter().find(|(name, _)| *name == hash);
                known.map(|(_, encoded)| encoded.clone()).unwrap_or_default()
            }
            Hint::Node { section, level, index } => {
                let (left, right) = self.commitment.children(section, usize::from(level), index);
                node_preimage(left, right)
            }
            Hint::Leaf { section, index } => {
                self.facts.leaf(section, index).map(|bytes| leaf_preimage(&bytes)).unwrap_or_default()
            }
            Hint::ChunkNode { level, index } => node_preimage(
                self.chunk_node(level - 1, 2 * index),
                self.chunk_node(level - 1, 2 * index + 1),
            ),
            Hint::Chunk { index } => {
                self.chunks.get(index as usize).map(|bytes| leaf_preimage(bytes)).unwrap_or_default()
            }
        }
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        let (_, bytes) = self.blobs.iter().find(|(name, _)| *name == blob).expect("the blob is known");
        B256::from_slice(&bytes[index as usize * 32..][..32])
    }
}
