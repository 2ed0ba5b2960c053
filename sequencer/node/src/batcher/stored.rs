//! A batch as the journal keeps it.

use crate::journal::StoreError;
use alloy_primitives::B256;
use alloy_sol_types::SolValue;
use ballast_batch::{BatchHeader, Withdrawal};
use ballast_types::codec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A sealed batch, ready to be posted.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StoredBatch {
    header: Vec<u8>,
    diff: Vec<u8>,
    withdrawals: Vec<Vec<u8>>,
}

impl StoredBatch {
    /// The batch with these parts.
    #[must_use]
    pub fn new(header: &BatchHeader, diff: Vec<u8>, withdrawals: &[Withdrawal]) -> Self {
        let withdrawals = withdrawals.iter().map(SolValue::abi_encode).collect();
        Self { header: header.abi_encode(), diff, withdrawals }
    }

    /// The batch with this encoding.
    ///
    /// # Errors
    /// When it is none: the store is damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        codec::decode(bytes).map_err(|_| StoreError::Damaged("a stored batch does not decode".into()))
    }

    /// Its header, with `previousHash` and `dataHash` zero: they are known when it is posted.
    ///
    /// # Errors
    /// When the store is damaged.
    pub fn header(&self) -> Result<BatchHeader, StoreError> {
        BatchHeader::from_bytes(&self.header)
            .ok_or_else(|| StoreError::Damaged("a stored header does not decode".into()))
    }

    /// Whether the two are one batch. Which program judges it is not looked at: that is said when it is posted.
    ///
    /// # Errors
    /// When the store is damaged.
    pub fn is_same(&self, other: &Self) -> Result<bool, StoreError> {
        let open = |batch: &Self| Ok(BatchHeader { programHash: B256::ZERO, ..batch.header()? });
        let contents = self.diff == other.diff && self.withdrawals == other.withdrawals;
        Ok(contents && open(self)? == open(other)?)
    }

    /// Its encoded diff.
    #[must_use]
    pub fn diff(&self) -> &[u8] {
        &self.diff
    }

    /// Its withdrawals, in the order of their tree.
    ///
    /// # Errors
    /// When the store is damaged.
    pub fn withdrawals(&self) -> Result<Vec<Withdrawal>, StoreError> {
        let decoded = self.withdrawals.iter().map(|bytes| Withdrawal::abi_decode(bytes));
        decoded
            .collect::<Result<_, _>>()
            .map_err(|_| StoreError::Damaged("a stored withdrawal does not decode".into()))
    }
}
