//! Freezes an exchange that passes over what is forced, or posts nothing. Nobody can undo it, so nobody does it who was not
//! told to.

use crate::{
    budget::Budget,
    error::{Error, Result},
    fees::FeeCaps,
    l1::{Call, L1Sender, Upkeep},
    lane::{Lane, Sent},
    settler::Progress,
};
use alloy::primitives::B256;
use tracing::{error, warn};

/// Freezes what is late. Ask it with [`Freezer::step`].
#[derive(Debug)]
pub struct Freezer<L> {
    l1: L,
    caps: FeeCaps,
    /// The block at which it looked last.
    looked_at: Option<B256>,
}

impl<L: L1Sender + Upkeep> Freezer<L> {
    /// A freezer that offers no more than these.
    pub const fn new(l1: L, caps: FeeCaps) -> Self {
        Self { l1, caps, looked_at: None }
    }

    /// Looks once in a block, and freezes the exchange when it is late, through the lane, which must be free.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Progress> {
        let head = self.l1.head().await?;
        if self.looked_at == Some(head.hash) {
            return Ok(Progress::Idle);
        }
        let freeze = self.l1.freeze().await?;
        let Some(reason) = freeze.possible_at(head.time) else {
            self.looked_at = Some(head.hash);
            return Ok(Progress::Idle);
        };
        let sent = lane.send_within(now, Call::Freeze(reason), Budget::flat(self.caps)).await;
        let progress = match sent {
            Ok(Sent::Pooled(transaction)) => {
                error!(%reason, %transaction, "the exchange is late: it is being frozen for ever, as --freeze asks");
                Progress::Sent
            }
            Ok(Sent::TooDear) => Progress::TooDear,
            // A batch came meanwhile, or somebody else froze it.
            Err(Error::Reverted { reason, .. }) => {
                warn!(reason, "L1 does not freeze the exchange now");
                Progress::Idle
            }
            Err(error) => return Err(error),
        };
        self.looked_at = Some(head.hash);
        Ok(progress)
    }
}
