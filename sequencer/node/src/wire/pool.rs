//! What stands behind the accounts of a pool and what leaves it, as JSON.

use super::number::{Amount, Decimal};
use alloy_primitives::Address;
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
    /// Whether the fund is more than 15% below the most that it held lately: who gains may be torn up soon.
    pub fund_watch: bool,
    /// What accounts owed and nobody could pay, in micro-USDC: until it is zero nobody withdraws.
    pub deficit: Amount,
    /// The account that takes positions over.
    pub backstop: Option<u32>,
    /// Its equity at the marks, in micro-USDC.
    pub backstop_equity: Amount,
    /// Whether it holds more than 80% of what it may of a market, or has lost as much of what it may lose in a day.
    pub backstop_watch: bool,
    /// Its equity before the first takeover of its last day with one, in micro-USDC.
    pub takeover_equity: Amount,
    /// That day, counted from the Unix epoch.
    pub takeover_day: u32,
    /// What came from other pools less what went to them, in micro-USDC.
    pub transferred: Amount,
    /// Since when it has a deficit, in milliseconds; 0 when it has none.
    pub owes_since: u64,
    /// When the time ends, or ended, in which nothing leaves it as somebody owes, in milliseconds; 0 before the first.
    pub paused_until: u64,
    /// `open`, `settling` while its accounts become cash, or `resolved`.
    pub resolution: String,
    /// Of a pool that is settling, the first account that was not looked at.
    pub next_account: Option<u32>,
    /// Of a pool that was resolved, parts in 10^9 of his cash that whoever leaves is paid.
    pub ratio: Option<u32>,
    /// What may leave within an hour; null when it is not paced.
    pub hour: Option<BucketView>,
    /// What may leave within a day; null when it is not paced.
    pub day: Option<BucketView>,
    /// How many withdrawals wait to leave.
    pub waiting: u64,
    /// What they come to, in micro-USDC.
    pub queued: Amount,
    /// How it is set aside, when a fault of ours was found in it; null otherwise.
    pub quarantine: Option<QuarantineView>,
}

/// How a pool is set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineView {
    /// What is still done: `closing` when that is all that lets its owners go, or `nothing`.
    pub extent: String,
    /// Since when, in milliseconds.
    pub since: u64,
    /// What was found, and at which input.
    pub why: String,
}

/// What may leave a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BucketView {
    /// Most that may leave at once, in micro-USDC.
    pub capacity: Amount,
    /// What of that may leave now, in micro-USDC.
    pub available: Amount,
}

/// A withdrawal that waits to leave a pool, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedView {
    /// Its number in the queue of the pool.
    pub ticket: Decimal,
    /// Account debited.
    pub account: u32,
    /// Who is to be paid.
    pub recipient: Address,
    /// How much waits, in micro-USDC.
    pub amount: Amount,
    /// How many wait before it.
    pub before: u64,
    /// What they wait for, in micro-USDC.
    pub ahead: Amount,
}
