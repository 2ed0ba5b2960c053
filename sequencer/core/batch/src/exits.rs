//! The leaves of the exit sections: what diffs are told against and lead to, without anything else of the state.

use alloc::{collections::BTreeMap, vec::Vec};
use ballast_state::{Account, Change, Market, Pool, QUEUES, Queued, Section, queue_place};
use ballast_types::{AccountId, MarketId, PoolId, codec, limits::MAX_QUEUED};
use borsh::BorshSerialize;

use crate::{
    diff::{Changed, Diff, DiffError, Previous},
    withdrawal::Withdrawn,
};

/// Leaves of the three exit sections, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExitLeaves {
    /// By account id.
    pub accounts: BTreeMap<u32, Account>,
    /// By market id.
    pub markets: BTreeMap<u32, Market>,
    /// By pool id.
    pub pools: BTreeMap<u32, Pool>,
    /// By [`queue_index`](ballast_state::queue_index).
    pub queues: BTreeMap<u32, Queued>,
}

/// What a diff told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advanced {
    /// The leaves that changed, for the trees.
    pub changes: Vec<Change>,
    /// The withdrawals of the batch, in the order of their numbers.
    pub withdrawals: Vec<Withdrawn>,
}

impl ExitLeaves {
    /// Takes over what the encoded diff tells.
    ///
    /// # Errors
    /// [`DiffError`] when the bytes are no diff upon these leaves; nothing changes then.
    pub fn advance(&mut self, diff: &[u8]) -> Result<Advanced, DiffError> {
        let diff = Diff::decode(diff, &mut &*self)?;
        let mut changes = Vec::new();
        take(&mut self.accounts, Section::Accounts, diff.accounts, &mut changes);
        take(&mut self.markets, Section::Markets, diff.markets, &mut changes);
        take(&mut self.pools, Section::Pools, diff.pools, &mut changes);
        take(&mut self.queues, Section::Pools, diff.queues, &mut changes);
        Ok(Advanced { changes, withdrawals: diff.withdrawals })
    }

    /// Takes over what the encoded diff tells of the leaves that are here, of new ones, and in full: these leaves need not be all
    /// that there were, and those that are not here are taken for unknown. The batches of a round, or none when it has no stripe.
    ///
    /// # Errors
    /// [`DiffError`] when the bytes are no diff, or not upon these leaves; nothing changes then.
    pub fn advance_known(&mut self, diff: &[u8]) -> Result<Option<u64>, DiffError> {
        let diff = Diff::decode_known(diff, &mut Known(self))?;
        let mut changes = Vec::new();
        take(&mut self.accounts, Section::Accounts, diff.accounts, &mut changes);
        take(&mut self.markets, Section::Markets, diff.markets, &mut changes);
        take(&mut self.pools, Section::Pools, diff.pools, &mut changes);
        take(&mut self.queues, Section::Pools, diff.queues, &mut changes);
        let Some(stripe) = diff.stripe else { return Ok(None) };
        self.accounts.extend(stripe.accounts);
        self.markets.extend(stripe.markets);
        self.pools.extend(stripe.pools);
        self.queues.extend(stripe.queues);
        Ok(Some(1 << stripe.round))
    }

    /// All of the leaves as changes, for trees.
    #[must_use]
    pub fn all(&self) -> Vec<Change> {
        fn of<T: BorshSerialize>(
            section: Section,
            leaves: &BTreeMap<u32, T>,
        ) -> impl Iterator<Item = Change> {
            leaves.iter().map(move |(index, leaf)| (section, *index, Some(codec::encode(leaf))))
        }
        let sections = of(Section::Accounts, &self.accounts).chain(of(Section::Markets, &self.markets));
        sections.chain(of(Section::Pools, &self.pools)).chain(of(Section::Pools, &self.queues)).collect()
    }

    /// The diff that tells all of these leaves, and no withdrawal, to somebody who has none.
    #[must_use]
    pub fn against_nothing(&self) -> Diff {
        Diff {
            accounts: fresh(&self.accounts),
            markets: fresh(&self.markets),
            pools: fresh(&self.pools),
            queues: fresh(&self.queues),
            withdrawals: Vec::new(),
            stripe: None,
        }
    }

    /// The bytes of that diff.
    #[must_use]
    pub fn encode_all(&self) -> Vec<u8> {
        self.against_nothing().encode(&mut &Self::default())
    }

    /// What waits to leave, in ascending order of the leaves. Leaves of those who have left stay, and are none of these.
    pub fn waiting(&self) -> impl Iterator<Item = (u32, &Queued)> {
        self.queues.iter().filter(|(index, _)| self.waits(**index)).map(|(index, queued)| (*index, queued))
    }

    /// Whether the ticket that the leaf was last written for waits.
    fn waits(&self, index: u32) -> bool {
        let Some((pool, place)) = queue_place(index) else { return false };
        let Some(pool) = self.pools.get(&pool.0.into()) else { return false };
        let (first, next) = (pool.pacing.first, pool.pacing.next);
        // The first ticket from `first` on that has this place in the ring.
        place.wrapping_sub(first) % MAX_QUEUED < next.saturating_sub(first)
    }
}

fn take<T: BorshSerialize>(
    leaves: &mut BTreeMap<u32, T>,
    section: Section,
    changed: Vec<Changed<T>>,
    changes: &mut Vec<Change>,
) {
    for Changed { index, after, .. } in changed {
        changes.push((section, index, Some(codec::encode(&after))));
        leaves.insert(index, after);
    }
}

fn fresh<T: Clone>(leaves: &BTreeMap<u32, T>) -> Vec<Changed<T>> {
    let changed = |(index, after): (&u32, &T)| Changed { index: *index, before: None, after: after.clone() };
    leaves.iter().map(changed).collect()
}

/// A part of the exit leaves: what is not among them is unknown.
struct Known<'a>(&'a ExitLeaves);

impl Previous for Known<'_> {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.0.accounts.get(&id.0).cloned()
    }

    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.0.markets.get(&id.0.into()).cloned()
    }

    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.0.pools.get(&id.0.into()).copied()
    }

    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.0.queues.get(&index).copied()
    }

    fn knows(&mut self, section: Section, index: u32) -> bool {
        match section {
            Section::Accounts => self.0.accounts.contains_key(&index),
            Section::Markets => self.0.markets.contains_key(&index),
            _ if index >= QUEUES => self.0.queues.contains_key(&index),
            _ => self.0.pools.contains_key(&index),
        }
    }
}

/// The exit leaves that a diff is told against.
impl Previous for &ExitLeaves {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.accounts.get(&id.0).cloned()
    }

    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.markets.get(&id.0.into()).cloned()
    }

    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.pools.get(&id.0.into()).copied()
    }

    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.queues.get(&index).copied()
    }
}
