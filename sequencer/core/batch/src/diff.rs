//! The diff of a batch: what changed in the exit sections, packed for L1 (architecture A7).
//!
//! A diff is net: it tells the new values of the leaves that differ from those before the batch, as
//! differences from them. It is written in columns, like with like, so that a general compressor finds what
//! is left. All integers are LEB128 varints without needless bytes; signed ones and differences are zigzag.
//! A difference is modulo 2^64, so every pair of values has exactly one and none overflows.
//!
//! ```text
//! diff     = version (6), accounts, markets, pools, queues
//! section  = count, ids, one byte of flags each (of markets and pools two), identities of those with bit 0,
//!            then for each field, in the order of their bits, the differences of those with its bit
//! ids      = the first, then each one's distance from the one before, less 1
//! accounts   identity: owner (20 bytes), pool; bit 1 cash; bit 2 positions
//! positions  the number of changed positions of each account; their markets, account by account (as ids);
//!            the differences of their sizes; the differences of the funding indices of those still open
//! markets    identity: parameters (Borsh), pool; bit 1 index, 2 mark, 3 mark time, 4 last fresh mark, 5 funding,
//!            6 what the price is good for, 7 what initial margin is multiplied with, 8 and 9 maintenance and initial
//!            margin in force, 10 the mark on average; of one that settled 11 the price and 1, 12 and 13 the high and the
//!            low half of the lots that became cash; 14 what its open interest asks of initial margin
//! pools      identity: what protects it (Borsh); bit 1 credited, 2 withdrawn, 3 fees, 4 fund, 5 deficit, 6 transferred,
//!            7 since when it owes, 8 how far its resolution is: 0, 1 and the next account, or 2^33 and the ratio,
//!            9 how what leaves it is paced (Borsh)
//! queues     identity: account, recipient (20 bytes); bit 1 amount; their ids are the indices of the leaves
//! ```
//!
//! A leaf that is new differs from one of zeros. [`Diff::decode`] accepts exactly the bytes that
//! [`Diff::encode`] makes from some diff upon the same previous leaves.

use alloc::vec::Vec;
use ballast_state::{Account, Market, Pool, Queued};
use ballast_types::{
    AccountId, MarketId, PoolId,
    limits::{MAX_MARKETS, MAX_POOLS},
};

mod accounts;
mod markets;
mod pools;
mod queues;
mod section;
mod wire;

use wire::Reader;

/// Version of the encoding, its first byte.
pub const DIFF_VERSION: u8 = 6;

/// Most bytes of a diff that changes `accounts` accounts and `positions` positions, `queued` withdrawals that wait,
/// every market, and every pool, of each of which a seal releases as many as it can: the widths above, each varint at its longest. Parameters and pools of markets are those of genesis, and never told.
#[must_use]
pub const fn max_bytes(accounts: usize, positions: usize, queued: usize) -> usize {
    /// Version, and the counts of four sections.
    const FRAME: usize = 1 + 4 * 5;
    /// Id, flags, owner, pool, cash, number of positions.
    const ACCOUNT: usize = 5 + 1 + 20 + 3 + 10 + 2;
    /// Market, size, funding.
    const POSITION: usize = 3 + 10 + 10;
    /// Id, flags, ten fields and four of 32 bits.
    const MARKET: usize = 5 + 2 + 10 * 10 + 4 * 5;
    /// Index, flags, account, recipient, amount.
    const QUEUED: usize = 5 + 1 + 5 + 20 + 10;
    /// Pace, buckets and when they were kept, tickets, what waits.
    const PACING: usize = 1 + 2 * 12 + 2 * 12 + 8 + 2 * 8 + 8;
    /// Parts that leave at once of what waits: four are a bucket.
    const PARTS: usize = 5;
    /// Id, flags, target, backstop, history, takeovers, eight fields, pacing, what waits again.
    const POOL: usize = 5 + 2 + (8 + 5 + (4 + 8 + 4 + 8 + 8) + 4 + 8) + 8 * 10 + PACING + PARTS * QUEUED;
    let (markets, pools) = (MAX_MARKETS as usize * MARKET, MAX_POOLS as usize * POOL);
    FRAME + accounts * ACCOUNT + positions * POSITION + queued * QUEUED + markets + pools
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
    /// By [`queue_index`](ballast_state::queue_index).
    pub queues: Vec<Changed<Queued>>,
}

/// The exit leaves before a batch, which its diff is told against.
pub trait Previous {
    /// The account before the batch.
    fn account(&mut self, id: AccountId) -> Option<Account>;
    /// The market before the batch.
    fn market(&mut self, id: MarketId) -> Option<Market>;
    /// The pool before the batch.
    fn pool(&mut self, id: PoolId) -> Option<Pool>;
    /// What waited, or had waited, in a queue before the batch, by its index.
    fn queued(&mut self, index: u32) -> Option<Queued>;
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
        self.queues.retain(Changed::is_net);
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
        queues::write(&mut out, &self.queues);
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
            queues: queues::read(&mut reader, |index| previous.queued(index))?,
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
