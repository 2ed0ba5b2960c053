//! What operations would do, as JSON.

use super::{answer::OperationResult, event::EventView, number::Amount, view::AccountView};
use ballast_types::limits::PPM;
use serde::{Deserialize, Serialize};

/// What operations would do if they came now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfView {
    /// The last input that counts.
    pub seq: u64,
    /// The time that the next input would have.
    pub time: u64,
    /// One a step.
    pub results: Vec<WhatIfResult>,
    /// Everything that would happen, in order.
    pub events: Vec<EventView>,
    /// How the account stands.
    pub before: AccountView,
    /// How it would stand.
    pub after: AccountView,
}

/// What would become of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfResult {
    /// What its sender would be answered.
    #[serde(flatten)]
    pub result: OperationResult,
    /// Price of its trades on average, in millionths of a tick, rounded down.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub average_price: Option<Amount>,
    /// Sum of their fees, in micro-USDC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fee: Option<Amount>,
}

impl From<OperationResult> for WhatIfResult {
    fn from(result: OperationResult) -> Self {
        let (mut size, mut cost, mut fee) = (0, 0, 0);
        for fill in &result.fills {
            size += i128::from(fill.size);
            cost += i128::from(fill.price) * i128::from(fill.size);
            fee += fill.fee.0;
        }
        let average_price = (cost * i128::from(PPM)).checked_div(size).map(Amount);
        Self { average_price, fee: average_price.map(|_| Amount(fee)), result }
    }
}
