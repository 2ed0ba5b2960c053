//! Writing by way of the journal's writer. A store takes one write transaction at a time: a stage that leaves the CPU to
//! others and wrote for itself would, each time it is put off within one, hold up the log and every answer with it.

use super::store::{Pair, Store, StoreError, Table, Write, check_sizes};
use ballast_bridge::threads;
use crossbeam_channel::{Sender, bounded};
use std::sync::Arc;

/// What the journal's writer is asked to write.
#[derive(Debug)]
pub(super) struct WriteRequest {
    writes: Vec<Write>,
    asked: Asked,
}

/// Told what became of it.
type Asked = Sender<Result<(), StoreError>>;

impl WriteRequest {
    /// What to write, and who waits for it.
    pub(super) fn split(self) -> (Vec<Write>, Option<Asked>) {
        (self.writes, Some(self.asked))
    }
}

/// A store that reads for itself, and has the journal's writer write, which shares its transaction with the log.
pub(super) struct ViaWriter {
    pub(super) store: Arc<dyn Store>,
    pub(super) requests: Sender<WriteRequest>,
}

impl Store for ViaWriter {
    fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        // What the store would refuse must not take the log's own writes with it.
        check_sizes(writes)?;
        let ended = || StoreError::Engine("the journal's writer has ended".into());
        let (asked, answer) = bounded(1);
        let request = WriteRequest { writes: writes.to_vec(), asked };
        // The writer wakes up before it has the whole request: it must not wait for one who lost its core in between.
        let urgent = threads::urgent();
        self.requests.send(request).map_err(|_| ended())?;
        drop(urgent);
        answer.recv().map_err(|_| ended())?
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }

    fn get_all(&self, table: Table, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.store.get_all(table, keys)
    }

    fn ascending(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.store.ascending(table, from, limit)
    }

    fn keys(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.store.keys(table, from, limit)
    }

    fn descending(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.store.descending(table, below, limit)
    }
}
