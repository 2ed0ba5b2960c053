//! The resting orders of each account in one book: an index of the book's facts, rebuilt with it and never
//! committed.

use alloc::vec::Vec;

use ballast_types::AccountId;
use foldhash::fast::FixedState;
use hashbrown::{HashMap, hash_map::Entry};

/// A slot, or none, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link(u32);

impl Link {
    const NONE: Self = Self(u32::MAX);

    fn slot(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }
}

/// The neighbours of a slot in the chain of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Links {
    /// The slot that joined next before.
    before: Link,
    /// The slot that joined next after.
    after: Link,
}

impl Links {
    const NONE: Self = Self { before: Link::NONE, after: Link::NONE };
}

/// The ends of an account's chain, which is never empty.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
}

/// One chain of slots for every account that has an order in the book, the oldest first.
///
/// The links lie in an array by slot, so that joining and leaving take constant time. The map is only ever looked
/// up, never walked, and its hash has a fixed seed, so that two runs take the same steps. Account ids are dense and
/// each costs a deposit, so nobody chooses enough of them to make it slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnOrders {
    /// By slot, up to the highest that ever joined. Those of slots in no chain mean nothing.
    links: Vec<Links>,
    chains: HashMap<AccountId, Chain, FixedState>,
}

impl OwnOrders {
    /// Puts a slot, which is in no chain, at the end of its account's.
    pub(crate) fn join(&mut self, account: AccountId, slot: u32) {
        let at = slot as usize;
        if at >= self.links.len() {
            self.links.resize(at + 1, Links::NONE);
        }
        let before = match self.chains.entry(account) {
            Entry::Vacant(entry) => {
                entry.insert(Chain { first: slot, last: slot });
                Link::NONE
            }
            Entry::Occupied(mut entry) => {
                let last = core::mem::replace(&mut entry.get_mut().last, slot);
                self.links[last as usize].after = Link(slot);
                Link(last)
            }
        };
        self.links[at] = Links { before, after: Link::NONE };
    }

    /// Takes a slot out of its account's chain, and the chain away with the last.
    ///
    /// # Panics
    /// When the account has no chain, or the slot's neighbours are not those of one in it.
    pub(crate) fn leave(&mut self, account: AccountId, slot: u32) {
        let Links { before, after } = core::mem::replace(&mut self.links[slot as usize], Links::NONE);
        if let (Some(before), Some(after)) = (before.slot(), after.slot()) {
            self.links[before as usize].after = Link(after);
            self.links[after as usize].before = Link(before);
            return;
        }
        let Entry::Occupied(mut entry) = self.chains.entry(account) else {
            panic!("the account of a resting order has a chain");
        };
        let chain = entry.get_mut();
        assert!(before != Link::NONE || chain.first == slot, "a slot without an older one is the first");
        assert!(after != Link::NONE || chain.last == slot, "a slot without a younger one is the last");
        match (before.slot(), after.slot()) {
            (Some(before), _) => {
                self.links[before as usize].after = Link::NONE;
                chain.last = before;
            }
            (_, Some(after)) => {
                self.links[after as usize].before = Link::NONE;
                chain.first = after;
            }
            (None, None) => {
                entry.remove();
            }
        }
    }

    /// The slots of an account in the order in which they joined.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = u32> {
        let first = self.chains.get(&account).map(|chain| chain.first);
        core::iter::successors(first, |&slot| self.links[slot as usize].after.slot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACCOUNTS: u32 = 4;
    const SLOTS: u32 = 24;

    fn of(orders: &OwnOrders, account: u32) -> Vec<u32> {
        orders.of(AccountId(account)).collect()
    }

    #[test]
    fn slots_come_in_the_order_in_which_they_joined() {
        let mut orders = OwnOrders::default();
        [5, 0, 9, 3].into_iter().for_each(|slot| orders.join(AccountId(7), slot));
        orders.join(AccountId(8), 1);
        assert_eq!(of(&orders, 7), [5, 0, 9, 3]);
        for (gone, left) in [(0, [5, 9, 3].as_slice()), (5, &[9, 3]), (3, &[9]), (9, &[])] {
            orders.leave(AccountId(7), gone);
            assert_eq!(of(&orders, 7), left);
        }
        assert_eq!(
            (of(&orders, 8), orders.chains.len()),
            ([1].into(), 1),
            "an account without orders is gone"
        );
    }

    #[test]
    #[should_panic(expected = "the account of a resting order has a chain")]
    fn an_account_without_orders_has_no_chain() {
        let mut orders = OwnOrders::default();
        orders.join(AccountId(1), 0);
        orders.leave(AccountId(2), 0);
    }

    proptest! {
        /// The twin is a list of who has which slot, in the order of joining. A slot that is free joins; one
        /// that is not leaves.
        #[test]
        fn the_index_does_as_a_list(steps in prop::collection::vec((0..ACCOUNTS, 0..SLOTS), 0..400)) {
            let (mut orders, mut list) = (OwnOrders::default(), Vec::new());
            for (account, slot) in steps {
                match list.iter().position(|&(_, taken)| taken == slot) {
                    Some(place) => {
                        let (owner, _) = list.remove(place);
                        orders.leave(AccountId(owner), slot);
                    }
                    None => {
                        list.push((account, slot));
                        orders.join(AccountId(account), slot);
                    }
                }
                for account in 0..=ACCOUNTS {
                    let expected: Vec<_> = list.iter().filter(|own| own.0 == account).map(|own| own.1).collect();
                    prop_assert_eq!(of(&orders, account), expected);
                }
            }
            let owners: alloc::collections::BTreeSet<_> = list.iter().map(|own| own.0).collect();
            prop_assert_eq!(orders.chains.len(), owners.len());
        }
    }
}
