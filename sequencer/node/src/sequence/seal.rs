//! When the open batch ends.

use super::Sequencer;
use crate::{clock::Clock, pipeline::Group};
use ballast_batch::diff::{Most, max_bytes};
use ballast_engine::forget_changes;
use ballast_types::{
    Source, SystemCommand,
    limits::{MAX_POSITIONS, MAX_WITHDRAWALS_PER_BATCH},
};

/// Age at which a batch is sealed however far behind L1 is, in ms: half of the lag at which margins rise.
const MAX_OPEN_MS: u64 = 300_000;

impl<C: Clock> Sequencer<C> {
    /// Ends the open batch when it is full, or old and not to wait for L1.
    pub(super) fn seal_when_due(&mut self, group: &mut Group) {
        if !self.is_full() && self.until_seal() > 0 {
            return;
        }
        let command = SystemCommand::SealBatch { index: self.exchange.state.chain.batch };
        self.sequence_own(Source::System(command), group);
        // The mirror takes the changes for the batch; here they only must not pile up.
        forget_changes(&mut self.exchange);
    }

    /// Whether nothing more fits.
    pub(super) fn is_full(&self) -> bool {
        let withdrawals = self.exchange.open_withdrawals().len();
        self.open.inputs + 1 >= self.limits.batch_inputs
            || self.open.bytes >= self.limits.batch_bytes
            || self.diff_bytes() >= self.limits.batch_diff_bytes
            || u32::try_from(withdrawals).is_ok_and(|count| count >= MAX_WITHDRAWALS_PER_BATCH)
    }

    /// Most bytes that the diff of the open batch can have by now: what the seal releases is counted with the pools.
    fn diff_bytes(&self) -> usize {
        let accounts = self.exchange.state.accounts.changed();
        // A fill changes two positions; an account has so many, and as many that it closed.
        let positions = (2 * self.open.fills).min(2 * MAX_POSITIONS * accounts);
        let queued = self.exchange.state.queues.changed();
        let withdrawals = self.exchange.open_withdrawals().len();
        max_bytes(Most { accounts, positions, queued, parameters: self.open.parameters, withdrawals })
    }

    /// Whether L1 is so far behind that the open batch waits for it and grows: one that is long costs L1 less than many that
    /// are short, for what changed twice is told once. Not for ever, though: news of L1 may be what stands still.
    fn waits_for_l1(&self) -> bool {
        let chain = &self.exchange.state.chain;
        chain.batch.0.saturating_sub(chain.posted_batch.0 + 1) >= self.limits.max_unposted
    }

    /// Milliseconds until the open batch is old enough; 0 when it is.
    pub(super) fn until_seal(&self) -> u64 {
        let age = if self.open.busy { self.limits.batch_age_ms } else { self.limits.idle_batch_age_ms };
        let age = if self.waits_for_l1() { age.max(MAX_OPEN_MS) } else { age };
        age.saturating_sub(self.now().since(self.open.since))
    }
}
