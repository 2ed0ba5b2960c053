//! Chunks as they were shown, with their proofs: the root may hold others than the header counts.

use crate::{ledger::Ledger, source::Chunk};
use alloy::primitives::B256;
use ballast_oracle::{Hint, Host, Oracle};
use ballast_state::tree::{leaf_hash, node_hash};
use std::collections::HashMap;

/// An oracle that knows chunks, and the nodes on the way to each, by their hashes.
pub(super) struct Shown {
    host: Host<Ledger>,
    chunks: HashMap<B256, Vec<u8>>,
}

impl Shown {
    /// Answers from `host`, but about chunks from these, which are the first.
    pub(super) fn new(host: Host<Ledger>, chunks: &[Chunk]) -> Self {
        let mut known = HashMap::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let mut hash = leaf_hash(&chunk.data);
            known.insert(hash, [&[0], chunk.data.as_slice()].concat());
            for (level, sibling) in chunk.proof.iter().enumerate() {
                let is_left = (number >> level) & 1 == 0;
                let (left, right) = if is_left { (hash, *sibling) } else { (*sibling, hash) };
                hash = node_hash(left, right);
                known.insert(hash, [&[1], left.as_slice(), right.as_slice()].concat());
            }
        }
        Self { host, chunks: known }
    }
}

impl Oracle for Shown {
    fn preimage(&mut self, hash: B256, hint: Hint) -> Vec<u8> {
        match hint {
            Hint::ChunkNode { .. } | Hint::Chunk { .. } => {
                self.chunks.get(&hash).cloned().unwrap_or_default()
            }
            Hint::Header | Hint::Claim | Hint::Data | Hint::Node { .. } | Hint::Leaf { .. } => {
                self.host.preimage(hash, hint)
            }
        }
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        self.host.element(blob, index)
    }
}
