//! What the publishers agree on, and how well (risk.md 2.2 and 2.3).

use alloc::vec::Vec;

use ballast_risk::price::{dispersion_of, has_jumped, index_of};
use ballast_state::{Report, State};
use ballast_types::{
    MarketId, Millis, OracleState, PriceTicks,
    limits::{JUMP_MS, MAX_REPORT_LEAD_MS},
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

/// What the reports that count say of `market`, and notes how far they differ and whether the price jumped; `None` without
/// a quorum. Fewer than half of the quorum cannot move the index beyond what the others say (INV-17), nor can they take
/// away its being fresh: who differs too much is not asked how far the others do.
pub(super) fn agree(state: &mut State, market: MarketId, now: Millis) -> Option<Agreed> {
    let quorum = usize::from(state.genesis.quorum);
    let reports = || facts::venue(state, market).reports.iter().filter(|report| report.counts(now));
    let mut prices: Vec<PriceTicks> = reports().map(|report| report.price).collect();
    if prices.len() < quorum {
        return None;
    }
    let mut perps: Vec<PriceTicks> = reports().filter_map(|report| report.perp).collect();
    let external = if perps.len() < quorum { None } else { index_of(&mut perps) };
    let index = index_of(&mut prices)?;

    let facts = facts::market(state, market);
    let (before, tolerance) = (facts.index, facts.params.class.tolerance());
    let agrees = |price: &PriceTicks| !has_jumped(index, *price, tolerance.invalid);
    prices.retain(agrees);
    let dispersion = dispersion_of(&prices, index);
    let jumped = facts::venue(state, market).pricing.jumped;
    // Reports may be that far ahead: those that made the jump are no witnesses of it.
    let ahead = |at: Millis| at.0.saturating_add(MAX_REPORT_LEAD_MS);
    let is_witness = |report: &&Report, at| agrees(&report.price) && report.time.0 > ahead(at);
    let later = |at| reports().filter(|report| is_witness(report, at)).count();
    let is_believed = |at| now.since(at) >= JUMP_MS && later(at) >= quorum;
    let jumped = if before.is_valid() && has_jumped(before, index, tolerance.jump) {
        Some(now)
    } else {
        jumped.filter(|at| !is_believed(*at))
    };
    let pricing = &mut facts::venue_mut(state, market).pricing;
    pricing.dispersion = dispersion;
    if prices.len() < quorum {
        return Some(Agreed { index: before, external, state: OracleState::Invalid });
    }
    pricing.jumped = jumped;
    if dispersion <= u64::from(tolerance.uncertain.0) && jumped.is_none() {
        return Some(Agreed { index, external, state: OracleState::Fresh });
    }
    pricing.uncertain = Some(now);
    Some(Agreed { index, external, state: OracleState::Uncertain })
}
