//! What all cores encode is what one does.

use super::{MANY, commit};
use crate::liquidator::tests::world::{World, bitcoin};
use ballast_engine::Exchange;
use ballast_state::{Account, Holdings, Section};
use ballast_types::{Address, PoolId, Quote};

/// An exchange of which so many accounts changed, named in no order.
fn exchange(accounts: u32) -> Exchange {
    let mut exchange = World::of(vec![bitcoin()]).x;
    let (even, odd) = ((0..accounts).step_by(2), (1..accounts).step_by(2));
    for id in even.rev().chain(odd) {
        let cash = Quote(i64::from(id) * 1_000_003);
        let account = Account {
            owner: Address::left_padding_from(&id.to_be_bytes()),
            pool: PoolId(0),
            cash,
            positions: Vec::new(),
            holdings: Holdings::NONE,
        };
        exchange.state.accounts.insert(id, account);
    }
    exchange
}

#[test]
fn many_leaves_are_encoded_as_few_are() {
    for accounts in [MANY - 1, MANY, 3 * MANY] {
        let accounts = u32::try_from(accounts).expect("few");
        let mut exchange = exchange(accounts);
        let mut again = exchange.clone();
        let changes = commit(&mut exchange);
        let encoded = changes.iter().filter(|change| change.0 == Section::Accounts).count();
        assert_eq!(encoded, accounts as usize);
        assert_eq!(changes, ballast_engine::commit(&mut again));
        assert_eq!(commit(&mut exchange).len(), 1, "the chain's leaf alone");
    }
}
