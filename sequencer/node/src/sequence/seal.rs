//! When the open batch ends.

use super::{Sequencer, stripe};
use crate::{clock::Clock, pipeline::Group};
use ballast_batch::diff::{Most, Stripes, Told, max_bytes};
use ballast_engine::forget_changes;
use ballast_types::{
    Source, SystemCommand,
    limits::{MAX_ASSETS, MAX_POOLS, MAX_POSITIONS, MAX_WITHDRAWALS_PER_BATCH},
};

/// Age at which a batch is sealed however far behind L1 is, in ms: half of the lag at which margins rise.
const MAX_OPEN_MS: u64 = 300_000;

/// Assets beside USDC, of each of which an account may hold something.
const MAX_HELD: usize = MAX_ASSETS as usize - 1;

impl<C: Clock> Sequencer<C> {
    /// Ends the open batch when it is full, or old and not to wait for L1.
    pub(super) fn seal_when_due(&mut self, group: &mut Group) {
        if self.room == 0 || !self.is_full() && self.until_seal() > 0 {
            return;
        }
        let command = SystemCommand::SealBatch { index: self.exchange.state.chain.batch };
        self.sequence_own(Source::System(command), group);
        // The mirror takes the changes for the batch; here they only must not pile up.
        forget_changes(&mut self.exchange);
        self.open.told = stripe::held(&self.exchange.state);
    }

    /// Whether another input fits the batch, and the group.
    pub(super) fn has_room(&self) -> bool {
        self.room > 0 && !self.is_full()
    }

    /// Whether nothing more fits the batch.
    pub(super) fn is_full(&self) -> bool {
        let withdrawals = self.exchange.open_withdrawals().len();
        self.open.inputs + 1 >= self.limits.batch_inputs
            || self.open.bytes >= self.limits.batch_bytes
            // However much the stripe takes, one input goes into each batch, and news of posted ones alone, which change nothing that
            // the diff tells, do not fill it: each would cause the next.
            || (self.open.busy && self.diff_bytes() >= self.limits.batch_diff_bytes)
            || u32::try_from(withdrawals).is_ok_and(|count| count >= MAX_WITHDRAWALS_PER_BATCH)
    }

    /// Most bytes that the diff of the open batch can have by now: what the seal releases is counted with the pools.
    fn diff_bytes(&self) -> usize {
        let accounts = self.exchange.state.accounts.changed();
        // A fill changes two positions; an account has so many, and as many that it closed.
        let positions = (2 * self.open.fills).min(2 * MAX_POSITIONS * accounts);
        let queued = self.exchange.state.queues.changed();
        let withdrawals = self.exchange.open_withdrawals().len();
        let venues = usize::from(self.exchange.state.chain.markets).min(positions);
        let told = self.told(positions, queued);
        let parameters = self.open.parameters;
        let holdings = self.open.holdings;
        max_bytes(Most { accounts, positions, holdings, queued, parameters, withdrawals, venues, told })
    }

    /// Most that the stripe of the open batch tells by now, when so much changed. Of what waits again at a seal no more than one
    /// leaf of each pool: their tickets are neighbours.
    fn told(&self, positions: usize, queued: usize) -> Told {
        let chain = &self.exchange.state.chain;
        let accounts = Stripes::OURS.accounts_told(chain.batch.0, chain.accounts) as usize;
        let accounts = accounts.max(self.open.told.accounts);
        Told {
            accounts,
            positions: (self.open.told.positions + positions).min(MAX_POSITIONS * accounts),
            holdings: (self.open.told.holdings + self.open.holdings).min(MAX_HELD * accounts),
            queued: self.open.told.queued + queued + usize::from(MAX_POOLS),
            markets: 1,
            pools: 1,
        }
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
