//! Reading.

use super::{AlloyL1, call_failed, stress::seconds, transport};
use crate::{
    bindings::{Inbox::MessageQueued, Rollup, read_message},
    data::{BatchData, open_blobs},
    error::{Error, Result},
    l1::{Block, InboxView, L1, Posted, QueuedMessage, blobs::BlobSource},
};
use alloy::{
    consensus::Transaction,
    eips::{BlockId, BlockNumberOrTag, eip4844::Blob},
    primitives::{B256, Bytes, U256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::{SolCall, SolEvent},
};
use ballast_batch::{
    BatchHeader,
    data::{blobs_data_hash, diff_hash},
};

/// What calls are made on. Said each time, for alloy's own default is the *pending* block, where a batch that only
/// waits in the pool looks posted.
pub(super) const LATEST: BlockId = BlockId::Number(BlockNumberOrTag::Latest);
/// Blocks of the first query for logs. A node that refuses as many is asked for fewer.
const LOG_RANGE: u64 = 10_000;

impl<B: BlobSource> L1 for AlloyL1<B> {
    async fn head(&self) -> Result<Block> {
        self.find_block(LATEST).await?.ok_or(Error::Moved)
    }

    async fn block(&self, number: u64) -> Result<Option<Block>> {
        self.find_block(BlockId::number(number)).await
    }

    async fn inbox(&self, at: B256, count: u64) -> Result<InboxView> {
        let at = BlockId::hash(at);
        let available = self.inbox.messageCount().block(at).call().await.map_err(call_failed)?;
        if count > available {
            return Ok(InboxView { count: available, rolling: None });
        }
        let rolling = self.inbox.rollingHashAt(count).block(at).call().await.map_err(call_failed)?;
        Ok(InboxView { count: available, rolling: Some(rolling) })
    }

    async fn messages(&self, from: u64, to: u64) -> Result<Vec<QueuedMessage>> {
        let filter = Filter::new()
            .address(self.deployment.inbox)
            .event_signature(MessageQueued::SIGNATURE_HASH)
            .from_block(from)
            .to_block(to);
        let mut logs = self.provider.get_logs(&filter).await.map_err(transport)?;
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        logs.iter().map(queued).collect()
    }

    async fn batch_count(&self) -> Result<u64> {
        self.rollup.batchCount().block(LATEST).call().await.map_err(call_failed)
    }

    async fn batch_hash(&self, index: u64) -> Result<Option<B256>> {
        known(self.rollup.batchHash(index).block(LATEST).call().await)
    }

    async fn finalized_count(&self) -> Result<u64> {
        self.rollup.finalizedCount().block(LATEST).call().await.map_err(call_failed)
    }

    async fn final_from(&self, index: u64) -> Result<Option<u64>> {
        let end = known(self.rollup.windowEnd(index).block(LATEST).call().await)?;
        Ok(end.map(seconds))
    }

    async fn frozen_at(&self) -> Result<Option<u64>> {
        let at = self.rollup.frozenAt().block(LATEST).call().await.map_err(call_failed)?;
        Ok((at > 0).then_some(at))
    }

    async fn is_rejected(&self, batch_hash: B256) -> Result<bool> {
        self.rollup.isRejected(batch_hash).block(LATEST).call().await.map_err(call_failed)
    }

    async fn posted(&self, index: u64) -> Result<Option<Posted>> {
        // Others may have been posted there, and rejected.
        let Some(hash) = self.batch_hash(index).await? else { return Ok(None) };
        let filter = Filter::new()
            .address(self.deployment.rollup)
            .event_signature(Rollup::BatchPosted::SIGNATURE_HASH)
            .topic1(U256::from(index))
            .topic2(hash);
        // Backwards, for it is mostly the latest batches that are asked for.
        let (mut to, mut range) = (self.head().await?.number, LOG_RANGE);
        loop {
            let from = to.saturating_sub(range - 1).max(self.deployment.deploy_block);
            let filter = filter.clone().from_block(from).to_block(to);
            let logs = match self.provider.get_logs(&filter).await {
                Err(error) if error.is_error_resp() && range > 1 => {
                    range /= 2;
                    continue;
                }
                logs => logs.map_err(transport)?,
            };
            if let Some(log) = logs.last() {
                return self.posted_by(log).await.map(Some);
            }
            if from <= self.deployment.deploy_block {
                return Ok(None);
            }
            to = from - 1;
        }
    }

    async fn diff(&self, posted: &Posted) -> Result<Vec<u8>> {
        let index = posted.header.index;
        let wrong = |reason| Error::WrongData { index, reason };
        let (diff, commitment) = if posted.blob_hashes.is_empty() {
            let data = self.calldata(posted).await?;
            (data.to_vec(), BatchData::Calldata(data).commitment())
        } else {
            let blobs = self.blobs.blobs(&posted.block, &posted.blob_hashes).await?;
            let diff = open_blobs(&blobs).ok_or_else(|| wrong("the blobs hold no diff"))?;
            (diff, blobs_data_hash(&posted.blob_hashes))
        };
        if commitment != posted.header.dataHash {
            return Err(wrong("data hash"));
        }
        if diff_hash(&diff) != posted.header.diffHash {
            return Err(wrong("diff hash"));
        }
        Ok(diff)
    }

    async fn blobs_of(&self, posted: &Posted) -> Result<Vec<Blob>> {
        if posted.blob_hashes.is_empty() {
            return Ok(Vec::new());
        }
        self.blobs.blobs(&posted.block, &posted.blob_hashes).await
    }
}

impl<B: BlobSource> AlloyL1<B> {
    pub(super) async fn find_block(&self, id: BlockId) -> Result<Option<Block>> {
        let block = self.provider.get_block(id).await.map_err(transport)?;
        Ok(block.map(|block| Block {
            number: block.header.number,
            hash: block.header.hash,
            parent: block.header.parent_hash,
            time: block.header.timestamp,
        }))
    }

    pub(super) async fn posted_by(&self, log: &Log) -> Result<Posted> {
        let (event, header) = decoded(log)?;
        let (Some(hash), Some(transaction)) = (log.block_hash, log.transaction_hash) else {
            return Err(unreadable());
        };
        let block = self.find_block(BlockId::hash(hash)).await?.ok_or(Error::Moved)?;
        Ok(Posted { header, blob_hashes: event.blobHashes.clone(), transaction, block })
    }

    async fn calldata(&self, posted: &Posted) -> Result<Bytes> {
        let transaction =
            self.provider.get_transaction_by_hash(posted.transaction).await.map_err(transport)?;
        let transaction = transaction.ok_or(Error::Moved)?;
        let reason = "its call is not found in the transaction";
        let wrong = || Error::WrongData { index: posted.header.index, reason };
        called_with(transaction.input(), posted.header.diffHash).ok_or_else(wrong)
    }

    /// Height of the latest block that L1 itself calls final; `None` when the node cannot say.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn finalized_block(&self) -> Result<Option<u64>> {
        let block = self.find_block(BlockId::Number(BlockNumberOrTag::Finalized)).await?;
        Ok(block.map(|b| b.number))
    }
}

fn unreadable() -> Error {
    Error::Transport("a BatchPosted log cannot be read".to_owned())
}

/// The event of a posted batch, with its header.
fn decoded(log: &Log) -> Result<(Rollup::BatchPosted, BatchHeader)> {
    let event = Rollup::BatchPosted::decode_log(&log.inner).map_err(|_| unreadable())?.data;
    let header = BatchHeader::from(&event.header);
    if header.hash() != event.batchHash {
        return Err(Error::WrongData { index: event.index, reason: "batch hash" });
    }
    Ok((event, header))
}

/// The header that the event of a posted batch tells.
pub(super) fn header_of(log: &Log) -> Result<BatchHeader> {
    decoded(log).map(|(_, header)| header)
}

/// The data that the rollup was called with, known by their hash. Who posts may be a contract, whose own call has that of the
/// rollup within it.
fn called_with(input: &[u8], hash: B256) -> Option<Bytes> {
    let within = |at: usize| {
        let call = input.get(at..).filter(|rest| rest.starts_with(&Rollup::postBatchCall::SELECTOR))?;
        let data = Rollup::postBatchCall::abi_decode(call).ok()?.data;
        (diff_hash(&data) == hash).then_some(data)
    };
    (0..input.len()).find_map(within)
}

fn queued(log: &Log) -> Result<QueuedMessage> {
    let unreadable = || Error::Transport("a MessageQueued log cannot be read".to_owned());
    let event = MessageQueued::decode_log(&log.inner).map_err(|_| unreadable())?;
    let block_hash = log.block_hash.filter(|_| !log.removed).ok_or(Error::Moved)?;
    Ok(QueuedMessage { message: read_message(&event)?, rolling: event.rollingHash, block_hash })
}

/// The answer, or `None` when the contract says that it does not know the batch.
fn known<T>(answer: Result<T, alloy::contract::Error>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.as_decoded_interface_error::<Rollup::RollupErrors>() {
            Some(Rollup::RollupErrors::UnknownBatch(_)) => Ok(None),
            _ => Err(call_failed(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_found_in_the_call_and_within_that_of_another_contract() {
        let header = (&BatchHeader::genesis([B256::ZERO; 7])).into();
        let call = Rollup::postBatchCall { header, data: Bytes::from_static(b"a diff") }.abi_encode();
        let hash = diff_hash(b"a diff");
        assert_eq!(called_with(&call, hash), Some(Bytes::from_static(b"a diff")));
        let wrapped = [&[0xab; 68][..], &call, &[0; 28]].concat();
        assert_eq!(called_with(&wrapped, hash), Some(Bytes::from_static(b"a diff")));
        assert_eq!(called_with(&wrapped, diff_hash(b"another")), None);
        for cut in [0, 3, 4, 40, 800] {
            assert_eq!(called_with(&wrapped[..68 + cut], hash), None, "{cut} bytes");
        }
    }
}
