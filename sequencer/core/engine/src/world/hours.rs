//! Hours of the test exchange, and markets whose margin follows their index.

use alloc::{vec, vec::Vec};

use ballast_types::{Event, MarketId, MarketParams, Status, limits::HOUR_MS};

use super::{PUBLISHERS, World, bitcoin, config};
use crate::{History, genesis, shortfall};

impl World {
    /// A market of bitcoin whose margin follows its index, with this history.
    pub(crate) fn following(returns: Vec<i64>, stress: Vec<i64>) -> Self {
        let mut config = config(vec![MarketParams { shortfall: true, ..bitcoin() }]);
        let hour = returns.len() as u64;
        config.histories = vec![History { market: MarketId(0), hour, returns, stress }];
        Self::begin(&config)
    }

    /// From now on the market's margin follows its index, of which nothing is known.
    pub(crate) fn follow_index(&mut self, id: MarketId) {
        let market = crate::facts::market_mut(&mut self.x.state, id);
        market.params.shortfall = true;
        let (margins, _, factor) = genesis::begin(&market.params, None);
        (market.maintenance, market.initial) = (margins.maintenance, margins.initial);
        let factor = factor.expect("it follows its index");
        self.x.state.factors.insert(ballast_state::factor_index(id), factor);
        let changes = crate::commit(&mut self.x);
        self.leaves.take(&changes);
    }

    /// The running hour ends at these prices, which are said in each span that is sampled and once after; what is told.
    pub(crate) fn end_hour(&mut self, prices: &[(MarketId, u64)]) -> Vec<Event> {
        self.say_around_hour(&[-16_000, -14_900, -9_000, -1_000, 4_000, 9_000, 11_000], prices)
    }

    /// All publishers say these prices at these times, in ms after the end of the running hour; what is told.
    pub(crate) fn say_around_hour(&mut self, at: &[i64], prices: &[(MarketId, u64)]) -> Vec<Event> {
        let end = (self.time / HOUR_MS + 1) * HOUR_MS;
        let from = self.log.len();
        for after in at {
            self.time = self.time.max(end.saturating_add_signed(*after));
            assert_eq!(self.try_prices(prices), [Status::Accepted; PUBLISHERS as usize]);
        }
        self.log[from..].iter().flat_map(|(_, outcome)| outcome.events.iter().cloned()).collect()
    }

    /// Where a factor draws the margin of a market.
    pub(crate) fn shortfall(&self, id: MarketId) -> shortfall::Shortfall {
        shortfall::shortfall_of(&self.x.state, id).expect("its margin follows its index")
    }
}
