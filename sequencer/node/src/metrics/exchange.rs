//! What the exchange itself stands at: gauges that are set anew with each look at it.

use crate::wire::{PegView, PoolView};
use ballast_types::{Causes, Millis, Ppm, SizeLots};

/// Shows what stands behind the accounts of a pool.
pub(crate) fn pool(pool: &PoolView) {
    let gauge = |name: &'static str, micros: i128| {
        metrics::gauge!(name, "pool" => pool.pool.to_string()).set(micros as f64);
    };
    gauge("ballast_pool_fund_micro_usdc", pool.fund.0);
    gauge("ballast_pool_fund_target_micro_usdc", pool.fund_target.0);
    gauge("ballast_pool_fund_peak_micro_usdc", pool.fund_peak.0);
    gauge("ballast_pool_deficit_micro_usdc", pool.deficit.0);
    gauge("ballast_pool_backstop_equity_micro_usdc", pool.backstop_equity.0);
    gauge("ballast_pool_paused_until_seconds", (pool.paused_until / 1_000).into());
    gauge("ballast_pool_queued_micro_usdc", pool.queued.0);
    gauge("ballast_pool_waiting", pool.waiting.into());
    for (of, is_set) in [("fund", pool.fund_watch), ("backstop", pool.backstop_watch)] {
        metrics::gauge!("ballast_pool_watch", "pool" => pool.pool.to_string(), "of" => of)
            .set(f64::from(u8::from(is_set)));
    }
    if let (Some(hour), Some(day)) = (&pool.hour, &pool.day) {
        gauge("ballast_pool_hour_available_micro_usdc", hour.available.0);
        gauge("ballast_pool_day_available_micro_usdc", day.available.0);
    }
}

/// Shows what of a fund's target follows from open interest alone, in micro-USDC.
pub(crate) fn interest_target(pool: u16, target: i128) {
    metrics::gauge!("ballast_pool_interest_target_micro_usdc", "pool" => pool.to_string()).set(target as f64);
}

/// Shows what the positions of a pool's backstop are worth at the marks, in micro-USDC.
pub(crate) fn backstop(pool: u16, notional: i128) {
    metrics::gauge!("ballast_pool_backstop_notional_micro_usdc", "pool" => pool.to_string())
        .set(notional as f64);
}

/// Shows how old what L1 has of the exchange is, as the exchange sees it.
pub(crate) fn settlement_lag(ms: u64) {
    metrics::gauge!("ballast_settlement_lag_seconds").set(ms as f64 / 1_000.0);
}

/// Shows what a USDC is worth, and the guards of it. The price stands still while nobody knows it.
pub(crate) fn peg(peg: &PegView) {
    if let Some(price) = peg.price {
        metrics::gauge!("ballast_usdc_price_ppm").set(price);
    }
    metrics::gauge!("ballast_peg_guard", "guard" => "weak").set(f64::from(u8::from(peg.weak)));
    metrics::gauge!("ballast_peg_guard", "guard" => "broken").set(f64::from(u8::from(peg.broken)));
}

/// Shows how many changes of governance wait.
pub(crate) fn pending_changes(waiting: usize) {
    metrics::gauge!("ballast_governance_pending_changes").set(waiting as f64);
}

/// Shows why a market is in its mode, and counts what was no cause before.
pub(crate) fn causes(market: u32, before: Causes, now: Causes) {
    for (cause, name) in Causes::ALL {
        let labels = [("market", market.to_string()), ("cause", name.to_owned())];
        let (held, holds) = (before.any_of(cause), now.any_of(cause));
        metrics::gauge!("ballast_market_cause", &labels).set(f64::from(u8::from(holds)));
        metrics::counter!("ballast_market_causes_total", &labels).increment(u64::from(holds && !held));
    }
}

/// Shows how far publishers differ, in parts in a million, and the premium of the last hour, in parts in 10^9 per eight
/// hours.
pub(crate) fn pricing(market: u32, dispersion: u64, premium: i64) {
    let market = market.to_string();
    metrics::gauge!("ballast_market_dispersion_ppm", "market" => market.clone()).set(dispersion as f64);
    metrics::gauge!("ballast_market_premium_ppb", "market" => market).set(premium as f64);
}

/// Shows how much is at risk in a market.
pub(crate) fn open_interest(market: u32, lots: SizeLots) {
    metrics::gauge!("ballast_market_open_interest_lots", "market" => market.to_string()).set(lots.0 as f64);
}

/// Shows how much of it there may be.
pub(crate) fn open_interest_limit(market: u32, lots: u128) {
    metrics::gauge!("ballast_market_open_interest_limit_lots", "market" => market.to_string())
        .set(lots as f64);
}

/// Shows what it may be by what is traded elsewhere, in whole USDC, and since when a quorum told it.
pub(crate) fn capacity(market: u32, usdc: u64, told: Millis) {
    let market = market.to_string();
    metrics::gauge!("ballast_market_capacity_usdc", "market" => market.clone()).set(usdc as f64);
    metrics::gauge!("ballast_market_capacity_told_seconds", "market" => market).set(told.0 as f64 / 1e3);
}

/// Shows what a market asks for margin.
pub(crate) fn margins(market: u32, maintenance: Ppm, initial: Ppm, open_interest: Ppm) {
    let market = market.to_string();
    metrics::gauge!("ballast_market_open_interest_margin_ppm", "market" => market.clone())
        .set(open_interest.0);
    metrics::gauge!("ballast_market_maintenance_margin_ppm", "market" => market.clone()).set(maintenance.0);
    metrics::gauge!("ballast_market_initial_margin_ppm", "market" => market).set(initial.0);
}
