//! The market that a scenario is played in.

use super::{
    read::{Line, line},
    world::BACKSTOP,
};
use crate::stream::key;
use ballast_engine::ProtectionConfig;
use ballast_types::{FeeTier, MarginTier, MarketClass, MarketParams, Ppm, Quote, SignedPpm, SizeLots};

/// Bitcoin with the fees and the tiers of margin that the scenario names.
pub(super) fn listed(text: &str) -> MarketParams {
    let lines = || text.lines().filter_map(|text| line(text).ok().flatten());
    let mut fees: Vec<FeeTier> = lines().filter_map(|(said, _)| fee_tier(&said)).collect();
    if fees.is_empty() {
        fees = FeeTier::flat(Ppm(350), SignedPpm(100));
    }
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(40_000),
        maintenance_margin: Ppm(20_000),
        margin_tiers: lines().filter_map(|(said, _)| margin_tier(&said)).collect(),
        fees,
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: lines().any(|(said, _)| matches!(said, Line::Breakers)),
    }
}

/// What stands behind the accounts of the scenario.
pub(super) fn protection(text: &str) -> ProtectionConfig {
    let mut lines = text.lines().filter_map(|text| line(text).ok().flatten());
    let protects = lines.find_map(|(said, _)| match said {
        Line::Protect { fund, .. } => Some(fund),
        _ => None,
    });
    protects.map_or_else(ProtectionConfig::default, |fund| ProtectionConfig {
        backstop: key(BACKSTOP).address(),
        fund_target: Quote(fund),
    })
}

const fn fee_tier(said: &Line) -> Option<FeeTier> {
    match said {
        Line::Fees { volume, taker, maker } => {
            Some(FeeTier { volume: *volume, taker: Ppm(*taker), maker: SignedPpm(*maker) })
        }
        _ => None,
    }
}

const fn margin_tier(said: &Line) -> Option<MarginTier> {
    match said {
        Line::Tier { above, multiplier } => {
            Some(MarginTier { above: SizeLots(*above), multiplier: Ppm(*multiplier) })
        }
        _ => None,
    }
}
