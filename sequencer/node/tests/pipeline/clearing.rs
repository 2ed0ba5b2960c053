//! Markets that match in batches: the guardian's word through the interface, clearings that come by themselves, and what
//! is told of orders that wait.

use crate::support::*;
use ballast_node::{
    clock::Clock as _,
    feed::FeedConfig,
    pipeline::Answer,
    rpc::OrderName,
    wire::{BookUpdate, BookView, Channel, LevelView, results},
};
use ballast_types::*;
use std::{collections::BTreeMap, sync::Arc};

/// The guardian lets the market match in batches for so long.
fn batches(rig: &Rig, ahead: u64) -> Answer {
    rig.clock.advance(1);
    let time = rig.clock.now();
    let mode = MarketMode::Batches;
    let command = Restrict { market: MARKET, mode, until: Millis(time.0 + ahead), time };
    let command = GuardianCommand::Restrict(command);
    let signature = guardian_key().sign(ballast_auth::guardian_digest(rig.separator, &command));
    rig.ask(Source::Guardian { command, signature })
}

fn waiting(rig: &Rig) -> u32 {
    let view = rig.core.mirror.read();
    view.exchange.state.venues.get(u32::from(MARKET.0)).expect("a market").waiting
}

/// Lets an interval go by, with a fresh price, until nobody waits.
fn clear(rig: &Rig) {
    rig.clock.advance(1_000);
    rig.price(PRICE);
    rig.wait(|| waiting(rig) == 0);
}

fn enter(
    rig: &Rig,
    who: u8,
    nonce: u64,
    operations: Vec<Operation>,
) -> Vec<ballast_node::wire::OperationResult> {
    let ack = rig.accept(rig.operations(&key(1 + who), who.into(), nonce, operations));
    results(&ack.record)
}

#[test]
fn a_market_is_switched_and_cleared_without_anybody_asking() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    assert!(matches!(batches(&rig, 3_600_001), Answer::Refused(_)));
    assert!(matches!(batches(&rig, 60_000), Answer::Sequenced(_)));
    let sold = enter(&rig, 0, 0, vec![place(Side::Sell, 499_990, 3)]);
    assert_eq!((sold[0].resting_size, sold[0].waiting_size), (Some(0), Some(3)));
    let bought = enter(&rig, 1, 0, vec![place(Side::Buy, 500_010, 2)]);
    let market = views.markets().expect("markets").remove(0);
    assert_eq!((market.matching.as_str(), market.waiting, market.orders), ("batch", 2, 2));
    let status =
        |who, id: u64| views.order(AccountId(who), MARKET, OrderName::Id(OrderId(id))).expect("it is known");
    let (sold, bought) = (sold[0].order_id.expect("an id").0, bought[0].order_id.expect("an id").0);
    assert_eq!((status(0, sold).status.as_str(), status(0, sold).open_size), ("waiting", 3));
    clear(&rig);
    let told = status(0, sold);
    assert_eq!((told.status.as_str(), told.open_size, told.filled_size), ("open", 1, 2));
    // More is sold than bought: the price is that of who sells.
    assert_eq!(told.filled_notional.0, 2 * 499_990 * 10);
    assert_eq!((status(1, bought).status.as_str(), status(1, bought).filled_size), ("filled", 2));
    assert!(matches!(batches(&rig, 0), Answer::Sequenced(_)));
    assert_eq!(views.markets().expect("markets")[0].matching, "continuous");
}

#[test]
fn who_waits_is_cleared_after_a_restart() {
    let rig = Rig::trading();
    drop(batches(&rig, 60_000));
    enter(&rig, 0, 0, vec![place(Side::Sell, 500_000, 1)]);
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    let rig = start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again");
    assert_eq!(waiting(&rig), 1);
    clear(&rig);
}

fn levels(levels: &[LevelView]) -> BTreeMap<u64, i128> {
    levels.iter().map(|level| (level.price, level.size.0)).collect()
}

/// What rests trades at another price than its own, icebergs among it: the feed's levels are those of the book.
#[test]
fn updates_of_clearings_make_the_book() {
    let rig = Rig::trading();
    let (_, views, channels) = rig.core.ports();
    let hiding = |side, price, size, display| {
        let order = NewOrder {
            display: Some(SizeLots(display)),
            ..NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0))
        };
        Operation::Place { market: MARKET, order }
    };
    enter(
        &rig,
        0,
        0,
        vec![
            place(Side::Sell, 500_000, 3),
            hiding(Side::Sell, 500_010, 40, 5),
            place(Side::Sell, 500_010, 7),
        ],
    );
    let mut subscription = channels.subscribe(Channel::Book(MARKET)).expect("a market");
    let snapshot: BookView = serde_json::from_str(&subscription.snapshot.json).expect("a book");
    let mut told = [levels(&snapshot.bids), levels(&snapshot.asks)];
    drop(batches(&rig, 60_000));
    for (nonce, steps) in [
        // Both prices of the asks trade, the last in parts and over several bids.
        vec![place(Side::Buy, 500_020, 2), place(Side::Buy, 500_020, 4), hiding(Side::Buy, 500_015, 9, 2)],
        vec![place(Side::Buy, 500_010, 1), place(Side::Buy, 499_000, 1), hiding(Side::Buy, 500_010, 60, 7)],
        vec![place(Side::Buy, 500_030, 11)],
    ]
    .into_iter()
    .enumerate()
    {
        enter(&rig, 1, nonce as u64, steps);
        enter(&rig, 0, 1 + nonce as u64, vec![hiding(Side::Sell, 500_005, 6, 4)]);
        clear(&rig);
        while let Ok(update) = subscription.updates.try_recv() {
            let update: BookUpdate = serde_json::from_str(&update.json).expect("levels");
            for (side, levels) in [update.bids, update.asks].into_iter().enumerate() {
                for level in levels {
                    told[side].insert(level.price, level.size.0);
                }
                told[side].retain(|_, size| *size > 0);
            }
        }
        let book = views.book(MARKET, 100).expect("a market");
        assert_eq!(told, [levels(&book.bids), levels(&book.asks)]);
    }
}
