//! The market that a scenario is played in.

use super::{
    read::{Line, line},
    world::{BACKSTOP, TIME},
};
use crate::stream::{key, quiet};
use ballast_engine::{History, ProtectionConfig};
use ballast_state::{Pace, Rate};
use ballast_types::{
    FeeTier, MarginTier, MarketClass, MarketId, MarketParams, Millis, PoolId, Ppm, Quote, SignedPpm,
    SizeLots, limits::MINUTE_MS,
};
use std::iter;

/// Bitcoin with the fees and the tiers of margin that the scenario names; or what else it says that the market is.
pub(super) fn listed(text: &str) -> MarketParams {
    let lines = || text.lines().filter_map(|text| line(text).ok().flatten());
    let says = |what: &Line| lines().any(|(said, _)| said == *what);
    let mut fees: Vec<FeeTier> = lines().filter_map(|(said, _)| fee_tier(&said)).collect();
    if fees.is_empty() {
        fees = FeeTier::flat(Ppm(350), SignedPpm(100));
    }
    let limit =
        |of: fn(&Line) -> Option<i64>| lines().find_map(|(said, _)| of(&said)).map_or(Quote::ZERO, Quote);
    let long_tail = says(&Line::LongTail);
    // Of risk.md 12: margins, band, and what a gain counts.
    let [initial, maintenance, band, counts] =
        if long_tail { [250_000, 125_000, 200_000, 0] } else { [40_000, 20_000, 50_000, 1_000_000] };
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(initial),
        maintenance_margin: Ppm(maintenance),
        margin_tiers: lines().filter_map(|(said, _)| margin_tier(&said)).collect(),
        fees,
        order_band: Ppm(band),
        gain_weight_initial: Ppm(counts),
        gain_weight_withdrawal: Ppm(counts),
        batch_interval: 0,
        class: if long_tail || silo(text).is_some() { MarketClass::C } else { MarketClass::A },
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: says(&Line::Breakers),
        open_interest_cap: limit(|said| match said {
            Line::OpenInterestCap(amount) => Some(*amount),
            _ => None,
        }),
        open_interest_growth: limit(|said| match said {
            Line::OpenInterestGrowth(amount) => Some(*amount),
            _ => None,
        }),
        capacity: says(&Line::Capacity),
        strict_gains: says(&Line::StrictGains),
        shortfall: says_shortfall(text),
        settles_at: Millis(lines().find_map(|(said, _)| settles_at(&said)).unwrap_or(0)),
        open_interest_free: limit(|said| match said {
            Line::OpenInterestFree(amount) => Some(*amount),
            _ => None,
        }),
    }
}

/// The whole minute at or before that time.
const fn settles_at(said: &Line) -> Option<u64> {
    match said {
        Line::SettlesAt(after) => Some((TIME + *after) / MINUTE_MS * MINUTE_MS),
        _ => None,
    }
}

fn says_shortfall(text: &str) -> bool {
    text.lines().filter_map(|text| line(text).ok().flatten()).any(|(said, _)| matches!(said, Line::Shortfall))
}

/// The market's history, where its margin follows its index.
pub(super) fn histories(text: &str) -> Vec<History> {
    says_shortfall(text).then(|| quiet(MarketId(0))).into_iter().collect()
}

/// The fund of the silo in which the market is, if it is in one.
fn silo(text: &str) -> Option<i64> {
    let mut lines = text.lines().filter_map(|text| line(text).ok().flatten());
    lines.find_map(|(said, _)| match said {
        Line::Silo(fund) => Some(fund),
        _ => None,
    })
}

/// The pools of the scenario, and in which of them its market is.
pub(super) fn pools(text: &str) -> (Vec<ProtectionConfig>, PoolId) {
    let silo =
        silo(text).map(|fund| ProtectionConfig { fund_target: Quote(fund), ..ProtectionConfig::default() });
    let pool = PoolId(u16::from(silo.is_some()));
    let main = ProtectionConfig { pacing: pace(text), ..protection(text) };
    (iter::once(main).chain(silo).collect(), pool)
}

/// How fast money may leave pool 0.
fn pace(text: &str) -> Option<Pace> {
    let mut lines = text.lines().filter_map(|text| line(text).ok().flatten());
    let (hour, day) = lines.find_map(|(said, _)| match said {
        Line::Pace { hour, day } => Some((hour, day)),
        _ => None,
    })?;
    let rate = |share, floor| Rate { share: Ppm(share), floor: Quote(floor) };
    Some(Pace { hour: rate(10_000, hour), day: rate(100_000, day) })
}

/// Whether markets tighten while L1 takes no batch.
pub(super) fn heeds_lag(text: &str) -> bool {
    text.lines().filter_map(|text| line(text).ok().flatten()).any(|(said, _)| matches!(said, Line::Lag))
}

/// Whether they do while a USDC is worth less than a dollar.
pub(super) fn heeds_peg(text: &str) -> bool {
    text.lines().filter_map(|text| line(text).ok().flatten()).any(|(said, _)| matches!(said, Line::Peg))
}

/// What stands behind the accounts of pool 0.
fn protection(text: &str) -> ProtectionConfig {
    let mut lines = text.lines().filter_map(|text| line(text).ok().flatten());
    let protects = lines.find_map(|(said, _)| match said {
        Line::Protect { fund, .. } => Some(fund),
        _ => None,
    });
    protects.map_or_else(ProtectionConfig::default, |fund| ProtectionConfig {
        backstop: key(BACKSTOP).address(),
        fund_target: Quote(fund),
        ..ProtectionConfig::default()
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
        Line::Tier { above, multiplier, notional } => Some(MarginTier {
            above: SizeLots(*above),
            multiplier: Ppm(*multiplier),
            notional: Quote(*notional),
        }),
        _ => None,
    }
}
