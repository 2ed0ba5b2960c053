//! What open interest a market can bear by what is traded elsewhere (protocol, "Capacity").

use ballast_types::{MarketId, PriceReport, RejectCode, Rejection, ReportedPrice, USDC};

use crate::{
    exchange::Exchange,
    numbers::{MAX_PRICE, refuse},
};

/// What is told with a price of this and a market's id is the market's capacity.
const FIRST: u16 = 32_768;
/// What was seen longer ago counts for nothing, in ms.
const COUNTS_MS: u64 = 3_600_000;

/// The market whose capacity a report tells under this id.
pub(crate) fn bears(id: MarketId) -> Option<MarketId> {
    (id.0 >= FIRST && id != USDC).then(|| MarketId(id.0 - FIRST))
}

impl Exchange {
    /// Refuses what a report may not say of a capacity.
    pub(crate) fn check_capacity(
        &self,
        report: &PriceReport,
        said: &ReportedPrice,
        id: MarketId,
    ) -> Result<(), Rejection> {
        let market = self.markets.get(usize::from(id.0)).filter(|market| market.params.capacity);
        let Some(market) = market else {
            return refuse(RejectCode::UnknownMarket, said.market.0, self.markets.len() as u64);
        };
        if market.settled.is_some() {
            return Ok(());
        }
        if !(1..=MAX_PRICE).contains(&i128::from(said.price.0)) {
            return refuse(RejectCode::InvalidPrice, said.price.0, 0);
        }
        if let Some(perp) = said.perp {
            return refuse(RejectCode::InvalidPrice, perp.0, 0);
        }
        match market.told_capacity.get(&report.publisher) {
            Some((_, last)) if report.time <= *last => {
                refuse(RejectCode::ReportTooOld, report.time.0, last.0)
            }
            _ => Ok(()),
        }
    }

    /// A price report was accepted: what it says of capacities is kept.
    pub(crate) fn keep_capacities(&mut self, report: &PriceReport) {
        for said in &report.prices {
            let Some(id) = bears(said.market) else { continue };
            let market = self.market_mut(id);
            if market.settled.is_none() {
                let told = (i128::from(said.price.0), report.time);
                market.told_capacity.insert(report.publisher, told);
            }
        }
    }

    /// The market got an index: what its publishers agree on counts.
    pub(crate) fn agree_on_capacity(&mut self, id: MarketId) {
        let (now, quorum) = (self.time, self.quorum);
        let market = self.market_mut(id);
        let counting = market.told_capacity.values().filter(|(_, time)| time.0 + COUNTS_MS >= now.0);
        let mut counting: Vec<i128> = counting.map(|(usdc, _)| *usdc).collect();
        counting.sort_unstable();
        let enough = market.params.capacity && counting.len() >= quorum;
        market.capacity = enough.then(|| counting[counting.len().div_ceil(2) - 1]);
    }
}
