//! What stops a market from trading as usual. HERE is the one place that knows which events and states tell it: a new kind
//! of breaker is one more [`Breaker`] and one more arm of [`of`].

use ballast_types::{Event, MarketId, OracleState};
use std::collections::BTreeMap;

/// A kind of breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breaker {
    /// The price became uncertain: a jump, or publishers that differ.
    Uncertain,
    /// The price became stale.
    Stale,
    /// The price became invalid.
    Invalid,
    /// The guardian let the market match in batches, or no longer.
    Guardian,
}

impl Breaker {
    /// What the table calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "oracle uncertain",
            Self::Stale => "oracle stale",
            Self::Invalid => "oracle invalid",
            Self::Guardian => "guardian batches",
        }
    }
}

/// How often each kind fired in each market.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakers {
    fired: BTreeMap<(MarketId, Breaker), u64>,
    oracle: BTreeMap<MarketId, OracleState>,
}

impl Breakers {
    /// Follows an event.
    pub(super) fn follow(&mut self, event: &Event) {
        if let Some(fired) = self.of(event) {
            *self.fired.entry(fired).or_default() += 1;
        }
    }

    /// How often each kind fired in a market.
    pub(super) fn of_market(&self, market: MarketId) -> Vec<(&'static str, u64)> {
        let of_it = self.fired.iter().filter(|((id, _), _)| *id == market);
        of_it.map(|((_, breaker), count)| (breaker.name(), *count)).collect()
    }

    /// The breaker that an event tells of.
    fn of(&mut self, event: &Event) -> Option<(MarketId, Breaker)> {
        match event {
            Event::PriceUpdated { market, oracle, .. } => {
                let before = self.oracle.insert(*market, *oracle);
                let breaker = match oracle {
                    OracleState::Fresh => return None,
                    OracleState::Uncertain => Breaker::Uncertain,
                    OracleState::Stale => Breaker::Stale,
                    OracleState::Invalid => Breaker::Invalid,
                };
                (before != Some(*oracle)).then_some((*market, breaker))
            }
            Event::MatchingChanged { market, .. } => Some((*market, Breaker::Guardian)),
            _ => None,
        }
    }
}
