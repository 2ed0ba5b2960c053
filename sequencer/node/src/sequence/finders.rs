//! What finds out what is due though nobody asks for it. All of it follows the outcomes and is derived from the exchange.

use crate::{
    clearer::Clearer,
    exits::Exits,
    ladder::Ladder,
    quarantine::{Extent, Quarantine},
    sweeper::Sweeper,
    triggers::Triggers,
};
use ballast_engine::Exchange;
use ballast_types::{Millis, Outcome};

/// The untrusted finders (architecture A2) that follow the outcomes.
#[derive(Default)]
pub(super) struct Finders {
    pub(super) sweeper: Sweeper,
    pub(super) triggers: Triggers,
    pub(super) clearer: Clearer,
    pub(super) ladder: Ladder,
    pub(super) exits: Exits,
}

impl Finders {
    /// Of an exchange as it is.
    pub(super) fn of(exchange: &Exchange, quarantine: &Quarantine) -> Self {
        let mut sweeper = Sweeper::of(exchange);
        sweeper.leave_out(exchange, |pool| quarantine.extent(pool) == Some(Extent::Nothing));
        Self {
            sweeper,
            triggers: Triggers::of(exchange),
            clearer: Clearer::of(exchange),
            ladder: Ladder::of(exchange),
            exits: Exits::of(exchange),
        }
    }

    /// Follows an input, after which the exchange is as it is given.
    pub(super) fn follow(&mut self, exchange: &Exchange, outcome: &Outcome) {
        self.sweeper.follow(outcome);
        self.triggers.follow(exchange, outcome);
        self.clearer.follow(outcome);
        self.ladder.follow(outcome);
        self.exits.follow(outcome);
    }

    /// When any of them may find something next, seen from `now`.
    pub(super) fn next(&self, exchange: &Exchange, now: Millis) -> Option<Millis> {
        let clearing = self.clearer.next(exchange, now);
        let others = [self.sweeper.next(), self.triggers.next(), self.ladder.next(), self.exits.next()];
        others.into_iter().flatten().chain(clearing).min()
    }
}
