//! Demands for inputs on L1, answered from the journal.

use super::batches;
use crate::{journal::Journal, metrics::DemandMetrics, rpc::ViewError};
use ballast_bridge::{
    Deployment, Error, Result,
    demand::{Archive, Chunk, Standing},
    guard::Guard,
    l1::{Demands, L1Sender, Upkeep},
    sentinel::Sentinel,
};
use ballast_types::BatchIndex;
use std::time::Duration;
use tokio::sync::watch;

/// The inputs in the journal, all that there ever were.
struct JournalArchive {
    journal: Journal,
    metrics: DemandMetrics,
}

impl Archive for JournalArchive {
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        match batches::chunk(&self.journal, BatchIndex(index), chunk) {
            Ok(shown) => Ok(Some(Chunk { data: shown.data.0, proof: shown.proof })),
            Err(ViewError::Refused(_)) => Ok(None),
            Err(ViewError::Failed) => Err(Error::Outbox("the inputs of a batch cannot be read".into())),
        }
    }

    fn saw(&self, standing: &Standing) {
        self.metrics.saw(standing);
    }
}

/// What answers demands from the journal.
pub(super) fn sentinel<L: L1Sender + Demands>(
    l1: L,
    journal: Journal,
    deployment: &Deployment,
) -> Sentinel<L> {
    let archive = JournalArchive { journal, metrics: DemandMetrics::new() };
    Sentinel::new(l1, Box::new(archive), deployment.deploy_block)
}

/// Answers by an account of its own.
pub(super) async fn answer<L: L1Sender + Demands + Upkeep + Clone>(
    mut guard: Guard<L>,
    every: Duration,
    mut stop: watch::Receiver<bool>,
) -> Result<()> {
    let stopped = async move {
        // The sender is gone only when the node is.
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    guard.run(every, stopped).await
}
