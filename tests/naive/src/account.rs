//! An account and its keys.

use std::collections::{BTreeMap, BTreeSet};

use ballast_types::{
    Address, AssetId, Conditional, ConditionalId, Group, KeyNumber, MarketId, Millis, PoolId,
};

/// An account: what it owns, who speaks for it, what it traded.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who owns it on L1.
    pub owner: Address,
    /// The pool in which it was opened.
    pub pool: PoolId,
    /// `C`, in u.
    pub cash: i128,
    /// Positions other than zero.
    pub positions: BTreeMap<MarketId, Position>,
    /// Nonces of the owner's key.
    pub nonces: Nonces,
    /// Sessions, live, ended and revoked.
    pub sessions: BTreeMap<Address, Session>,
    /// Sessions that ever began; the number of the latest.
    pub sessions_begun: u32,
    /// When all its orders are to be cancelled.
    pub cancel_at: Option<Millis>,
    /// Notional of its fills by period, in u.
    pub traded: BTreeMap<u64, i128>,
    /// Its orders that wait for a condition.
    pub conditionals: BTreeMap<ConditionalId, Conditional>,
    /// What hangs together among them.
    pub groups: BTreeMap<ConditionalId, Group>,
    /// What it said of its leverage.
    pub leverages: BTreeMap<MarketId, u16>,
    /// What forced orders closed last.
    pub forced: Option<Closed>,
    /// The day of its last small exit, or of its opening in a paced pool, counted from the Unix epoch.
    pub small_exit: Option<u64>,
    /// While it exits, who is to be paid on L1.
    pub exit: Option<Address>,
    /// What it holds of other assets than USDC; nothing of none.
    pub holdings: BTreeMap<AssetId, i128>,
}

/// What forced orders closed of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// In which 5 s, counted from the Unix epoch.
    pub window: u64,
    /// In which market.
    pub market: MarketId,
    /// How much, in lots.
    pub lots: i128,
}

/// A position in a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// `q`, in lots.
    pub size: i128,
    /// `B`, in u.
    pub basis: i128,
    /// `F0`, in u a lot.
    pub funding: i128,
}

/// The nonces of one key.
#[derive(Clone, Debug, Default)]
pub struct Nonces {
    /// Those used, as far as the window reaches back.
    pub used: BTreeSet<u64>,
}

/// A session key of an account.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which of the account's keys it is.
    pub number: KeyNumber,
    /// Last time at which it may speak.
    pub valid_until: Millis,
    /// What it may do; nothing when it was revoked.
    pub scope: u8,
    /// Its nonces.
    pub nonces: Nonces,
}

impl Account {
    /// One of pool 0 that has nothing.
    pub(crate) fn new(owner: Address) -> Self {
        Self {
            owner,
            pool: PoolId(0),
            cash: 0,
            positions: BTreeMap::new(),
            nonces: Nonces::default(),
            sessions: BTreeMap::new(),
            sessions_begun: 0,
            cancel_at: None,
            traded: BTreeMap::new(),
            conditionals: BTreeMap::new(),
            groups: BTreeMap::new(),
            leverages: BTreeMap::new(),
            forced: None,
            small_exit: None,
            exit: None,
            holdings: BTreeMap::new(),
        }
    }

    /// The position in a market; flat when there is none.
    pub(crate) fn position(&self, market: MarketId) -> Position {
        self.positions.get(&market).copied().unwrap_or_default()
    }

    /// Whether its scheduled cancel has come.
    pub(crate) fn is_cancelled_at(&self, time: Millis) -> bool {
        self.cancel_at.is_some_and(|at| at <= time)
    }
}
