//! Margin tiers that follow the price (risk.md 3.2). Their bounds are lots, so that no movement of the price moves a tier by
//! itself; but what they mean is dollars.

use alloc::vec::Vec;

use ballast_state::State;
use ballast_types::{
    Event, Lots, MarginTier, MarketId,
    limits::{FUNDING_PERIOD_MS, HOUR_MS},
};

use crate::facts;

/// Lets the bounds follow, of a market that is fresh, where it was not yet so in this hour: before its funding accrues.
pub(crate) fn tick(state: &mut State, id: MarketId, events: &mut Vec<Event>) {
    // Funding accrues with the first fresh tick of a minute.
    let fresh = facts::venue(state, id).pricing.minute * FUNDING_PERIOD_MS;
    if fresh / HOUR_MS == state.chain.time.0 / HOUR_MS {
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
