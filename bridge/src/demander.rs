//! Demands chunks of inputs on L1 that nobody shows otherwise.

use crate::{
    demand::DemandState,
    error::{Error, Result},
    l1::{Block, Call, Demands, L1Sender},
    lane::{Lane, Sent},
};
use alloy::primitives::{B256, U256, utils::format_ether};
use ballast_batch::BatchHeader;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::{error, info, warn};

/// Chunks of a batch that somebody needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The header of the batch.
    pub header: BatchHeader,
    /// Which chunks.
    pub chunks: Vec<u32>,
}

/// What is wanted now. Clones share it: who needs chunks says so, and whoever has a key demands them.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<Mutex<Vec<Want>>>);

impl Wanted {
    /// These are wanted from now on, the most urgent first, and nothing else.
    pub fn set(&self, wants: Vec<Want>) {
        // Every change is one assignment, so whoever panicked left nothing half done.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = wants;
    }

    /// What is wanted.
    #[must_use]
    pub fn get(&self) -> Vec<Want> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Nothing is to be demanded.
    Nothing,
    /// A chunk is about to be demanded.
    Sent {
        /// Which chunk.
        chunk: u32,
        /// By which transaction.
        transaction: B256,
    },
    /// The demand waits for L1 to become cheaper.
    TooDear,
}

/// Demands what is wanted. Ask it with [`Demander::step`].
#[derive(Debug)]
pub struct Demander<L> {
    l1: L,
    wanted: Wanted,
    bond: Option<U256>,
    /// Batches of which it was told that it is too late.
    told_late: BTreeSet<B256>,
    /// A block, and what was wanted in it: all of that was demanded, or cannot be.
    settled: Option<(B256, Vec<Want>)>,
}

impl<L: L1Sender + Demands> Demander<L> {
    /// A demander of what `wanted` says.
    pub const fn new(l1: L, wanted: Wanted) -> Self {
        Self { l1, wanted, bond: None, told_late: BTreeSet::new(), settled: None }
    }

    /// Demands the first chunk that is wanted and was not demanded yet, through the lane, which must be free.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Asking> {
        let wants = self.wanted.get();
        if wants.is_empty() {
            return Ok(Asking::Nothing);
        }
        let head = self.l1.head().await?;
        let at = Some((head.hash, wants));
        if self.settled == at {
            return Ok(Asking::Nothing);
        }
        for want in at.iter().flat_map(|(_, wants)| wants) {
            match self.demand(want, &head, lane, now).await? {
                Asking::Nothing => {}
                asked => return Ok(asked),
            }
        }
        self.settled = at;
        Ok(Asking::Nothing)
    }

    /// Demands the first chunk of one batch that was not demanded yet.
    async fn demand(&mut self, want: &Want, head: &Block, lane: &mut Lane<L>, now: u64) -> Result<Asking> {
        let Want { header, chunks } = want;
        let (index, hash) = (header.index, header.hash());
        if self.l1.batch_hash(index).await? != Some(hash) || self.is_late(index, hash, head.time).await? {
            return Ok(Asking::Nothing);
        }
        let bond = match self.bond {
            Some(bond) => bond,
            None => *self.bond.insert(self.l1.demand_terms().await?.bond),
        };
        let header = Arc::new(header.clone());
        for chunk in chunks.iter().copied() {
            let demand = self.l1.demand(hash, chunk).await?;
            if demand.fallen {
                return Ok(Asking::Nothing);
            }
            if demand.state != DemandState::None {
                continue;
            }
            match lane.send(now, Call::Demand { header: Arc::clone(&header), chunk, bond }).await {
                Ok(Sent::Pooled(transaction)) => {
                    let bond = format_ether(bond);
                    info!(index, chunk, %transaction, bond, "a chunk is being demanded: whoever shows it is paid out of the bond, and the rest comes back");
                    return Ok(Asking::Sent { chunk, transaction });
                }
                Ok(Sent::TooDear) => return Ok(Asking::TooDear),
                // Somebody else demanded it, or the window is over.
                Err(Error::Reverted { reason, .. }) => {
                    warn!(index, chunk, reason, "L1 does not take the demand");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Asking::Nothing)
    }

    /// Whether nothing is demanded of the batch any more; says so once.
    async fn is_late(&mut self, index: u64, hash: B256, time: u64) -> Result<bool> {
        let end = self.l1.final_from(index).await?;
        let late = index < self.l1.finalized_count().await? || end.is_none_or(|end| time >= end);
        if late && self.told_late.insert(hash) {
            error!(index, "its inputs can be demanded no more: the window is over");
        }
        Ok(late)
    }
}
