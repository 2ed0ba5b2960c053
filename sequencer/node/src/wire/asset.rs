//! Assets and what accounts hold of them, as JSON.

use super::{
    number::{Amount, Decimal},
    view::views,
};
use serde::{Deserialize, Serialize};

views! {
    /// An asset that the exchange takes.
    AssetView {
        /// Id; 0 is USDC.
        asset: u16,
        /// Ticker.
        symbol: String,
        /// Least that may be withdrawn, in 10^-6 of it; of other assets than USDC unless it is all that an account holds.
        minimum: Amount,
        /// All that was ever credited from L1, in 10^-6 of it.
        credited: Amount,
        /// All that was ever debited for withdrawal, in 10^-6 of it.
        withdrawn: Amount,
        /// What it counts for as margin; null where it counts for nothing, as USDC, which is cash.
        collateral: Option<CollateralView>,
    }

    /// What an asset counts for as margin.
    CollateralView {
        /// The market whose index is its price.
        market: u16,
        /// How much of it, in 10^-6, is what a lot of that market is worth.
        units_per_lot: Decimal,
        /// Least part of its value that does not count, in ppm.
        haircut: u32,
        /// How that part grows with the root of what is held, in ppm for each root of a USDC.
        size_factor: u32,
        /// From when on it counts, in milliseconds.
        since: u64,
        /// Most that it counts for on one account, in micro-USDC.
        most: Amount,
        /// Most that all accounts may hold, in 10^-6 of it.
        total: Amount,
        /// What a lot of the market is worth, in micro-USDC: the lower of index and average of the hour.
        lot_value: Amount,
        /// What the market's index may lose in a day, in ppm, as far as it is in force.
        market_haircut: u32,
        /// The same for initial margin.
        market_haircut_initial: u32,
        /// How many thirtieths of its value count.
        days: u64,
    }

    /// What an account holds of an asset beside USDC.
    HoldingView {
        /// Which asset.
        asset: u16,
        /// How much, in 10^-6 of it.
        amount: Amount,
        /// What it counts for in equity, in micro-USDC.
        value: Amount,
        /// What it counts for as initial margin, in micro-USDC.
        initial_value: Amount,
    }
}
