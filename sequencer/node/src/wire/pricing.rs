//! What a market's price follows from, as JSON: enough to compute it again.

use super::{
    mode::BreakersView,
    number::{Amount, Decimal},
    shortfall::ShortfallView,
};
use ballast_types::OracleState;
use serde::{Deserialize, Serialize};

/// What a market's price is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the states are those of OracleState, which says what they mean")]
pub enum OracleStateView {
    Fresh,
    Uncertain,
    Stale,
    Invalid,
}

impl From<OracleState> for OracleStateView {
    fn from(state: OracleState) -> Self {
        match state {
            OracleState::Fresh => Self::Fresh,
            OracleState::Uncertain => Self::Uncertain,
            OracleState::Stale => Self::Stale,
            OracleState::Invalid => Self::Invalid,
        }
    }
}

/// The latest that a publisher said of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// Place of the publisher in the genesis.
    pub publisher: u8,
    /// Spot price, in ticks; 0 before the first.
    pub price: u64,
    /// Price of perpetual futures at other exchanges, in ticks.
    pub perp: Option<u64>,
    /// How far off the price may be, parts in a million of it.
    pub confidence: u32,
    /// When the publisher saw it, in milliseconds.
    pub time: u64,
    /// Whether it counts now: young and sure enough.
    pub counts: bool,
}

/// The latest that a publisher said of what open interest a market can bear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapacityView {
    /// Place of the publisher in the genesis.
    pub publisher: u8,
    /// How much, micro-USDC; 0 before the first.
    pub capacity: Amount,
    /// When the publisher saw it, in milliseconds.
    pub time: u64,
    /// Whether it counts now.
    pub counts: bool,
}

/// What a market's price and funding follow from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricingView {
    /// The input that it is after.
    pub seq: u64,
    /// The time that the next input would have, in milliseconds: what follows is told as of then.
    pub time: u64,
    /// Which market.
    pub market: u16,
    /// What its price is good for now.
    pub oracle: OracleStateView,
    /// Median of the publishers' prices, in ticks; 0 before the first.
    pub index: u64,
    /// How many publishers a price needs.
    pub quorum: u8,
    /// How far the publishers that agreed differed at the last tick with a quorum, parts in a million.
    pub dispersion: Decimal,
    /// When the index jumped, as long as that is not believed, in milliseconds.
    pub jumped: Option<u64>,
    /// Price that margin is computed at, in ticks; 0 before the first.
    pub mark: u64,
    /// Its time, in milliseconds.
    pub mark_time: u64,
    /// The last mark that was fresh, in ticks.
    pub fresh_mark: u64,
    /// When the price was last uncertain or came back, in milliseconds: the market matches in batches for a second.
    pub uncertain: Option<u64>,
    /// How far the book's middle lies from the index on average, in 2^-24 tick.
    pub basis: Amount,
    /// Up to when it has moved, in milliseconds.
    pub averaged: u64,
    /// The touch on average, in 2^-24 tick; none when there was none lately.
    pub touch: Option<Amount>,
    /// When there was a touch, in milliseconds.
    pub touched: u64,
    /// Best bid, in ticks.
    pub best_bid: Option<u64>,
    /// Best ask, in ticks.
    pub best_ask: Option<u64>,
    /// Price of the last trade, in ticks; none before the first.
    pub last: Option<u64>,
    /// Time of the last trade, in milliseconds; 0 before the first.
    pub last_time: u64,
    /// What each publisher said last.
    pub reports: Vec<ReportView>,
    /// What they agree that its open interest may be by what is traded elsewhere, in micro-USDC; none as in a market.
    pub open_interest_capacity: Option<Amount>,
    /// What each said last of what open interest the market can bear; none where it does not go by it.
    pub capacities: Vec<CapacityView>,
    /// Premium of the last hour, parts in 10^9 per eight hours.
    pub premium: Amount,
    /// Sum of the samples since the premium was taken.
    pub premium_sum: Amount,
    /// Number of them.
    pub premium_samples: u32,
    /// The hour that they are of, counted from the Unix epoch.
    pub premium_hour: u64,
    /// The last period of five seconds that has its sample, counted from the Unix epoch.
    pub premium_sampled: u64,
    /// Funding rate, parts in 10^9 of notional an hour; longs pay above zero.
    pub funding_rate: Amount,
    /// What it is held within either way.
    pub funding_cap: Amount,
    /// Cumulative funding, micro-USDC a lot.
    pub funding: Amount,
    /// The minute of the last accrual, counted from the Unix epoch.
    pub funding_minute: u64,
    /// What accruals left over, in u / (60 * 10^9) a lot.
    pub carry: Decimal,
    /// What its circuit breakers look at.
    pub breakers: BreakersView,
    /// What its margin follows from, where it follows its index.
    pub shortfall: Option<ShortfallView>,
}

/// Funding of a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FundingView {
    /// The input that caused it.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Rate, parts in 10^9 of notional an hour; longs pay above zero.
    pub rate: Amount,
    /// Mark that it is of, in ticks.
    pub mark: u64,
    /// Cumulative funding after it, micro-USDC a lot: whoever was long paid for each lot by how much it rose.
    pub funding: Amount,
}
