use ballast_types::{
    AccountId, Event, NewOrder, Operation, OrderId, RejectCode, RemovalReason, Side, TimeInForce,
};

use crate::{
    facts,
    world::{BTC, ONE, PRICE, World, assert_code, buy, order, sell},
};

fn replace(
    world: &mut World,
    account: u32,
    order: OrderId,
    new: NewOrder,
) -> Result<alloc::vec::Vec<Event>, ballast_types::Rejection> {
    world.operate(account, Operation::Replace { market: BTC, order, new })
}

#[test]
fn the_new_order_takes_the_place_and_a_new_id() {
    let mut world = World::trading(1);
    let old = world.rest(0, BTC, buy(PRICE - 9, ONE));
    let events = replace(&mut world, 0, old, buy(PRICE, 2 * ONE)).expect("accepted");
    let [
        Event::OrderAccepted { order: new, .. },
        Event::OrderRemoved { order: gone, reason: RemovalReason::Replaced, .. },
        Event::OrderRested { order: rest, .. },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*gone, rest.id, new.slot()), (old, *new, old.slot()));
    assert!(new.arrival() > old.arrival());
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).open_orders, 1);
}

#[test]
fn what_the_old_order_held_is_free_for_the_new_one() {
    let mut world = World::trading(1);
    let old = world.rest(0, BTC, buy(PRICE, 49 * ONE));
    assert_code(world.place(0, BTC, buy(PRICE, ONE)), RejectCode::InsufficientMargin);
    let new = replace(&mut world, 0, old, buy(PRICE - 1, 49 * ONE));
    new.expect("one of them is within the margin");
}

#[test]
fn when_the_new_one_is_rejected_the_old_one_stays() {
    let mut world = World::trading(2);
    let old = world.rest(0, BTC, buy(PRICE, ONE));
    assert_code(replace(&mut world, 0, old, buy(PRICE, 90 * ONE)), RejectCode::InsufficientMargin);
    assert_code(replace(&mut world, 0, old, buy(1, ONE)), RejectCode::OutsideBand);
    world.rest(1, BTC, sell(PRICE + 5, ONE));
    let post = order(Side::Buy, PRICE + 5, ONE, TimeInForce::PostOnly);
    assert_code(replace(&mut world, 0, old, post), RejectCode::WouldCross);
    assert_eq!(world.x.book(BTC).expect("listed").best(Side::Buy).map(|p| p.0), Some(PRICE));
    world.cancel(0, BTC, old).expect("it is there");
}

#[test]
fn when_the_old_one_is_gone_nothing_is_placed() {
    let mut world = World::trading(2);
    let old = world.rest(0, BTC, sell(PRICE, ONE));
    assert_code(replace(&mut world, 1, old, buy(PRICE, ONE)), RejectCode::UnknownOrder);
    world.place(1, BTC, buy(PRICE, ONE)).expect("it fills");
    assert_code(replace(&mut world, 0, old, sell(PRICE, ONE)), RejectCode::UnknownOrder);
    assert!(world.x.book(BTC).expect("listed").is_empty());
}

#[test]
fn the_new_order_does_not_meet_the_old_one() {
    let mut world = World::trading(1);
    let old = world.rest(0, BTC, buy(PRICE, ONE));
    let post = order(Side::Sell, PRICE - 5, ONE, TimeInForce::PostOnly);
    let events = replace(&mut world, 0, old, post).expect("only the old one was in the way");
    assert!(matches!(events.last(), Some(Event::OrderRested { .. })));
    let removals = events.iter().filter(|event| matches!(event, Event::OrderRemoved { .. }));
    assert_eq!(removals.count(), 1);
}
