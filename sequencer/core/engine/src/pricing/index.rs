//! What the publishers agree on, and how well (risk.md 2.2 and 2.3).

use alloc::vec::Vec;

use ballast_risk::price::{has_jumped, index_of};
use ballast_state::{Report, State};
use ballast_types::{
    MarketId, Millis, OracleState, PriceTicks,
    limits::{JUMP_MS, MAX_CONFIDENCE, MAX_REPORT_AGE_MS},
};

use crate::facts;

/// What a quorum of publishers says.
pub(super) struct Agreed {
    /// Median of their prices.
    pub(super) index: PriceTicks,
    /// Median of what they say of perpetuals elsewhere, when a quorum does.
    pub(super) external: Option<PriceTicks>,
    /// What that is good for.
    pub(super) state: OracleState,
}

/// What the reports that count say of `market`, and notes what it is good for; `None` without a quorum. Fewer than half
/// of the quorum cannot move the index beyond what the others say (INV-17).
pub(super) fn agree(state: &mut State, market: MarketId, now: Millis) -> Option<Agreed> {
    let quorum = usize::from(state.genesis.quorum);
    let reports = || facts::venue(state, market).reports.iter().filter(|report| counts(report, now));
    let mut prices: Vec<PriceTicks> = reports().map(|report| report.price).collect();
    if prices.len() < quorum {
        return None;
    }
    let mut perps: Vec<PriceTicks> = reports().filter_map(|report| report.perp).collect();
    let external = if perps.len() < quorum { None } else { index_of(&mut perps).map(|perp| perp.price) };
    let found = index_of(&mut prices)?;

    let facts = facts::market(state, market);
    let (before, tolerance) = (facts.index, facts.params.class.tolerance());
    let pricing = &mut facts::venue_mut(state, market).pricing;
    pricing.dispersion = found.dispersion;
    if found.dispersion > u64::from(tolerance.invalid.0) {
        pricing.state = OracleState::Invalid;
        return Some(Agreed { index: before, external, state: OracleState::Invalid });
    }
    if before.is_valid() && has_jumped(before, found.price, tolerance.jump) {
        pricing.jumped = Some(now);
    } else if pricing.jumped.is_some_and(|at| now.since(at) >= JUMP_MS) {
        pricing.jumped = None;
    }
    let doubted = found.dispersion > u64::from(tolerance.uncertain.0) || pricing.jumped.is_some();
    pricing.state = if doubted { OracleState::Uncertain } else { OracleState::Fresh };
    if doubted {
        pricing.uncertain = Some(now);
    }
    Some(Agreed { index: found.price, external, state: pricing.state })
}

/// Whether a report is there, young and sure enough.
fn counts(report: &Report, now: Millis) -> bool {
    report.price.is_valid()
        && now.since(report.time) <= MAX_REPORT_AGE_MS
        && report.confidence.0 <= MAX_CONFIDENCE
}
