//! Inputs that somebody demanded on L1, and somebody showed there.

use super::{Chunk, InputSource, Withheld};
use ballast_bridge::{Error, l1::Demands};

/// Chunks as L1 has them.
#[derive(Clone, Debug)]
pub struct ShownOnL1<L> {
    l1: L,
}

impl<L: Demands> ShownOnL1<L> {
    /// What was shown on this L1.
    pub const fn new(l1: L) -> Self {
        Self { l1 }
    }
}

impl<L: Demands> InputSource for ShownOnL1<L> {
    async fn chunk(&self, index: u64, chunk: u32) -> Result<Chunk, Withheld> {
        let withheld = |error: Error| Withheld(error.to_string());
        let hash = self.l1.batch_hash(index).await.map_err(withheld)?;
        let hash = hash.ok_or_else(|| Withheld(format!("L1 has no batch {index}")))?;
        let shown = self.l1.revealed(hash, chunk).await.map_err(withheld)?;
        shown.ok_or_else(|| Withheld("nobody showed it, here or on L1".into()))
    }
}
