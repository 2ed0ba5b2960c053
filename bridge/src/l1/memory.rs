//! A simulated L1: blocks, reorganisations, a pool with its rules, fees, and the rules of the contracts.
//!
//! Nothing moves by itself: whoever owns it mines, reorganises and breaks it. The same calls give the same chain.

mod demands;
mod ledger;
mod pool;
mod port;
mod upkeep;

pub use upkeep::{FORCED_DEADLINE, STRESS_CLOCK, STRESS_TERMS};

use super::{
    Block, Call,
    blobs::BlobSource,
    revert::{demand_refused, refused},
};
use crate::{
    bindings::DataDemand::DataDemandErrors,
    data::{BatchData, SidecarForm},
    demand::Chunk,
    error::{Error, Result},
    fees::FeeQuote,
};
use alloy::{
    eips::eip4844::Blob,
    primitives::{B256, U256, keccak256},
    sol_types::SolValue,
};
use ballast_batch::BatchHeader;
use ballast_types::L1Payload;
use ledger::Ledger;
use pool::{Pool, Pooled};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Seconds from block to block.
pub const BLOCK_SECONDS: u64 = 12;
/// Time of the first block, unix seconds.
pub const GENESIS_TIME: u64 = 1_700_000_000;

/// Seconds in which a chunk that was demanded has to be shown.
pub const DEMAND_DEADLINE: u64 = 240;
/// Seconds in which what was shown can be looked at.
pub const DEMAND_REVIEW: u64 = 120;

/// What becomes of the contents of blocks that a reorganisation takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They go back to where they came from, and into the next block.
    Return,
    /// They are lost.
    Drop,
}

/// When a planned failure strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is not carried out.
    Before,
    /// The call is carried out, and its answer lost.
    After,
    /// A block comes just before the call, which does not fail.
    Block,
}

/// A simulated L1. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryL1 {
    world: Arc<Mutex<World>>,
}

#[derive(Debug)]
struct World {
    /// Never empty.
    blocks: Vec<Mined>,
    deposits: Vec<L1Payload>,
    pool: Pool,
    fees: FeeQuote,
    form: Option<SidecarForm>,
    blobs: BTreeMap<B256, Blob>,
    /// Tells the blocks of one branch from those of another.
    branch: u64,
    calls: u64,
    fault: Option<(u64, Fault)>,
}

#[derive(Debug)]
struct Mined {
    block: Block,
    ledger: Ledger,
    deposits: Vec<L1Payload>,
    transactions: Vec<Pooled>,
}

impl MemoryL1 {
    /// A chain of one block, with contracts that were deployed with this genesis header, program and challenge
    /// window in seconds.
    #[must_use]
    pub fn new(genesis: &BatchHeader, program: B256, window: u64) -> Self {
        let block = Block { number: 0, hash: keccak256("genesis"), parent: B256::ZERO, time: GENESIS_TIME };
        let ledger = Ledger::new(genesis, program, window, &block);
        let world = World {
            blocks: vec![Mined { block, ledger, deposits: Vec::new(), transactions: Vec::new() }],
            deposits: Vec::new(),
            pool: Pool::default(),
            fees: FeeQuote { base_fee: 1_000_000_000, tip: 1_000_000, blob_base_fee: 1 },
            form: Some(SidecarForm::Eip7594),
            blobs: BTreeMap::new(),
            branch: 0,
            calls: 0,
            fault: None,
        };
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// Puts a message into the next block.
    pub fn queue(&self, payload: L1Payload) {
        self.lock().deposits.push(payload);
    }

    /// Somebody demands a chunk of a posted batch, in the latest block.
    ///
    /// # Errors
    /// When the contract refuses it.
    pub fn demand_chunk(&self, header: &BatchHeader, chunk: u32) -> Result<()> {
        self.lock().with_head(|ledger, block| ledger.take_demand(block, header, chunk))
    }

    /// Somebody shows a chunk, in the latest block.
    ///
    /// # Errors
    /// When the contract refuses it.
    pub fn show_chunk(&self, batch_hash: B256, chunk: u32, shown: Chunk) -> Result<()> {
        let shown = Arc::new(shown);
        self.lock().with_head(|ledger, block| ledger.take_reveal(block, batch_hash, chunk, &shown))
    }

    /// Mines a block with all that can go into it.
    pub fn mine(&self) -> Block {
        self.lock().mine()
    }

    /// Freezes the exchange, as of the latest block.
    pub fn freeze(&self) {
        self.lock().freeze();
    }

    /// Whoever has the key of the poster posts a batch, in the latest block.
    ///
    /// # Errors
    /// When the contract refuses it.
    pub fn post_foreign(&self, header: &BatchHeader, data: &BatchData) -> Result<()> {
        let mut world = self.lock();
        let mined = world.blocks.last_mut().expect("the chain has a first block");
        mined.ledger.post_foreign(&mined.block, header, data).map_err(|error| refused(&error))
    }

    /// Anybody makes the batches up to this one final whose windows are over, in the latest block.
    pub fn finalize(&self, up_to: u64) {
        let mut world = self.lock();
        let mined = world.blocks.last_mut().expect("the chain has a first block");
        mined.ledger.finalize(&mined.block, up_to);
    }

    /// Rejects a batch with all that follow it, in the latest block.
    ///
    /// # Panics
    /// When there is no such batch, or it is final.
    pub fn reject(&self, index: u64) {
        let mut world = self.lock();
        world.blocks.last_mut().expect("the chain has a first block").ledger.reject(index);
    }

    /// Takes the last `depth` blocks away; at most all but the first. What is mined next is another branch.
    pub fn cut(&self, depth: u64, deposits: Fate, transactions: Fate) {
        self.lock().cut(depth, deposits, transactions);
    }

    /// Sets what the blocks to come ask for.
    pub fn set_fees(&self, fees: FeeQuote) {
        self.lock().fees = fees;
    }

    /// Sets the form of sidecars; without one no blobs are taken.
    pub fn set_sidecar_form(&self, form: Option<SidecarForm>) {
        self.lock().form = form;
    }

    /// Forgets all transactions that are not in blocks.
    pub fn drop_pool(&self) {
        self.lock().pool = Pool::default();
    }

    /// Hashes of the transactions that are not in blocks.
    #[must_use]
    pub fn pooled(&self) -> Vec<B256> {
        self.lock().pool.hashes()
    }

    /// Makes the `call`-th call from now (0 is the next) fail once.
    pub fn fail(&self, call: u64, fault: Fault) {
        let mut world = self.lock();
        world.fault = Some((world.calls + call, fault));
    }

    /// Whether a planned failure is still to come.
    #[must_use]
    pub fn will_fail(&self) -> bool {
        self.lock().fault.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        // Whoever panicked did not leave half a block: every change is made by one method to its end.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call, unless a failure was planned for it.
    fn call<T>(&self, run: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        let mut world = self.lock();
        let fault = world.fault.filter(|(at, _)| *at == world.calls).map(|(_, fault)| fault);
        world.calls += 1;
        let lost = || Err(Error::Transport("a planned failure".to_owned()));
        if fault.is_some() {
            world.fault = None;
        }
        match fault {
            Some(Fault::Before) => lost(),
            Some(Fault::After) => run(&mut world).and_then(|_| lost()),
            Some(Fault::Block) => {
                world.mine();
                run(&mut world)
            }
            None => run(&mut world),
        }
    }
}

impl World {
    fn head(&self) -> &Mined {
        self.blocks.last().expect("the chain has a first block")
    }

    fn mine(&mut self) -> Block {
        let parent = self.head().block;
        let number = parent.number + 1;
        let hash = keccak256((parent.hash, U256::from(number), U256::from(self.branch)).abi_encode());
        let block = Block { number, hash, parent: parent.hash, time: parent.time + BLOCK_SECONDS };
        let mut ledger = self.head().ledger.clone();
        let deposits = core::mem::take(&mut self.deposits);
        deposits.iter().for_each(|payload| ledger.queue(&block, payload.clone()));
        let transactions = self.pool.take(ledger.nonce, &self.fees);
        for transaction in &transactions {
            ledger.include(&block, transaction);
            if let Call::PostBatch { data: BatchData::Blobs(sidecar), .. } = &transaction.call {
                self.blobs.extend(sidecar.versioned_hashes().zip(sidecar.blobs().iter().copied()));
            }
        }
        self.blocks.push(Mined { block, ledger, deposits, transactions });
        block
    }

    fn with_head(
        &mut self,
        change: impl FnOnce(&mut Ledger, &Block) -> Result<(), DataDemandErrors>,
    ) -> Result<()> {
        let mined = self.blocks.last_mut().expect("the chain has a first block");
        change(&mut mined.ledger, &mined.block).map_err(|error| demand_refused(&error))
    }

    fn freeze(&mut self) {
        let mined = self.blocks.last_mut().expect("the chain has a first block");
        mined.ledger.frozen_at = Some(mined.block.time);
    }

    fn cut(&mut self, depth: u64, deposits: Fate, transactions: Fate) {
        let keep = (self.blocks.len() as u64).saturating_sub(depth).max(1) as usize;
        let gone = self.blocks.split_off(keep);
        self.branch += 1;
        let (mut lost_deposits, mut lost_transactions) = (Vec::new(), Vec::new());
        for mined in gone {
            lost_deposits.extend(mined.deposits);
            lost_transactions.extend(mined.transactions);
        }
        if deposits == Fate::Return {
            lost_deposits.append(&mut self.deposits);
            self.deposits = lost_deposits;
        }
        let returned = if transactions == Fate::Return { lost_transactions } else { Vec::new() };
        let latest = self.head().ledger.nonce;
        self.pool.settle(returned, latest);
    }
}

impl BlobSource for MemoryL1 {
    async fn blobs(&self, _: &Block, hashes: &[B256]) -> Result<Vec<Blob>> {
        self.call(|world| {
            let find = |hash: &B256| {
                let blob = world.blobs.get(hash).copied();
                blob.ok_or_else(|| Error::BlobsGone(format!("no blob with versioned hash {hash}")))
            };
            hashes.iter().map(find).collect()
        })
    }
}
