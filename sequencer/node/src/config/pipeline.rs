//! The pipeline.

use crate::sequence::SequenceLimits;
use serde::{Deserialize, Serialize};

/// Queues, groups and batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineConfig {
    /// Requests that wait for the sequencer; above it the answer is Busy.
    pub queue: usize,
    /// Threads that recover signatures; 0 for one a core.
    pub recovery_threads: usize,
    /// Entries handed from the sequencer to the journal at once.
    pub group: usize,
    /// Groups that wait for the journal, and for the publisher.
    pub groups: usize,
    /// Inputs in a batch.
    pub batch_inputs: u64,
    /// Bytes of the inputs of a batch.
    pub batch_bytes: usize,
    /// Bytes that the diff of a batch may have before it is sealed: at least 41,000, for the widths of every market
    /// and pool count from the first input on. What one more input adds must still fit into what L1 takes: at most
    /// 650,000 with blobs, 45,000 when calldata is forced.
    pub batch_diff_bytes: usize,
    /// Age of a batch, in milliseconds.
    pub batch_age_ms: u64,
    /// Age of a batch with nothing in it but news of posted ones, in milliseconds.
    pub idle_batch_age_ms: u64,
    /// Sealed batches of which the exchange does not know yet that L1 has them, at most: while there are so many the open
    /// batch grows until it is full.
    pub max_unposted: u64,
    /// Sealed batches that wait for the batcher.
    pub sealed: usize,
    /// A snapshot after every so many batches; 0 for none.
    pub snapshot_every: u64,
    /// The journal never grows beyond this, in GiB.
    pub journal_max_gib: usize,
    /// Whether threads that an answer waits for run in real time, where the system lets them.
    pub real_time: bool,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            queue: 10_000,
            recovery_threads: 0,
            group: 256,
            groups: 16,
            batch_inputs: 20_000,
            batch_bytes: 4 << 20,
            batch_diff_bytes: 650_000,
            batch_age_ms: 2_000,
            idle_batch_age_ms: 60_000,
            max_unposted: 8,
            sealed: 4,
            snapshot_every: 20,
            journal_max_gib: 256,
            real_time: false,
        }
    }
}

impl PipelineConfig {
    /// What the sequencer needs of it.
    #[must_use]
    pub const fn sequence_limits(&self) -> SequenceLimits {
        SequenceLimits {
            group: self.group,
            batch_inputs: self.batch_inputs,
            batch_bytes: self.batch_bytes,
            batch_diff_bytes: self.batch_diff_bytes,
            batch_age_ms: self.batch_age_ms,
            idle_batch_age_ms: self.idle_batch_age_ms,
            max_unposted: self.max_unposted,
        }
    }

    /// How many threads recover signatures.
    #[must_use]
    pub fn recovery_threads(&self) -> usize {
        match self.recovery_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}
