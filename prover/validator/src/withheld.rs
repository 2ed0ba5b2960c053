//! Batches whose inputs nobody shows: after a while they are demanded on L1, by whoever has a key for it.

use alloy::primitives::B256;
use ballast_batch::BatchHeader;
use ballast_bridge::demander::{Want, Wanted};
use std::time::{Duration, Instant};
use tracing::{error, warn};

/// When and how much is demanded.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How long inputs may be missing before they are demanded.
    pub after: Duration,
    /// Chunks that are demanded at a time.
    pub most: usize,
    /// Where it is said what is wanted.
    pub wanted: Wanted,
    /// Whether anybody listens there: without a key nothing is demanded, and what would be is told.
    pub has_key: bool,
}

/// Since when the inputs of a batch are missing.
#[derive(Debug)]
pub(crate) struct Withholding {
    patience: Option<Patience>,
    since: Option<(B256, Instant)>,
    /// What was told last.
    told: Vec<u32>,
}

impl Withholding {
    pub(crate) const fn new(patience: Option<Patience>) -> Self {
        Self { patience, since: None, told: Vec::new() }
    }

    /// Nothing is missing now.
    pub(crate) fn over(&mut self) {
        if self.since.take().is_some() {
            self.told.clear();
            if let Some(patience) = &self.patience {
                patience.wanted.set(None);
            }
        }
    }

    /// How many missing chunks of this batch are to be found: one is enough to know that it cannot be judged, until it is time
    /// to demand them. That time begins here.
    pub(crate) fn wants(&mut self, header: &BatchHeader) -> usize {
        let Some(patience) = &self.patience else { return 1 };
        let hash = header.hash();
        let since = match self.since {
            Some((batch, since)) if batch == hash => since,
            _ => {
                patience.wanted.set(None);
                self.told.clear();
                self.since.insert((hash, Instant::now())).1
            }
        };
        if since.elapsed() < patience.after { 1 } else { patience.most }
    }

    /// These chunks of the batch are missing: once they have been for long enough, says so.
    pub(crate) fn missed(&mut self, header: &BatchHeader, chunks: Vec<u32>) {
        let (Some(patience), Some((_, since))) = (&self.patience, self.since) else { return };
        if since.elapsed() < patience.after {
            return;
        }
        if chunks != self.told {
            tell(patience, header.index, &chunks);
            self.told.clone_from(&chunks);
        }
        patience.wanted.set(Some(Want { header: header.clone(), chunks }));
    }
}

fn tell(patience: &Patience, index: u64, chunks: &[u32]) {
    let seconds = patience.after.as_secs();
    if patience.has_key {
        warn!(index, ?chunks, seconds, "nobody shows inputs of a posted batch: they are demanded on L1");
    } else {
        error!(
            index,
            ?chunks,
            seconds,
            "nobody shows inputs of a posted batch, and this validator has no key to demand them on L1: give it one with \
             --key-file, or run `bridge demand {index}` before the batch is final"
        );
    }
}
