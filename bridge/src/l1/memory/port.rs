//! The simulated L1 behind the ports of the bridge.

use super::{MemoryL1, pool::Pooled};
use crate::{
    data::{BatchData, SidecarForm, open_blobs},
    error::{Error, Result},
    fees::{FeeQuote, Fees},
    l1::{Block, Call, InboxView, L1, L1Sender, Nonces, Posted, QueuedMessage, Receipt, revert::refused},
};
use alloy::{eips::eip4844::Blob, primitives::B256};

/// The entry `index` of a list that is counted in `u64`.
fn at<T>(list: &[T], index: u64) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

impl L1 for MemoryL1 {
    async fn head(&self) -> Result<Block> {
        self.call(|world| Ok(world.head().block))
    }

    async fn block(&self, number: u64) -> Result<Option<Block>> {
        self.call(|world| Ok(at(&world.blocks, number).map(|mined| mined.block)))
    }

    async fn inbox(&self, block: B256, count: u64) -> Result<InboxView> {
        self.call(|world| {
            let mined = world.blocks.iter().find(|mined| mined.block.hash == block).ok_or(Error::Moved)?;
            let ledger = &mined.ledger;
            Ok(InboxView { count: ledger.messages.len() as u64, rolling: ledger.rolling(count) })
        })
    }

    async fn messages(&self, from: u64, to: u64) -> Result<Vec<QueuedMessage>> {
        self.call(|world| {
            let messages = world.head().ledger.messages.iter();
            let within = messages.filter(|m| (from..=to).contains(&m.message.l1_block));
            Ok(within.map(|m| (**m).clone()).collect())
        })
    }

    async fn batch_count(&self) -> Result<u64> {
        self.call(|world| Ok(world.head().ledger.batches.len() as u64))
    }

    async fn batch_hash(&self, index: u64) -> Result<Option<B256>> {
        self.call(|world| Ok(at(&world.head().ledger.batches, index).map(|entry| entry.posted.hash())))
    }

    async fn finalized_count(&self) -> Result<u64> {
        self.call(|world| Ok(world.head().ledger.finalized))
    }

    async fn final_from(&self, index: u64) -> Result<Option<u64>> {
        self.call(|world| Ok(world.head().ledger.final_from(index)))
    }

    async fn frozen_at(&self) -> Result<Option<u64>> {
        self.call(|world| Ok(world.head().ledger.frozen_at))
    }

    async fn is_rejected(&self, batch_hash: B256) -> Result<bool> {
        self.call(|world| Ok(world.head().ledger.rejected.contains(&batch_hash)))
    }

    async fn posted(&self, index: u64) -> Result<Option<Posted>> {
        self.call(|world| Ok(at(&world.head().ledger.batches, index).map(|entry| entry.posted.clone())))
    }

    async fn diff(&self, posted: &Posted) -> Result<Vec<u8>> {
        self.call(|world| {
            let index = posted.header.index;
            let entry = at(&world.head().ledger.batches, index).ok_or(Error::Moved)?;
            match entry.data.as_ref() {
                Some(BatchData::Calldata(data)) => Ok(data.to_vec()),
                Some(BatchData::Blobs(sidecar)) => open_blobs(sidecar.blobs())
                    .ok_or(Error::WrongData { index, reason: "the blobs hold no diff" }),
                None => Err(Error::WrongData { index, reason: "genesis has no diff" }),
            }
        })
    }

    async fn blobs_of(&self, posted: &Posted) -> Result<Vec<Blob>> {
        self.call(|world| {
            let entry = at(&world.head().ledger.batches, posted.header.index).ok_or(Error::Moved)?;
            Ok(match &entry.data {
                Some(BatchData::Blobs(sidecar)) => sidecar.blobs().to_vec(),
                Some(BatchData::Calldata(_)) | None => Vec::new(),
            })
        })
    }
}

impl L1Sender for MemoryL1 {
    async fn fees(&self) -> Result<FeeQuote> {
        self.call(|world| Ok(world.fees))
    }

    async fn sidecar_form(&self) -> Result<Option<SidecarForm>> {
        self.call(|world| Ok(world.form))
    }

    async fn nonces(&self) -> Result<Nonces> {
        self.call(|world| {
            let latest = world.head().ledger.nonce;
            Ok(Nonces { latest, pending: world.pool.pending(latest) })
        })
    }

    async fn send(&self, call: &Call, nonce: u64, fees: &Fees) -> Result<B256> {
        self.call(|world| {
            let head = world.blocks.last().ok_or(Error::Moved)?;
            if let Call::PostBatch { header, data } = call {
                head.ledger.check(head.block.time, header, data).map_err(|error| refused(&error))?;
            }
            head.ledger.check_demanding(head.block.time, call)?;
            head.ledger.check_upkeep(head.block.time, call)?;
            let latest = head.ledger.nonce;
            world.pool.add(Pooled::new(call, nonce, fees), latest)
        })
    }

    async fn send_behind(&self, call: &Call, nonce: u64, fees: &Fees, _gas: u64) -> Result<B256> {
        self.call(|world| {
            let latest = world.head().ledger.nonce;
            world.pool.add(Pooled::new(call, nonce, fees), latest)
        })
    }

    async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>> {
        self.call(|world| Ok(world.head().ledger.receipts.get(&transaction).copied()))
    }
}
