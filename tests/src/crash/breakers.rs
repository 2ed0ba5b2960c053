//! What stops a market from trading as usual. HERE is the one place that knows which events and states tell it: a new kind
//! of breaker is one more [`Breaker`] and one more arm of [`of`].

use ballast_types::{Causes, Event, MarketId, MarketMode, OracleState};
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
    /// The market was restricted for a cause: its place in [`Causes::ALL`].
    Cause(usize),
    /// It was halted.
    Halt,
    /// The auction that was to end a halt was put off.
    PutOff,
}

impl Breaker {
    /// What the table calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "oracle uncertain",
            Self::Stale => "oracle stale",
            Self::Invalid => "oracle invalid",
            Self::Cause(place) => Causes::ALL[place].1,
            Self::Halt => "halts",
            Self::PutOff => "auctions put off",
        }
    }
}

/// How often each kind fired in each market.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakers {
    fired: BTreeMap<(MarketId, Breaker), u64>,
    oracle: BTreeMap<MarketId, OracleState>,
    modes: BTreeMap<MarketId, (MarketMode, Causes)>,
}

impl Breakers {
    /// Follows an event.
    pub(super) fn follow(&mut self, event: &Event) {
        for fired in self.of(event) {
            *self.fired.entry(fired).or_default() += 1;
        }
    }

    /// How often each kind fired in a market.
    pub(super) fn of_market(&self, market: MarketId) -> Vec<(&'static str, u64)> {
        let of_it = self.fired.iter().filter(|((id, _), _)| *id == market);
        of_it.map(|((_, breaker), count)| (breaker.name(), *count)).collect()
    }

    /// The breakers that an event tells of.
    fn of(&mut self, event: &Event) -> Vec<(MarketId, Breaker)> {
        match event {
            Event::PriceUpdated { market, oracle, .. } => {
                let before = self.oracle.insert(*market, *oracle);
                let breaker = match oracle {
                    OracleState::Fresh => return Vec::new(),
                    OracleState::Uncertain => Breaker::Uncertain,
                    OracleState::Stale => Breaker::Stale,
                    OracleState::Invalid => Breaker::Invalid,
                };
                (before != Some(*oracle)).then_some((*market, breaker)).into_iter().collect()
            }
            Event::ModeChanged { market, mode, causes, .. } => {
                let before = self.modes.insert(*market, (*mode, *causes)).unwrap_or_default();
                let is_new = |cause: Causes| causes.any_of(cause) && !before.1.any_of(cause);
                let causes = (0..Causes::ALL.len()).filter(|place| is_new(Causes::ALL[*place].0));
                let halted = *mode == MarketMode::Halt && before.0 != MarketMode::Halt;
                let fired = causes.map(Breaker::Cause).chain(halted.then_some(Breaker::Halt));
                fired.map(|breaker| (*market, breaker)).collect()
            }
            Event::AuctionPutOff { market, .. } => vec![(*market, Breaker::PutOff)],
            _ => Vec::new(),
        }
    }
}
