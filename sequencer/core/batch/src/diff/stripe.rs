//! The snapshot stripe: a part of the exit leaves in full, so that the batches of one round tell all of them (architecture A7).

use alloc::vec::Vec;
use ballast_state::{Account, Market, Pool, QUEUES, Queued, Section, queue_index};
use ballast_types::{
    AccountId, MarketId, PoolId,
    limits::{MAX_ACCOUNTS, MAX_MARKETS, MAX_POOLS, MAX_QUEUED, STRIPE_ACCOUNTS, STRIPE_BATCHES},
};

use super::{
    Changed, Diff, DiffError, Previous, Told, accounts,
    coder::{Chance, Coder},
    markets,
    numbers::Tree,
    pools, queues,
    venues::Venues,
};

/// Bits that name a round.
pub(super) const ROUND_BITS: u32 = 5;

/// How many batches a round has, and of how many accounts a stripe tells at most before rounds are longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stripes {
    /// Least batches of a round, a power of two.
    pub batches: u32,
    /// Most accounts of a stripe, at least 1.
    pub accounts: u32,
}

impl Stripes {
    /// Those of the exchange.
    pub const OURS: Self = Self { batches: STRIPE_BATCHES, accounts: STRIPE_ACCOUNTS };

    /// Batches of a round when there are so many accounts: a power of two. Accounts are never fewer, so a round is never
    /// shorter than one before, and the batches of the last round tell everything.
    #[must_use]
    pub const fn round(self, accounts: u32) -> u32 {
        let mut round = self.batches;
        while accounts.div_ceil(round) > self.accounts {
            round *= 2;
        }
        round
    }

    /// Accounts that the stripe of `batch` tells when there are so many.
    #[must_use]
    pub const fn accounts_told(self, batch: u64, accounts: u32) -> u32 {
        let round = self.round(accounts);
        accounts.saturating_sub((batch % round as u64) as u32).div_ceil(round)
    }
}

const _: () = assert!(STRIPE_BATCHES.is_power_of_two() && STRIPE_BATCHES as usize >= MAX_MARKETS as usize);
const _: () = assert!(MAX_ACCOUNTS.is_power_of_two(), "a round is below 2^31");

/// What one batch tells in full: of each section the leaves whose index is that of the batch, modulo the batches of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripe {
    /// Batches of a round, a power of two, by its exponent.
    pub round: u8,
    /// By account id.
    pub accounts: Vec<(u32, Account)>,
    /// By market id.
    pub markets: Vec<(u32, Market)>,
    /// By pool id.
    pub pools: Vec<(u32, Pool)>,
    /// By [`queue_index`]: those that were written once.
    pub queues: Vec<(u32, Queued)>,
}

impl Stripe {
    /// The stripe of `batch`, of the state after it: `leaves`, among which there are so many accounts.
    #[must_use]
    pub fn of(batch: u64, accounts: u32, rule: Stripes, leaves: &mut impl Previous) -> Self {
        let round = rule.round(accounts);
        let first = (batch % u64::from(round)) as u32;
        let told = |end: u32| (first..end).step_by(round as usize);
        let mut stripe = Self {
            round: round.ilog2() as u8,
            accounts: told(accounts).filter_map(|id| Some((id, leaves.account(AccountId(id))?))).collect(),
            markets: told(MAX_MARKETS.into())
                .filter_map(|id| Some((id, leaves.market(MarketId(id as u16))?)))
                .collect(),
            pools: told(MAX_POOLS.into())
                .filter_map(|id| Some((id, leaves.pool(PoolId(id as u16))?)))
                .collect(),
            queues: Vec::new(),
        };
        for pool in (0..MAX_POOLS).map(PoolId) {
            let Some(Pool { pacing, .. }) = leaves.pool(pool) else { continue };
            // Places of the ring that no ticket had were never written.
            let places = pacing.next.min(MAX_QUEUED) as u32;
            let start = queue_index(pool, 0);
            let skip = first.wrapping_sub(start) % round;
            for place in (skip..places).step_by(round as usize) {
                let queued = leaves.queued(start + place);
                stripe.queues.extend(queued.map(|queued| (start + place, queued)));
            }
        }
        stripe
    }

    /// What of it `after` knows.
    pub(super) fn known(&self, after: &mut impl Previous) -> Self {
        fn of<T: Clone>(leaves: &[(u32, T)], mut knows: impl FnMut(u32) -> bool) -> Vec<(u32, T)> {
            leaves.iter().filter(|(index, _)| knows(*index)).cloned().collect()
        }
        Self {
            round: self.round,
            accounts: of(&self.accounts, |index| after.knows(Section::Accounts, index)),
            markets: of(&self.markets, |index| after.knows(Section::Markets, index)),
            pools: of(&self.pools, |index| after.knows(Section::Pools, index)),
            queues: of(&self.queues, |index| after.knows(Section::Pools, index)),
        }
    }

    /// Whether all that it tells are leaves of `after`.
    pub(super) fn is_of(&self, after: &mut impl Previous) -> bool {
        self.accounts.iter().all(|(id, leaf)| after.account(AccountId(*id)).as_ref() == Some(leaf))
            && self.markets.iter().all(|(id, leaf)| after.market(MarketId(*id as u16)).as_ref() == Some(leaf))
            && self.pools.iter().all(|(id, leaf)| after.pool(PoolId(*id as u16)).as_ref() == Some(leaf))
            && self.queues.iter().all(|(index, leaf)| after.queued(*index).as_ref() == Some(leaf))
    }
}

impl Told {
    /// What a stripe tells.
    #[must_use]
    pub fn of(stripe: &Stripe) -> Self {
        Self {
            accounts: stripe.accounts.len(),
            positions: stripe.accounts.iter().map(|(_, account)| account.positions.len()).sum(),
            holdings: stripe.accounts.iter().map(|(_, account)| account.holdings.iter().count()).sum(),
            markets: stripe.markets.len(),
            pools: stripe.pools.len(),
            queued: stripe.queues.len(),
        }
    }
}

/// No leaves: what is told in full is told against them.
struct Nothing;

impl Previous for Nothing {
    fn account(&mut self, _: AccountId) -> Option<Account> {
        None
    }
    fn market(&mut self, _: MarketId) -> Option<Market> {
        None
    }
    fn pool(&mut self, _: PoolId) -> Option<Pool> {
        None
    }
    fn queued(&mut self, _: u32) -> Option<Queued> {
        None
    }
}

/// Codes whether there is a stripe, and the stripe.
pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<Option<&Stripe>>,
) -> Result<Option<Stripe>, DiffError> {
    let stripe = told.flatten();
    if !coder.bit(&mut Chance::default(), stripe.is_some())? {
        return Ok(None);
    }
    let round = Tree::new(ROUND_BITS).code(coder, stripe.map_or(0, |stripe| stripe.round.into()))? as u8;
    let markets = markets::code(coder, stripe.map(|told| fresh(&told.markets)).as_deref(), &mut Nothing)?;
    let told = stripe.map(|told| fresh(&told.accounts));
    let accounts = accounts::code(coder, told.as_deref(), Venues::blank(), &mut Nothing)?;
    let pools = pools::code(coder, stripe.map(|told| fresh(&told.pools)).as_deref(), &mut Nothing)?;
    let queues = queues::code(coder, stripe.map(|told| fresh(&told.queues)).as_deref(), &mut Nothing)?;
    let (accounts, markets, pools, queues) = (whole(accounts), whole(markets), whole(pools), whole(queues));
    Ok(Some(Stripe { round, accounts, markets, pools, queues }))
}

fn fresh<T: Clone>(leaves: &[(u32, T)]) -> Vec<Changed<T>> {
    leaves.iter().map(|(index, leaf)| Changed { index: *index, before: None, after: leaf.clone() }).collect()
}

fn whole<T>(changes: Vec<Changed<T>>) -> Vec<(u32, T)> {
    changes.into_iter().map(|change| (change.index, change.after)).collect()
}

/// The leaves after a batch: those that its diff tells, and the others as they were.
pub(super) struct After<'a, P> {
    pub(super) diff: &'a Diff,
    pub(super) previous: &'a mut P,
}

fn find<T: Clone>(changes: &[Changed<T>], index: u32) -> Option<T> {
    changes.binary_search_by_key(&index, |change| change.index).ok().map(|at| changes[at].after.clone())
}

impl<P: Previous> Previous for After<'_, P> {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        find(&self.diff.accounts, id.0).or_else(|| self.previous.account(id))
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        find(&self.diff.markets, id.0.into()).or_else(|| self.previous.market(id))
    }
    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        find(&self.diff.pools, id.0.into()).or_else(|| self.previous.pool(id))
    }
    fn queued(&mut self, index: u32) -> Option<Queued> {
        find(&self.diff.queues, index).or_else(|| self.previous.queued(index))
    }
    fn knows(&mut self, section: Section, index: u32) -> bool {
        let told = match section {
            Section::Accounts => find(&self.diff.accounts, index).is_some(),
            Section::Markets => find(&self.diff.markets, index).is_some(),
            _ if index >= QUEUES => find(&self.diff.queues, index).is_some(),
            _ => find(&self.diff.pools, index).is_some(),
        };
        told || self.previous.knows(section, index)
    }
}
