//! A market as JSON.

use super::{
    mode::ModeView,
    number::{Amount, Decimal},
    pricing::OracleStateView,
};
use serde::{Deserialize, Serialize};

/// A tier of a market's margin after the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarginTierView {
    /// It covers the lots of a position beyond this many.
    pub above: Decimal,
    /// What the margins are multiplied with for them, parts in a million; the product is at most a million.
    pub multiplier: u32,
    /// What its bound is to be worth at the index, micro-USDC, which it follows by the hour; 0 where it stays.
    pub notional: Amount,
}

/// One step of a fee schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeeTierView {
    /// From this volume on: the account's fills of the running period and the one before, over all markets, in
    /// micro-USDC of notional.
    pub volume: Decimal,
    /// Fee of the order that takes, parts in a million of notional.
    pub taker: u32,
    /// Fee of the order that rests, parts in a million of notional; below zero it is a rebate.
    pub maker: i32,
}

/// A market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketView {
    /// Its id.
    pub market: u16,
    /// Ticker.
    pub symbol: String,
    /// One tick is 10^-this USDC.
    pub price_decimals: u8,
    /// One lot is 10^-this of the base asset.
    pub size_decimals: u8,
    /// Micro-USDC of one lot at a price of one tick.
    pub kappa: u32,
    /// Initial margin in force, parts in a million of notional, before leverage and `initialFactor`.
    pub initial: u32,
    /// Maintenance margin in force, parts in a million of notional.
    pub maintenance: u32,
    /// The least that initial margin is, parts in a million of notional.
    pub initial_margin: u32,
    /// The least that maintenance margin is, parts in a million of notional.
    pub maintenance_margin: u32,
    /// By how much more large positions need, ascending; the lots below all of these need the margins themselves.
    pub margin_tiers: Vec<MarginTierView>,
    /// Weight of gains in equity that counts as initial margin, parts in a million.
    pub gain_weight_initial: u32,
    /// Weight of gains in equity that counts for withdrawals, parts in a million.
    pub gain_weight_withdrawal: u32,
    /// What trading costs, by the account's volume, ascending.
    pub fees: Vec<FeeTierView>,
    /// Band of order prices around the index, parts in a million.
    pub order_band: u32,
    /// Median of the publishers' prices, in ticks; 0 before the first.
    pub index: u64,
    /// Price that margin is computed at, in ticks; 0 before the first.
    pub mark: u64,
    /// Time of the mark, in milliseconds.
    pub mark_time: u64,
    /// What they are good for now.
    pub oracle: OracleStateView,
    /// Funding rate, parts in 10^9 of notional an hour; longs pay above zero.
    pub funding_rate: Amount,
    /// Cumulative funding, micro-USDC a lot.
    pub funding: Amount,
    /// Sum of the long positions, in lots.
    pub open_interest: Decimal,
    /// Orders, those that wait among them.
    pub orders: u32,
    /// `continuous`, or `batch` while orders wait for clearings.
    pub matching: String,
    /// What may be done: by its breakers and the guardian alone.
    pub mode: ModeView,
    /// Why, by name.
    pub causes: Vec<String>,
    /// What initial margin is multiplied with, parts in a million.
    pub initial_factor: u32,
    /// Of a halt, from when on orders are taken for its auction, in milliseconds; else 0.
    pub calls_from: u64,
    /// Until when the guardian lets orders only reduce, in milliseconds; 0 when he never did.
    pub reduce_until: u64,
    /// Whether it has the circuit breakers that watch index, book and liquidations.
    pub circuit_breakers: bool,
    /// Most open interest, micro-USDC at the mark; 0 for no cap.
    pub open_interest_cap: Amount,
    /// What it may grow by in a day beyond doubling, micro-USDC at the mark; 0 for no such limit.
    pub open_interest_growth: Amount,
    /// Whether publishers tell what open interest it can bear by what is traded elsewhere, and it grows no more while they do not.
    pub capacity: bool,
    /// What they agreed on at its last tick, micro-USDC; none while fewer than the quorum told any lately, and once it settled.
    pub open_interest_capacity: Option<Amount>,
    /// Most lots that it may be raised to now; none without a limit.
    pub open_interest_limit: Option<Amount>,
    /// Most lots that one account's position and open orders may grow to by an order; none without a cap.
    pub position_limit: Option<Amount>,
    /// Whether a gain counts at the worse of the mark and its average.
    pub strict_gains: bool,
    /// Whether its margin follows the expected shortfall of its index; else it is always the least.
    pub shortfall: bool,
    /// Milliseconds from one clearing to the next; 0 in a market that matches continuously by choice.
    pub batch_interval: u32,
    /// Until when it matches in batches because the guardian said so, in milliseconds; 0 when he never did.
    pub batch_until: u64,
    /// Earliest time of the next clearing, in milliseconds.
    pub next_clearing: u64,
    /// Orders that wait for it.
    pub waiting: u32,
    /// `A`, `B` or `C`, by how deep it is elsewhere.
    pub class: String,
    /// Notional that impact prices are of, micro-USDC.
    pub impact_notional: Amount,
    /// Risk pool.
    pub pool: u16,
    /// When it settles, in milliseconds; 0 for never.
    pub settles_at: u64,
    /// Once it settled, what its positions are worth, in ticks; 0 when it never had a fresh price.
    pub settlement_price: Option<u64>,
    /// Lots of its positions that became cash since, with their signs.
    pub settled: Amount,
    /// Open interest above which initial margin grows, micro-USDC at the mark; 0 for no such margin.
    pub open_interest_free: Amount,
    /// The least that initial margin is for what the open interest is, parts in a million of notional; `initialFactor` does
    /// not multiply it. 0 for nothing.
    pub open_interest_margin: u32,
}
