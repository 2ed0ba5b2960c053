//! The index of a market, and what its price is good for (protocol, "Prices").

use ballast_types::{
    MarketId, OracleState,
    limits::{JUMP_MS, MAX_CONFIDENCE, MAX_REPORT_AGE_MS},
};

use crate::{
    exchange::Exchange,
    market::Report,
    numbers::{MILLION, divide_up},
};

/// The element at `place` of the values in ascending order, counted from 1: the least that has so many not above it.
pub(crate) fn element(values: &[i128], place: usize) -> i128 {
    let has_place = |value: &i128| values.iter().filter(|other| *other <= value).count() >= place;
    values.iter().copied().filter(has_place).min().expect("there are so many")
}

/// `ceil(parts * n / 4)`.
fn quarters(parts: usize, n: usize) -> usize {
    (parts * n).div_ceil(4)
}

/// How far reports of about this index differ, in ppm.
fn dispersion(reports: &[Report], index: i128) -> i128 {
    let prices: Vec<i128> = reports.iter().map(|report| report.price).collect();
    let m = prices.len();
    let spread = element(&prices, quarters(3, m)) - element(&prices, quarters(1, m));
    divide_up(spread * MILLION, index)
}

impl Exchange {
    /// The reports of the market that count, when they are a quorum.
    pub(crate) fn counting_reports(&self, id: MarketId) -> Option<Vec<Report>> {
        let now = i128::from(self.time.0);
        let counts = |report: &&Report| {
            now - i128::from(report.time.0) <= i128::from(MAX_REPORT_AGE_MS)
                && report.confidence <= i128::from(MAX_CONFIDENCE)
        };
        let counting: Vec<Report> = self.market(id).reports.values().filter(counts).copied().collect();
        (counting.len() >= self.quorum).then_some(counting)
    }

    /// Takes the new index, unless the market is invalid.
    pub(crate) fn move_index(&mut self, id: MarketId, counting: &[Report]) -> bool {
        let (now, quorum) = (self.time, self.quorum);
        let comes_back = self.market(id).index > 0 && !self.is_good(id);
        let prices: Vec<i128> = counting.iter().map(|report| report.price).collect();
        let index = element(&prices, prices.len().div_ceil(2));
        let market = self.market_mut(id);
        let tolerance = market.params.class.tolerance();
        let agrees = |report: &Report| {
            (report.price - index).abs() * MILLION <= i128::from(tolerance.invalid.0) * index
        };
        let agreeing: Vec<Report> = counting.iter().copied().filter(agrees).collect();
        market.dispersion = dispersion(&agreeing, index);
        if agreeing.len() < quorum {
            market.quality = OracleState::Invalid;
            return false;
        }
        let far = (index - market.index).abs() * MILLION > i128::from(tolerance.jump.0) * market.index;
        if market.index > 0 && far {
            market.jumped = Some(now);
        }
        market.jumped = market.jumped.filter(|jump| {
            let later = agreeing.iter().filter(|report| report.time.0 > jump.0 + 500).count();
            now.0 - jump.0 < JUMP_MS || later < quorum
        });
        market.index = index;
        market.quality = OracleState::Fresh;
        if market.dispersion > i128::from(tolerance.uncertain.0) || market.jumped.is_some() {
            market.quality = OracleState::Uncertain;
        }
        if comes_back || market.quality == OracleState::Uncertain {
            market.uncertain = Some(now);
        }
        if comes_back && !self.waiting(id).is_empty() {
            let away = self.first_clearing(id);
            let market = self.market_mut(id);
            market.next_clearing = market.next_clearing.max(away);
        }
        true
    }
}
