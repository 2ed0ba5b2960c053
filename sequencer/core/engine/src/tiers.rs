//! Margin tiers that follow the price (risk.md 3.2). Their bounds are lots, so that no movement of the price moves a tier while
//! anybody looks; but what they mean is dollars.

use alloc::vec::Vec;

use ballast_state::State;
use ballast_types::{Event, Lots, MarginTier, MarketId, Millis, limits::TIER_DAY_MS};

use crate::facts;

/// Sets the bounds anew, of a market that is fresh, where its mark before this one was of another day: `marked` is its time.
pub(crate) fn tick(state: &mut State, id: MarketId, marked: Millis, events: &mut Vec<Event>) {
    if marked.0 / TIER_DAY_MS == state.chain.time.0 / TIER_DAY_MS {
        return;
    }
    let market = facts::market(state, id);
    let lot = market.params.value(market.index, Lots(1));
    let Some(tiers) = MarginTier::followed(&market.params.margin_tiers, lot) else { return };
    events.push(Event::TiersMoved { market: id, above: tiers.iter().map(|tier| tier.above).collect() });
    facts::market_mut(state, id).params.margin_tiers = tiers;
}

#[cfg(test)]
mod tests;
