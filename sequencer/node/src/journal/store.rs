//! The port to durable storage: ordered tables of bytes, written in atomic and durable groups.

use std::fmt;

/// A table of the store. The numbers and names are a format: they never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Encoded inputs by seq.
    Inputs,
    /// What each input did, by seq.
    Outcomes,
    /// Places of the fills of an account, by account, seq and place among the outcome's events.
    Fills,
    /// Seq of the input that consumed a message of L1, by its place in the inbox.
    Messages,
    /// Withdrawals by id.
    Withdrawals,
    /// Ids of withdrawals by account and id.
    AccountWithdrawals,
    /// Sealed batches by index.
    Batches,
    /// Headers of batches as they were posted, by index.
    Posted,
    /// Records of the snapshot of a batch, by batch index and place.
    Snapshots,
    /// Single values by name.
    Meta,
    /// What became of each order, by market and id.
    Orders,
    /// What last became of a trader's own number, by account, market and that number.
    ClientOrders,
    /// Seq of the input that a signed command became, by account, signer and the nonce's place in its window.
    Commands,
    /// What became of each conditional order, by account and id.
    Conditionals,
    /// Funding of a market, by market and seq.
    Funding,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 15] = [
        Self::Inputs,
        Self::Outcomes,
        Self::Fills,
        Self::Messages,
        Self::Withdrawals,
        Self::AccountWithdrawals,
        Self::Batches,
        Self::Posted,
        Self::Snapshots,
        Self::Meta,
        Self::Orders,
        Self::ClientOrders,
        Self::Commands,
        Self::Conditionals,
        Self::Funding,
    ];

    /// Its name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Outcomes => "outcomes",
            Self::Fills => "fills",
            Self::Messages => "messages",
            Self::Withdrawals => "withdrawals",
            Self::AccountWithdrawals => "account_withdrawals",
            Self::Batches => "batches",
            Self::Posted => "posted",
            Self::Snapshots => "snapshots",
            Self::Meta => "meta",
            Self::Orders => "orders",
            Self::ClientOrders => "client_orders",
            Self::Commands => "commands",
            Self::Conditionals => "conditionals",
            Self::Funding => "funding",
        }
    }
}

/// One change of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which table.
    pub table: Table,
    /// The key, at most [`MAX_KEY_BYTES`].
    pub key: Vec<u8>,
    /// The new value, at most [`MAX_VALUE_BYTES`]; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Longest key, in bytes. MDBX aborts the process above about 2,000.
pub const MAX_KEY_BYTES: usize = 256;
/// Longest value, in bytes. MDBX takes up to 2^31; nothing of ours comes near.
pub const MAX_VALUE_BYTES: usize = 1 << 30;

/// The store failed. All of these end the process: what cannot be made durable must not be told.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine below failed.
    #[error("storage failed: {0}")]
    Engine(String),
    /// A key or a value is longer than the store takes.
    #[error("a {what} of {bytes} bytes is too long for table {table}", table = .table.name())]
    TooLong {
        /// Key or value.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// Which table.
        table: Table,
    },
    /// What was read is not what was written.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// The engine below failed with `error`.
    pub fn engine(error: impl fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}

/// Ordered tables of bytes.
pub trait Store: Send + Sync + 'static {
    /// Carries out all `writes`, in order, or none of them; durable when it returns.
    ///
    /// # Errors
    /// When the store failed; it is then unknown whether the writes are there.
    fn write(&self, writes: &[Write]) -> Result<(), StoreError>;

    /// The value of a key.
    ///
    /// # Errors
    /// When the store failed.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The values of several keys, in their order: cheaper than one by one where a reading costs something to begin.
    ///
    /// # Errors
    /// When the store failed.
    fn get_all(&self, table: Table, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    /// Up to `limit` pairs with keys from `from` (inclusive), ascending.
    ///
    /// # Errors
    /// When the store failed.
    fn ascending(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// Up to `limit` keys from `from` (inclusive), ascending. No value is read.
    ///
    /// # Errors
    /// When the store failed.
    fn keys(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Up to `limit` pairs with keys below `below` (exclusive), descending. `None` begins at the last key.
    ///
    /// # Errors
    /// When the store failed.
    fn descending(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError>;
}

/// Refuses what a store could not hold.
///
/// # Errors
/// [`StoreError::TooLong`] for the first write that is too long.
pub fn check_sizes(writes: &[Write]) -> Result<(), StoreError> {
    for write in writes {
        let value = write.value.as_ref().map_or(0, Vec::len);
        if write.key.is_empty() || write.key.len() > MAX_KEY_BYTES {
            return Err(StoreError::TooLong { what: "key", bytes: write.key.len(), table: write.table });
        }
        if value > MAX_VALUE_BYTES {
            return Err(StoreError::TooLong { what: "value", bytes: value, table: write.table });
        }
    }
    Ok(())
}
