//! Demands for inputs on L1, answered from what is kept.

use crate::{archive::Archive, metrics::DemandMetrics};
use ballast_bridge::{
    Error, Result,
    demand::{self, Chunk, Standing},
};

/// The inputs that are kept, for whoever demands them.
#[derive(Clone, Debug)]
pub struct Answers {
    archive: Archive,
    metrics: DemandMetrics,
}

impl Answers {
    /// Answers from this archive.
    #[must_use]
    pub fn from(archive: Archive) -> Self {
        Self { archive, metrics: DemandMetrics::new() }
    }
}

impl demand::Archive for Answers {
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        let found = self.archive.chunk(index, chunk).map_err(|error| Error::Outbox(error.to_string()))?;
        Ok(found.map(|(shown, _)| shown))
    }

    fn saw(&self, standing: &Standing) {
        self.metrics.saw(standing);
    }
}
