use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, Event, Millis, Nonce, Operation, Operations, RejectCode, Rejection, Side, TimeInForce,
};

use super::rehearse;
use crate::{
    commit,
    margin::summary_of,
    world::{BTC, ONE, PRICE, World, assert_code, buy, order, sell},
};

fn command(account: u32, atomic: bool, operations: Vec<Operation>) -> Operations {
    // Used and expired: neither is looked at.
    Operations { account: AccountId(account), nonce: Nonce(0), expires: Millis(0), atomic, operations }
}

fn place(side: Side, price: u64, size: u64) -> Operation {
    Operation::Place { market: BTC, order: order(side, price, size, TimeInForce::Gtc) }
}

#[test]
fn what_was_rehearsed_leaves_nothing_to_commit() {
    let mut world = World::trading(2);
    world.rest(1, BTC, sell(PRICE, ONE));
    let (before, chain) = (world.x.clone(), world.x.state.chain.clone());
    let now = Millis(world.time);
    let account = AccountId(0);
    for atomic in [false, true] {
        let command = command(0, atomic, vec![place(Side::Buy, PRICE, 2 * ONE)]);
        let (events, after) =
            rehearse(&mut world.x, now, &command, |x| summary_of(&x.state, account)).expect("it exists");
        assert!(events.iter().any(|event| matches!(event, Event::Fill { size, .. } if size.0 == ONE)));
        assert!(after.initial > 0 && after.equity < summary_of(&world.x.state, account).equity, "{after:?}");
    }
    assert_eq!(world.x.state.chain, chain);
    // The chain's leaf alone, which every commit writes.
    assert_eq!(commit(&mut world.x).len(), 1);
    let depth = |x: &crate::Exchange| x.book(BTC).expect("it exists").depth(Side::Sell, 10);
    assert_eq!(depth(&world.x), depth(&before));
}

#[test]
fn what_had_been_scheduled_is_done_when_the_steps_are_not() {
    let mut world = World::trading(1);
    let id = world.rest(0, BTC, buy(PRICE - 100, ONE));
    let at = Millis(world.time + 1_000);
    world.operate(0, Operation::ScheduleCancel { at: Some(at) }).expect("accepted");
    let command = command(0, true, vec![place(Side::Buy, PRICE, 1), place(Side::Buy, 1, 1)]);
    let orders = |x: &crate::Exchange| x.orders_of(AccountId(0), BTC);
    let (events, left) = rehearse(&mut world.x, at, &command, orders).expect("it exists");
    assert_eq!(left, vec![]);
    let codes = events.iter().filter_map(|event| match event {
        Event::OperationRejected { rejection, .. } => Some(rejection.code),
        _ => None,
    });
    assert!(codes.eq([RejectCode::NotAtomic, RejectCode::OutsideBand]));
    assert!(matches!(events[0], Event::ScheduledCancel { count: 1, .. }));
    assert_eq!(orders(&world.x), [id]);
    // The same in earnest: the world compares.
    world.time = at.0;
    world.batch_by(world.owner_of(0), 0, true, command.operations);
    assert_eq!(orders(&world.x), vec![]);
}

#[test]
fn only_accounts_that_exist_and_forms_that_are_good_are_rehearsed() {
    let mut world = World::trading(1);
    let now = Millis(world.time);
    let mut ask = |account, operations| {
        rehearse(&mut world.x, now, &command(account, false, operations), |_| ()).map(|(events, ())| events)
    };
    assert_eq!(
        ask(9, vec![place(Side::Buy, PRICE, 1)]),
        Err(Rejection::new(RejectCode::UnknownAccount, 9, 1))
    );
    assert_code(ask(0, vec![]), RejectCode::NoOperations);
    assert_code(ask(0, vec![place(Side::Buy, PRICE, 1); 101]), RejectCode::TooManyOperations);
}
