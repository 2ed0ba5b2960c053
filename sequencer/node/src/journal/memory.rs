//! The store in memory, twin of the one on disk, with what a disk does to us: a crash in the middle of a
//! write, a write that hangs, a disk that fails.

use super::store::{Pair, Store, StoreError, Table, Write, check_sizes};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

#[derive(Debug, Default)]
struct Inner {
    tables: Tables,
    /// Write groups carried out.
    commits: u64,
    /// Bytes of the values of the largest of them.
    largest: usize,
    /// The write group at which the store fails, leaving nothing of it behind.
    fail_at: Option<u64>,
    /// While set, writes wait.
    held: bool,
}

/// Tables in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    released: Condvar,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is durable now: what the next process finds after this one is killed.
    #[must_use]
    pub fn crash(&self) -> Self {
        let inner = Inner { tables: self.lock().tables.clone(), ..Inner::default() };
        Self { inner: Mutex::new(inner), released: Condvar::new() }
    }

    /// The write group `commit`, counted from 0 over the store's life, and every later one fail and leave nothing.
    pub fn fail_at(&self, commit: u64) {
        self.lock().fail_at = Some(commit);
    }

    /// Write groups carried out so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Bytes of the values of the largest write group so far.
    #[must_use]
    pub fn largest_write(&self) -> usize {
        self.lock().largest
    }

    /// Makes writes wait until [`Self::release`].
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Lets waiting writes go on.
    pub fn release(&self) {
        self.lock().held = false;
        self.released.notify_all();
    }

    /// Changes what is stored behind the journal's back, as a damaged disk does.
    pub fn damage(&self, table: Table, key: &[u8], value: Vec<u8>) {
        self.lock().tables.insert((table, key.to_vec()), value);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds the lock; were it so, the tables are still whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        check_sizes(writes)?;
        let mut inner = self.lock();
        while inner.held {
            inner = self.released.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        if inner.fail_at.is_some_and(|at| inner.commits >= at) {
            return Err(StoreError::Engine("the disk is gone".into()));
        }
        for write in writes {
            let key = (write.table, write.key.clone());
            match &write.value {
                Some(value) => inner.tables.insert(key, value.clone()),
                None => inner.tables.remove(&key),
            };
        }
        inner.commits += 1;
        let bytes = writes.iter().filter_map(|write| write.value.as_ref()).map(Vec::len).sum();
        inner.largest = inner.largest.max(bytes);
        Ok(())
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().tables.get(&(table, key.to_vec())).cloned())
    }

    fn ascending(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let inner = self.lock();
        let range = inner.tables.range((table, from.to_vec())..);
        Ok(range.take_while(|((t, _), _)| *t == table).take(limit).map(pair).collect())
    }

    fn keys(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let inner = self.lock();
        let range = inner.tables.range((table, from.to_vec())..);
        Ok(range.take_while(|((t, _), _)| *t == table).take(limit).map(|((_, key), _)| key.clone()).collect())
    }

    fn descending(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let inner = self.lock();
        let end = match below {
            None | Some([]) => Bound::Unbounded,
            Some(below) => Bound::Excluded((table, below.to_vec())),
        };
        let range = inner.tables.range((Bound::Included((table, Vec::new())), end));
        Ok(range
            .rev()
            .skip_while(|((t, _), _)| *t > table)
            .take_while(|((t, _), _)| *t == table)
            .take(limit)
            .map(pair)
            .collect())
    }
}

fn pair(entry: (&(Table, Vec<u8>), &Vec<u8>)) -> Pair {
    (entry.0.1.clone(), entry.1.clone())
}
