//! Markets for tests, and what they ask for the slow way.

use crate::wide::{product, quotient_ceil, widen};
use alloc::{string::ToString, vec, vec::Vec};
use ballast_types::{
    FeeTier, MarginTier, MarketClass, MarketParams, Ppm, PriceTicks, Quote, SignedPpm, SizeLots,
};
use proptest::prelude::*;

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
        capacity: false,
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

/// Numbers up to `most`, of any length.
pub(crate) fn up_to(most: u64) -> impl Strategy<Value = u64> {
    let short = (0..=most, 0..u64::BITS).prop_map(|(number, shift)| number >> shift);
    prop_oneof![8 => short, 1 => Just(most), 1 => Just(0)]
}

/// Up to seven tiers that reach to any size.
pub(crate) fn tiers() -> impl Strategy<Value = Vec<MarginTier>> {
    let tier = (up_to((1 << 46) - 1), 1_000_000..=5_000_000_u32);
    proptest::collection::vec(tier, 0..=7).prop_map(|mut tiers| {
        let mut multipliers: Vec<_> = tiers.iter().map(|(_, multiplier)| *multiplier).collect();
        multipliers.sort_unstable();
        tiers.sort_unstable();
        let tier = |((above, _), multiplier)| MarginTier::fixed(SizeLots(above), Ppm(multiplier));
        let mut tiers: Vec<_> = tiers.into_iter().zip(multipliers).map(tier).collect();
        tiers.retain(|tier| tier.above > SizeLots::ZERO);
        tiers.dedup_by_key(|tier| tier.above);
        assert!(MarginTier::are_tiers(&tiers));
        tiers
    })
}

/// `ceil(M * kappa * sum s_k * rate_k / 10^6)` as risk.md 3.2 has it, tier by tier, in 256 bits.
pub(crate) fn margin(params: &MarketParams, mark: PriceTicks, size: SizeLots, fraction: Ppm) -> i128 {
    let tiers = &params.margin_tiers;
    let lows = core::iter::once(0).chain(tiers.iter().map(|tier| tier.above.0));
    let highs = tiers.iter().map(|tier| tier.above.0).chain(core::iter::once(u64::MAX));
    let multipliers = core::iter::once(1_000_000).chain(tiers.iter().map(|tier| tier.multiplier.0));
    let terms = lows.zip(highs).zip(multipliers).map(|((low, high), multiplier)| {
        let lots = size.0.min(high) - size.0.min(low);
        let rate = (i128::from(fraction.0) * i128::from(multiplier) + 999_999) / 1_000_000;
        i128::from(lots) * rate.min(1_000_000)
    });
    quotient_ceil(product(terms.sum(), i128::from(mark.0) * i128::from(params.kappa)), widen(1_000_000))
}
