//! What stands behind the accounts of a pool, as JSON.

use super::number::Amount;
use serde::{Deserialize, Serialize};

/// What stands behind the accounts of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolView {
    /// State after this input.
    pub seq: u64,
    /// Id.
    pub pool: u16,
    /// All that was ever credited from L1, in micro-USDC.
    pub credited: Amount,
    /// All that was ever debited for withdrawal, in micro-USDC.
    pub withdrawn: Amount,
    /// Fees taken, in micro-USDC.
    pub fees: Amount,
    /// What the insurance fund holds, in micro-USDC.
    pub fund: Amount,
    /// What it should hold, in micro-USDC.
    pub fund_target: Amount,
    /// What it held when the day began and was given since, in micro-USDC.
    pub fund_day_start: Amount,
    /// Most that it held lately, in micro-USDC.
    pub fund_peak: Amount,
    /// What accounts owed and nobody could pay, in micro-USDC: until it is zero nobody withdraws.
    pub deficit: Amount,
    /// The account that takes positions over.
    pub backstop: Option<u32>,
    /// Its equity at the marks, in micro-USDC.
    pub backstop_equity: Amount,
    /// Its equity before the first takeover of its last day with one, in micro-USDC.
    pub takeover_equity: Amount,
    /// That day, counted from the Unix epoch.
    pub takeover_day: u32,
    /// What came from other pools less what went to them, in micro-USDC.
    pub transferred: Amount,
}
