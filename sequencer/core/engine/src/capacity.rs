//! What open interest a market can bear by what is traded of its asset elsewhere, as publishers tell it (risk.md 3.8 a).

use ballast_state::{Capacity, CapacityReport, State};
use ballast_types::{MarketId, MarketParams, PriceReport, RejectCode, Rejection, ReportedPrice};

use crate::facts;

/// Before anything is told of a market that has such `params`, by so many publishers.
pub(crate) fn untold(params: &MarketParams, publishers: usize) -> Capacity {
    Capacity::new(if params.capacity { publishers } else { 0 })
}

/// Whether a report may say this of the capacity of `id`; its publisher is known.
///
/// # Errors
/// [`RejectCode::UnknownMarket`] where there is no such market, or it does not go by it; [`RejectCode::InvalidPrice`] with what is
/// no price, or with what is said of perpetuals; [`RejectCode::ReportTooOld`] with the time of the publisher's last one.
pub(crate) fn check(
    state: &State,
    report: &PriceReport,
    told: &ReportedPrice,
    id: MarketId,
) -> Result<(), Rejection> {
    if !facts::has_market(state, id) || !facts::market(state, id).params.capacity {
        return Err(Rejection::new(RejectCode::UnknownMarket, told.market.0, state.chain.markets));
    }
    if facts::market(state, id).settlement.is_some() {
        return Ok(());
    }
    if !told.price.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidPrice, told.price.0, 0));
    }
    if let Some(perp) = told.perp {
        return Err(Rejection::new(RejectCode::InvalidPrice, perp.0, 0));
    }
    let last = facts::venue(state, id).capacity.reports[usize::from(report.publisher)].time;
    if report.time <= last {
        return Err(Rejection::new(RejectCode::ReportTooOld, report.time.0, last.0));
    }
    Ok(())
}

/// Keeps what a report that is taken says of capacities; each counts from the market's next tick on.
pub(crate) fn keep(state: &mut State, report: &PriceReport) {
    for told in &report.prices {
        let Some(id) = told.market.of_capacity() else { continue };
        if facts::market(state, id).settlement.is_none() {
            let kept = &mut facts::venue_mut(state, id).capacity.reports[usize::from(report.publisher)];
            *kept = CapacityReport { usdc: told.price.0, time: report.time };
        }
    }
}

/// What the publishers agree on now counts, of a market that has just got an index.
pub(crate) fn tick(state: &mut State, id: MarketId) {
    if !facts::market(state, id).params.capacity {
        return;
    }
    let agreed = facts::venue(state, id).capacity.at(state.chain.time, state.genesis.quorum);
    if agreed != facts::venue(state, id).capacity.agreed {
        facts::venue_mut(state, id).capacity.agreed = agreed;
    }
}
