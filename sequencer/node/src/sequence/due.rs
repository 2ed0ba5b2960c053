//! What nobody asks for and is due: steps of the ladder, conditional orders whose condition has come, orders at their end,
//! clearings, and the ends of markets and pools.

use super::{Sequencer, quarantine::looking};
use crate::{clock::Clock, pipeline::Group, secp::Secp256k1};
use ballast_engine::verify;
use ballast_types::{Millis, Rejection, Source, SystemCommand};

/// Steps of the ladder in one group.
const MAX_LIQUIDATIONS: usize = 64;
/// Inputs of one group that fire conditional orders.
const MAX_FIRES: usize = 16;

impl<C: Clock> Sequencer<C> {
    /// Takes accounts that lack margin down the ladder, however many requests the group holds already. The rest comes with
    /// the next group.
    pub(super) fn liquidate(&mut self, group: &mut Group) {
        for _ in 0..MAX_LIQUIDATIONS {
            if !self.has_room() {
                break;
            }
            let time = self.now();
            let found = looking(&self.looks, &self.rules.quarantine, false, |extents| {
                self.finders.ladder.due(&mut self.exchange, time, extents)
            });
            let Some(command) = found else { break };
            // Its price may not be known, or somebody else has taken its positions.
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::debug!(%rejection, "an account that is not liquidated after all");
                self.finders.ladder.forget(&command, time);
            }
        }
        self.metrics.below(self.finders.ladder.below());
    }

    /// Places the conditional orders whose condition has come, however many requests the group holds already: those
    /// who wait in the queue do not hold them up. The rest comes with the next group.
    pub(super) fn fire(&mut self, group: &mut Group) {
        for _ in 0..MAX_FIRES {
            if !self.has_room() {
                break;
            }
            let time = self.now();
            let found = looking(&self.looks, &self.rules.quarantine, false, |extents| {
                self.finders.triggers.due(&self.exchange, time, extents)
            });
            let Some(command) = found.map(|found| self.one_pool_of(found)) else { break };
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::error!(%rejection, "conditional orders that the engine would not fire");
                self.finders.triggers.forget(&command);
                break;
            }
        }
    }

    /// Takes orders out of the books that are at their end, as many as one sweep may name.
    pub(super) fn sweep(&mut self, group: &mut Group) {
        let time = self.now();
        if !self.has_room() {
            return;
        }
        let found = self.finders.sweeper.due(&self.exchange, time).map(|found| self.one_pool_of(found));
        if let Some(command) = found
            && let Err(rejection) = self.offer(&command, time, group)
        {
            tracing::error!(%rejection, "a sweep that the engine would refuse");
            self.finders.sweeper.forget(&command, time);
        }
    }

    /// Clears the markets that are due.
    pub(super) fn clear(&mut self, group: &mut Group) {
        let time = self.now();
        let due = looking(&self.looks, &self.rules.quarantine, false, |extents| {
            self.finders.clearer.due(&self.exchange, time, extents)
        });
        for command in due {
            if !self.has_room() {
                return;
            }
            // The mark has become stale.
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::debug!(%rejection, "a clearing that is not due after all");
            }
        }
    }

    /// Sequences what one of the untrusted finders asks for, unless the engine would refuse it.
    pub(super) fn offer(
        &mut self,
        command: &SystemCommand,
        time: Millis,
        group: &mut Group,
    ) -> Result<(), Rejection> {
        let source = Source::System(command.clone());
        let verified = verify(&Secp256k1, self.separator, &source);
        self.begin(source, time, None);
        let checked = self.check(&verified);
        match checked {
            Ok(()) => self.sequence(verified, group),
            Err(_) => self.underway = None,
        }
        checked
    }

    /// Ends markets and pools that are to end, and turns what is held there into cash.
    pub(super) fn settle(&mut self, group: &mut Group) {
        for _ in 0..MAX_LIQUIDATIONS {
            let time = self.now();
            if !self.has_room() {
                return;
            }
            let below = |market| self.finders.ladder.below_since(market);
            let found = looking(&self.looks, &self.rules.quarantine, true, |extents| {
                self.settler.due(&self.exchange, time, below, extents)
            });
            let Some(command) = found else { return };
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::error!(%rejection, "an end that the engine would refuse");
                return;
            }
        }
    }
}
