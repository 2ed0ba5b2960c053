//! Margin tiers that follow the price (protocol, "Margin").

use ballast_types::{Event, MarketId, OracleState, SizeLots, limits::MAX_SIZE};

use crate::{
    exchange::Exchange,
    numbers::{divide_down, unsigned},
};

/// An hour, in ms.
const HOUR_MS: u64 = 3_600_000;
/// In an hour a bound moves by one of so many parts, and it is no less.
const PARTS: i128 = 256;

impl Exchange {
    /// What an hour begins with, of a market that has just got a mark, before funding.
    pub(crate) fn move_tiers(&mut self, id: MarketId) -> Option<Event> {
        let fresh = self.market(id).freshened.map_or(0, |time| time.0 / HOUR_MS);
        if fresh == self.time.0 / HOUR_MS || self.oracle(id) != OracleState::Fresh {
            return None;
        }
        let market = self.market(id);
        let lot = market.index * i128::from(market.params.kappa);
        let mut tiers = market.params.margin_tiers.clone();
        let count = tiers.len();
        for place in 0..count {
            if tiers[place].notional.0 == 0 {
                continue;
            }
            let above = i128::from(tiers[place].above.0);
            let highest = i128::from(MAX_SIZE) - (count - place) as i128;
            let wanted = divide_down(tiers[place].notional.0.into(), lot).max(PARTS).min(highest);
            let most = divide_down(above, PARTS);
            let mut bound = wanted.max(above - most).min(above + most);
            if place > 0 {
                bound = bound.max(i128::from(tiers[place - 1].above.0) + 1);
            }
            tiers[place].above = SizeLots(unsigned(bound));
        }
        if tiers == market.params.margin_tiers {
            return None;
        }
        let above = tiers.iter().map(|tier| tier.above).collect();
        self.market_mut(id).params.margin_tiers = tiers;
        Some(Event::TiersMoved { market: id, above })
    }
}
