//! Price reports, and the risk tick that each of them is (protocol, "Prices").

use ballast_types::{
    Address, Event, MarketId, OracleState, PriceReport, PriceTicks, RejectCode, Rejection, ReportedPrice,
    USDC,
    limits::{
        INVALID_MARK_AGE_MS, MAX_MARK_AGE_MS, MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_REPORTED_PRICES,
    },
};

use crate::{
    capacity::bears,
    exchange::{Answer, Exchange},
    market::Report,
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
            if said.market == USDC {
                self.check_worth(report, said)?;
                continue;
            }
            if let Some(id) = bears(said.market) {
                self.check_capacity(report, said, id)?;
                continue;
            }
            self.check_market(said.market)?;
            if self.market(said.market).settled.is_some() {
                continue;
            }
            for price in [Some(said.price), said.perp].into_iter().flatten() {
                if !(1..=MAX_PRICE).contains(&i128::from(price.0)) {
                    return refuse(RejectCode::InvalidPrice, price.0, 0);
                }
            }
            let last = self.market(said.market).reports.get(&report.publisher);
            if let Some(last) = last
                && report.time <= last.time
            {
                return refuse(RejectCode::ReportTooOld, report.time.0, last.time.0);
            }
        }
        self.move_stage();
        let mut events: Vec<Event> = self.look_at_peg(report).into_iter().collect();
        events.extend(self.take_effect());
        self.keep_capacities(report);
        let is_of_market = |said: &&ReportedPrice| said.market != USDC && bears(said.market).is_none();
        for said in report.prices.iter().filter(is_of_market) {
            if self.market(said.market).settled.is_some() {
                continue;
            }
            if self.market(said.market).is_over(self.time) {
                events.extend(self.settle_by_date(said.market));
                continue;
            }
            let latest = Report {
                price: i128::from(said.price.0),
                perp: said.perp.map(|perp| i128::from(perp.0)),
                confidence: i128::from(said.confidence.0),
                time: report.time,
            };
            self.market_mut(said.market).reports.insert(report.publisher, latest);
            events.extend(self.tick(said.market));
        }
        events.extend(self.release());
        Ok(events)
    }

    /// The risk tick of a market: index, then mark, then its tiers, then funding, then its fractions, then its breakers, then what its open
    /// interest may be and asks for.
    fn tick(&mut self, id: MarketId) -> Vec<Event> {
        let told = |it: &Self| (it.market(id).index, it.market(id).mark, it.oracle(id));
        let before = told(self);
        let valued_by = self.priced(id);
        let comes_back = self.market(id).index > 0 && !self.is_good(id);
        let marked = (self.market(id).mark > 0).then(|| self.market(id).mark_time);
        let marked_at = marked.map(|time| (before.1, time));
        let Some(counting) = self.counting_reports(id) else { return Vec::new() };
        let has_index = self.move_index(id, &counting);
        let (mut tiered, mut accrued, mut moved) = (None, None, None);
        if has_index {
            let now = self.time;
            self.average_the_hour(id);
            self.market_mut(id).note_minute(now);
            self.move_mark(id, &counting);
            self.move_average(id, marked_at);
            self.note_interest(id);
            tiered = self.move_tiers(id);
            accrued = self.move_funding(id);
            moved = self.move_fractions(id);
        }
        let (index, mark, oracle) = told(self);
        let (index, mark) = (PriceTicks(unsigned(index)), PriceTicks(unsigned(mark)));
        let changed = before != told(self);
        let updated = changed.then_some(Event::PriceUpdated { market: id, index, mark, oracle });
        let seen = if has_index { self.look_at(id, marked, comes_back) } else { Vec::new() };
        if has_index {
            self.agree_on_capacity(id);
        }
        let crowded = if has_index { self.crowd(id) } else { None };
        self.note_closable(id);
        let priced = Some(self.priced(id)).filter(|priced| *priced != valued_by);
        updated
            .into_iter()
            .chain(tiered)
            .chain(accrued)
            .chain(moved)
            .chain(seen)
            .chain(crowded)
            .chain(priced)
            .collect()
    }

    /// What the market's price is good for at the time of the input.
    #[must_use]
    pub fn oracle(&self, id: MarketId) -> OracleState {
        let market = self.market(id);
        if market.settled.is_some() {
            return OracleState::Fresh;
        }
        let age = self.time.0 - market.mark_time.0;
        if market.quality == OracleState::Invalid || age > INVALID_MARK_AGE_MS {
            OracleState::Invalid
        } else if age > MAX_MARK_AGE_MS {
            OracleState::Stale
        } else {
            market.quality
        }
    }

    /// Whether the price is neither too old nor contradicted.
    pub(crate) fn is_good(&self, id: MarketId) -> bool {
        matches!(self.oracle(id), OracleState::Fresh | OracleState::Uncertain)
    }

    /// Whether orders may be cleared and fired at the price: also, it has not jumped.
    pub(crate) fn is_believed(&self, id: MarketId) -> bool {
        let market = self.market(id);
        market.settled.is_some() || self.is_good(id) && market.jumped.is_none()
    }

    /// Whether it is also one of a market that once had a mark that was fresh.
    pub(crate) fn is_known(&self, id: MarketId) -> bool {
        self.is_believed(id) && self.market(id).fresh_mark > 0
    }

    /// Whether accounts may be liquidated at the price: also, the market is warm.
    pub(crate) fn may_liquidate_at(&self, id: MarketId) -> bool {
        self.is_known(id) && self.market(id).is_warm(self.time)
    }

    /// Refuses where the mark is too old, or the publishers contradict.
    pub(crate) fn check_price(&self, id: MarketId) -> Result<(), Rejection> {
        match self.oracle(id) {
            OracleState::Stale => {
                let age = self.time.0 - self.market(id).mark_time.0;
                refuse(RejectCode::StalePrice, age, MAX_MARK_AGE_MS)
            }
            OracleState::Invalid => refuse(RejectCode::InvalidOracle, id.0, 0),
            OracleState::Fresh | OracleState::Uncertain => Ok(()),
        }
    }
}
