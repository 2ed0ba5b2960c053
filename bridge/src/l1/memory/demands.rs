//! Demands for inputs under the rules of their contract (`DataDemand.sol`); bonds are not counted.

use super::{DEMAND_DEADLINE, DEMAND_REVIEW, MemoryL1, ledger::Ledger};
use crate::{
    bindings::DataDemand::{self, DataDemandErrors as E},
    demand::{Chunk, Demand, DemandState, DemandTerms, Demanded},
    error::Result,
    l1::{Block, Call, Demands, revert::demand_refused},
};
use alloy::primitives::{B256, U256};
use ballast_batch::BatchHeader;
use std::{collections::BTreeMap, sync::Arc};

/// The demands at the end of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Demanding {
    made: BTreeMap<(B256, u32), Made>,
}

#[derive(Clone, Debug)]
struct Made {
    index: u64,
    inputs_root: B256,
    /// The block with it.
    block: u64,
    due: u64,
    shown: Option<Arc<Chunk>>,
}

impl MemoryL1 {
    /// Stress is proven: whatever is demanded is due so many seconds later, as of the latest block.
    pub fn stretch_demands(&self, seconds: u64) {
        let mut world = self.lock();
        let ledger = &mut world.blocks.last_mut().expect("the chain has a first block").ledger;
        ledger.demanding.made.values_mut().for_each(|made| made.due += seconds);
    }
}

impl Demanding {
    pub(super) fn fallen(&self, batch_hash: B256, time: u64) -> bool {
        let of_batch = self.made.range((batch_hash, 0)..=(batch_hash, u32::MAX));
        of_batch.into_iter().any(|(_, made)| made.shown.is_none() && time > made.due)
    }
}

impl Ledger {
    /// Whether the contract takes a demand in a block of this time.
    pub(super) fn check_demand(&self, time: u64, header: &BatchHeader, chunk: u32) -> Result<(), E> {
        let (index, batch_hash) = (header.index, header.hash());
        if !self.has(index, batch_hash) {
            return Err(E::NotPosted(DataDemand::NotPosted { index, batchHash: batch_hash }));
        }
        if index < self.finalized || self.final_from(index).is_none_or(|end| time >= end) {
            return Err(E::TooLate(DataDemand::TooLate { index }));
        }
        if chunk >= header.inputChunks {
            return Err(E::UnknownChunk(DataDemand::UnknownChunk { chunk, count: header.inputChunks }));
        }
        if self.demanding.made.contains_key(&(batch_hash, chunk)) {
            return Err(E::AlreadyDemanded(DataDemand::AlreadyDemanded { batchHash: batch_hash, chunk }));
        }
        if self.demanding.fallen(batch_hash, time) {
            return Err(E::Fallen(DataDemand::Fallen { batchHash: batch_hash }));
        }
        Ok(())
    }

    /// Whether the contract takes an answer in a block of this time.
    pub(super) fn check_reveal(
        &self,
        time: u64,
        batch_hash: B256,
        chunk: u32,
        shown: &Chunk,
    ) -> Result<(), E> {
        let open = self.demanding.made.get(&(batch_hash, chunk)).filter(|made| made.shown.is_none());
        let made = open.ok_or(E::NotOpen(DataDemand::NotOpen { batchHash: batch_hash, chunk }))?;
        if self.demanding.fallen(batch_hash, time) {
            return Err(E::Fallen(DataDemand::Fallen { batchHash: batch_hash }));
        }
        if !self.has(made.index, batch_hash) {
            return Err(E::NotPosted(DataDemand::NotPosted { index: made.index, batchHash: batch_hash }));
        }
        if !shown.answers(made.inputs_root, chunk) {
            return Err(E::InvalidProof(DataDemand::InvalidProof { chunk }));
        }
        Ok(())
    }

    pub(super) fn take_demand(&mut self, block: &Block, header: &BatchHeader, chunk: u32) -> Result<(), E> {
        self.check_demand(block.time, header, chunk)?;
        let made = Made {
            index: header.index,
            inputs_root: header.inputsRoot,
            block: block.number,
            due: block.time + DEMAND_DEADLINE,
            shown: None,
        };
        self.demanding.made.insert((header.hash(), chunk), made);
        Ok(())
    }

    pub(super) fn take_reveal(
        &mut self,
        block: &Block,
        batch_hash: B256,
        chunk: u32,
        shown: &Arc<Chunk>,
    ) -> Result<(), E> {
        self.check_reveal(block.time, batch_hash, chunk, shown)?;
        if let Some(made) = self.demanding.made.get_mut(&(batch_hash, chunk)) {
            made.shown = Some(Arc::clone(shown));
        }
        Ok(())
    }

    /// Whether the contracts would take the call in a block of this time; a batch is looked at elsewhere.
    pub(super) fn check_demanding(&self, time: u64, call: &Call) -> Result<()> {
        let checked = match call {
            Call::Demand { header, chunk, .. } => self.check_demand(time, header, *chunk),
            Call::Reveal { batch_hash, chunk, shown } => self.check_reveal(time, *batch_hash, *chunk, shown),
            _ => Ok(()),
        };
        checked.map_err(|error| demand_refused(&error))
    }

    fn has(&self, index: u64, batch_hash: B256) -> bool {
        let entry = usize::try_from(index).ok().and_then(|index| self.batches.get(index));
        entry.is_some_and(|entry| entry.posted.hash() == batch_hash)
    }
}

impl Demands for MemoryL1 {
    async fn demands(&self, from: u64, to: u64) -> Result<Vec<Demanded>> {
        self.call(|world| {
            let made = world.head().ledger.demanding.made.iter();
            let within = made.filter(|(_, made)| (from..=to).contains(&made.block));
            let told = within.map(|((batch_hash, chunk), made)| Demanded {
                batch_hash: *batch_hash,
                index: made.index,
                chunk: *chunk,
                due: made.due,
            });
            Ok(told.collect())
        })
    }

    async fn demand(&self, batch_hash: B256, chunk: u32) -> Result<Demand> {
        self.call(|world| {
            let head = world.head();
            let demanding = &head.ledger.demanding;
            let of_batch = demanding.made.range((batch_hash, 0)..=(batch_hash, u32::MAX)).next();
            let state = match demanding.made.get(&(batch_hash, chunk)) {
                None => DemandState::None,
                Some(Made { shown: Some(_), .. }) => DemandState::Revealed,
                Some(Made { due, .. }) => DemandState::Open { due: *due },
            };
            let inputs_root = of_batch.map_or(B256::ZERO, |(_, made)| made.inputs_root);
            Ok(Demand { state, inputs_root, fallen: demanding.fallen(batch_hash, head.block.time) })
        })
    }

    async fn revealed(&self, batch_hash: B256, chunk: u32) -> Result<Option<Chunk>> {
        self.call(|world| {
            let made = world.head().ledger.demanding.made.get(&(batch_hash, chunk));
            Ok(made.and_then(|made| made.shown.as_deref().cloned()))
        })
    }

    async fn credit(&self) -> Result<U256> {
        self.call(|_| Ok(U256::ZERO))
    }

    async fn demand_terms(&self) -> Result<DemandTerms> {
        self.call(|_| Ok(DemandTerms { bond: U256::ONE, deadline: DEMAND_DEADLINE, review: DEMAND_REVIEW }))
    }
}
