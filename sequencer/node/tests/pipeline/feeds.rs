//! Subscriptions: snapshots, updates, and subscribers that do not read.

use crate::support::*;
use ballast_node::{
    feed::FeedConfig,
    wire::{BookUpdate, BookView, Channel, TradesUpdate, TradesView},
};
use ballast_types::*;
use std::collections::{BTreeMap, BTreeSet};

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
fn updates_told_of_levels_that_nobody_had_ever_seen() {
    let rig = Rig::with(pipeline(), FeedConfig::default());
    rig.prepare();
    let (_, _, channels) = rig.core.ports();
    let mut subscription = channels.subscribe(Channel::Book(MARKET)).expect("a market");
    let mut next = || {
        let told = subscription.updates.try_recv().expect("told before it was answered");
        let told: BookUpdate = serde_json::from_str(&told.json).expect("levels");
        let prices =
            |levels: &[ballast_node::wire::LevelView]| levels.iter().map(|l| l.price).collect::<Vec<_>>();
        (prices(&told.bids), prices(&told.asks))
    };
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, 500_000, 1)]));
    assert_eq!(next(), (vec![], vec![500_000]));
    // It takes all there is at 500,000 and never rests at its own price; another comes and goes in one input.
    let steps = vec![
        place(Side::Buy, 501_000, 1),
        place(Side::Buy, 499_000, 1),
        Operation::CancelAll(CancelFilter::ALL),
    ];
    rig.accept(rig.operations(&key(1), 0, 0, steps));
    assert_eq!(next(), (vec![], vec![500_000]));
}

#[test]
fn too_many_subscribers_were_told_that_the_sequencer_is_busy() {
    let rig = Rig::with(pipeline(), FeedConfig { max_subscribers: 1, ..FeedConfig::default() });
    let (_, _, channels) = rig.core.ports();
    let _first = channels.subscribe(Channel::Book(MARKET)).expect("there is room");
    let refused = channels.subscribe(Channel::Trades(MARKET)).expect_err("one too many");
    assert_eq!((refused.code, refused.limit), (RejectCode::TooManyRequests, 1));
}

/// A hundred asks of one lot each by account 1, in one input.
fn many_makers(rig: &Rig, nonce: u64) {
    rig.accept(rig.operations(&key(2), 1, nonce, vec![place(Side::Sell, 500_000, 1); 100]));
}

#[test]
fn an_order_of_many_fills_filled_the_queue_of_subscribers_that_read() {
    let rig = Rig::with(pipeline(), FeedConfig { queue: 2, trades: 60, ..FeedConfig::default() });
    rig.prepare();
    many_makers(&rig, 0);
    let (_, views, channels) = rig.core.ports();
    let mut subscription = channels.subscribe(Channel::Trades(MARKET)).expect("a market");
    let ack = rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 500_000, 100)]));
    let told = subscription.updates.try_recv().expect("told before it was answered");
    let told: TradesUpdate = serde_json::from_str(&told.json).expect("trades");
    assert_eq!((told.seq, told.trades.len()), (ack.seq.0, 100));
    assert!(matches!(subscription.updates.try_recv(), Err(tokio::sync::mpsc::error::TryRecvError::Empty)));
    assert_eq!(
        views.trades(MARKET, 1_000).expect("a market").trades.len(),
        60,
        "as many are kept as are asked for"
    );
}

#[test]
fn a_query_missed_the_trades_of_the_order_that_was_just_answered() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    many_makers(&rig, 0);
    for nonce in 0..100 {
        let ack = rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 500_000, 1)]));
        let view = views.trades(MARKET, 1).expect("a market");
        assert!(view.seq >= ack.seq.0);
        assert_eq!(view.trades.first().map(|trade| trade.seq), Some(ack.seq.0));
    }
}

#[test]
fn trades_between_a_snapshot_and_the_first_update_were_lost() {
    let rig = Rig::trading();
    let (_, views, channels) = rig.core.ports();
    let mut subscriptions = Vec::new();
    let mut answers = Vec::new();
    for round in 0..8 {
        many_makers(&rig, round);
        for nonce in 0..100 {
            let order = vec![place(Side::Buy, 500_000, 1)];
            let source = rig.operations(&key(1), 0, 100 * round + nonce, order);
            answers.push(rig.core.admission.submit(source).expect("room"));
            if nonce % 5 == 0 {
                subscriptions.push(channels.subscribe(Channel::Trades(MARKET)).expect("a market"));
            }
        }
        answers.drain(..).for_each(|answer| drop(answer.blocking_recv().expect("an answer")));
    }
    let all: BTreeSet<u64> =
        views.trades(MARKET, 1_000).expect("a market").trades.iter().map(|trade| trade.seq).collect();
    assert_eq!(all.len(), 800);
    for mut subscription in subscriptions {
        let snapshot: TradesView = serde_json::from_str(&subscription.snapshot.json).expect("trades");
        let mut seen: BTreeSet<u64> = snapshot.trades.iter().map(|trade| trade.seq).collect();
        while let Ok(update) = subscription.updates.try_recv() {
            if update.seq > subscription.snapshot.seq {
                let update: TradesUpdate = serde_json::from_str(&update.json).expect("trades");
                seen.extend(update.trades.iter().map(|trade| trade.seq));
            }
        }
        // A snapshot holds the latest hundred.
        let first = seen.first().copied().unwrap_or_default();
        let expected: BTreeSet<u64> = all.range(first..).copied().collect();
        assert_eq!(seen, expected, "after a snapshot at {}", snapshot.seq);
    }
}

#[test]
fn a_snapshot_of_a_deep_book_did_not_say_that_it_was_cut() {
    let rig = Rig::trading();
    let bids = (0..3).map(|n| place(Side::Buy, 490_000 + n, 1)).collect();
    rig.accept(rig.operations(&key(1), 0, 0, bids));
    let (_, views, _) = rig.core.ports();
    let book = |levels| {
        let book = views.book(MARKET, levels).expect("a market");
        (book.bids.len(), book.complete)
    };
    assert_eq!([book(2), book(3), book(4)], [(2, false), (3, true), (3, true)]);
}

#[test]
fn pages_of_fills_skipped_what_was_left_of_an_input_of_many() {
    let rig = Rig::trading();
    many_makers(&rig, 0);
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 500_000, 60)]));
    rig.accept(rig.operations(&key(1), 0, 1, vec![place(Side::Buy, 500_000, 40)]));
    let (_, views, _) = rig.core.ports();
    for account in [0, 1] {
        let (mut cursors, mut before) = (Vec::new(), None);
        loop {
            let page = views.fills(AccountId(account), before, 7).expect("an account");
            let Some(last) = page.last() else { break };
            before = Some((Seq(last.seq), last.place));
            cursors.extend(page.iter().map(|fill| (fill.seq, fill.place)));
        }
        assert_eq!(cursors.len(), 100);
        assert!(cursors.is_sorted_by(|newer, older| newer > older), "newest first, each once: {cursors:?}");
    }
    let before = Some((Seq(u64::MAX), u32::MAX));
    assert_eq!(views.fills(AccountId(0), before, 1_000).expect("an account").len(), 100);
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
            _ => vec![Operation::CancelAll(CancelFilter::market(MARKET))],
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
