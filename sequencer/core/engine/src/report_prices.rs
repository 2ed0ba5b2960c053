//! A publisher tells prices; a market's index is the median of those that are fresh.

use alloc::vec::Vec;

use ballast_auth::Authorized;
use ballast_state::{Report, State, Venue};
use ballast_types::{
    Address, Event, MarketId, Millis, PriceReport, PriceTicks, RejectCode, Rejection,
    limits::{MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_REPORTED_PRICES},
};

use crate::{exchange::Exchange, facts};

/// Takes the report's prices, and sets index and mark of every market in it that a quorum of fresh reports
/// prices: the lower median (risk.md 2.3 with equal weights). The mark is the index.
///
/// A report is taken whole or not at all.
pub(crate) fn report_prices(
    x: &mut Exchange,
    report: &Authorized<PriceReport>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    load_markets(&mut x.state, report.get());
    let now = x.now();
    check(&x.state, now, report)?;
    let report = report.get();
    for told in &report.prices {
        let venue = facts::venue_mut(&mut x.state, told.market);
        venue.reports[usize::from(report.publisher)] = Report { price: told.price, time: report.time };
        if let Some(index) = fresh_median(&x.state, told.market, now) {
            set_price(&mut x.state, told.market, index, now);
            events.push(Event::PriceUpdated { market: told.market, index, mark: index });
        }
    }
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
        check_price(state, report, told.market, told.price)?;
    }
    Ok(())
}

fn load_markets(state: &mut State, report: &PriceReport) {
    for told in report.prices.iter().take(MAX_REPORTED_PRICES) {
        if facts::has_market(state, told.market) {
            state.markets.load(u32::from(told.market.0));
            state.venues.load(u32::from(told.market.0));
        }
    }
}

fn check_publisher(state: &State, publisher: u8, signer: Address) -> Result<(), Rejection> {
    match state.genesis.publishers.get(usize::from(publisher)) {
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

fn check_price(
    state: &State,
    report: &PriceReport,
    market: MarketId,
    price: PriceTicks,
) -> Result<(), Rejection> {
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    if !price.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidPrice, price.0, 0));
    }
    let last = facts::venue(state, market).reports[usize::from(report.publisher)].time;
    if report.time <= last {
        return Err(Rejection::new(RejectCode::ReportTooOld, report.time.0, last.0));
    }
    Ok(())
}

/// The lower median of the prices that are at most [`MAX_REPORT_AGE_MS`] old; `None` without a quorum. Fewer
/// than half of the quorum cannot move it beyond what the others say (INV-17).
fn fresh_median(state: &State, market: MarketId, now: Millis) -> Option<PriceTicks> {
    let Venue { reports, .. } = facts::venue(state, market);
    let is_fresh = |report: &&Report| report.price.is_valid() && now.since(report.time) <= MAX_REPORT_AGE_MS;
    let mut prices: Vec<PriceTicks> = reports.iter().filter(is_fresh).map(|report| report.price).collect();
    if prices.len() < usize::from(state.genesis.quorum) {
        return None;
    }
    prices.sort_unstable();
    prices.get((prices.len() - 1) / 2).copied()
}

fn set_price(state: &mut State, market: MarketId, index: PriceTicks, now: Millis) {
    assert!(index.is_valid(), "only valid prices were taken");
    let market = facts::market_mut(state, market);
    market.index = index;
    market.mark = index;
    market.mark_time = now;
}

#[cfg(test)]
mod tests;
