//! The facts that the state root covers, one type a section (architecture A3).
//!
//! *Exit* sections hold what an exit needs and L1 data rebuilds; *trading* sections hold what no exit needs
//! and no diff carries. Merely placing or cancelling an order never changes an exit leaf.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use ballast_types::{
    AccountId, AssetParams, BatchIndex, Lots, MarketId, MarketParams, Millis, OracleState, Order, PoolId,
    Ppm, PriceTicks, Quote, Seq, SizeLots, initial_fraction,
};
use borsh::{BorshDeserialize, BorshSerialize};

mod average;
mod breakers;
mod capacity;
mod exits;
mod factor;
mod governance;
mod holdings;
mod interest;
mod lag;
mod minutes;
mod pacing;
mod pause;
mod peg;
mod pool;
mod pricing;
mod report;
mod strain;
mod trader;
mod volume;

pub use average::Average;
pub use breakers::{Activity, Breakers, Halt, Span, Told, Window};
pub use capacity::{Capacity, CapacityReport};
pub use exits::Exits;
pub use factor::{Closing, FACTORS, Factor, factor_index};
pub use governance::{Change as PendingChange, Governance, Pending, Signers};
pub use holdings::{Custody, Holding, Holdings, Priced};
pub use interest::Interest;
pub use lag::{Checkpoint, Lag};
pub use minutes::{MINUTES, Minute, Minutes, minutes_index};
pub(crate) use pacing::is_queue_index;
pub use pacing::{Bucket, Flow, Pace, Pacing, QUEUES, Queued, Rate, queue_index, queue_place};
pub use pause::Pause;
pub use peg::{Guard, Peg, PegReport};
pub use pool::{FundHistory, Pool, Protection, Resolution, Stage};
pub use pricing::{Premium, Pricing};
pub use report::{Report, lower_median};
pub use strain::{Forced, Holders, Strain};
pub use trader::{Contingent, Leverage, Seldom, Session, Trader, TraderBook, Uncommon};
pub use volume::Volume;

/// A section of the state: one tree, one type of leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Section {
    /// [`Account`] by account id. Exit.
    Accounts = 0,
    /// [`Market`] by market id. Exit.
    Markets = 1,
    /// [`Pool`] by pool id, [`Queued`] by [`queue_index`]. Exit.
    Pools = 2,
    /// [`Trader`] by account id. Trading.
    Traders = 3,
    /// [`Venue`] by market id, [`Factor`] by [`factor_index`], [`Minutes`] by [`minutes_index`]. Trading.
    Venues = 4,
    /// [`OrderPage`] by `market id << 16 | page`. Trading.
    Orders = 5,
    /// [`Chain`] at 0, [`Genesis`] at 1, [`Governance`] at 2. Trading.
    Chain = 6,
}

impl Section {
    /// Every section, in the order of their roots.
    pub const ALL: [Self; 7] =
        [Self::Accounts, Self::Markets, Self::Pools, Self::Traders, Self::Venues, Self::Orders, Self::Chain];
}

/// What an account owns: everything that an exit pays by.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Who owns it on L1.
    pub owner: Address,
    /// Its risk pool.
    pub pool: PoolId,
    /// Settled cash, `C` of risk.md 1.3; may be far below or above zero.
    pub cash: Quote,
    /// Open positions, markets strictly ascending, sizes not zero.
    pub positions: Vec<Position>,
    /// What it holds of other assets.
    pub holdings: Holdings,
}

/// A position of an account in a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Position {
    /// Which market.
    pub market: MarketId,
    /// Signed size.
    pub size: Lots,
    /// Funding index of the market when the position last settled funding (u a lot), `F0` of risk.md 1.3.
    pub funding: i64,
}

/// A market as an exit values it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Market {
    /// Its parameters.
    pub params: MarketParams,
    /// Its risk pool.
    pub pool: PoolId,
    /// Median of the publishers' prices; 0 before the first.
    pub index: PriceTicks,
    /// Price that margin is computed at; 0 before the first.
    pub mark: PriceTicks,
    /// Time of `mark`.
    pub mark_time: Millis,
    /// What they were good for at the last tick with a quorum; never stale.
    pub oracle: OracleState,
    /// The last mark that was fresh, at which an exit values positions (risk.md 10.2); 0 before the first.
    pub fresh_mark: PriceTicks,
    /// Cumulative funding, u a lot, `F` of risk.md 1.3.
    pub funding: i64,
    /// What its initial margin is multiplied with under stress (risk.md 6.3); 10^6 is once.
    pub initial_factor: Ppm,
    /// Maintenance margin in force as a fraction of notional, at least that of the parameters (risk.md 3.3).
    pub maintenance: Ppm,
    /// Initial margin in force as a fraction of notional, at least that of the parameters and `maintenance`.
    pub initial: Ppm,
    /// The mark on average, where gains are strict; else, and before the first, 0.
    pub average: PriceTicks,
    /// That it ended, and how far its positions are cash.
    pub settlement: Option<Settlement>,
    /// The least that initial margin is, as a fraction of notional, for what the open interest is (risk.md 3.3); 0 for
    /// nothing.
    pub open_interest_margin: Ppm,
    /// The assets whose price its index is, ascending.
    pub prices: Vec<Priced>,
    /// The index on average of the last hour, where it is a price of assets; else, and before a minute was over, 0.
    pub hour_average: PriceTicks,
    /// Part of the value of these assets that its index may lose in a day, as far as it is in force: it moves by little.
    pub haircut: Ppm,
    /// The same for initial margin, which follows a rise at once: not less.
    pub haircut_initial: Ppm,
}

/// The end of a market (risk.md 6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Settlement {
    /// What its positions are worth; 0 when it never had a price that was fresh, and so nobody has one.
    pub price: PriceTicks,
    /// Lots of positions that became cash, with their signs: the others add up to the opposite.
    pub closed: i128,
}

impl Market {
    /// Initial margin here of an account with this leverage, as a fraction of notional, before tiers; none when it settled.
    /// No stress multiplies what the open interest asks for.
    #[must_use]
    pub fn initial_fraction(&self, leverage: u16) -> Ppm {
        if self.settlement.is_some() {
            return Ppm(0);
        }
        initial_fraction(self.initial, leverage, self.initial_factor).max(self.open_interest_margin)
    }
}

/// The trading part of a market.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Venue {
    /// Arrival number of the next order.
    pub next_arrival: u64,
    /// Pages that were ever used: the orders of the book are in pages below this.
    pub pages: u32,
    /// Sum of all long positions, in lots.
    pub open_interest: SizeLots,
    /// Until when the market matches in batches whatever its parameters say; 0 when it was never to.
    pub batch_until: Millis,
    /// Before this the market is not cleared.
    pub next_clearing: Millis,
    /// Orders that wait for a clearing.
    pub waiting: u32,
    /// Latest price of each publisher, by its place in the genesis.
    pub reports: Vec<Report>,
    /// What its mark and its funding follow from.
    pub pricing: Pricing,
    /// What liquidations did lately.
    pub strain: Strain,
    /// Who holds positions.
    pub holders: Holders,
    /// Its circuit breakers.
    pub breakers: Breakers,
    /// What the open interest was.
    pub interest: Interest,
    /// What it may be by what is traded elsewhere.
    pub capacity: Capacity,
    /// What its mark was lately, where gains are strict.
    pub average: Average,
    /// Samples of the index around an hour that has not ended yet.
    pub closing: Closing,
    /// The sample of the last minute that has one; minute 0 before the first.
    pub minute: Minute,
    /// When a floor of its margin took effect last, or, where its margin does not follow its index, the fractions in force
    /// came nearer to the floors since; 0 before the first.
    pub margin_moved: Millis,
}

/// Sixteen slots of a book. A page without an order is the empty leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OrderPage {
    /// The orders, slots strictly ascending (the slot is in the order's id).
    pub orders: Vec<Order>,
}

/// Where the exchange stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Chain {
    /// Last input applied.
    pub seq: Seq,
    /// Its time.
    pub time: Millis,
    /// Hash chain over all inputs (architecture A6).
    pub promise: B256,
    /// The open batch.
    pub batch: BatchIndex,
    /// Accounts that exist.
    pub accounts: u32,
    /// Markets that exist.
    pub markets: u16,
    /// Number of the next withdrawal.
    pub next_withdrawal: u64,
    /// L1 messages consumed.
    pub l1_count: u64,
    /// Rolling hash of the inbox after them.
    pub l1_hash: B256,
    /// Last batch that L1 took, as far as its messages tell.
    pub posted_batch: BatchIndex,
    /// Time of the guardian's last command; 0 before the first.
    pub guardian_time: Millis,
    /// Up to when what was sealed is on L1, as far as its messages tell and the checkpoint, where the exchange goes by it;
    /// else, and before the first tick, 0.
    pub posted_time: Millis,
    /// How far L1 lags behind.
    pub lag: Lag,
    /// When the newest sealed batch was sealed, where the exchange goes by it; else, and before the first, 0.
    pub sealed_time: Millis,
    /// What L1 is to take next; none where it took all that was sealed.
    pub checkpoint: Option<Checkpoint>,
    /// How many accounts exit.
    pub exits: Exits,
    /// What a USDC is worth, where the exchange goes by it.
    pub peg: Peg,
    /// What arrived and left of each asset beside USDC, by its place.
    pub custody: Vec<Custody>,
}

/// What never changes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// Chain id of L1.
    pub chain_id: u64,
    /// Name of this exchange in signatures: the EIP-712 `verifyingContract` and salt-free domain.
    pub exchange: Address,
    /// Price publishers, by their place, until governance replaces one: see [`Signers`].
    pub publishers: Vec<Address>,
    /// How many of them a price needs.
    pub quorum: u8,
    /// Who may move markets towards safety, until governance replaces him; nobody when zero.
    pub guardian: Address,
    /// How many pools there are.
    pub pools: u16,
    /// Whether markets tighten while L1 takes no batch.
    pub settlement_lag: bool,
    /// Whether they do while a USDC is worth less than a dollar.
    pub peg_guard: bool,
    /// Assets beside USDC, by their place: asset 1 is the first.
    pub assets: Vec<AssetParams>,
}

/// Index of the leaf with page `page` of the book of `market`.
#[must_use]
pub const fn page_index(market: MarketId, page: u16) -> u32 {
    (market.0 as u32) << 16 | page as u32
}

/// Largest index that an account's leaf may have.
#[must_use]
pub const fn account_index(account: AccountId) -> u32 {
    account.0
}
