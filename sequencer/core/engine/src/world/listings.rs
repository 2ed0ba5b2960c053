//! The markets to test with.

use alloc::{vec, vec::Vec};

use ballast_types::{FeeTier, MarginTier, MarketClass, MarketParams, Ppm, Quote, SignedPpm, SizeLots};

use super::USDC;

pub(crate) fn bitcoin() -> MarketParams {
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(40_000),
        maintenance_margin: Ppm(20_000),
        margin_tiers: Vec::new(),
        fees: vec![
            FeeTier { volume: 0, taker: Ppm(350), maker: SignedPpm(100) },
            FeeTier { volume: 30_000_000 * USDC as u64, taker: Ppm(300), maker: SignedPpm(-50) },
        ],
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: ballast_types::Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

pub(crate) fn altcoin() -> MarketParams {
    MarketParams {
        symbol: "ALT-USD".into(),
        price_decimals: 2,
        size_decimals: 3,
        kappa: 10,
        initial_margin: Ppm(250_000),
        maintenance_margin: Ppm(125_000),
        margin_tiers: vec![MarginTier::fixed(SizeLots(2_000_000), Ppm(2_000_000))],
        fees: vec![FeeTier { volume: 0, taker: Ppm(600), maker: SignedPpm(0) }],
        order_band: Ppm(200_000),
        gain_weight_initial: Ppm(0),
        gain_weight_withdrawal: Ppm(0),
        batch_interval: 0,
        class: MarketClass::C,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: ballast_types::Millis(0),
        open_interest_free: Quote::ZERO,
    }
}
