//! Asks for the clearings of markets that match in batches, when they are due. It is not trusted (architecture A2): the
//! engine looks whether one is.

use crate::quarantine::{Extents, goes_on, pool_of_market};
use ballast_engine::{Exchange, can_clear};
use ballast_types::{Event, MarketId, Millis, Outcome, SystemCommand};
use std::collections::BTreeSet;

/// The markets in which orders may wait, as the events tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearer {
    markets: BTreeSet<MarketId>,
}

impl Clearer {
    /// Of an exchange as it is.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let all = (0..exchange.state.chain.markets).map(MarketId);
        Self { markets: all.filter(|market| waits(exchange, *market)).collect() }
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            if let Event::OrderWaits { market, .. } = event {
                self.markets.insert(*market);
            }
        }
    }

    /// The clearings that are due at `now`; what is set aside is left alone from here on.
    pub fn due(&mut self, exchange: &Exchange, now: Millis, extents: Extents<'_>) -> Vec<SystemCommand> {
        let mut due = Vec::new();
        self.markets.retain(|&market| {
            let pool = pool_of_market(&exchange.state, market);
            let stays = waits(exchange, market) && goes_on(pool, extents);
            if stays && at(exchange, market, now) == Some(now) {
                due.push(SystemCommand::Clear { market });
            }
            stays
        });
        due
    }

    /// When something is to be cleared next, seen from `now`.
    #[must_use]
    pub fn next(&self, exchange: &Exchange, now: Millis) -> Option<Millis> {
        self.markets.iter().filter_map(|market| at(exchange, *market, now)).min()
    }
}

fn waits(exchange: &Exchange, market: MarketId) -> bool {
    exchange.state.venues.get(u32::from(market.0)).is_some_and(|venue| venue.waiting > 0)
}

/// When a market in which orders wait is to be cleared, `now` or later; none while its price will not be
/// good enough then: a better one comes with an input.
fn at(exchange: &Exchange, market: MarketId, now: Millis) -> Option<Millis> {
    let venue = exchange.state.venues.get(u32::from(market.0)).filter(|venue| venue.waiting > 0)?;
    let at = venue.next_clearing.max(now);
    can_clear(&exchange.state, at, market).then_some(at)
}
