//! What the publishers of the test exchange say, and its guardian.

use alloc::vec::Vec;

use ballast_types::{
    GuardianCommand, MarketId, MarketMode, Millis, Outcome, PriceReport, PriceTicks, ReportedPrice, Restrict,
    Source, Status,
    limits::{JUMP_MS, UNCERTAIN_BATCHING_MS},
};

use super::{PUBLISHERS, World, publisher, signed_by};
use crate::{commit, facts};

impl World {
    /// From now on the market has its circuit breakers.
    pub(crate) fn watch_over(&mut self, market: MarketId) {
        facts::market_mut(&mut self.x.state, market).params.circuit_breakers = true;
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }

    pub(crate) fn report(&mut self, from: u8, time: u64, prices: &[(MarketId, u64)]) -> Outcome {
        let prices = prices.iter().map(|&(market, price)| ReportedPrice::plain(market, PriceTicks(price)));
        self.say(from, time, prices.collect())
    }

    pub(crate) fn say(&mut self, from: u8, time: u64, prices: Vec<ReportedPrice>) -> Outcome {
        let report = PriceReport { publisher: from, time: Millis(time), prices };
        let signer = self.x.state.publishers().get(usize::from(from)).copied().unwrap_or(publisher(from));
        self.input(Source::Publisher { report, signature: signed_by(signer) })
    }

    /// The guardian lets a market match in batches until a time.
    pub(crate) fn batch_until(&mut self, market: MarketId, until: u64) -> Outcome {
        self.restrict(market, MarketMode::Batches, until)
    }

    /// The guardian restricts a market until a time.
    pub(crate) fn restrict(&mut self, market: MarketId, mode: MarketMode, until: u64) -> Outcome {
        let time = Millis(self.time);
        let command = GuardianCommand::Restrict(Restrict { market, mode, until: Millis(until), time });
        self.input(Source::Guardian { command, signature: signed_by(self.x.state.guardian()) })
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
