//! The resting orders of each account in one book, by age and by the trader's own number: an index of the book's facts,
//! rebuilt with it and never committed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use ballast_types::{AccountId, ClientId};
use foldhash::fast::FixedState;
use hashbrown::{HashMap, hash_map::Entry};

/// Up to so many orders are looked through for a trader's own number.
const FEW: u32 = 8;

const SHARED: &str = "no two open orders of an account share a number (INV-50)";

/// A slot in the chain of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    /// The trader's own number of its order; 0 for none. The book has it, too, but while changes are taken back one by one here,
    /// the book is already as it was.
    client: ClientId,
    /// The slot that joined next before; for the first of a chain, its last.
    before: u32,
    /// The slot that joined next after; [`Link::NOBODY`] for the last.
    after: u32,
}

impl Link {
    const NOBODY: u32 = u32::MAX;
    /// That of a slot in no chain.
    const NONE: Self = Self { client: ClientId(0), before: Self::NOBODY, after: Self::NOBODY };
}

/// The chain of an account, which is never empty.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    /// Its length.
    orders: u32,
}

/// One chain of slots for every account that has an order in the book, the oldest first.
///
/// The links lie in an array by slot, so that joining and leaving take constant time. The map of chains is only ever looked
/// up, never walked, and its hash has a fixed seed, so that two runs take the same steps. Account ids are dense and
/// each costs a deposit, so nobody chooses enough of them to make it slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnOrders {
    /// By slot, up to the highest that ever joined.
    links: Vec<Link>,
    chains: HashMap<AccountId, Chain, FixedState>,
    /// The slot of each own number, of accounts with more than [`FEW`] orders.
    /// Sorted, as traders choose the numbers: of a hash they could choose many that meet.
    clients: BTreeMap<(AccountId, ClientId), u32>,
}

impl OwnOrders {
    /// Puts a slot, which is in no chain, at the end of its account's.
    ///
    /// # Panics
    /// When the number `client` is that of another order of the account, and not 0, which is no number (INV-50).
    pub(crate) fn join(&mut self, account: AccountId, slot: u32, client: ClientId) {
        let at = slot as usize;
        if at >= self.links.len() {
            self.links.resize(at + 1, Link::NONE);
        }
        let chain = match self.chains.entry(account) {
            Entry::Vacant(entry) => {
                entry.insert(Chain { first: slot, orders: 1 });
                self.links[at] = Link { client, before: slot, after: Link::NOBODY };
                return;
            }
            Entry::Occupied(entry) => entry.into_mut(),
        };
        if chain.orders < FEW && client != ClientId(0) {
            let mut others = walk(&self.links, chain.first);
            assert!(others.all(|other| self.links[other as usize].client != client), "{SHARED}");
        }
        chain.orders += 1;
        let Chain { first, orders } = *chain;
        let last = core::mem::replace(&mut self.links[first as usize].before, slot);
        self.links[last as usize].after = slot;
        self.links[at] = Link { client, before: last, after: Link::NOBODY };
        if orders > FEW {
            let newly_known = if orders == FEW + 1 { first } else { slot };
            let Self { links, clients, .. } = self;
            for slot in walk(links, newly_known) {
                let client = links[slot as usize].client;
                let before = (client != ClientId(0)).then(|| clients.insert((account, client), slot));
                assert!(before.flatten().is_none(), "{SHARED}");
            }
        }
    }

    /// Takes a slot out of its account's chain, and the chain away with the last.
    ///
    /// # Panics
    /// When the account has no chain, or the slot is in none, or at an end of another.
    pub(crate) fn leave(&mut self, account: AccountId, slot: u32) {
        let Entry::Occupied(mut entry) = self.chains.entry(account) else {
            panic!("the account of a resting order has a chain");
        };
        let Link { client, before, after } = core::mem::replace(&mut self.links[slot as usize], Link::NONE);
        assert!(before != Link::NOBODY, "a slot that leaves is in a chain");
        let chain = entry.get_mut();
        let is_first = self.links[before as usize].after != slot;
        assert!(is_first == (chain.first == slot), "a slot without an older one is the first");
        chain.orders -= 1;
        if after == Link::NOBODY {
            if chain.orders > 0 {
                self.links[before as usize].after = after;
                let last = core::mem::replace(&mut self.links[chain.first as usize].before, before);
                assert!(last == slot, "a slot without a younger one is the last");
            }
        } else {
            self.links[after as usize].before = before;
            if chain.first == slot {
                chain.first = after;
            } else {
                self.links[before as usize].after = after;
            }
        }
        let Chain { first, orders } = *chain;
        if orders == 0 {
            assert!(first == slot, "the only one of a chain is the first");
            entry.remove();
        }
        if orders >= FEW {
            self.clients.remove(&(account, client));
        }
        if orders == FEW {
            let Self { links, clients, .. } = self;
            for slot in walk(links, first) {
                clients.remove(&(account, links[slot as usize].client));
            }
        }
    }

    /// The slots of an account in the order in which they joined.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = u32> {
        let first = self.chains.get(&account).map_or(Link::NOBODY, |chain| chain.first);
        walk(&self.links, first)
    }

    /// The slot of the order that the account gave this number; none for 0, which is no number.
    pub(crate) fn by_client(&self, account: AccountId, client: ClientId) -> Option<u32> {
        if client == ClientId(0) {
            return None;
        }
        let chain = self.chains.get(&account)?;
        if chain.orders > FEW {
            return self.clients.get(&(account, client)).copied();
        }
        walk(&self.links, chain.first).find(|slot| self.links[*slot as usize].client == client)
    }
}

/// The slots of a chain from `slot` on, if there is one.
fn walk(links: &[Link], slot: u32) -> impl Iterator<Item = u32> {
    let there = |slot: u32| (slot != Link::NOBODY).then_some(slot);
    core::iter::successors(there(slot), move |&slot| there(links[slot as usize].after))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    const ACCOUNTS: u32 = 2;
    const SLOTS: u32 = 40;

    fn client_of(slot: u32) -> ClientId {
        ClientId(if slot.is_multiple_of(4) { 0 } else { u64::from(slot) * 3 })
    }

    fn of(orders: &OwnOrders, account: u32) -> Vec<u32> {
        orders.of(AccountId(account)).collect()
    }

    #[test]
    fn slots_come_in_the_order_in_which_they_joined() {
        let mut orders = OwnOrders::default();
        [5, 0, 9, 3].into_iter().for_each(|slot| orders.join(AccountId(7), slot, ClientId(0)));
        orders.join(AccountId(8), 1, ClientId(0));
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
        orders.join(AccountId(1), 0, ClientId(0));
        orders.leave(AccountId(2), 0);
    }

    #[test]
    #[should_panic(expected = "a slot that leaves is in a chain")]
    fn a_slot_in_no_chain_does_not_leave_one() {
        let mut orders = OwnOrders::default();
        orders.join(AccountId(1), 0, ClientId(0));
        orders.join(AccountId(2), 1, ClientId(0));
        orders.leave(AccountId(1), 0);
        orders.join(AccountId(1), 2, ClientId(0));
        orders.leave(AccountId(1), 0);
    }

    #[test]
    #[should_panic(expected = "a slot without an older one is the first")]
    fn the_first_of_another_chain_does_not_leave_one() {
        leave_of_another(0);
    }

    #[test]
    #[should_panic(expected = "a slot without a younger one is the last")]
    fn the_last_of_another_chain_does_not_leave_one() {
        leave_of_another(1);
    }

    /// Slots 0 and 1 are one account's, 2 and 3 another's, who leaves with `slot`.
    fn leave_of_another(slot: u32) {
        let mut orders = OwnOrders::default();
        (0..4).for_each(|slot| orders.join(AccountId(slot / 2), slot, ClientId(0)));
        orders.leave(AccountId(1), slot);
    }

    /// The second number at which it is noticed: among few, when the few become many, and among many.
    #[test]
    fn no_two_orders_of_an_account_share_a_number() {
        for before in [1, FEW, FEW + 4] {
            let twice = std::panic::catch_unwind(|| {
                let mut orders = OwnOrders::default();
                (0..before).for_each(|slot| orders.join(AccountId(1), slot, ClientId(u64::from(slot) + 1)));
                orders.join(AccountId(2), before, ClientId(1));
                orders.join(AccountId(1), before + 1, ClientId(1));
            });
            let why = twice.expect_err("it is noticed");
            let why = why.downcast_ref::<String>().map(String::as_str).or(why.downcast_ref().copied());
            assert_eq!((why, before), (Some(SHARED), before));
        }
    }

    #[test]
    fn numbers_are_found_however_many_there_are() {
        let (mut orders, one, other) = (OwnOrders::default(), AccountId(1), AccountId(2));
        let number = |slot: u32| ClientId(100 + u64::from(slot));
        (0..=FEW).for_each(|slot| orders.join(one, slot, number(slot)));
        assert_eq!((orders.clients.len(), orders.by_client(one, number(4))), (9, Some(4)));
        orders.leave(one, 4);
        assert_eq!((orders.clients.len(), orders.by_client(one, number(4))), (0, None));
        orders.join(other, 4, number(0));
        orders.join(one, 20, number(4));
        assert_eq!(orders.clients.len(), 9);
        for gone in [0, 8, 20, 3] {
            orders.leave(one, gone);
        }
        assert_eq!(of(&orders, 1), [1, 2, 5, 6, 7]);
        assert_eq!((orders.clients.len(), orders.by_client(one, number(7))), (0, Some(7)));
        assert_eq!((orders.by_client(one, number(0)), orders.by_client(other, number(0))), (None, Some(4)));
    }

    proptest! {
        /// The twin is a list of who has which slot, in the order of joining. A slot that is free joins; one
        /// that is not leaves. Each has a number of its own, but for one of four.
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
                        orders.join(AccountId(account), slot, client_of(slot));
                    }
                }
                for account in 0..=ACCOUNTS {
                    let expected: Vec<_> = list.iter().filter(|own| own.0 == account).map(|own| own.1).collect();
                    for slot in (0..SLOTS).filter(|slot| client_of(*slot) != ClientId(0)) {
                        let known = orders.by_client(AccountId(account), client_of(slot));
                        prop_assert_eq!(known, expected.contains(&slot).then_some(slot));
                    }
                    prop_assert_eq!(orders.by_client(AccountId(account), ClientId(0)), None);
                    prop_assert_eq!(of(&orders, account), expected);
                }
                let many = |owner| list.iter().filter(|own| own.0 == owner).count() > FEW as usize;
                let known = |own: &&(u32, u32)| client_of(own.1) != ClientId(0) && many(own.0);
                prop_assert_eq!(orders.clients.len(), list.iter().filter(known).count());
            }
            let owners: alloc::collections::BTreeSet<_> = list.iter().map(|own| own.0).collect();
            prop_assert_eq!(orders.chains.len(), owners.len());
        }
    }
}
