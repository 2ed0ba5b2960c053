//! What became of an order, as JSON.

use super::{
    answer::RejectionView,
    number::{Amount, Decimal},
    option::SideView,
};
use serde::{Deserialize, Serialize};

/// What became of an order so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusView {
    /// State after this input.
    pub seq: u64,
    /// Where.
    pub market: u16,
    /// Its id; none when it was rejected. Of a conditional order, that of the order placed last for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Decimal>,
    /// Its id among the conditional orders, when it is or was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conditional_id: Option<Decimal>,
    /// The trader's own number.
    pub client_id: Decimal,
    /// Bid or ask.
    pub side: SideView,
    /// Limit price, in ticks.
    pub price: u64,
    /// Size that entered, less what was taken off without a trade, in lots.
    pub size: u64,
    /// `open`, `waiting`, `filled`, `cancelled` or `rejected`; of a conditional order also `fired`.
    pub status: String,
    /// Why it left, when it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejection: Option<RejectionView>,
    /// What rests or waits of it, in lots.
    pub open_size: u64,
    /// Sum of its fills, in lots.
    pub filled_size: u64,
    /// Sum of its fills' notionals, in micro-USDC, exact.
    pub filled_notional: Amount,
    /// Sum of what its account paid for its fills, in micro-USDC.
    pub fees: Amount,
    /// Input that placed it, or that was to.
    pub placed_seq: u64,
    /// Time of that input, in milliseconds.
    pub placed_time: u64,
    /// Input that ended it; none while it is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_seq: Option<u64>,
    /// Time of that input, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_time: Option<u64>,
}
