//! The mirror: a replica of the exchange that holds durable inputs only. Every query reads it, so nothing is
//! told that is not durable.

use crate::batcher::commit;
use crate::{fatal::Fatal, pipeline::Record};
use ballast_batch::Withdrawal;
use ballast_bridge::threads::{self, Urgent};
use ballast_engine::{Exchange, Verified, apply};
use ballast_state::{Chain, Change, account_index};
use ballast_types::{AccountId, Address, BatchIndex, Event, Quote};
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Instant,
};

/// How much longer than to try something out the pause after it is: others have nine tenths of the time.
const PAUSE: u32 = 9;

/// What a batch committed, taken at the very input that sealed it.
#[derive(Debug)]
pub struct Sealed {
    /// Which batch.
    pub index: BatchIndex,
    /// Where the exchange stands after it.
    pub chain: Chain,
    /// The leaves that it changed, as they now are.
    pub changes: Vec<Change>,
    /// Its withdrawals in order.
    pub withdrawals: Vec<Withdrawal>,
}

/// Accounts by the start of their owner's address: others may share it.
type Owners = BTreeSet<([u8; 8], AccountId)>;

fn start(owner: Address) -> [u8; 8] {
    *owner.first_chunk().expect("an address has 20 bytes")
}

/// The replica and what is derived from it.
pub struct View {
    /// The exchange.
    pub exchange: Exchange,
    owners: Owners,
}

impl View {
    /// The replica that goes on from `exchange`.
    #[must_use]
    pub fn new(exchange: Exchange) -> Self {
        let accounts = exchange.state.accounts.iter();
        let owners = accounts.map(|(id, account)| (start(account.owner), AccountId(id))).collect();
        Self { exchange, owners }
    }

    /// Accounts of an owner, ascending.
    #[must_use]
    pub fn accounts_of(&self, owner: Address) -> Vec<AccountId> {
        let all = (start(owner), AccountId(0))..=(start(owner), AccountId(u32::MAX));
        let accounts = self.owners.range(all).map(|(_, account)| *account);
        let owned = |id: &AccountId| {
            self.exchange.state.accounts.get(account_index(*id)).is_some_and(|account| account.owner == owner)
        };
        accounts.filter(owned).collect()
    }

    /// Applies a durable input and checks that it does what it did before.
    ///
    /// # Errors
    /// [`Fatal::Diverged`] when it does not: the node must stop.
    pub fn follow(
        &mut self,
        record: &Record,
        verified: Verified,
        place: &'static str,
    ) -> Result<Option<Sealed>, Fatal> {
        let outcome = apply(&mut self.exchange, &record.input, &verified);
        let seq = record.input.seq;
        if outcome != record.outcome {
            let (here, journaled) = (crate::pipeline::outcome_hash(&outcome), record.outcome_hash());
            return Err(Fatal::Diverged { seq, place, here, journaled });
        }
        let chain = self.exchange.state.chain.promise;
        if chain != record.chain {
            return Err(Fatal::Diverged { seq, place, here: chain, journaled: record.chain });
        }
        let mut sealed = None;
        for event in &record.outcome.events {
            match *event {
                Event::Deposited { account, owner, opened: true, .. } => {
                    self.owners.insert((start(owner), account));
                }
                Event::Transferred { to, fee, .. } if fee > Quote::ZERO => {
                    let opened = self.exchange.state.accounts.get(account_index(to));
                    self.owners.extend(opened.map(|account| (start(account.owner), to)));
                }
                Event::BatchSealed { index } => sealed = Some(self.seal(index)),
                _ => {}
            }
        }
        Ok(sealed)
    }

    fn seal(&mut self, index: BatchIndex) -> Sealed {
        let withdrawals = self.exchange.take_withdrawals();
        let changes = commit(&mut self.exchange);
        Sealed { index, chain: self.exchange.state.chain.clone(), changes, withdrawals }
    }
}

/// The replica behind a lock: one thread writes, any may read.
pub struct Mirror(RwLock<View>);

impl Mirror {
    /// The mirror of `view`.
    #[must_use]
    pub const fn new(view: View) -> Self {
        Self(RwLock::new(view))
    }

    /// The replica, to read. Hold it for one query only: the publisher waits for it.
    pub fn read(&self) -> Held<RwLockReadGuard<'_, View>> {
        // A writer that panicked has taken the process down, or what it did back.
        Held::new(|| self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tries out on the replica what leaves it as it was. All others wait meanwhile, the publisher too, so whoever tried
    /// something out is held up afterwards, for as long as leaves them most of the time. For one thread at a time.
    pub(crate) fn try_out<T>(&self, what: impl FnOnce(&mut Exchange) -> T) -> T {
        let mut view = self.write();
        let began = Instant::now();
        let told = what(&mut view.exchange);
        let took = began.elapsed();
        drop(view);
        std::thread::sleep(took.saturating_mul(PAUSE));
        told
    }

    pub(crate) fn write(&self) -> Held<RwLockWriteGuard<'_, View>> {
        Held::new(|| self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The replica while somebody has it, which is urgent: the publisher waits.
#[derive(Debug)]
pub struct Held<G> {
    /// Given back before it is urgent no more.
    guard: G,
    _urgent: Urgent,
}

impl<G> Held<G> {
    fn new(take: impl FnOnce() -> G) -> Self {
        let urgent = threads::urgent();
        Self { guard: take(), _urgent: urgent }
    }
}

impl<G: Deref> Deref for Held<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Held<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mirror").finish_non_exhaustive()
    }
}
