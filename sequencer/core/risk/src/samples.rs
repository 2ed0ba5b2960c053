//! Markets for tests.

use alloc::{string::ToString, vec, vec::Vec};
use ballast_types::{FeeTier, MarketClass, MarketParams, Ppm, Quote, SignedPpm};

/// Bitcoin: a tick of 0.1 USDC and a lot of 10^-5 BTC, so 1 u a tick and lot; 2% and 1% margin, fees of 0.05%
/// and 0.01%; gains count in full as margin and in half for withdrawal.
pub(crate) fn bitcoin() -> MarketParams {
    let params = MarketParams {
        symbol: "BTC-USD".to_string(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(20_000),
        maintenance_margin: Ppm(10_000),
        margin_tiers: Vec::new(),
        fees: vec![FeeTier { volume: 0, taker: Ppm(500), maker: SignedPpm(100) }],
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        strict_gains: false,
        shortfall: false,
        settles_at: ballast_types::Millis(0),
        open_interest_free: Quote::ZERO,
    };
    params.check().expect("a consistent market");
    params
}

/// A market of whole USDC and whole coins (kappa 10^6) with these margins, whose gains count 90% and not at
/// all.
pub(crate) fn market(initial: u32, maintenance: u32) -> MarketParams {
    let params = MarketParams {
        symbol: "COIN-USD".to_string(),
        price_decimals: 0,
        size_decimals: 0,
        kappa: 1_000_000,
        initial_margin: Ppm(initial),
        maintenance_margin: Ppm(maintenance),
        gain_weight_initial: Ppm(900_000),
        gain_weight_withdrawal: Ppm(0),
        ..bitcoin()
    };
    params.check().expect("a consistent market");
    params
}
