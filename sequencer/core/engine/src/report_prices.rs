//! A publisher tells prices; what the publishers agree on takes effect at once.

use alloc::vec::Vec;

use ballast_auth::Authorized;
use ballast_state::{Report, State};
use ballast_types::{
    Address, Event, MarketId, Millis, PriceReport, RejectCode, Rejection, ReportedPrice, USDC,
    limits::{MAX_HOURS_PER_INPUT, MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_REPORTED_PRICES},
};

use crate::{capacity, exchange::Exchange, facts, governance, lag, pacing, peg, pricing, settlement};

/// Takes the report's prices: looks at the peg, lets what governance said and is due take effect, keeps what the report says of
/// capacities, ticks every market whose price is in it, and releases what waits to leave. A report is taken whole or not at all.
pub(crate) fn report_prices(
    x: &mut Exchange,
    report: &Authorized<PriceReport>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    load_markets(x, report.get());
    let now = x.now();
    check(&x.state, now, report)?;
    let report = report.get();
    lag::tick(x);
    peg::tick(x, report, events);
    governance::tick(x, events);
    capacity::keep(&mut x.state, report);
    let mut hours = MAX_HOURS_PER_INPUT;
    for told in report.prices.iter().filter(|told| is_market(told.market)) {
        if settlement::is_over(x, told.market, events) {
            continue;
        }
        let venue = facts::venue_mut(&mut x.state, told.market);
        let ReportedPrice { price, perp, confidence, .. } = *told;
        venue.reports[usize::from(report.publisher)] = Report { price, perp, confidence, time: report.time };
        pricing::tick(x, told.market, now, &mut hours, events);
    }
    pacing::release(x, events);
    Ok(())
}

/// Whether the exchange may take the report at `time`.
///
/// # Errors
/// In this order: [`RejectCode::UnknownPublisher`]; [`RejectCode::ReportFromFuture`] and
/// [`RejectCode::ReportTooOld`] with the report's time and the bound; [`RejectCode::TooManyItems`];
/// [`RejectCode::UnsortedPrices`]; then for the first price that is wrong [`RejectCode::UnknownMarket`],
/// [`RejectCode::InvalidPrice`], or [`RejectCode::ReportTooOld`] with the time of the publisher's last one.
pub(crate) fn check(state: &State, time: Millis, report: &Authorized<PriceReport>) -> Result<(), Rejection> {
    check_publisher(state, report.get().publisher, report.signer())?;
    let report = report.get();
    check_time(time, report.time)?;
    if report.prices.len() > MAX_REPORTED_PRICES {
        return Err(RejectCode::TooManyItems.into());
    }
    if report.prices.is_empty() || !report.prices.is_sorted_by(|a, b| a.market < b.market) {
        return Err(RejectCode::UnsortedPrices.into());
    }
    for told in &report.prices {
        check_price(state, report, told)?;
    }
    Ok(())
}

/// Whether a price is one of a market.
fn is_market(id: MarketId) -> bool {
    id != USDC && id.of_capacity().is_none()
}

fn load_markets(x: &mut Exchange, report: &PriceReport) {
    for told in report.prices.iter().take(MAX_REPORTED_PRICES) {
        let id = told.market.of_capacity().unwrap_or(told.market);
        if facts::has_market(&x.state, id) {
            x.state.markets.load(u32::from(id.0));
            x.state.venues.load(u32::from(id.0));
        }
    }
}

fn check_publisher(state: &State, publisher: u8, signer: Address) -> Result<(), Rejection> {
    match state.publishers().get(usize::from(publisher)) {
        Some(known) if *known == signer => Ok(()),
        _ => Err(Rejection::new(RejectCode::UnknownPublisher, publisher, 0)),
    }
}

fn check_time(time: Millis, seen: Millis) -> Result<(), Rejection> {
    let latest = time.0.saturating_add(MAX_REPORT_LEAD_MS);
    if seen.0 > latest {
        return Err(Rejection::new(RejectCode::ReportFromFuture, seen.0, latest));
    }
    if time.since(seen) > MAX_REPORT_AGE_MS {
        return Err(Rejection::new(RejectCode::ReportTooOld, seen.0, time.0 - MAX_REPORT_AGE_MS));
    }
    Ok(())
}

fn check_price(state: &State, report: &PriceReport, told: &ReportedPrice) -> Result<(), Rejection> {
    let market = told.market;
    if market == USDC {
        return peg::check(state, report, told);
    }
    if let Some(id) = market.of_capacity() {
        return capacity::check(state, report, told, id);
    }
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    if facts::market(state, market).settlement.is_some() {
        return Ok(());
    }
    if let Some(price) = [Some(told.price), told.perp].into_iter().flatten().find(|price| !price.is_valid()) {
        return Err(Rejection::new(RejectCode::InvalidPrice, price.0, 0));
    }
    let last = facts::venue(state, market).reports[usize::from(report.publisher)].time;
    if report.time <= last {
        return Err(Rejection::new(RejectCode::ReportTooOld, report.time.0, last.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
