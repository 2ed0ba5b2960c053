//! Assets and what accounts hold of them, as JSON.

use super::{number::Amount, view::views};
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
    }

    /// What an account holds of an asset beside USDC.
    HoldingView {
        /// Which asset.
        asset: u16,
        /// How much, in 10^-6 of it.
        amount: Amount,
    }
}
