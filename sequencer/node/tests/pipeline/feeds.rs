//! Subscriptions: snapshots, updates, and subscribers that do not read.

use crate::support::*;
use ballast_node::{
    feed::FeedConfig,
    wire::{BookUpdate, BookView, Channel},
};
use ballast_types::*;
use std::collections::BTreeMap;

#[test]
fn a_slow_subscriber_is_let_go_and_slows_nobody() {
    let rig = Rig::with(pipeline(), FeedConfig { queue: 16, ..FeedConfig::default() });
    rig.prepare();
    let (_, _, channels) = rig.core.ports();
    let mut slow = channels.subscribe(Channel::Book(MARKET)).expect("a market");
    for nonce in 0..100 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]));
    }
    let mut received = 0;
    while slow.updates.blocking_recv().is_some() {
        received += 1;
    }
    assert_eq!(received, 16, "a queue holds what it holds, then the subscription ends");
    assert!(channels.subscribe(Channel::Book(MarketId(9))).is_err());
    assert!(channels.subscribe(Channel::Account(AccountId(99))).is_err());
}

#[test]
fn updates_upon_the_snapshot_make_the_book() {
    let rig = Rig::trading();
    for nonce in 0..20 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000 + nonce, 5)]));
    }
    let (_, views, channels) = rig.core.ports();
    let mut subscription = channels.subscribe(Channel::Book(MARKET)).expect("a market");
    let snapshot: BookView = serde_json::from_str(&subscription.snapshot.json).expect("a book");
    let mut bids: BTreeMap<u64, i128> =
        snapshot.bids.iter().map(|level| (level.price, level.size.0)).collect();
    let mut asks: BTreeMap<u64, i128> =
        snapshot.asks.iter().map(|level| (level.price, level.size.0)).collect();
    for nonce in 0..60 {
        let operations = match nonce % 4 {
            0 => vec![place(Side::Sell, 490_000 + nonce % 25, 7)],
            1 => vec![place(Side::Sell, 505_000 + nonce, 3), place(Side::Buy, 489_000, 2)],
            2 => vec![place(Side::Buy, 505_100, 4)],
            _ => vec![Operation::CancelAll { market: Some(MARKET) }],
        };
        let who = (nonce % 3 % 2) as u8;
        rig.accept(rig.operations(&key(1 + who), who.into(), 100 + nonce, operations));
    }
    let book = views.book(MARKET, 1_000).expect("a market");
    while let Ok(update) = subscription.updates.try_recv() {
        if update.seq <= subscription.snapshot.seq {
            continue;
        }
        let update: BookUpdate = serde_json::from_str(&update.json).expect("an update");
        for (side, levels) in [(&mut bids, update.bids), (&mut asks, update.asks)] {
            for level in levels {
                match level.size.0 {
                    0 => side.remove(&level.price),
                    size => side.insert(level.price, size),
                };
            }
        }
    }
    let levels = |view: &[ballast_node::wire::LevelView]| {
        view.iter().map(|l| (l.price, l.size.0)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!((bids, asks), (levels(&book.bids), levels(&book.asks)));
}

#[test]
fn an_account_is_told_of_its_fills_as_taker_and_as_maker() {
    let rig = Rig::trading();
    let (_, views, channels) = rig.core.ports();
    let mut maker = channels.subscribe(Channel::Account(AccountId(0))).expect("an account");
    let mut trades = channels.subscribe(Channel::Trades(MARKET)).expect("a market");
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 499_000, 10)]));
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, 499_000, 4)]));
    let told: Vec<String> =
        (0..2).map(|_| maker.updates.blocking_recv().expect("an update").json.to_string()).collect();
    assert!(told[0].contains("orderRested") && told[1].contains("\"fill\""), "{told:?}");
    assert!(trades.updates.blocking_recv().expect("a trade").json.contains("\"size\":4"));
    for (account, is_maker) in [(0, true), (1, false)] {
        let fills = views.fills(AccountId(account), None, 10).expect("an account");
        assert_eq!((fills.len(), fills[0].maker), (1, is_maker));
    }
    let view = views.account(AccountId(0)).expect("an account");
    assert_eq!((view.positions.len(), view.positions[0].size, view.open_orders), (1, 4, 1));
    assert_eq!(views.trades(MARKET, 5).expect("a market").trades.len(), 1);
}
