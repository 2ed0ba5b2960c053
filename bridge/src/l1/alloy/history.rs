//! Reading batches forwards, from genesis on.

use super::{AlloyL1, read::LATEST, transport};
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
        let filter =
            Filter::new().address(self.deployment.rollup).event_signature(BatchPosted::SIGNATURE_HASH);
        Ok(History { logs: Logs::new(filter, from, head) })
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
        let filter =
            Filter::new().address(self.deployment.rollup).event_signature(BatchPosted::SIGNATURE_HASH);
        let posted = History { logs: Logs::new(filter, block, head) }.next(self, 0).await?;
        Ok((posted.header, event.data.data.clone()))
    }
}
