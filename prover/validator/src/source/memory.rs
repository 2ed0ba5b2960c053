//! Inputs in memory: what a test shows or withholds.

use super::{Chunk, InputSource, Withheld};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The chunks of batches by their index. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    batches: Arc<Mutex<BTreeMap<u64, Vec<Vec<u8>>>>>,
}

impl MemorySource {
    /// Shows these chunks as those of the batch from now on.
    pub fn show(&self, index: u64, chunks: Vec<Vec<u8>>) {
        self.lock().insert(index, chunks);
    }

    /// Shows nothing of the batch from now on.
    pub fn withhold(&self, index: u64) {
        self.lock().remove(&index);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<Vec<u8>>>> {
        // Every change is one call, so whoever panicked left nothing half done.
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InputSource for MemorySource {
    async fn chunk(&self, index: u64, chunk: u32) -> Result<Chunk, Withheld> {
        let batches = self.lock();
        let chunks = batches.get(&index).ok_or_else(|| Withheld(format!("batch {index} is not known")))?;
        Chunk::of(chunks, chunk).ok_or_else(|| Withheld(format!("batch {index} has no chunk {chunk}")))
    }
}
