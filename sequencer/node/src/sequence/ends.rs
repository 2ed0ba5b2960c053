//! The sequencer lets markets and pools end.

use super::{MAX_LIQUIDATIONS, Sequencer};
use crate::{clock::Clock, pipeline::Group};

impl<C: Clock> Sequencer<C> {
    /// Ends markets and pools that are to end, and turns what is held there into cash.
    pub(super) fn settle(&mut self, group: &mut Group) {
        for _ in 0..MAX_LIQUIDATIONS {
            let time = self.now();
            if self.is_full() {
                return;
            }
            let below = |market| self.ladder.below_since(market);
            let Some(command) = self.settler.due(&self.exchange, time, below) else { return };
            if let Err(rejection) = self.offer(&command, time, group) {
                tracing::error!(%rejection, "an end that the engine would refuse");
                return;
            }
        }
    }
}
