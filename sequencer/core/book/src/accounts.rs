//! The resting orders of each account, oldest first.

use crate::{
    chain::Chain,
    slots::{Slots, Thread},
};
use ballast_types::{AccountId, Order};
use foldhash::fast::FixedState;
use hashbrown::{HashMap, hash_map::Entry};

/// One chain for every account that has an order here. The map is only ever looked up, never walked, and its
/// hash has a fixed seed, so that two runs take the same steps. Account ids are dense and each costs a
/// deposit, so nobody chooses enough of them to make it slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    chains: HashMap<AccountId, Chain, FixedState>,
}

impl Accounts {
    /// Accounts that have an order here.
    pub(crate) fn len(&self) -> usize {
        self.chains.len()
    }

    /// The chain of `account`, if it has an order here.
    pub(crate) fn chain(&self, account: AccountId) -> Option<&Chain> {
        self.chains.get(&account)
    }

    /// Puts an order that lies in its slot at the end of its account's chain.
    pub(crate) fn join(&mut self, slots: &mut Slots, order: &Order) {
        self.chains.entry(order.account).or_insert(Chain::EMPTY).append(
            slots,
            Thread::Account,
            order.id.slot(),
        );
    }

    /// Takes an order out of its account's chain, and the chain away with the last one.
    pub(crate) fn leave(&mut self, slots: &mut Slots, order: &Order) {
        let Entry::Occupied(mut entry) = self.chains.entry(order.account) else {
            panic!("the account of a resting order has a chain");
        };
        entry.get_mut().unlink(slots, Thread::Account, order.id.slot());
        if entry.get().is_empty() {
            entry.remove();
        }
    }
}
