use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, CancelFilter, Event, MarketId, Operation, OrderId, RejectCode, RemovalReason, Status,
};

use crate::{
    facts,
    world::{ALT, BTC, PRICE, World, assert_code, assert_rejected, buy, owner, sell},
};

fn cancel_all(world: &mut World, market: Option<MarketId>) -> Vec<(MarketId, OrderId)> {
    let events = world
        .operate(0, Operation::CancelAll(CancelFilter { market, ..CancelFilter::ALL }))
        .expect("never refused");
    let [Event::AllCancelled { step: 0, count }, removed @ ..] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(*count as usize, removed.len());
    let removed = removed.iter().map(|event| match event {
        Event::OrderRemoved { market, order, reason: RemovalReason::Cancelled, .. } => (*market, *order),
        other => panic!("{other:?}"),
    });
    removed.collect()
}

#[test]
fn markets_and_ids_ascend_and_others_stay() {
    let mut world = World::trading(2);
    let alt = [world.rest(0, ALT, buy(990, 10)), world.rest(0, ALT, sell(1_010, 10))];
    world.rest(1, BTC, buy(PRICE - 5, 10));
    let btc = [world.rest(0, BTC, buy(PRICE, 10)), world.rest(0, BTC, buy(PRICE - 9, 10))];
    let all = [(BTC, btc[0]), (BTC, btc[1]), (ALT, alt[0]), (ALT, alt[1])];
    assert_eq!(cancel_all(&mut world, None), all);
    assert_eq!(cancel_all(&mut world, None), []);
    assert_eq!(world.x.book(BTC).expect("listed").len(), 1);
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).reserve.0, 0);
}

#[test]
fn one_market_alone() {
    let mut world = World::trading(1);
    world.rest(0, ALT, buy(990, 10));
    let id = world.rest(0, BTC, buy(PRICE, 10));
    assert_eq!(cancel_all(&mut world, Some(BTC)), [(BTC, id)]);
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).open_orders, 1);
    assert_code(
        world.operate(
            0,
            Operation::CancelAll(CancelFilter { market: Some(MarketId(2)), ..CancelFilter::ALL }),
        ),
        RejectCode::UnknownMarket,
    );
}

#[test]
fn one_order_is_cancelled_by_its_owner_only() {
    let mut world = World::trading(2);
    let id = world.rest(0, BTC, buy(PRICE, 10));
    assert_code(world.cancel(1, BTC, id), RejectCode::UnknownOrder);
    assert_code(world.cancel(0, ALT, id), RejectCode::UnknownOrder);
    assert_code(world.cancel(0, MarketId(2), id), RejectCode::UnknownMarket);
    world.cancel(0, BTC, id).expect("its own");
    assert_code(world.cancel(0, BTC, id), RejectCode::UnknownOrder);
    assert!(facts::trader(&world.x.state, AccountId(0)).books.is_empty());
}

#[test]
fn steps_go_on_after_one_that_is_rejected() {
    let mut world = World::trading(1);
    let place = |price| Operation::Place { market: BTC, order: buy(price, 10) };
    let outcome = world.operations_by(owner(0), 0, vec![place(0), place(PRICE), place(1)]);
    let step = |event: &Event| match event {
        Event::OperationRejected { step, .. } => (*step, false),
        Event::OrderAccepted { step, .. } => (*step, true),
        _ => (99, true),
    };
    let steps: Vec<_> = outcome.events.iter().map(step).collect();
    assert_eq!(steps, [(0, false), (1, true), (99, true), (2, false)]);
}

#[test]
fn operations_are_counted() {
    let mut world = World::trading(1);
    assert_rejected(world.operations_by(owner(0), 0, vec![]).status, RejectCode::NoOperations);
    let cancel = Operation::Cancel { market: BTC, order: OrderId(5) };
    assert_rejected(
        world.operations_by(owner(0), 0, vec![cancel; 101]).status,
        RejectCode::TooManyOperations,
    );
    assert_eq!(world.operations_by(owner(0), 0, vec![cancel; 100]).status, Status::Accepted);
    let all = Operation::CancelAll(CancelFilter::ALL);
    assert_rejected(world.operations_by(owner(0), 0, vec![all; 11]).status, RejectCode::TooManyOperations);
    assert_eq!(world.operations_by(owner(0), 0, vec![all; 10]).status, Status::Accepted);
}
