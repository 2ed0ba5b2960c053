//! Price reports (protocol, "Prices").

use ballast_types::{
    Address, Event, MarketId, Millis, PriceReport, PriceTicks, RejectCode,
    limits::{MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_REPORTED_PRICES},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{MAX_PRICE, refuse, refuse_plainly, unsigned},
};

impl Exchange {
    /// Takes a report whole or not at all.
    pub(crate) fn report_prices(&mut self, signer: Option<Address>, report: &PriceReport) -> Answer {
        let Some(signer) = signer else {
            return refuse_plainly(RejectCode::BadSignature);
        };
        if self.publishers.get(usize::from(report.publisher)) != Some(&signer) {
            return refuse(RejectCode::UnknownPublisher, report.publisher, 0);
        }
        let (now, time) = (i128::from(self.time.0), i128::from(report.time.0));
        if time > now + i128::from(MAX_REPORT_LEAD_MS) {
            return refuse(RejectCode::ReportFromFuture, time, now + i128::from(MAX_REPORT_LEAD_MS));
        }
        if now - time > i128::from(MAX_REPORT_AGE_MS) {
            return refuse(RejectCode::ReportTooOld, time, now - i128::from(MAX_REPORT_AGE_MS));
        }
        if report.prices.len() > MAX_REPORTED_PRICES {
            return refuse_plainly(RejectCode::TooManyItems);
        }
        let ascend = report.prices.windows(2).all(|pair| pair[0].market < pair[1].market);
        if report.prices.is_empty() || !ascend {
            return refuse_plainly(RejectCode::UnsortedPrices);
        }
        for said in &report.prices {
            self.check_market(said.market)?;
            let price = i128::from(said.price.0);
            if !(1..=MAX_PRICE).contains(&price) {
                return refuse(RejectCode::InvalidPrice, price, 0);
            }
            let last = self.market(said.market).reports.get(&report.publisher);
            if let Some((_, last)) = last
                && report.time <= *last
            {
                return refuse(RejectCode::ReportTooOld, report.time.0, last.0);
            }
        }
        let mut events = Vec::new();
        for said in &report.prices {
            let latest = (i128::from(said.price.0), report.time);
            self.market_mut(said.market).reports.insert(report.publisher, latest);
            events.extend(self.update_price(said.market));
        }
        Ok(events)
    }

    /// The lower median of the fresh prices, when they are a quorum.
    fn update_price(&mut self, id: MarketId) -> Option<Event> {
        let (now, quorum) = (self.time, self.quorum);
        let market = self.market_mut(id);
        let is_fresh = |time: Millis| i128::from(now.0) - i128::from(time.0) <= i128::from(MAX_REPORT_AGE_MS);
        let mut fresh: Vec<i128> =
            market.reports.values().filter(|(_, time)| is_fresh(*time)).map(|(price, _)| *price).collect();
        if fresh.len() < quorum {
            return None;
        }
        fresh.sort_unstable();
        market.mark = fresh[(fresh.len() - 1) / 2];
        market.mark_time = now;
        let price = PriceTicks(unsigned(market.mark));
        Some(Event::PriceUpdated { market: id, index: price, mark: price })
    }
}
