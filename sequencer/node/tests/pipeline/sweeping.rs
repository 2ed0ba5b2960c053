//! What can never trade again leaves the books by itself, and does not fill the log.

use crate::support::*;
use ballast_node::{clock::Clock as _, feed::FeedConfig, pipeline::Record};
use ballast_types::*;
use std::sync::Arc;

/// How long fewer orders than a sweep may name wait for others, and a little more.
const SOON: u64 = 150;

fn enter(rig: &Rig, who: u8, nonce: u64, operations: Vec<Operation>) {
    rig.accept(rig.operations(&key(1 + who), who.into(), nonce, operations));
}

fn until(price: u64, time: u64) -> Operation {
    let order = plain(Side::Buy, price, 1);
    Operation::Place { market: MARKET, order: NewOrder { good_until: Some(Millis(time)), ..order } }
}

fn plain(side: Side, price: u64, size: u64) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0))
}

fn at(market: MarketId, order: NewOrder) -> Operation {
    Operation::Place { market, order }
}

fn resting(rig: &Rig) -> u32 {
    rig.core.mirror.read().exchange.book(MARKET).expect("a market").len()
}

/// Lets time go by until so many orders rest.
fn wait_for(rig: &Rig, orders: u32) {
    rig.wait(|| {
        rig.clock.advance(1);
        resting(rig) == orders
    });
}

fn sweeps(rig: &Rig) -> usize {
    let records = rig.core.journal.records(Seq(1), 100_000).expect("a journal");
    let is_sweep =
        |record: &&Record| matches!(record.input.source, Source::System(SystemCommand::Sweep { .. }));
    records.iter().filter(is_sweep).count()
}

#[test]
fn an_order_whose_time_is_over_leaves_also_after_a_restart() {
    let rig = Rig::trading();
    let now = rig.clock.now().0;
    enter(
        &rig,
        0,
        0,
        vec![until(490_000, now + 1_000), until(490_001, now + 5_000), place(Side::Buy, 490_002, 1)],
    );
    rig.clock.advance(1_001);
    wait_for(&rig, 2);
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    let rig = start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again");
    rig.clock.advance(4_000);
    wait_for(&rig, 1);
    assert_eq!(sweeps(&rig), 2);
}

#[test]
fn orders_that_only_close_leave_with_the_position() {
    let rig = Rig::trading();
    let closing = |price| at(MARKET, NewOrder { reduce_only: true, ..plain(Side::Sell, price, 5) });
    enter(&rig, 1, 0, vec![place(Side::Sell, 500_000, 5)]);
    enter(&rig, 0, 0, vec![place(Side::Buy, 500_000, 5), closing(510_000), closing(510_001)]);
    rig.wait(|| resting(&rig) == 2);
    enter(&rig, 1, 1, vec![place(Side::Buy, 500_000, 5)]);
    enter(&rig, 0, 1, vec![place(Side::Sell, 500_000, 5)]);
    wait_for(&rig, 0);
}

#[test]
fn a_scheduled_cancel_needs_nobody_to_meet_the_orders() {
    let rig = Rig::trading();
    let now = rig.clock.now().0;
    let later = Operation::ScheduleCancel { at: Some(Millis(now + 500)) };
    enter(&rig, 0, 0, vec![place(Side::Buy, 490_000, 1), place(Side::Buy, 490_001, 1), later]);
    enter(&rig, 1, 0, vec![place(Side::Buy, 490_000, 1)]);
    rig.clock.advance(500);
    wait_for(&rig, 1);
    assert_eq!(sweeps(&rig), 1);
}

/// A hundred orders that ended a millisecond apart made a hundred inputs.
#[test]
fn orders_that_end_one_after_the_other_are_swept_together() {
    let rig = Rig::trading();
    let now = rig.clock.now().0;
    for batch in 0..4 {
        enter(&rig, 0, batch, (0..100).map(|n| until(490_000 + n, now + 1 + n)).collect());
    }
    assert_eq!(resting(&rig), 400);
    for _ in 0..10 {
        rig.clock.advance(20);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    wait_for(&rig, 0);
    let swept = sweeps(&rig);
    assert!((2..=6).contains(&swept), "{swept} sweeps");
    // And nothing is named twice.
    let seq = rig.seq();
    rig.clock.advance(SOON);
    enter(&rig, 1, 0, vec![place(Side::Buy, 490_000, 1)]);
    assert_eq!(rig.seq().0, seq.0 + 1);
}
