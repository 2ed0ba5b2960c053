//! Pools in which a fault of ours was found: a rule that panicked, or sums that do not add up (risk.md 6.6). What was being
//! done is not done, and from there on nothing of those pools is but what lets their owners go; the others go on. The exchange does
//! not know of it: to L1 it is as if nobody had asked, and who forces something through L1 has the same rights as ever.

mod concerned;

pub use concerned::{concerned, split};
pub(crate) use concerned::{pool_of_account, pool_of_market};

use crate::journal::{Journal, StoreError};
use ballast_state::State;
use ballast_types::{
    Millis, Operation, PoolId, RejectCode, Rejection, Source, SystemCommand, UserCommand, codec,
};
use borsh::{BorshDeserialize, BorshSerialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{PoisonError, RwLock},
};

/// Name of the entry that says what is set aside.
const NAME: &str = "quarantine";

/// What of a pool is still done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Extent {
    /// What lets its owners go: orders are cancelled, keys revoked, markets and the pool brought to their ends, exits that were
    /// forced on L1 served.
    Closing,
    /// Nothing: that failed, too.
    Nothing,
}

impl Extent {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::Nothing => "nothing",
        }
    }

    /// Whether it is still done.
    fn takes(self, source: &Source) -> bool {
        self == Self::Closing && is_closing(source)
    }
}

/// How pools are set aside; asked before anything of a pool is looked at, so that it is known what was looked at when that fails.
pub type Extents<'a> = &'a dyn Fn(PoolId) -> Option<Extent>;

/// Whether all of a pool that exists goes on.
pub(crate) fn goes_on(pool: Option<PoolId>, extents: Extents<'_>) -> bool {
    pool.is_some_and(|pool| extents(pool).is_none())
}

/// Whether what closes goes on in a pool that exists.
pub(crate) fn closes(pool: Option<PoolId>, extents: Extents<'_>) -> bool {
    pool.is_some_and(|pool| extents(pool) != Some(Extent::Nothing))
}

/// How a pool is set aside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Aside {
    /// What is still done.
    pub extent: Extent,
    /// Since when.
    pub since: Millis,
    /// What was found, and at which input.
    pub why: String,
}

/// The pools that are set aside. It outlives the process: only who runs the node ends it.
pub struct Quarantine {
    journal: Journal,
    pools: RwLock<BTreeMap<PoolId, Aside>>,
}

impl Quarantine {
    /// As the journal has it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn of(journal: Journal) -> Result<Self, StoreError> {
        let damaged = |error| StoreError::Damaged(format!("pools that are set aside: {error}"));
        let pools = journal.meta(NAME)?.map(|bytes| codec::decode(&bytes).map_err(damaged)).transpose()?;
        Ok(Self { journal, pools: RwLock::new(pools.unwrap_or_default()) })
    }

    /// All that are set aside.
    #[must_use]
    pub fn pools(&self) -> BTreeMap<PoolId, Aside> {
        self.read().clone()
    }

    /// How a pool is set aside, if it is.
    #[must_use]
    pub fn get(&self, pool: PoolId) -> Option<Aside> {
        self.read().get(&pool).cloned()
    }

    /// What of a pool is still done; `None` while all is.
    #[must_use]
    pub fn extent(&self, pool: PoolId) -> Option<Extent> {
        self.read().get(&pool).map(|aside| aside.extent)
    }

    /// Whether what is said may be carried out.
    ///
    /// # Errors
    /// `PoolQuarantined` with the first pool that it concerns and in which it is not done.
    pub fn check(&self, state: &State, source: &Source) -> Result<(), Rejection> {
        let pools = self.read();
        if pools.is_empty() {
            return Ok(());
        }
        let bars = |pool: &PoolId| pools.get(pool).is_some_and(|aside| !aside.extent.takes(source));
        match concerned(state, source).into_iter().find(bars) {
            Some(pool) => Err(Rejection::new(RejectCode::PoolQuarantined, pool.0, 0)),
            None => Ok(()),
        }
    }

    /// Sets pools aside, durably: of those that are already, nothing at all is done any more, nor where it was something
    /// `closing` that failed. The first of them for which that is news; where there is none, the fault is not one of a pool.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_aside(
        &self,
        found: &BTreeSet<PoolId>,
        closing: bool,
        since: Millis,
        why: &str,
    ) -> Result<Option<PoolId>, StoreError> {
        let mut pools = self.pools();
        let mut first = None;
        for &pool in found {
            let before = pools.get(&pool).map(|aside| aside.extent);
            let extent = if closing || before.is_some() { Extent::Nothing } else { Extent::Closing };
            if before != Some(extent) {
                pools.insert(pool, Aside { extent, since, why: why.into() });
                first = first.or(Some(pool));
            }
        }
        if first.is_some() {
            self.keep(pools)?;
        }
        Ok(first)
    }

    /// Ends it for a pool, durably. False when the pool was not set aside.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lift(&self, pool: PoolId) -> Result<bool, StoreError> {
        let mut pools = self.pools();
        let was = pools.remove(&pool).is_some();
        if was {
            self.keep(pools)?;
        }
        Ok(was)
    }

    fn keep(&self, pools: BTreeMap<PoolId, Aside>) -> Result<(), StoreError> {
        self.journal.put_meta(NAME, codec::encode(&pools))?;
        *self.pools.write().unwrap_or_else(PoisonError::into_inner) = pools;
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<PoolId, Aside>> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quarantine").field("pools", &self.pools()).finish_non_exhaustive()
    }
}

/// Whether it takes orders or keys away and nothing else, or is a step towards the end of an account, a market or the pool:
/// without those a forced exit may never be paid.
#[must_use]
pub fn is_closing(source: &Source) -> bool {
    match source {
        Source::User { command: UserCommand::Operations(command), .. } => {
            command.operations.iter().all(|operation| match operation {
                Operation::Cancel { .. }
                | Operation::CancelClient { .. }
                | Operation::CancelAll(_)
                | Operation::ScheduleCancel { .. }
                | Operation::CancelConditional { .. } => true,
                Operation::Place { .. }
                | Operation::Replace { .. }
                | Operation::PlaceConditional { .. }
                | Operation::SetLeverage { .. } => false,
            })
        }
        Source::User { command: UserCommand::RevokeSession(_), .. } => true,
        Source::System(
            SystemCommand::Sweep { .. }
            | SystemCommand::Exit { .. }
            | SystemCommand::Settle { .. }
            | SystemCommand::SettlePositions { .. }
            | SystemCommand::Resolve { .. }
            | SystemCommand::Haircut { .. },
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
