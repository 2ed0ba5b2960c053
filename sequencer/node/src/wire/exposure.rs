//! What an account has in a market, position and open orders together, as JSON.

use super::number::{Amount, Decimal};
use serde::{Deserialize, Serialize};

/// What initial margin in a market is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExposureView {
    /// Which market.
    pub market: u16,
    /// Price that margin is computed at, in ticks.
    pub mark: u64,
    /// Signed size of the position, in lots; 0 without one.
    pub size: i64,
    /// Sum of the open bids, but for those that only reduce, in lots.
    pub bids: Decimal,
    /// Sum of the open asks, but for those that only reduce, in lots.
    pub asks: Decimal,
    /// Initial margin of the first tier with the account's leverage, parts in a million of notional.
    pub initial_fraction: u32,
    /// Initial margin of the largest position that the open orders can make, or that there is, in micro-USDC.
    pub initial_margin: Amount,
}
