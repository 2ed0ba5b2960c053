//! Makes batches final when their challenge window is over. Anyone may; somebody has to.

use crate::{
    error::Result,
    l1::{Call, L1Sender},
    lane::{Lane, Sent},
};
use alloy::primitives::B256;

/// Batches of one transaction, a bound on its gas.
const MAX_BATCHES: u64 = 64;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalizing {
    /// No window is over.
    Nothing,
    /// Batches are about to be final.
    Sent {
        /// The last of them.
        up_to: u64,
        /// By which transaction.
        transaction: B256,
    },
    /// Finality waits for L1 to become cheaper.
    TooDear,
}

/// Makes batches final. Ask it with [`Finalizer::step`].
#[derive(Debug)]
pub struct Finalizer<L> {
    l1: L,
}

impl<L: L1Sender> Finalizer<L> {
    /// A finalizer for the rollup of `l1`.
    pub const fn new(l1: L) -> Self {
        Self { l1 }
    }

    /// Sends `finalize` through the lane, which must be free, when a window is over by the time of the latest block. Of
    /// the batches below `ours` only: what somebody else posted in our place is not made final by us.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64, ours: u64) -> Result<Finalizing> {
        let next = self.l1.finalized_count().await?;
        let time = self.l1.head().await?.time;
        let mut ripe = None;
        // L1 makes them final in the order in which they were posted, and stretches their windows as long as it is stressed.
        for index in next..next.saturating_add(MAX_BATCHES).min(ours) {
            match self.l1.final_from(index).await? {
                Some(from) if from <= time => ripe = Some(index),
                _ => break,
            }
        }
        let Some(up_to) = ripe else { return Ok(Finalizing::Nothing) };
        Ok(match lane.send(now, Call::Finalize { up_to }).await? {
            Sent::Pooled(transaction) => Finalizing::Sent { up_to, transaction },
            Sent::TooDear => Finalizing::TooDear,
        })
    }
}
