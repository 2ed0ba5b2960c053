//! Reading batches forwards, from genesis on.

use super::{
    AlloyL1,
    read::{LATEST, header_of},
    transport,
};
use crate::{
    bindings::Rollup::{BatchPosted, GenesisData},
    error::{Error, Result},
    l1::{L1, Posted, blobs::BlobSource},
};
use alloy::{
    primitives::{B256, Bytes},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use ballast_batch::BatchHeader;
use std::collections::VecDeque;

/// Blocks of the first query for logs. A node that refuses as many is asked for fewer.
const LOG_RANGE: u64 = 10_000;

/// Logs of some contract, in their order.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    filter: Filter,
    next_block: u64,
    last_block: u64,
    range: u64,
    read: VecDeque<Log>,
}

impl Logs {
    /// Those that `filter` lets pass, from `first` on.
    pub(super) const fn new(filter: Filter, first: u64, last: u64) -> Self {
        Self { filter, next_block: first, last_block: last, range: LOG_RANGE, read: VecDeque::new() }
    }

    /// The next one; `None` behind the last.
    pub(super) async fn next<P: Provider>(&mut self, provider: &P) -> Result<Option<Log>> {
        while self.read.is_empty() && self.next_block <= self.last_block {
            let to = self.next_block.saturating_add(self.range - 1).min(self.last_block);
            let filter = self.filter.clone().from_block(self.next_block).to_block(to);
            match provider.get_logs(&filter).await {
                Err(error) if error.is_error_resp() && self.range > 1 => self.range /= 2,
                logs => {
                    let mut logs = logs.map_err(transport)?;
                    logs.sort_by_key(|log| (log.block_number, log.log_index));
                    self.read = logs.into();
                    self.next_block = to.saturating_add(1);
                }
            }
        }
        Ok(self.read.pop_front())
    }
}

/// Batches that L1 has now, in their order.
#[derive(Clone, Debug)]
pub struct History {
    logs: Logs,
}

impl History {
    /// The batch `index`, which comes after all that were asked for before. A batch that was rejected, and is not the one that
    /// L1 has there now, is passed over.
    ///
    /// # Errors
    /// [`Error::Moved`] when L1 has no such batch any more, or its logs do not tell it; [`Error::Transport`].
    pub async fn next<B: BlobSource>(&mut self, l1: &AlloyL1<B>, index: u64) -> Result<Posted> {
        let hash = l1.batch_hash(index).await?.ok_or(Error::Moved)?;
        while let Some(log) = self.logs.next(&l1.provider).await? {
            if is_of(&log, index, hash) {
                return l1.posted_by(&log).await;
            }
        }
        Err(Error::Moved)
    }
}

/// Batches whose hash is kept while withdrawals are counted: those of twelve days at one a second, and none that is older is
/// rejected any more.
const COUNTED: usize = 1 << 20;

/// Withdrawals by batch: of the batches as L1 had them by the event that was read last.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// The index of the first that is kept.
    first: u64,
    /// Hash of a batch, and the withdrawals up to it.
    batches: VecDeque<(B256, u64)>,
}

impl Counted {
    /// The next event: of the batch after the last, or of one that takes the place of another.
    fn take(&mut self, header: &BatchHeader) -> Result<()> {
        let place = header.index.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let place = place.filter(|place| *place <= self.batches.len()).ok_or(Error::Moved)?;
        self.batches.truncate(place);
        let before = match self.batches.back() {
            Some((hash, count)) if *hash == header.previousHash => *count,
            None if header.index == 0 => 0,
            _ => return Err(Error::Moved),
        };
        self.batches.push_back((header.hash(), before.saturating_add(header.withdrawalCount.into())));
        if self.batches.len() > COUNTED {
            self.batches.pop_front();
            self.first += 1;
        }
        Ok(())
    }

    fn until(&self, header: &BatchHeader) -> Result<u64> {
        let place = header.index.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let batch = place.and_then(|place| self.batches.get(place));
        batch.filter(|(hash, _)| *hash == header.hash()).map(|(_, count)| *count).ok_or(Error::Moved)
    }
}

/// Whether the log tells this batch: its topics are the event, the index and the hash.
fn is_of(log: &Log, index: u64, hash: B256) -> bool {
    let topics = log.topics();
    topics.get(1) == Some(&B256::left_padding_from(&index.to_be_bytes())) && topics.get(2) == Some(&hash)
}

impl<B: BlobSource> AlloyL1<B> {
    /// The batches from `first` on.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn history(&self, first: u64) -> Result<History> {
        let head = self.head().await?.number;
        // An earlier run knows where it stopped no better than L1 does.
        let before = if first > 1 { self.posted(first - 1).await? } else { None };
        let from = before.map_or(self.deployment.deploy_block, |posted| posted.block.number);
        Ok(History { logs: self.posted_logs(from, head) })
    }

    /// The events of posted batches in these blocks, both included.
    fn posted_logs(&self, first: u64, last: u64) -> Logs {
        let filter =
            Filter::new().address(self.deployment.rollup).event_signature(BatchPosted::SIGNATURE_HASH);
        Logs::new(filter, first, last)
    }

    /// Withdrawals of the batches up to this one, as the events of all of them tell, whose headers chain to it.
    ///
    /// # Errors
    /// [`Error::Moved`] when L1 does not have it any more, or its logs do not lead to it; [`Error::Transport`].
    pub async fn withdrawals_until(&self, header: &BatchHeader) -> Result<u64> {
        let head = self.head().await?.number;
        let mut logs = self.posted_logs(self.deployment.deploy_block, head);
        let mut counted = Counted::default();
        while let Some(log) = logs.next(&self.provider).await? {
            counted.take(&header_of(&log)?)?;
        }
        counted.until(header)
    }

    /// Header and data of genesis.
    ///
    /// # Errors
    /// [`Error::WrongData`] when L1 does not tell them; [`Error::Transport`].
    pub async fn genesis(&self) -> Result<(BatchHeader, Bytes)> {
        let missing = |reason| Error::WrongData { index: 0, reason };
        let head = self.find_block(LATEST).await?.ok_or(Error::Moved)?.number;
        let filter =
            Filter::new().address(self.deployment.rollup).event_signature(GenesisData::SIGNATURE_HASH);
        let mut logs = Logs::new(filter, self.deployment.deploy_block, head);
        let log = logs.next(&self.provider).await?.ok_or_else(|| missing("L1 tells no data of genesis"))?;
        let event = GenesisData::decode_log(&log.inner).map_err(|_| missing("its data cannot be read"))?;
        let block = log.block_number.unwrap_or(self.deployment.deploy_block);
        let posted = History { logs: self.posted_logs(block, head) }.next(self, 0).await?;
        Ok((posted.header, event.data.data.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(index: u64, previous: Option<&BatchHeader>, count: u32, salt: u8) -> BatchHeader {
        BatchHeader {
            index,
            previousHash: previous.map_or(B256::ZERO, BatchHeader::hash),
            withdrawalCount: count,
            ..BatchHeader::genesis([B256::repeat_byte(salt); 7])
        }
    }

    #[test]
    fn withdrawals_of_batches_that_were_rejected_do_not_count() {
        let genesis = header(0, None, 0, 0);
        let first = header(1, Some(&genesis), 3, 0);
        let (wrong, after) =
            (header(2, Some(&first), 50, 1), header(3, Some(&header(2, Some(&first), 50, 1)), 7, 1));
        let right = header(2, Some(&first), 4, 2);
        let mut counted = Counted::default();
        for told in [&genesis, &first, &wrong, &after, &right] {
            counted.take(told).expect("it follows");
        }
        assert_eq!(counted.until(&right).expect("it is there"), 7);
        assert_eq!(counted.until(&first).expect("it is there"), 3);
        assert!(matches!(counted.until(&wrong), Err(Error::Moved)));
        assert!(matches!(counted.until(&after), Err(Error::Moved)));
        assert!(matches!(counted.take(&after), Err(Error::Moved)), "a log is missing");
        assert!(matches!(counted.take(&header(9, Some(&right), 0, 0)), Err(Error::Moved)));
    }
}
