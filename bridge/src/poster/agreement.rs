//! What L1 has, compared with what we made.

use super::{Outbox, Poster, close};
use crate::{
    data::{Mode, SidecarForm},
    error::{Error, Result},
    l1::{L1Sender, Posted},
};
use alloy::primitives::B256;
use tracing::{error, info, warn};

impl<L: L1Sender, O: Outbox> Poster<L, O> {
    /// Tells the outbox what L1 has: from the last batch that both agree on, up to `count`. Returns the first batch that
    /// is somebody else's and may still be rejected, when there is one.
    ///
    /// # Errors
    /// Those of L1 and of the outbox; [`Error::RejectedBatch`]; [`Error::ForeignBatch`] when there is no going on.
    pub(super) async fn reconcile(&mut self, count: u64) -> Result<Option<u64>> {
        self.drop_records(count).await?;
        let mut agreed = count;
        loop {
            let last =
                agreed.checked_sub(1).ok_or(Error::ForeignBatch { index: 0, reason: "another genesis" })?;
            let hash = self.l1.batch_hash(last).await?.ok_or(Error::Moved)?;
            let ours = self.outbox.recorded(last)?;
            if ours == Some(hash) {
                break;
            }
            // Another batch has taken its place: after a reorganisation, or after a rejection.
            if let Some(ours) = ours {
                self.check_stands(last, ours).await?;
            }
            agreed = last;
        }
        for index in agreed..count {
            let posted = self.l1.posted(index).await?.ok_or(Error::Moved)?;
            if let Some(reason) = self.difference(&posted).await? {
                self.foreign(&posted, reason).await?;
                return Ok(Some(index));
            }
            info!(index, block = posted.block.number, "batch is on L1");
            self.outbox.record(&posted)?;
        }
        if self.told_foreign.is_some() {
            warn!(count, "all batches on L1 are ours again: posting goes on");
        }
        self.sealed.retain(|(index, ..)| *index >= count);
        self.agree(count, None);
        Ok(None)
    }

    /// Makes sure that this batch of ours was not rejected.
    ///
    /// # Errors
    /// [`Error::RejectedBatch`]; those of L1.
    pub(super) async fn check_stands(&self, index: u64, hash: B256) -> Result<()> {
        if self.l1.is_rejected(hash).await? { Err(Error::RejectedBatch { index, hash }) } else { Ok(()) }
    }

    /// Voids what is recorded from `count` on, where L1 has nothing any more. A rejection is told from a reorganisation,
    /// and leaves the records as they are: who starts again is to find it again.
    async fn drop_records(&self, count: u64) -> Result<()> {
        let mut index = count;
        while let Some(hash) = self.outbox.recorded(index)? {
            self.check_stands(index, hash).await?;
            index += 1;
        }
        if index == count {
            return Ok(());
        }
        warn!(index = count, "L1 was reorganised: batches are to be posted again");
        self.outbox.withdraw_records(count)
    }

    /// Why a batch on L1 is not the sealed one; `None` when it is.
    async fn difference(&mut self, posted: &Posted) -> Result<Option<&'static str>> {
        let header = &posted.header;
        let Some(ours) = self.outbox.get(header.index)? else { return Ok(Some("it was never sealed here")) };
        if close(ours.header.clone(), header.previousHash, header.dataHash) != *header {
            return Ok(Some("its header is not the sealed one"));
        }
        // L1 does not look at what is in blobs.
        let mode =
            if posted.blob_hashes.is_empty() { Mode::Calldata } else { self.through_blobs(header.index) };
        let same = self.data(&ours, mode).await?.commitment() == header.dataHash;
        Ok((!same).then_some("its data are not the sealed ones"))
    }

    /// A form of blobs, that in which the batch is at hand when there is one: all have the same commitment.
    fn through_blobs(&self, index: u64) -> Mode {
        let at_hand = self.sealed.iter().find(|(i, mode, _)| *i == index && *mode != Mode::Calldata);
        at_hand.map_or(Mode::Blobs(SidecarForm::Eip7594), |(_, mode, _)| *mode)
    }

    /// Somebody else's batch stands in our place: that is said, and ours waits. There is no waiting when it is final, and
    /// none for a batch that is ahead of what this node holds when it starts: that can be our own, of a life whose journal
    /// was lost, and whoever trades on then promises places that were promised already.
    async fn foreign(&mut self, posted: &Posted, reason: &'static str) -> Result<()> {
        let (index, hash) = (posted.header.index, posted.hash());
        let is_ahead = self.outbox.get(index)?.is_none();
        if (is_ahead && self.agreed == 0) || self.l1.finalized_count().await? > index {
            return Err(Error::ForeignBatch { index, reason });
        }
        if self.told_foreign != Some(index) {
            error!(
                index,
                %hash,
                reason,
                "L1 has somebody else's batch in the place of ours: whoever posted it has our key. Ours waits until it is \
                 rejected; see \"A batch that is not ours\" in docs/operating.md"
            );
        }
        self.agree(index, Some(index));
        Ok(())
    }

    fn agree(&mut self, agreed: u64, foreign: Option<u64>) {
        if self.agreed == 0 || self.told_foreign != foreign {
            self.outbox.stands_foreign(foreign);
        }
        (self.agreed, self.told_foreign) = (agreed, foreign);
    }
}
