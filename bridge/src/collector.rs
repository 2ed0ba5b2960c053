//! Pulls what the demands owe the account: what reveals left of its bonds, and what it was paid for reveals. Without it the ether
//! of who demands many chunks would lie in the contract when more are to be demanded.

use crate::{
    error::Result,
    l1::{Call, Demands, L1Sender},
    lane::{Lane, Sent},
    settler::Progress,
};
use alloy::primitives::{B256, U256};

/// Credit that is worth a transaction, in bonds.
const WORTH: u64 = 2;

/// Pulls credit. Ask it with [`Collector::step`].
#[derive(Debug)]
pub struct Collector<L> {
    l1: L,
    worth: Option<U256>,
    /// The last block in which there was too little.
    looked: B256,
}

impl<L: L1Sender + Demands> Collector<L> {
    /// A collector for the account of `l1`.
    pub const fn new(l1: L) -> Self {
        Self { l1, worth: None, looked: B256::ZERO }
    }

    /// Pulls the credit through the lane, which must be free, when it is two bonds at least. Looks once in a block.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Progress> {
        let head = self.l1.head().await?.hash;
        if self.looked == head {
            return Ok(Progress::Idle);
        }
        let worth = match self.worth {
            Some(worth) => worth,
            None => *self.worth.insert(self.l1.demand_terms().await?.bond.saturating_mul(U256::from(WORTH))),
        };
        if self.l1.credit().await? < worth {
            self.looked = head;
            return Ok(Progress::Idle);
        }
        Ok(match lane.send(now, Call::Collect).await? {
            Sent::Pooled(_) => Progress::Sent,
            Sent::TooDear => Progress::TooDear,
        })
    }
}
