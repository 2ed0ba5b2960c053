//! What a USDC is worth, and what follows from it (risk.md 3.6, 6.5): the exchange counts in it, and its indices are in
//! dollars.

use alloc::vec::Vec;

use ballast_state::{PegReport, State, lower_median};
use ballast_types::{
    Causes, Event, Millis, Ppm, PriceReport, RejectCode, Rejection, ReportedPrice, USDC,
    limits::{MAX_REPORT_AGE_MS, MAX_USDC_PRICE},
};

use crate::exchange::Exchange;

/// What a USDC is worth at `now`: the lower median of what the publishers said last, with whatever confidence, and at most
/// [`MAX_REPORT_AGE_MS`] ago. None with fewer than the quorum.
#[must_use]
pub fn worth(state: &State, now: Millis) -> Option<Ppm> {
    let counts = |told: &&PegReport| told.time > Millis(0) && now.since(told.time) <= MAX_REPORT_AGE_MS;
    let prices = state.chain.peg.reports.iter().filter(counts).map(|told| told.price);
    lower_median(prices.collect(), state.genesis.quorum)
}

/// Whether a report may say this of a USDC; its publisher is one.
///
/// # Errors
/// [`RejectCode::UnknownMarket`] where the exchange does not go by it; [`RejectCode::InvalidPrice`] with what it is said to
/// be worth, or with what is said of perpetuals; [`RejectCode::ReportTooOld`] with the time of the publisher's last one.
pub(crate) fn check(state: &State, report: &PriceReport, told: &ReportedPrice) -> Result<(), Rejection> {
    let Some(last) = state.chain.peg.reports.get(usize::from(report.publisher)) else {
        return Err(Rejection::new(RejectCode::UnknownMarket, told.market.0, state.chain.markets));
    };
    if price(told).is_none() {
        return Err(Rejection::new(RejectCode::InvalidPrice, told.price.0, 0));
    }
    if let Some(perp) = told.perp {
        return Err(Rejection::new(RejectCode::InvalidPrice, perp.0, 0));
    }
    if report.time <= last.time {
        return Err(Rejection::new(RejectCode::ReportTooOld, report.time.0, last.time.0));
    }
    Ok(())
}

/// What it says that a USDC is worth, where it is from 1 to [`MAX_USDC_PRICE`].
fn price(told: &ReportedPrice) -> Option<Ppm> {
    let price = u32::try_from(told.price.0).ok().map(Ppm);
    price.filter(|price| (1..=MAX_USDC_PRICE).contains(&price.0))
}

/// Keeps what a report that is taken says of a USDC, and looks at the guards. Markets follow with their own ticks.
pub(crate) fn tick(x: &mut Exchange, report: &PriceReport, events: &mut Vec<Event>) {
    let now = x.now();
    // It ascends by market, and this is the last.
    if let Some(price) = report.prices.last().filter(|told| told.market == USDC).and_then(price) {
        let kept = &mut x.state.chain.peg.reports[usize::from(report.publisher)];
        *kept = PegReport { price, time: report.time };
    }
    let Some(price) = worth(&x.state, now) else { return };
    let peg = &mut x.state.chain.peg;
    let before = (peg.weak.on, peg.broken.on, peg.low);
    peg.look(now, price);
    let (weak, broken, low) = (peg.weak.on, peg.broken.on, peg.low);
    if before != (weak, broken, low) {
        events.push(Event::PegChanged { price, weak, broken, low });
    }
}

/// What the guards do to a market.
pub(crate) const fn causes(state: &State) -> Causes {
    let peg = &state.chain.peg;
    Causes::WEAK.when(peg.weak.on).with(Causes::BROKEN.when(peg.broken.on))
}

#[cfg(test)]
mod tests;
