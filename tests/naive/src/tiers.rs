//! Margin tiers that follow the price (protocol, "Margin").

use ballast_types::{Event, MarketId, Millis, OracleState, SizeLots};

use crate::{
    exchange::Exchange,
    numbers::{divide_down, divide_up, unsigned},
};

/// A day, in ms.
const DAY_MS: u64 = 86_400_000;
/// The highest bound, in lots.
const HIGHEST: u64 = (1 << 46) - 1;

impl Exchange {
    /// What a day begins with, of a market that has just got a mark; the one before is of `marked`.
    pub(crate) fn move_tiers(&mut self, id: MarketId, marked: Option<Millis>) -> Option<Event> {
        let before = marked.map_or(0, |time| time.0 / DAY_MS);
        if before == self.time.0 / DAY_MS || self.oracle(id) != OracleState::Fresh {
            return None;
        }
        let market = self.market(id);
        let lot = market.index * i128::from(market.params.kappa);
        let mut tiers = market.params.margin_tiers.clone();
        for tier in tiers.iter_mut().filter(|tier| tier.notional.0 > 0) {
            let above = i128::from(tier.above.0);
            let wanted = divide_down(tier.notional.0.into(), lot);
            let bound = wanted.max(divide_up(above * 9, 10)).min(divide_down(above * 11, 10));
            tier.above = SizeLots(unsigned(bound));
        }
        let ascend = tiers.windows(2).all(|pair| pair[0].above < pair[1].above);
        let possible = tiers.iter().all(|tier| (1..=HIGHEST).contains(&tier.above.0));
        if !ascend || !possible || tiers == market.params.margin_tiers {
            return None;
        }
        let above = tiers.iter().map(|tier| tier.above).collect();
        self.market_mut(id).params.margin_tiers = tiers;
        Some(Event::TiersMoved { market: id, above })
    }
}
