//! The diff of a batch: what changed in the exit sections, packed for L1 (architecture A7).
//!
//! A diff is net: it tells the new values of the leaves that differ from those before the batch, as
//! differences from them. It is written in columns, like with like, so that a general compressor finds what
//! is left. All integers are LEB128 varints without needless bytes; signed ones and differences are zigzag.
//! A difference is modulo 2^64, so every pair of values has exactly one and none overflows.
//!
//! ```text
//! diff     = version (4), accounts, markets, pools
//! section  = count, ids, one byte of flags each (of markets two), identities of those with bit 0,
//!            then for each field, in the order of their bits, the differences of those with its bit
//! ids      = the first, then each one's distance from the one before, less 1
//! accounts   identity: owner (20 bytes), pool; bit 1 cash; bit 2 positions
//! positions  the number of changed positions of each account; their markets, account by account (as ids);
//!            the differences of their sizes; the differences of the funding indices of those still open
//! markets    identity: parameters (Borsh), pool; bit 1 index, 2 mark, 3 mark time, 4 last fresh mark, 5 funding,
//!            6 what the price is good for, 7 what initial margin is multiplied with, 8 and 9 maintenance and initial
//!            margin in force
//! pools      identity: what protects it (Borsh); bit 1 credited, 2 withdrawn, 3 fees, 4 fund, 5 deficit
//! ```
//!
//! A leaf that is new differs from one of zeros. [`Diff::decode`] accepts exactly the bytes that
//! [`Diff::encode`] makes from some diff upon the same previous leaves.

use alloc::vec::Vec;
use ballast_state::{Account, Market, Pool};
use ballast_types::{
    AccountId, MarketId, PoolId,
    limits::{MAX_MARKETS, MAX_POOLS},
};

mod accounts;
mod markets;
mod pools;
mod section;
mod wire;

use wire::Reader;

/// Version of the encoding, its first byte.
pub const DIFF_VERSION: u8 = 4;

/// Most bytes of a diff that changes `accounts` accounts and `positions` positions, every market, and every pool:
/// the widths above, each varint at its longest. Parameters and pools of markets are those of genesis, and never told.
#[must_use]
pub const fn max_bytes(accounts: usize, positions: usize) -> usize {
    /// Version, and the counts of three sections.
    const FRAME: usize = 1 + 3 * 5;
    /// Id, flags, owner, pool, cash, number of positions.
    const ACCOUNT: usize = 5 + 1 + 20 + 3 + 10 + 2;
    /// Market, size, funding.
    const POSITION: usize = 3 + 10 + 10;
    /// Id, flags, seven fields and three of 32 bits.
    const MARKET: usize = 5 + 2 + 7 * 10 + 3 * 5;
    /// Id, flags, target, backstop, history, takeovers, six fields.
    const POOL: usize = 5 + 1 + (8 + 5 + (4 + 8 + 4 + 8 + 8) + 4 + 8) + 6 * 10;
    let (markets, pools) = (MAX_MARKETS as usize * MARKET, MAX_POOLS as usize * POOL);
    FRAME + accounts * ACCOUNT + positions * POSITION + markets + pools
}

/// A leaf that a batch wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<T> {
    /// Its index.
    pub index: u32,
    /// Its value before the batch; `None` when the batch brought it.
    pub before: Option<T>,
    /// Its value after the batch.
    pub after: T,
}

/// The leaves of the exit sections that a batch wrote, indices strictly ascending in each section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// By account id.
    pub accounts: Vec<Changed<Account>>,
    /// By market id.
    pub markets: Vec<Changed<Market>>,
    /// By pool id.
    pub pools: Vec<Changed<Pool>>,
}

/// The exit leaves before a batch, which its diff is told against.
pub trait Previous {
    /// The account before the batch.
    fn account(&mut self, id: AccountId) -> Option<Account>;
    /// The market before the batch.
    fn market(&mut self, id: MarketId) -> Option<Market>;
    /// The pool before the batch.
    fn pool(&mut self, id: PoolId) -> Option<Pool>;
}

/// Bytes that are no diff upon the given leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffError {
    /// Another version.
    Version,
    /// The bytes end too early.
    Truncated,
    /// Bytes follow the end.
    Trailing,
    /// A number has needless bytes or more than 64 bits.
    Number,
    /// An id is larger than its section allows.
    Id,
    /// A number that says nothing, such as a state that there is not.
    Value,
    /// Flags without a meaning, or without the identity that a new leaf needs.
    Flags,
    /// Market parameters or a pool id that cannot be read.
    Identity,
    /// Something is told although it did not change.
    NoChange,
    /// An account has more positions than allowed.
    Positions,
}

impl core::fmt::Display for DiffError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Version => "the diff has an unknown version",
            Self::Truncated => "the diff ends too early",
            Self::Trailing => "bytes follow the diff",
            Self::Number => "a number in the diff is not canonical",
            Self::Id => "an id in the diff is out of range",
            Self::Value => "a number in the diff says nothing",
            Self::Flags => "a leaf in the diff has the wrong flags",
            Self::Identity => "an identity in the diff cannot be read",
            Self::NoChange => "the diff tells a change that is none",
            Self::Positions => "an account in the diff has too many positions",
        })
    }
}

impl core::error::Error for DiffError {}

impl Diff {
    /// The diff without the leaves whose value after the batch is the one before it.
    #[must_use]
    pub fn net(mut self) -> Self {
        self.accounts.retain(Changed::is_net);
        self.markets.retain(Changed::is_net);
        self.pools.retain(Changed::is_net);
        self
    }

    /// The bytes of the net diff.
    ///
    /// # Panics
    /// When the indices of a section do not strictly ascend or pass its ids, or an account's positions are
    /// not as [`Account::positions`] demands: the leaves are ours.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = alloc::vec![DIFF_VERSION];
        accounts::write(&mut out, &self.accounts);
        markets::write(&mut out, &self.markets);
        pools::write(&mut out, &self.pools);
        out
    }

    /// The net diff whose encoding, upon the leaves of `previous`, is exactly `bytes`.
    ///
    /// # Errors
    /// [`DiffError`] when there is none.
    pub fn decode(bytes: &[u8], previous: &mut impl Previous) -> Result<Self, DiffError> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != DIFF_VERSION {
            return Err(DiffError::Version);
        }
        let diff = Self {
            accounts: accounts::read(&mut reader, |id| previous.account(AccountId(id)))?,
            markets: markets::read(&mut reader, |id| previous.market(MarketId(id)))?,
            pools: pools::read(&mut reader, |id| previous.pool(PoolId(id)))?,
        };
        if reader.is_empty() { Ok(diff) } else { Err(DiffError::Trailing) }
    }
}

impl<T: PartialEq> Changed<T> {
    /// Whether the leaf differs from what it was.
    fn is_net(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

#[cfg(test)]
mod tests;
