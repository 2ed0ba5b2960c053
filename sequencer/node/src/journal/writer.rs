//! The thread that makes groups durable: one write transaction for all groups that wait (group commit), then
//! each goes on to be published.

use super::{Appended, Journal, StoreError};
use crate::{
    metrics::JournalMetrics,
    pipeline::{Entry, Group},
};
use ballast_engine::Said;
use crossbeam_channel::{Receiver, Sender};
use std::time::Instant;

/// Most groups in one write transaction.
const MAX_GROUPS: usize = 64;

/// Writes groups until the sequencer hangs up.
///
/// # Errors
/// When the store fails: then nothing of what waits is told, for it may be lost.
pub fn run(
    journal: &Journal,
    groups: &Receiver<Group>,
    published: &Sender<Group>,
    metrics: &JournalMetrics,
) -> Result<(), StoreError> {
    while let Ok(first) = groups.recv() {
        let mut drained = vec![first];
        drained.extend(groups.try_iter().take(MAX_GROUPS - 1));
        let started = Instant::now();
        let records = drained.iter().flatten().filter_map(appended);
        journal.append(records)?;
        let count = drained.iter().flatten().filter_map(appended).count();
        if count > 0 {
            metrics.committed(count, started.elapsed());
        }
        // One by one, so that what waits for the publisher is bounded in groups, not in commits.
        for group in drained {
            if published.send(group).is_err() {
                // The publisher is gone: whoever ended it says why.
                return Ok(());
            }
        }
    }
    Ok(())
}

fn appended(entry: &Entry) -> Option<Appended<'_>> {
    match entry {
        Entry::Sequenced { record, verified, .. } => {
            let signer = match verified.said() {
                Said::User(command) => Some(command.signer()),
                _ => None,
            };
            Some(Appended { record, signer })
        }
        Entry::Refused { .. } => None,
    }
}
