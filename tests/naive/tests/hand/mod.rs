//! What examples that were worked out by hand have in common.

use ballast_types::{FeeTier, MarketClass, MarketParams, Millis, Ppm, Quote, SignedPpm};

/// A market in which a lot at a tick is 1 USDC: of class A, 10% and 5%, without fees and whatever a parameter switches on.
pub(crate) fn plain_market(symbol: &str) -> MarketParams {
    MarketParams {
        symbol: symbol.into(),
        price_decimals: 0,
        size_decimals: 0,
        kappa: 1_000_000,
        initial_margin: Ppm(100_000),
        maintenance_margin: Ppm(50_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(0), SignedPpm(0)),
        order_band: Ppm(200_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(1_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    }
}
