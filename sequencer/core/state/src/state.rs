//! The facts of the exchange, section by section.

use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use ballast_types::{Address, BatchIndex, Millis, Seq, codec};
use borsh::BorshSerialize;

use crate::{
    leaf::{
        Account, Chain, Custody, Exits, FACTORS, Factor, Genesis, Governance, Lag, MINUTES, Market, Minutes,
        Peg, Pending, Pool, QUEUES, Queued, Section, Signers, Trader, Venue,
    },
    table::{LeafSource, Table},
};

/// Index of the [`Chain`] leaf in its section.
pub const CHAIN_INDEX: u32 = 0;
/// Index of the [`Genesis`] leaf in the section of the chain.
pub const GENESIS_INDEX: u32 = 1;
/// Index of the [`Governance`] leaf in the section of the chain.
pub const GOVERNANCE_INDEX: u32 = 2;

/// A leaf as it now is: section, index, bytes; `None` for the empty leaf.
pub type Change = (Section, u32, Option<Vec<u8>>);

/// Encodes the leaves with these indices, each by what is given.
pub type EncodeAll<'a> = dyn Fn(&[u32], &(dyn Fn(u32) -> Change + Sync)) -> Vec<Change> + 'a;

/// Every fact but the resting orders, which live in their books.
#[derive(Clone)]
pub struct State {
    /// By account id.
    pub accounts: Table<Account>,
    /// By account id.
    pub traders: Table<Trader>,
    /// By market id.
    pub markets: Table<Market>,
    /// By market id.
    pub venues: Table<Venue>,
    /// Of the markets whose margin follows their index, by [`factor_index`](crate::factor_index).
    pub factors: Table<Factor>,
    /// By [`minutes_index`](crate::minutes_index).
    pub minutes: Table<Minutes>,
    /// By pool id.
    pub pools: Table<Pool>,
    /// What waits to leave the pools, by [`queue_index`](crate::queue_index).
    pub queues: Table<Queued>,
    /// Where the exchange stands. Every input moves it, so every commit writes it.
    pub chain: Chain,
    /// What never changes.
    pub genesis: Genesis,
    genesis_is_new: bool,
    governance: Governance,
    /// Whether any of it was handed out to be changed.
    governance_is_changed: bool,
    /// What it was at each [`Self::begin_undo`] that is open.
    exits_before: Vec<Exits>,
}

impl State {
    /// The state before the first input, with nothing listed and nobody in it.
    #[must_use]
    pub fn empty(genesis: Genesis) -> Self {
        let chain = Chain {
            seq: Seq(0),
            time: Millis(0),
            promise: B256::ZERO,
            batch: BatchIndex(1),
            accounts: 0,
            markets: 0,
            next_withdrawal: 0,
            l1_count: 0,
            l1_hash: B256::ZERO,
            posted_batch: BatchIndex(0),
            guardian_time: Millis(0),
            posted_time: Millis(0),
            lag: Lag::None,
            sealed_time: Millis(0),
            checkpoint: None,
            exits: Exits::NONE,
            peg: Peg::new(if genesis.peg_guard { genesis.publishers.len() } else { 0 }),
            custody: genesis.assets.iter().map(|_| Custody::default()).collect(),
        };
        Self {
            accounts: Table::complete(Section::Accounts),
            traders: Table::complete(Section::Traders),
            markets: Table::complete(Section::Markets),
            venues: Table::complete(Section::Venues),
            factors: Table::complete(Section::Venues),
            minutes: Table::complete(Section::Venues),
            pools: Table::complete(Section::Pools),
            queues: Table::complete(Section::Pools),
            chain,
            genesis,
            genesis_is_new: true,
            governance: Governance::NONE,
            governance_is_changed: false,
            exits_before: Vec::new(),
        }
    }

    /// The state as `source` has it, with its leaves `chain` and `genesis`, and that of governance; the rest is loaded
    /// when it is needed.
    ///
    /// # Panics
    /// When the leaf of governance is not one: the source has checked it against the state root.
    #[must_use]
    pub fn lazy(source: Arc<dyn LeafSource>, chain: Chain, genesis: Genesis) -> Self {
        let governance = source.load(Section::Chain, GOVERNANCE_INDEX);
        let governance = governance.map(|leaf| codec::decode(&leaf).expect("a committed leaf decodes"));
        Self {
            accounts: Table::lazy(Section::Accounts, Arc::clone(&source)),
            traders: Table::lazy(Section::Traders, Arc::clone(&source)),
            markets: Table::lazy(Section::Markets, Arc::clone(&source)),
            venues: Table::lazy(Section::Venues, Arc::clone(&source)),
            factors: Table::lazy(Section::Venues, Arc::clone(&source)),
            minutes: Table::lazy(Section::Venues, Arc::clone(&source)),
            pools: Table::lazy(Section::Pools, Arc::clone(&source)),
            queues: Table::lazy(Section::Pools, source),
            chain,
            genesis,
            genesis_is_new: false,
            governance: governance.unwrap_or_default(),
            governance_is_changed: false,
            exits_before: Vec::new(),
        }
    }

    /// The bytes of a leaf; `None` when it is empty. The orders' section is not held here: its leaves are
    /// the pages of the books.
    ///
    /// # Panics
    /// When a lazy table has not loaded the leaf.
    #[must_use]
    pub fn leaf_bytes(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        match section {
            Section::Accounts => self.accounts.leaf(index),
            Section::Markets => self.markets.leaf(index),
            Section::Pools if index >= QUEUES => self.queues.leaf(index),
            Section::Pools => self.pools.leaf(index),
            Section::Traders => self.traders.leaf(index),
            Section::Venues if index >= MINUTES => self.minutes.leaf(index),
            Section::Venues if index >= FACTORS => self.factors.leaf(index),
            Section::Venues => self.venues.leaf(index),
            Section::Orders => None,
            Section::Chain => match index {
                CHAIN_INDEX => Some(codec::encode(&self.chain)),
                GENESIS_INDEX => Some(codec::encode(&self.genesis)),
                GOVERNANCE_INDEX => self.governance_leaf(),
                _ => None,
            },
        }
    }

    /// The leaves that changed since this was last asked, by section and index ascending; the chain's leaf
    /// is always among them. The orders' leaves are the engine's to add.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.take_changes_by(&|indices, encode| indices.iter().map(|index| encode(*index)).collect())
    }

    /// [`Self::take_changes`] for a host that has threads: `encode_all` calls what it is given once for each index, wherever
    /// it likes, and gives the leaves in the order of the indices.
    pub fn take_changes_by(&mut self, encode_all: &EncodeAll<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        take(&mut self.accounts, Section::Accounts, encode_all, &mut changes);
        take(&mut self.markets, Section::Markets, encode_all, &mut changes);
        take(&mut self.pools, Section::Pools, encode_all, &mut changes);
        take(&mut self.queues, Section::Pools, encode_all, &mut changes);
        take(&mut self.traders, Section::Traders, encode_all, &mut changes);
        take(&mut self.venues, Section::Venues, encode_all, &mut changes);
        take(&mut self.factors, Section::Venues, encode_all, &mut changes);
        take(&mut self.minutes, Section::Venues, encode_all, &mut changes);
        changes.push((Section::Chain, CHAIN_INDEX, Some(codec::encode(&self.chain))));
        if core::mem::take(&mut self.genesis_is_new) {
            changes.push((Section::Chain, GENESIS_INDEX, Some(codec::encode(&self.genesis))));
        }
        if core::mem::take(&mut self.governance_is_changed) {
            changes.push((Section::Chain, GOVERNANCE_INDEX, self.governance_leaf()));
        }
        changes
    }

    /// What governance asked for and waits.
    #[must_use]
    pub const fn pending(&self) -> &Pending {
        &self.governance.pending
    }

    /// The same, to be changed.
    pub const fn pending_mut(&mut self) -> &mut Pending {
        &mut self.governance_mut().pending
    }

    /// Who signs for prices now, by place: as many as in the genesis.
    #[must_use]
    pub fn publishers(&self) -> &[Address] {
        self.signers().map_or(&self.genesis.publishers, |signers| &signers.publishers)
    }

    /// Who may move markets towards safety now; nobody when zero.
    #[must_use]
    pub fn guardian(&self) -> Address {
        self.signers().map_or(self.genesis.guardian, |signers| signers.guardian)
    }

    /// Who signs, if governance ever replaced anybody.
    #[must_use]
    pub const fn signers(&self) -> Option<&Signers> {
        self.governance.signers.as_ref()
    }

    /// Who signs, to be changed: from here on not those of the genesis, but these.
    pub fn signers_mut(&mut self) -> &mut Signers {
        self.governance_is_changed = true;
        let Genesis { publishers, guardian, .. } = &self.genesis;
        let first =
            || Signers { publishers: publishers.clone(), guardian: *guardian, replaced_at: Millis(0) };
        self.governance.signers.get_or_insert_with(first)
    }

    /// All that governance left behind, to be changed.
    pub(crate) const fn governance_mut(&mut self) -> &mut Governance {
        self.governance_is_changed = true;
        &mut self.governance
    }

    fn governance_leaf(&self) -> Option<Vec<u8>> {
        (self.governance != Governance::NONE).then(|| codec::encode(&self.governance))
    }

    /// From here on changes to what operations of traders change can be taken back: accounts, traders, venues,
    /// pools, and how many exit. What is begun within another ends within it.
    pub fn begin_undo(&mut self) {
        self.accounts.begin_undo();
        self.traders.begin_undo();
        self.venues.begin_undo();
        self.pools.begin_undo();
        self.exits_before.push(self.chain.exits.clone());
    }

    /// Whether changes can be taken back.
    #[must_use]
    pub const fn may_undo(&self) -> bool {
        !self.exits_before.is_empty()
    }

    /// Takes back every such change since [`Self::begin_undo`].
    pub fn undo(&mut self) {
        self.accounts.undo();
        self.traders.undo();
        self.venues.undo();
        self.pools.undo();
        self.chain.exits = self.exits_before.pop().expect("what is undone was begun");
    }

    /// The changes since [`Self::begin_undo`] stand.
    pub fn keep(&mut self) {
        self.accounts.keep();
        self.traders.keep();
        self.venues.keep();
        self.pools.keep();
        self.exits_before.pop();
    }

    /// Takes what was written so far as committed, without encoding it.
    pub fn forget_changes(&mut self) {
        self.accounts.forget_changes();
        self.traders.forget_changes();
        self.markets.forget_changes();
        self.venues.forget_changes();
        self.factors.forget_changes();
        self.minutes.forget_changes();
        self.pools.forget_changes();
        self.queues.forget_changes();
        self.genesis_is_new = false;
        self.governance_is_changed = false;
    }
}

fn take<T: BorshSerialize + Sync>(
    table: &mut Table<T>,
    section: Section,
    encode_all: &EncodeAll<'_>,
    into: &mut Vec<Change>,
) {
    let indices = table.take_dirty();
    if !indices.is_empty() {
        into.append(&mut encode_all(&indices, &|index| (section, index, table.leaf(index))));
    }
}

#[cfg(test)]
mod tests;
