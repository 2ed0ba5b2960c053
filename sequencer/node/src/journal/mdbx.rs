//! The store on disk: MDBX, every write transaction synced before it returns.

use super::store::{MAX_KEY_BYTES, Pair, Store, StoreError, Table, Write, check_sizes};
use signet_libmdbx::{
    Database, DatabaseFlags, Environment, Geometry, Mode, SyncMode, TableObject, WriteFlags,
};
use std::path::Path;

/// How much the file grows at a time, in bytes.
const GROWTH_STEP: isize = 64 << 20;

/// An MDBX environment with the tables of the journal.
pub struct MdbxStore {
    environment: Environment,
    tables: Vec<Database>,
}

impl MdbxStore {
    /// Opens the store in the directory `path`, making it when it is not there. It never grows beyond `max_bytes`.
    ///
    /// # Errors
    /// When MDBX cannot open it, for one because another process holds it.
    pub fn open(path: &Path, max_bytes: usize) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(StoreError::engine)?;
        let mut builder = Environment::builder();
        builder
            .set_max_dbs(Table::ALL.len())
            .set_geometry(Geometry {
                size: Some(0..max_bytes),
                growth_step: Some(GROWTH_STEP),
                shrink_threshold: Some(0),
                page_size: None,
            })
            .set_flags(Mode::ReadWrite { sync_mode: SyncMode::Durable }.into());
        let environment = builder.open(path).map_err(StoreError::engine)?;
        let txn = environment.begin_rw_unsync().map_err(StoreError::engine)?;
        let tables = Table::ALL
            .iter()
            .map(|table| txn.create_db(Some(table.name()), DatabaseFlags::empty()))
            .collect::<Result<_, _>>()
            .map_err(StoreError::engine)?;
        txn.commit().map_err(StoreError::engine)?;
        Ok(Self { environment, tables })
    }

    /// Begins a write as [`Store::write`] does and leaves it unfinished, as a killed process does.
    #[cfg(test)]
    pub(super) fn tear(&self, writes: &[Write]) {
        let txn = self.environment.begin_rw_unsync().expect("a transaction");
        for write in writes {
            let value = write.value.as_deref().unwrap_or_default();
            txn.put(self.table(write.table), &write.key, value, WriteFlags::UPSERT)
                .expect("it takes the value");
        }
    }

    /// Keys from `from` on, each with as much of its value as `V` reads.
    fn forward<V: for<'a> TableObject<'a>>(
        &self,
        table: Table,
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, V)>, StoreError> {
        let txn = self.environment.begin_ro_unsync().map_err(StoreError::engine)?;
        let mut cursor = txn.cursor(self.table(table)).map_err(StoreError::engine)?;
        let mut pairs: Vec<(Vec<u8>, V)> = Vec::new();
        let mut next = match from {
            [] => cursor.first(),
            from => cursor.set_range(from),
        };
        while pairs.len() < limit {
            match next.map_err(StoreError::engine)? {
                Some(pair) => pairs.push(pair),
                None => break,
            }
            next = cursor.next();
        }
        Ok(pairs)
    }

    fn table(&self, table: Table) -> Database {
        self.tables[table as usize]
    }
}

impl Store for MdbxStore {
    fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        check_sizes(writes)?;
        let txn = self.environment.begin_rw_unsync().map_err(StoreError::engine)?;
        for write in writes {
            let table = self.table(write.table);
            match &write.value {
                Some(value) => txn.put(table, &write.key, value, WriteFlags::UPSERT),
                None => txn.del(table, &write.key, None).map(|_| ()),
            }
            .map_err(StoreError::engine)?;
        }
        txn.commit().map_err(StoreError::engine)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Ok(None);
        }
        let txn = self.environment.begin_ro_unsync().map_err(StoreError::engine)?;
        txn.get::<Vec<u8>>(self.table(table).dbi(), key).map_err(StoreError::engine)
    }

    fn get_all(&self, table: Table, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let txn = self.environment.begin_ro_unsync().map_err(StoreError::engine)?;
        let dbi = self.table(table).dbi();
        keys.iter().map(|key| txn.get::<Vec<u8>>(dbi, key).map_err(StoreError::engine)).collect()
    }

    fn ascending(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.forward(table, from, limit)
    }

    fn keys(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let pairs = self.forward::<()>(table, from, limit)?;
        Ok(pairs.into_iter().map(|(key, ())| key).collect())
    }

    fn descending(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let txn = self.environment.begin_ro_unsync().map_err(StoreError::engine)?;
        let mut cursor = txn.cursor(self.table(table)).map_err(StoreError::engine)?;
        let mut pairs: Vec<Pair> = Vec::new();
        let mut next = match below {
            None | Some([]) => cursor.last(),
            // The cursor stands at the first key that is not below, or past the end.
            Some(below) => match cursor.set_range::<Vec<u8>, Vec<u8>>(below).map_err(StoreError::engine)? {
                Some(_) => cursor.prev(),
                None => cursor.last(),
            },
        };
        while pairs.len() < limit {
            match next.map_err(StoreError::engine)? {
                Some(pair) => pairs.push(pair),
                None => break,
            }
            next = cursor.prev();
        }
        Ok(pairs)
    }
}

impl std::fmt::Debug for MdbxStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MdbxStore").finish_non_exhaustive()
    }
}
