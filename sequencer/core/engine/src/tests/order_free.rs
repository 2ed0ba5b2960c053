//! What comes in any order and is the same (S25 of the design).

use alloc::{collections::BTreeMap, vec, vec::Vec};

use ballast_state::Section;
use ballast_types::{
    AccountId, CancelFilter, GrantSession, Operation, Operations, Source, Status, UserCommand, command::scope,
};

use crate::world::{ALT, BTC, Leaves, ONE, PRICE, World, buy, owner, sell, signed_by};

/// Four accounts, each with an order in each market and a position, so that nothing is the first of its kind.
fn warm() -> World {
    let mut world = World::trading(5);
    for (market, price, size) in [(BTC, PRICE, ONE / 10), (ALT, 1_000, 10_000)] {
        let step = price / 1_000;
        world.trade(4, 0, market, price, size);
        for account in 0..4 {
            world.rest(account, market, buy(price - step * (2 + u64::from(account)), size));
            world.rest(account, market, sell(price + step * (2 + u64::from(account)), size));
        }
    }
    world
}

/// Commands of one account each, none of which meets another: cancels in two markets, one of all orders, a leverage, a session
/// key. The numbers of the signatures are fixed, so the commands are the same whatever their order.
fn commands(world: &mut World) -> Vec<Source> {
    let mut command = |account: u32, operation: Operation| {
        let (nonce, expires) = (world.next_nonce(), world.expires());
        let (account, operations) = (AccountId(account), vec![operation]);
        UserCommand::Operations(Operations { account, nonce, expires, atomic: false, operations })
    };
    let mut commands = vec![
        command(0, Operation::CancelAll(CancelFilter::market(BTC))),
        command(1, Operation::CancelAll(CancelFilter::market(ALT))),
        command(2, Operation::CancelAll(CancelFilter::ALL)),
        command(3, Operation::SetLeverage { market: BTC, leverage: 9 }),
    ];
    let (account, nonce, expires) = (AccountId(4), world.next_nonce(), world.expires());
    let (key, valid_until) = (owner(50), world.expires());
    let grant = GrantSession { account, nonce, expires, key, valid_until, scope: scope::ALL };
    commands.push(UserCommand::GrantSession(grant));
    let signed = |command: UserCommand| {
        let signature = signed_by(world.owner_of(command.account().0));
        Source::User { command, signature }
    };
    commands.into_iter().map(signed).collect()
}

/// All orders of what is listed.
fn permutations(all: &[usize]) -> Vec<Vec<usize>> {
    if all.is_empty() {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for (place, first) in all.iter().enumerate() {
        let rest: Vec<usize> = [&all[..place], &all[place + 1..]].concat();
        found.extend(permutations(&rest).into_iter().map(|rest| [vec![*first], rest].concat()));
    }
    found
}

/// But for the promise chain, and what the section of the chain says of it.
fn without_chain(leaves: &Leaves) -> BTreeMap<(Section, u32), Vec<u8>> {
    let kept = leaves.0.iter().filter(|((section, _), _)| *section != Section::Chain);
    kept.map(|(at, bytes)| (*at, bytes.clone())).collect()
}

#[test]
fn what_does_not_meet_comes_to_the_same_state_in_any_order() {
    let mut world = warm();
    let commands = commands(&mut world);
    let before = without_chain(&world.leaves);
    let mut first = None;
    let places: Vec<usize> = (0..commands.len()).collect();
    for order in permutations(&places) {
        let mut world = world.clone();
        for place in &order {
            assert_eq!(world.input(commands[*place].clone()).status, Status::Accepted);
        }
        world.seal();
        let after = without_chain(&world.leaves);
        assert_ne!(after, before);
        assert!(*first.get_or_insert_with(|| after.clone()) == after, "{order:?} comes to another state");
    }
}
