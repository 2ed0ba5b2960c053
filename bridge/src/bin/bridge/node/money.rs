//! What an account has besides its cash, and what leaves it, as the exchange tells it.

use super::decimal;
use alloy::primitives::Address;
use ballast_bridge::amount;
use serde::Deserialize;

/// What an account holds of an asset beside USDC.
#[derive(Debug, Deserialize)]
pub(crate) struct Holding {
    pub(crate) asset: u16,
    #[serde(deserialize_with = "decimal")]
    pub(crate) amount: u64,
    /// What it counts for as margin, in micro-USDC.
    #[serde(deserialize_with = "decimal")]
    pub(crate) value: u64,
}

/// A withdrawal that was made.
#[derive(Debug, Deserialize)]
pub(crate) struct WithdrawalStatus {
    #[serde(deserialize_with = "decimal")]
    pub(crate) id: u64,
    pub(crate) account: u32,
    pub(crate) recipient: Address,
    pub(crate) asset: u16,
    #[serde(deserialize_with = "decimal")]
    pub(crate) amount: u64,
    pub(crate) batch: Option<u64>,
}

/// A withdrawal that waits to leave its pool, or what is left of one.
#[derive(Debug, Deserialize)]
pub(crate) struct QueuedStatus {
    #[serde(deserialize_with = "decimal")]
    pub(crate) ticket: u64,
    pub(crate) recipient: Address,
    #[serde(deserialize_with = "decimal")]
    pub(crate) amount: u64,
    #[serde(deserialize_with = "decimal")]
    pub(crate) ahead: u64,
}

impl QueuedStatus {
    /// Its place in words.
    pub(crate) fn place(&self) -> String {
        format!("waiting in the queue, {} ahead of it", amount::display(self.ahead))
    }
}
