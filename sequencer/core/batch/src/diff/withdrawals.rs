//! Withdrawals in a diff, the last one first: who is paid what on L1, so that whoever has nothing but L1 can claim it.
//!
//! One that was released from a pool's queue is told by its pool: the last ticket there that is over and was not told has
//! account, recipient and amount. The others are told whole. What a seal releases comes last in a batch, with nothing
//! between, and so it is always told by its pool: [`super::max_bytes`] counts on it.

use alloc::{collections::BTreeMap, vec::Vec};
use ballast_state::{Account, Queued, queue_index};
use ballast_types::{
    AccountId, Address, AssetId, PoolId,
    limits::{MAX_POOLS, MAX_RELEASED, MAX_WITHDRAWALS_PER_BATCH},
};

use super::{
    Changed, Diff, DiffError, Previous,
    coder::{Chance, Coder},
    numbers::{Number, Step, Tree, address},
    section::Flags,
};
use crate::withdrawal::Withdrawn;

/// Bits that name a pool.
pub(super) const POOL_BITS: u32 = 4;
const _: () = assert!(MAX_POOLS as u32 <= 1 << POOL_BITS, "every pool has a symbol");

/// Codes the withdrawals. `diff` has the other sections.
pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Withdrawn]>,
    diff: &Diff,
    previous: &mut impl Previous,
) -> Result<Vec<Withdrawn>, DiffError> {
    let count = Number::default().code(coder, told.map_or(0, |told| told.len() as u64))?;
    if count > MAX_WITHDRAWALS_PER_BATCH.into() {
        return Err(DiffError::Withdrawals);
    }
    let mut columns = Columns::default();
    let mut released = Released::new(diff, previous);
    let mut withdrawals = Vec::new();
    for at in 0..count as usize {
        let told = told.map(|told| &told[told.len() - 1 - at]);
        withdrawals.push(columns.code(coder, diff, &mut released, previous, told)?);
    }
    withdrawals.reverse();
    Ok(withdrawals)
}

/// How many of the withdrawals can be told by their pools, as far as [`super::max_bytes`] counts them for each.
pub(super) fn counted(diff: &Diff) -> usize {
    let over = |change| tickets_over(change).map_or(0, |(first, next)| next - first);
    diff.pools.iter().map(|change| over(change).min(MAX_RELEASED as u64) as usize).sum()
}

/// Columns of the section.
struct Columns {
    released: Flags<1>,
    pool: Tree,
    /// Whether less than what waited was released, and how much.
    parts: Chance,
    part: Step,
    account: Step,
    /// The account that was told last.
    last: u64,
    own: Chance,
    asset: Number,
    amount: Step,
    /// What was told of accounts, asset by asset.
    told: BTreeMap<(AccountId, u16), u64>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            released: Flags::default(),
            pool: Tree::new(POOL_BITS),
            parts: Chance::default(),
            part: Step::default(),
            account: Step::default(),
            last: 0,
            own: Chance::default(),
            asset: Number::default(),
            amount: Step::default(),
            told: BTreeMap::new(),
        }
    }
}

impl Columns {
    fn code(
        &mut self,
        coder: &mut impl Coder,
        diff: &Diff,
        released: &mut Released,
        previous: &mut impl Previous,
        told: Option<&Withdrawn>,
    ) -> Result<Withdrawn, DiffError> {
        let from = told.and_then(|told| released.pool_of(told));
        if !self.released.code(coder, 0, from.is_some())? {
            return self.whole(coder, diff, previous, told);
        }
        let pool = self.pool.code(coder, from.unwrap_or_default().into())?;
        let Queued { account, recipient, amount } =
            released.take(pool as u16, diff, previous).ok_or(DiffError::Value)?;
        let waited = amount.0.cast_unsigned();
        let mut amount = told.map_or(waited, |told| told.amount);
        if coder.bit(&mut self.parts, amount != waited)? {
            amount = self.part.code(coder, waited, amount)?;
        }
        Ok(Withdrawn { account, recipient, asset: 0, amount })
    }

    /// One that no pool's queue tells of.
    fn whole(
        &mut self,
        coder: &mut impl Coder,
        diff: &Diff,
        previous: &mut impl Previous,
        told: Option<&Withdrawn>,
    ) -> Result<Withdrawn, DiffError> {
        self.last = self.account.code(coder, self.last, told.map_or(0, |told| told.account.0.into()))?;
        let account = AccountId(u32::try_from(self.last).map_err(|_| DiffError::Id)?);
        let owner = owner(diff, previous, account);
        let recipient = told.map(|told| told.recipient);
        let recipient = if coder.bit(&mut self.own, recipient.is_some() && recipient == owner)? {
            owner.ok_or(DiffError::Identity)?
        } else {
            address(coder, recipient.unwrap_or_default())?
        };
        let asset = self.asset.code(coder, told.map_or(0, |told| told.asset.into()))?;
        let asset = u16::try_from(asset).map_err(|_| DiffError::Id)?;
        let so_far = self.told.entry((account, asset)).or_default();
        let rest = fell(diff, account, AssetId(asset)).wrapping_sub(*so_far);
        let amount = self.amount.code(coder, rest, told.map_or(0, |told| told.amount))?;
        *so_far = so_far.wrapping_add(amount);
        Ok(Withdrawn { account, recipient, asset, amount })
    }
}

/// The owner of an account after the batch, if there is one.
fn owner(diff: &Diff, previous: &mut impl Previous, id: AccountId) -> Option<Address> {
    match find(&diff.accounts, id.0) {
        Some(change) => Some(change.after.owner),
        None => previous.account(id).map(|account| account.owner),
    }
}

/// What an account has less of an asset than before the batch, modulo 2^64.
fn fell(diff: &Diff, id: AccountId, asset: AssetId) -> u64 {
    let Some(Changed { before, after, .. }) = find(&diff.accounts, id.0) else { return 0 };
    let of = |account: &Account| match asset {
        AssetId::USDC => account.cash.0.cast_unsigned(),
        other => account.holdings.of(other).0,
    };
    before.as_ref().map_or(0, of).wrapping_sub(of(after))
}

fn find<T>(changes: &[Changed<T>], index: u32) -> Option<&Changed<T>> {
    changes.binary_search_by_key(&index, |change| change.index).ok().map(|at| &changes[at])
}

/// The tickets that are over since before the batch, of a pool that can have some.
fn tickets_over(change: &Changed<ballast_state::Pool>) -> Option<(u64, u64)> {
    let first = change.before.map_or(0, |pool| pool.pacing.first);
    let next = change.after.pacing.first;
    (change.index < MAX_POOLS.into() && first < next).then_some((first, next))
}

/// What left the queues of pools in the batch and was not told yet.
struct Released(Vec<Tail>);

/// Of one pool.
struct Tail {
    pool: u16,
    /// The first ticket of the batch.
    first: u64,
    /// The ticket after the last that was not told.
    next: u64,
    /// The leaf of that last one.
    leaf: Option<Queued>,
}

impl Released {
    fn new(diff: &Diff, previous: &mut impl Previous) -> Self {
        let tail = |change| {
            let (first, next) = tickets_over(change)?;
            let mut tail = Tail { pool: change.index as u16, first, next, leaf: None };
            tail.look(diff, previous);
            Some(tail)
        };
        Self(diff.pools.iter().filter_map(tail).collect())
    }

    /// The first pool whose last ticket is of the account and recipient of a withdrawal.
    fn pool_of(&self, told: &Withdrawn) -> Option<u16> {
        let is_his = |leaf: &Queued| (leaf.account, leaf.recipient) == (told.account, told.recipient);
        let tail = self.0.iter().find(|tail| tail.leaf.as_ref().is_some_and(is_his))?;
        (told.asset == 0).then_some(tail.pool)
    }

    /// The last ticket of a pool, which is told now.
    fn take(&mut self, pool: u16, diff: &Diff, previous: &mut impl Previous) -> Option<Queued> {
        let tail = self.0.iter_mut().find(|tail| tail.pool == pool)?;
        let leaf = tail.leaf?;
        tail.next -= 1;
        tail.look(diff, previous);
        Some(leaf)
    }
}

impl Tail {
    fn look(&mut self, diff: &Diff, previous: &mut impl Previous) {
        self.leaf = (self.first < self.next).then(|| queue_index(PoolId(self.pool), self.next - 1)).and_then(
            |index| match find(&diff.queues, index) {
                Some(change) => Some(change.after),
                None => previous.queued(index),
            },
        );
    }
}
