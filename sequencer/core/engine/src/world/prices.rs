//! What the publishers of the test exchange say.

use alloc::vec::Vec;

use ballast_types::{
    MarketId, Millis, Outcome, PriceReport, PriceTicks, ReportedPrice, Source, Status,
    limits::{JUMP_MS, UNCERTAIN_BATCHING_MS},
};

use super::{PUBLISHERS, World, publisher, signed_by};
use crate::facts;

impl World {
    pub(crate) fn report(&mut self, from: u8, time: u64, prices: &[(MarketId, u64)]) -> Outcome {
        let prices = prices.iter().map(|&(market, price)| ReportedPrice::plain(market, PriceTicks(price)));
        self.say(from, time, prices.collect())
    }

    pub(crate) fn say(&mut self, from: u8, time: u64, prices: Vec<ReportedPrice>) -> Outcome {
        let report = PriceReport { publisher: from, time: Millis(time), prices };
        self.input(Source::Publisher { report, signature: signed_by(publisher(from)) })
    }

    /// All publishers report these prices, and where they jump again and again until the markets match continuously.
    pub(crate) fn set_prices(&mut self, prices: &[(MarketId, u64)]) {
        assert_eq!(self.try_prices(prices), [Status::Accepted; PUBLISHERS as usize]);
        for wait in [JUMP_MS, UNCERTAIN_BATCHING_MS] {
            if prices.iter().any(|(market, _)| self.is_unsure(*market)) {
                self.time += wait - 1;
                assert_eq!(self.try_prices(prices), [Status::Accepted; PUBLISHERS as usize]);
            }
        }
    }

    /// Whether the market matches in batches because its price was uncertain lately.
    fn is_unsure(&self, market: MarketId) -> bool {
        let uncertain = facts::venue(&self.x.state, market).pricing.uncertain;
        uncertain.is_some_and(|at| self.time - at.0 < UNCERTAIN_BATCHING_MS)
    }

    /// A tick later, all publishers report these prices; what came of it.
    pub(crate) fn try_prices(&mut self, prices: &[(MarketId, u64)]) -> Vec<Status> {
        self.time += 1;
        (0..PUBLISHERS).map(|from| self.report(from, self.time, prices).status).collect()
    }
}
