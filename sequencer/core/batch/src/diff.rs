//! The diff of a batch: what changed in the exit sections, packed for L1 (architecture A7).
//!
//! A diff is net: it tells the new values of the leaves that differ from those before the batch. Each number is told
//! as what leads to it from where it is expected, by a range coder ([`coder`]) whose chances adapt, place by place
//! ([`numbers`]). What an account paid follows from the prices of its markets ([`trades`]), which are told with the first account that
//! is in each ([`venues`]). Besides what changed it tells a part of the leaves in full ([`stripe`]). A difference
//! is modulo 2^64, so every pair of values has exactly one and none overflows.
//!
//! ```text
//! diff     = version (10), then coded: whether plain, markets, accounts, pools, queues, stripe, withdrawals
//! section  = count, leaves: id less the one before and 1, whether it is new, then
//! markets    parameters and pool if they changed, the assets whose price its index is if they changed, numbers: index, mark, mark time, last fresh mark, funding, what the price
//!            is good for, what initial margin is multiplied with, maintenance and initial margin in force, the mark on
//!            average; of one that settled the price and 1, the high and the low half of the lots that became cash,
//!            what its open interest asks of initial margin; of one that is a price its average of an hour and two haircuts
//! accounts   owner and pool if they changed, number of positions that changed, positions, cash, holdings
//! positions  market and what it is told by when it is the first there, whether it is new, whether it closed, size, funding index
//! holdings   of each that changed: that there is one, its asset, its amount; then that there is no other
//! pools      what protects it if it changed, numbers: credited, withdrawn, fees, fund, deficit, transferred, debts that were
//!            not paid, since when it owes, how far its resolution is: 0, 1 and the next account, or 2^33 and the ratio; how it is paced if it changed
//! queues     account and recipient if they changed, amount; their ids are the indices of the leaves
//! stripe     whether there is one, how many batches a round has, markets, accounts, pools, queues in full
//! withdrawals have no ids: the last first, each whether it waited and then its pool and whether all of it left, else account, whether its
//!            owner is paid, else who, asset, amount
//! ```
//!
//! Before each thing that is told "if it changed", each number among them, a bit tells that; what new leaves have for an
//! identity is told without. A leaf that is new differs from one of zeros. Which numbers follow depends on nothing but what was read, so
//! who knows a part of the leaves only reads what becomes of them ([`Diff::decode_known`]). Where the chances would make it longer than
//! [`max_bytes`] allows, and than it is with even bits and cash that is not foreseen, it is that: plain. Reading and writing are one body of code, so that they cannot differ. [`Diff::decode`]
//! accepts exactly the bytes that [`Diff::encode`] makes from some diff upon the same previous leaves: it encodes what it
//! decoded and compares. A hostile diff takes no more memory than some hundred times its length and what the leaves that it names take.

use alloc::{collections::BTreeSet, vec::Vec};
use ballast_state::{Account, Chain, Holdings, Market, Pool, Queued, Section};
use ballast_types::{AccountId, MarketId, PoolId};

mod accounts;
mod coder;
mod holdings;
mod markets;
mod numbers;
mod pools;
mod queues;
mod section;
mod size;
mod stripe;
mod trades;
mod venues;
mod withdrawals;

use crate::withdrawal::Withdrawn;
use coder::{Coder, Decoder, Encoder};
pub use size::{Most, Told, max_bytes};
use stripe::After;
pub use stripe::{Stripe, Stripes};
use venues::Venues;

/// Version of the encoding, its first byte.
pub const DIFF_VERSION: u8 = 10;

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

/// The leaves of the exit sections that a batch wrote, indices strictly ascending in each section, and what it pays on L1.
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
    /// In the order of their numbers, which follow from those of the batches before.
    pub withdrawals: Vec<Withdrawn>,
    /// What it tells in full; nothing when it is none of a batch.
    pub stripe: Option<Stripe>,
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
    /// Whether it is known what the leaf was, or that there was none. Who began in the middle does not know it of all.
    fn knows(&mut self, section: Section, index: u32) -> bool {
        let _ = (section, index);
        true
    }
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
    /// More withdrawals than a batch may have.
    Withdrawals,
    /// The stripe tells something else than the leaves after the batch.
    Stripe,
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
            Self::Withdrawals => "the diff has more withdrawals than a batch may have",
            Self::Stripe => "the diff tells other leaves in full than it leads to",
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

    /// The diff with the stripe of its batch. `chain` is the state after it, `previous` has the leaves before it.
    #[must_use]
    pub fn striped(mut self, chain: &Chain, rule: Stripes, previous: &mut impl Previous) -> Self {
        let sealed = chain.batch.0.saturating_sub(1);
        let stripe = Stripe::of(sealed, chain.accounts, rule, &mut After { diff: &self, previous });
        self.stripe = Some(stripe);
        self
    }

    /// The bytes of the net diff upon the leaves of `previous`: those that did not change are looked up there, too.
    ///
    /// # Panics
    /// When the indices of a section do not strictly ascend or pass its ids, an account's positions are
    /// not as [`Account::positions`] demands, or there are more withdrawals than a batch may have: the leaves are ours.
    #[must_use]
    pub fn encode(&self, previous: &mut impl Previous) -> Vec<u8> {
        let coded = self.write(previous, false);
        if coded.len() <= self.most_bytes() {
            return coded;
        }
        // Chances that are wrong all the time make it longer than no chances at all.
        let plain = self.write(previous, true);
        if plain.len() < coded.len() { plain } else { coded }
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
            accounts::moved(before, &change.after.positions)
        });
        let moved: Vec<_> = positions.flatten().collect();
        let holdings = accounts.iter().map(|change| {
            let before = change.before.as_ref().map_or(&Holdings::NONE, |account| &account.holdings);
            holdings::moved(before, &change.after.holdings)
        });
        let told = |change: &&Changed<Market>| {
            change.before.as_ref().is_none_or(|before| before.params != change.after.params)
        };
        max_bytes(Most {
            accounts: accounts.len(),
            positions: moved.len(),
            holdings: holdings.sum(),
            queued: section::net(&self.queues).len(),
            parameters: self.markets.iter().filter(told).count(),
            withdrawals: self.withdrawals.len().saturating_sub(withdrawals::counted(self)),
            venues: moved.into_iter().collect::<BTreeSet<_>>().len(),
            told: self.stripe.as_ref().map_or_else(Told::default, Told::of),
        })
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
        if diff.stripe.as_ref().is_some_and(|stripe| !stripe.is_of(&mut After { diff: &diff, previous })) {
            return Err(DiffError::Stripe);
        }
        if diff.encode(previous) == bytes { Ok(diff) } else { Err(DiffError::Another) }
    }

    /// What `bytes` tell of the leaves that `previous` [knows](Previous::knows), and of those that are new or in the stripe. The
    /// withdrawals are not read, for they may be of accounts that are not known. It is for the bytes of a batch that is known by
    /// their hash: whether they are the encoding of the diff cannot be said without all leaves.
    ///
    /// # Errors
    /// [`DiffError`] when no diff begins like that, or its stripe is not of the leaves that it leads to.
    pub fn decode_known(bytes: &[u8], previous: &mut impl Previous) -> Result<Self, DiffError> {
        let (version, body) = bytes.split_first().ok_or(DiffError::Truncated)?;
        if *version != DIFF_VERSION {
            return Err(DiffError::Version);
        }
        let mut diff = code_leaves(&mut Decoder::new(body)?, None, previous)?;
        let Some(stripe) = diff.stripe.take() else { return Ok(diff) };
        let mut after = After { diff: &diff, previous };
        if !stripe.known(&mut after).is_of(&mut after) {
            return Err(DiffError::Stripe);
        }
        diff.stripe = Some(stripe);
        Ok(diff)
    }
}

/// Codes a diff, `told` where it is written.
fn code(
    coder: &mut impl Coder,
    told: Option<&Diff>,
    previous: &mut impl Previous,
) -> Result<Diff, DiffError> {
    let mut diff = code_leaves(coder, told, previous)?;
    diff.withdrawals = withdrawals::code(coder, told.map(|diff| &diff.withdrawals[..]), &diff, previous)?;
    Ok(diff)
}

/// Codes all but the withdrawals.
fn code_leaves(
    coder: &mut impl Coder,
    told: Option<&Diff>,
    previous: &mut impl Previous,
) -> Result<Diff, DiffError> {
    let markets = markets::code(coder, told.map(|diff| &diff.markets[..]), previous)?;
    let venues = Venues::told(told.map_or(&markets, |diff| &diff.markets));
    let accounts = accounts::code(coder, told.map(|diff| &diff.accounts[..]), venues, previous)?;
    let pools = pools::code(coder, told.map(|diff| &diff.pools[..]), previous)?;
    let queues = queues::code(coder, told.map(|diff| &diff.queues[..]), previous)?;
    let stripe = stripe::code(coder, told.map(|diff| diff.stripe.as_ref()))?;
    Ok(Diff { accounts, markets, pools, queues, withdrawals: Vec::new(), stripe })
}

impl<T: PartialEq> Changed<T> {
    /// Whether the leaf differs from what it was.
    fn is_net(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

#[cfg(test)]
mod tests;
