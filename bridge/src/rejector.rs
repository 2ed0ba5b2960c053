//! Drops batches that the contracts call invalid, and with them all that follow.

use crate::{
    budget::Budget,
    error::{Error, Result},
    fees::FeeCaps,
    l1::{Call, L1Sender, Upkeep, Verdict},
    lane::{Lane, Sent},
    settler::Progress,
};
use alloy::primitives::B256;
use std::{collections::BTreeSet, sync::Arc};
use tracing::warn;

/// Batches that are looked at in a block, besides those that are said to have fallen.
const LOOKS: u64 = 16;

/// Rejects what is invalid. Ask it with [`Rejector::step`].
#[derive(Debug)]
pub struct Rejector<L> {
    l1: L,
    caps: FeeCaps,
    /// The block at which it looked last.
    looked_at: Option<B256>,
    /// The batch that is looked at next, in turns of all that are not final.
    next: u64,
}

impl<L: L1Sender + Upkeep> Rejector<L> {
    /// A rejector that offers no more than these.
    pub const fn new(l1: L, caps: FeeCaps) -> Self {
        Self { l1, caps, looked_at: None, next: 0 }
    }

    /// Looks once in a block at the `fallen` batches, by number and hash, and at some of the others that are not final, and rejects
    /// the first that is invalid, through the lane, which must be free.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64, fallen: &[(u64, B256)]) -> Result<Progress> {
        let head = self.l1.head().await?.hash;
        if self.looked_at == Some(head) {
            return Ok(Progress::Idle);
        }
        let (first, count) = (self.l1.finalized_count().await?.max(1), self.l1.batch_count().await?);
        for index in self.candidates(fallen, first, count) {
            let Some(call) = self.rejection(index).await? else { continue };
            match lane.send_within(now, call, Budget::flat(self.caps)).await {
                Ok(Sent::Pooled(transaction)) => {
                    warn!(index, %transaction, "a batch is invalid: it is being dropped, with all that follow it");
                    self.looked_at = Some(head);
                    return Ok(Progress::Sent);
                }
                Ok(Sent::TooDear) => {
                    self.looked_at = Some(head);
                    return Ok(Progress::TooDear);
                }
                // Somebody was quicker, or L1 has moved.
                Err(Error::Reverted { reason, .. }) => {
                    warn!(index, reason, "L1 does not drop the batch now");
                }
                Err(error) => return Err(error),
            }
        }
        self.looked_at = Some(head);
        Ok(Progress::Idle)
    }

    /// What is looked at, in ascending order: what falls first takes the others with it.
    fn candidates(&mut self, fallen: &[(u64, B256)], first: u64, count: u64) -> BTreeSet<u64> {
        let open = first..count;
        let mut found: BTreeSet<u64> =
            fallen.iter().map(|(index, _)| *index).filter(|index| open.contains(index)).collect();
        for _ in 0..LOOKS.min(count.saturating_sub(first)) {
            if !open.contains(&self.next) {
                self.next = first;
            }
            found.insert(self.next);
            self.next += 1;
        }
        found
    }

    /// What drops the batch, when it is invalid.
    async fn rejection(&self, index: u64) -> Result<Option<Call>> {
        let Some(hash) = self.l1.batch_hash(index).await? else { return Ok(None) };
        if self.l1.verdict(index, hash).await? != Verdict::Invalid {
            return Ok(None);
        }
        let before = index - 1;
        let previous = self.l1.header(before).await?.ok_or(Error::Moved)?;
        if self.l1.batch_hash(before).await? != Some(previous.hash()) {
            return Err(Error::Moved);
        }
        Ok(Some(Call::Reject { index, previous: Arc::new(previous) }))
    }
}
