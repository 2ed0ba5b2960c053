//! The thread that makes groups durable: one write transaction for all groups that wait (group commit) and for what
//! another stage asks to have written, then each group goes on to be published.

use super::{Appended, Journal, StoreError, via_writer::WriteRequest};
use crate::{
    metrics::JournalMetrics,
    pipeline::{Entry, Group},
};
use ballast_engine::Said;
use crossbeam_channel::{Receiver, RecvError, Sender, bounded, never, select, select_biased};
use std::time::Instant;

/// Most groups in one write transaction.
const MAX_GROUPS: usize = 64;

/// The journal's writer.
pub struct Writer {
    journal: Journal,
    groups: Receiver<Group>,
    /// None when nobody is left who asks.
    requests: Option<Receiver<WriteRequest>>,
    durable: Sender<Group>,
    metrics: JournalMetrics,
}

impl Writer {
    /// The writer of `groups`, which go on to `durable`; and the journal for a stage that leaves the CPU to others, whose
    /// writes this writer carries out, one in a transaction. A write waits until the writer runs.
    #[must_use]
    pub fn new(
        journal: Journal,
        groups: Receiver<Group>,
        durable: Sender<Group>,
        metrics: JournalMetrics,
    ) -> (Self, Journal) {
        // No queue: what is asked for is in the writer's hands or refused, and nobody waits for what lies in between.
        let (sender, requests) = bounded(0);
        let other = journal.via_writer(sender);
        (Self { journal, groups, requests: Some(requests), durable, metrics }, other)
    }

    /// Writes until the sequencer has hung up, and those who ask for writes after it, or the publisher is gone.
    ///
    /// # Errors
    /// When the store fails: then nothing of what waits is told, for it may be lost.
    pub fn run(mut self) -> Result<(), StoreError> {
        while let Some((groups, request)) = self.next() {
            self.commit(&groups, request)?;
            // One by one, so that what waits for the publisher is bounded in groups, not in commits.
            for group in groups {
                if !self.hand_over(group)? {
                    // The publisher is gone: whoever ended it says why.
                    return Ok(());
                }
            }
        }
        self.finish()
    }

    /// The groups that wait, and a request. Waits for one of the two; none when the sequencer has hung up.
    fn next(&mut self) -> Option<(Vec<Group>, Option<WriteRequest>)> {
        let nobody = never();
        let requests = self.requests.as_ref().unwrap_or(&nobody);
        let mut groups = Vec::new();
        let request = select! {
            recv(self.groups) -> first => {
                groups.push(first.ok()?);
                requests.try_recv().ok()
            }
            recv(requests) -> request => self.heard(request),
        };
        groups.extend(self.groups.try_iter().take(MAX_GROUPS - groups.len()));
        Some((groups, request))
    }

    fn commit(&self, groups: &[Group], request: Option<WriteRequest>) -> Result<(), StoreError> {
        let started = Instant::now();
        let count = write(&self.journal, groups, request)?;
        if count > 0 {
            self.metrics.committed(count, started.elapsed());
        }
        Ok(())
    }

    /// Hands a durable group on; false when the publisher is gone. Where it has no room, it may wait for the batcher,
    /// and the batcher for a write: so what is asked for is written meanwhile.
    fn hand_over(&mut self, group: Group) -> Result<bool, StoreError> {
        loop {
            let nobody = never();
            let requests = self.requests.as_ref().unwrap_or(&nobody);
            let request = select_biased! {
                send(self.durable, group) -> sent => return Ok(sent.is_ok()),
                recv(requests) -> request => self.heard(request),
            };
            self.commit(&[], request)?;
        }
    }

    /// Writes what is asked for until nobody is left: the stages behind end one after the other when nothing more comes
    /// from here, and until then there are batches to store.
    fn finish(self) -> Result<(), StoreError> {
        let Self { journal, requests, durable, .. } = self;
        drop(durable);
        requests.into_iter().flatten().try_for_each(|request| write(&journal, &[], Some(request)).map(drop))
    }

    fn heard(&mut self, request: Result<WriteRequest, RecvError>) -> Option<WriteRequest> {
        if request.is_err() {
            self.requests = None;
        }
        request.ok()
    }
}

/// Makes durable what is in the groups and in the request, all or nothing, and tells the one who asked; gives the number of
/// inputs.
fn write(journal: &Journal, groups: &[Group], request: Option<WriteRequest>) -> Result<usize, StoreError> {
    let records: Vec<_> = groups.iter().flatten().filter_map(appended).collect();
    let count = records.len();
    let (writes, asked) = request.map_or_else(Default::default, WriteRequest::split);
    let written = journal.append_with(records, writes);
    if let Some(asked) = asked {
        // Whoever asked waits, or its stage has ended.
        let _ = asked.send(written.clone());
    }
    written.map(|()| count)
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

#[cfg(test)]
mod tests;
