//! The diff of a batch: what changed in the exit sections, packed for L1 (architecture A7).
//!
//! A diff is net: it tells the new values of the leaves that differ from those before the batch. Each number is told
//! as what leads to it from where it is expected, by a range coder ([`coder`]) whose chances adapt, place by place
//! ([`numbers`]). Markets come first, for what an account paid follows from their prices ([`trades`]). A difference
//! is modulo 2^64, so every pair of values has exactly one and none overflows.
//!
//! ```text
//! diff     = version (6), then coded: whether plain, markets, accounts, pools, queues
//! section  = count, leaves: id less the one before and 1, then
//! markets    parameters and pool if they changed, numbers: index, mark, mark time, last fresh mark, funding, what the price
//!            is good for, what initial margin is multiplied with, maintenance and initial margin in force, the mark on
//!            average; of one that settled the price and 1, the high and the low half of the lots that became cash
//! accounts   owner and pool if they changed, number of positions that changed, positions, cash
//! positions  market, whether it closed, size, funding index
//! pools      what protects it if it changed, numbers: credited, withdrawn, fees, fund, deficit, transferred, since when it
//!            owes, how far its resolution is: 0, 1 and the next account, or 2^33 and the ratio; how it is paced if it changed
//! queues     account and recipient if they changed, amount; their ids are the indices of the leaves
//! ```
//!
//! Before each thing that is told "if it changed", each number among them, a bit tells that; what new leaves have for an
//! identity is told without. A leaf that is new differs from one of zeros. Where the chances would make it longer than [`max_bytes`] allows, all bits are even and nothing is
//! foreseen: that is plain. Reading and writing are one body of code, so that they cannot differ. [`Diff::decode`]
//! accepts exactly the bytes that [`Diff::encode`] makes from some diff upon the same previous leaves: it encodes what it
//! decoded and compares. A hostile diff takes no more memory than some hundred times its length and what the leaves that it names take.

use alloc::vec::Vec;
use ballast_state::{Account, Market, Pool, Queued};
use ballast_types::{
    AccountId, MarketId, PoolId,
    limits::{MAX_MARKETS, MAX_POOLS},
};

mod accounts;
mod coder;
mod markets;
mod numbers;
mod pools;
mod queues;
mod section;
mod trades;

use coder::{Coder, Decoder, Encoder};

/// Version of the encoding, its first byte.
pub const DIFF_VERSION: u8 = 6;

/// Most bytes of a diff that changes `accounts` accounts and `positions` positions, `queued` withdrawals that wait,
/// every market, and every pool, of each of which a seal releases as many as it can: the widths when it is plain, each
/// number at its longest. Parameters and pools of markets are those of genesis, and never told.
#[must_use]
pub const fn max_bytes(accounts: usize, positions: usize, queued: usize) -> usize {
    /// Version, the counts of four sections, and the end.
    const FRAME: usize = 1 + 4 * 5 + 4;
    /// Id, flags, owner, pool, cash, number of positions.
    const ACCOUNT: usize = 5 + 1 + 20 + 3 + 10 + 2;
    /// Market, size, funding.
    const POSITION: usize = 3 + 10 + 10;
    /// Id, flags, ten fields and three of 32 bits.
    const MARKET: usize = 5 + 2 + 10 * 10 + 3 * 5;
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
    /// What the bytes tell is encoded as others.
    Another,
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
            Self::Another => "the diff is not encoded as it is to be",
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

    /// The bytes of the net diff; `market` gives the markets as they were before the batch.
    ///
    /// # Panics
    /// When the indices of a section do not strictly ascend or pass its ids, or an account's positions are
    /// not as [`Account::positions`] demands: the leaves are ours.
    #[must_use]
    pub fn encode(&self, market: impl FnMut(MarketId) -> Option<Market>) -> Vec<u8> {
        let mut market = Told(market);
        let coded = self.write(&mut market, false);
        // Chances that are wrong all the time make it longer than no chances at all.
        if coded.len() > self.most_bytes() { self.write(&mut market, true) } else { coded }
    }

    fn write(&self, previous: &mut impl Previous, plain: bool) -> Vec<u8> {
        let mut encoder = Encoder::new(alloc::vec![DIFF_VERSION], plain);
        code(&mut encoder, Some(self), previous).expect("the leaves are sound");
        encoder.finish()
    }

    /// Most bytes of the diff, see [`max_bytes`].
    fn most_bytes(&self) -> usize {
        let accounts = section::net(&self.accounts);
        let positions = accounts.iter().map(|change| {
            let before = change.before.as_ref().map_or(&[][..], |account| &account.positions);
            accounts::moved(before, &change.after.positions).len()
        });
        max_bytes(accounts.len(), positions.sum(), section::net(&self.queues).len())
    }

    /// The net diff whose encoding, upon the leaves of `previous`, is exactly `bytes`.
    ///
    /// # Errors
    /// [`DiffError`] when there is none.
    pub fn decode(bytes: &[u8], previous: &mut impl Previous) -> Result<Self, DiffError> {
        let (version, body) = bytes.split_first().ok_or(DiffError::Truncated)?;
        if *version != DIFF_VERSION {
            return Err(DiffError::Version);
        }
        let mut decoder = Decoder::new(body)?;
        let diff = code(&mut decoder, None, previous)?;
        if !decoder.is_empty() {
            return Err(DiffError::Trailing);
        }
        if diff.encode(|id| previous.market(id)) == bytes { Ok(diff) } else { Err(DiffError::Another) }
    }
}

/// Codes a diff, `told` where it is written. Markets come first: what accounts pay follows from them.
fn code(
    coder: &mut impl Coder,
    told: Option<&Diff>,
    previous: &mut impl Previous,
) -> Result<Diff, DiffError> {
    let markets = markets::code(coder, told.map(|diff| &diff.markets[..]), previous)?;
    let accounts = accounts::code(coder, told.map(|diff| &diff.accounts[..]), &markets, previous)?;
    let pools = pools::code(coder, told.map(|diff| &diff.pools[..]), previous)?;
    let queues = queues::code(coder, told.map(|diff| &diff.queues[..]), previous)?;
    Ok(Diff { accounts, markets, pools, queues })
}

/// Stands for the leaves before a batch where the diff that is written has them.
struct Told<F>(F);

impl<F: FnMut(MarketId) -> Option<Market>> Previous for Told<F> {
    fn account(&mut self, _: AccountId) -> Option<Account> {
        None
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.0(id)
    }
    fn pool(&mut self, _: PoolId) -> Option<Pool> {
        None
    }
    fn queued(&mut self, _: u32) -> Option<Queued> {
        None
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
