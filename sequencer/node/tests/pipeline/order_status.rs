//! What became of every order can be asked for, by its id and by the trader's own number, also of the next process.

use crate::support::*;
use ballast_node::{
    feed::FeedConfig,
    pipeline::Ack,
    rpc::{OrderName, ViewError},
    wire::{Amount, OrderEntryAnswer, OrderStatusView, RejectionView, removal_reason},
};
use ballast_types::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc};

/// Micro-USDC of a lot at a tick in the market of the tests.
const KAPPA: i128 = 10;

fn order(side: Side, price: u64, size: u64, client: u64) -> Operation {
    with(side, price, size, client, TimeInForce::Gtc)
}

fn with(side: Side, price: u64, size: u64, client: u64, time_in_force: TimeInForce) -> Operation {
    let (price, size, client) = (PriceTicks(price), SizeLots(size), ClientId(client));
    Operation::Place { market: MARKET, order: NewOrder::plain(side, price, size, time_in_force, client) }
}

fn enter(rig: &Rig, who: u8, nonce: u64, operations: Vec<Operation>) -> Ack {
    rig.accept(rig.operations(&key(1 + who), who.into(), nonce, operations))
}

/// The ids of the orders that an input placed.
fn ids(ack: &Ack) -> Vec<OrderId> {
    let results = OrderEntryAnswer::from(ack).results;
    results.iter().filter_map(|result| result.order_id.map(|id| OrderId(id.0))).collect()
}

fn ask(rig: &Rig, account: u32, name: OrderName) -> Result<OrderStatusView, ViewError> {
    let (_, views, _) = rig.core.ports();
    views.order(AccountId(account), MARKET, name)
}

fn by_id(rig: &Rig, account: u32, id: OrderId) -> OrderStatusView {
    ask(rig, account, OrderName::Id(id)).expect("it is known")
}

fn by_client(rig: &Rig, account: u32, client: u64) -> OrderStatusView {
    ask(rig, account, OrderName::Client(ClientId(client))).expect("it is known")
}

fn crash(rig: Rig) -> Rig {
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again")
}

/// Status, reason, and the sizes that are open and filled.
fn brief(order: &OrderStatusView) -> (&str, Option<&str>, u64, u64) {
    (&order.status, order.reason.as_deref(), order.open_size, order.filled_size)
}

#[test]
fn an_order_is_followed_from_its_place_to_its_end_through_restarts() {
    let mut rig = Rig::trading();
    let placed = enter(&rig, 1, 0, vec![order(Side::Sell, 500_000, 10, 77)]);
    let id = ids(&placed)[0];
    let open = by_id(&rig, 1, id);
    assert_eq!(open, by_client(&rig, 1, 77));
    assert_eq!(brief(&open), ("open", None, 10, 0));
    assert_eq!((open.seq, open.placed_seq, open.ended_seq), (placed.seq.0, placed.seq.0, None));
    assert_eq!((open.client_id.0, open.price, open.size), (77, 500_000, 10));

    // Two partial fills with a restart between them, at its own price whatever the taker would pay.
    enter(&rig, 0, 0, vec![order(Side::Buy, 500_300, 3, 1)]);
    rig = crash(rig);
    assert_eq!(brief(&by_id(&rig, 1, id)), ("open", None, 7, 3));
    enter(&rig, 0, 1, vec![order(Side::Buy, 500_000, 2, 2)]);
    let partly = by_client(&rig, 1, 77);
    assert_eq!(brief(&partly), ("open", None, 5, 5));
    assert_eq!(partly.filled_notional, Amount(5 * 500_000 * KAPPA));
    let fee = |lots: i128| (lots * 500_000 * KAPPA * 200 + 999_999) / 1_000_000;
    assert_eq!(partly.fees, Amount(fee(3) + fee(2)), "the maker's, each fill rounded up");

    let cancel = enter(&rig, 1, 1, vec![Operation::Cancel { market: MARKET, order: id }]);
    rig = crash(rig);
    let ended = by_client(&rig, 1, 77);
    assert_eq!(brief(&ended), ("cancelled", Some("cancelled"), 0, 5));
    assert_eq!((ended.ended_seq, ended.ended_time), (Some(cancel.seq.0), Some(cancel.time.0)));
    assert_eq!((ended.placed_seq, ended.filled_notional), (placed.seq.0, partly.filled_notional));

    // The taker's orders ended at once.
    let taken = by_client(&rig, 0, 1);
    assert_eq!(brief(&taken), ("filled", None, 0, 3));
    assert_eq!(taken.filled_notional, Amount(3 * 500_000 * KAPPA), "at the maker's price");
    assert_eq!(taken.ended_seq, Some(taken.placed_seq));
}

#[test]
fn every_end_has_its_name() {
    let rig = Rig::trading();
    let makers = ids(&enter(
        &rig,
        1,
        0,
        vec![
            order(Side::Sell, 500_000, 4, 1),
            order(Side::Sell, 500_100, 4, 2),
            order(Side::Sell, 500_200, 4, 3),
        ],
    ));
    let taker = ids(&enter(&rig, 0, 0, vec![with(Side::Buy, 500_100, 6, 9, TimeInForce::Ioc)]))[0];
    assert_eq!(brief(&by_id(&rig, 1, makers[0])), ("filled", None, 0, 4));
    assert_eq!(brief(&by_id(&rig, 1, makers[1])), ("open", None, 2, 2));
    let taken = by_id(&rig, 0, taker);
    assert_eq!(brief(&taken), ("filled", None, 0, 6));
    assert_eq!(taken.filled_notional, Amount((4 * 500_000 + 2 * 500_100) * KAPPA), "two prices, exact");

    let Operation::Place { market, order: new } = order(Side::Sell, 500_150, 1, 4) else { unreachable!() };
    enter(&rig, 1, 1, vec![Operation::Replace { market, order: makers[1], new }]);
    assert_eq!(brief(&by_id(&rig, 1, makers[1])), ("cancelled", Some("replaced"), 0, 2));
    assert_eq!(brief(&by_client(&rig, 1, 4)), ("open", None, 1, 0));

    enter(&rig, 0, 1, vec![with(Side::Buy, 500_150, 5, 10, TimeInForce::Ioc)]);
    assert_eq!(brief(&by_client(&rig, 0, 10)), ("cancelled", Some("immediateOrCancel"), 0, 1));
    enter(&rig, 1, 2, vec![order(Side::Buy, 500_200, 1, 5)]);
    assert_eq!(brief(&by_client(&rig, 1, 3)), ("cancelled", Some("selfTrade"), 0, 0));
    assert_eq!(brief(&by_client(&rig, 1, 5)), ("open", None, 1, 0));
    enter(&rig, 1, 3, vec![Operation::CancelAll(CancelFilter::ALL)]);
    assert_eq!(brief(&by_client(&rig, 1, 5)), ("cancelled", Some("cancelled"), 0, 0));
}

#[test]
fn an_order_that_was_sent_again_hid_the_one_that_is_open() {
    let rig = Rig::trading();
    enter(&rig, 1, 0, vec![order(Side::Sell, 500_000, 4, 7)]);
    enter(&rig, 1, 1, vec![order(Side::Sell, 500_000, 4, 7)]);
    enter(&rig, 1, 2, vec![order(Side::Sell, 1, 4, 7)]);
    assert_eq!(brief(&by_client(&rig, 1, 7)), ("open", None, 4, 0));
}

#[test]
fn a_rejected_order_is_known_by_its_number_with_code_value_and_limit() {
    let rig = Rig::trading();
    let good = order(Side::Sell, 500_000, 4, 1);
    enter(&rig, 1, 0, vec![good]);
    let post_only = with(Side::Buy, 500_000, 1, 8, TimeInForce::PostOnly);
    let ack = enter(&rig, 0, 0, vec![order(Side::Buy, 490_000, 1, 7), post_only, order(Side::Buy, 1, 1, 0)]);
    let rig = crash(rig);
    let rejected = by_client(&rig, 0, 8);
    assert_eq!(brief(&rejected), ("rejected", None, 0, 0));
    let crossed = Rejection::new(RejectCode::WouldCross, 500_000, 500_000);
    assert_eq!(rejected.rejection, Some(RejectionView::from(crossed)));
    assert_eq!((rejected.order_id, rejected.price, rejected.size), (None, 500_000, 1));
    assert_eq!((rejected.placed_seq, rejected.ended_seq), (ack.seq.0, Some(ack.seq.0)));
    assert_eq!(brief(&by_client(&rig, 0, 7)).0, "open", "its neighbour");

    // Of several with one number it is the one that is open, else the latest, whatever became of it.
    let again = ids(&enter(&rig, 0, 1, vec![order(Side::Buy, 490_000, 2, 8)]))[0];
    assert_eq!(by_client(&rig, 0, 8), by_id(&rig, 0, again));
    let Operation::Place { market, order: new } = post_only else { unreachable!() };
    enter(&rig, 0, 2, vec![Operation::Replace { market, order: again, new }]);
    assert_eq!(by_client(&rig, 0, 8), by_id(&rig, 0, again));
    assert_eq!(by_id(&rig, 0, again).status, "open", "what was to be replaced stays");
    enter(&rig, 0, 3, vec![Operation::Cancel { market, order: again }, post_only]);
    assert_eq!(by_client(&rig, 0, 8).status, "rejected");
}

#[test]
fn what_is_not_known_and_what_is_another_s_is_not_found() {
    let rig = Rig::trading();
    let id =
        ids(&enter(&rig, 1, 0, vec![order(Side::Sell, 500_000, 4, 1), order(Side::Sell, 500_000, 4, 0)]))[1];
    assert_eq!(by_id(&rig, 1, id).client_id.0, 0);
    let refused = |account, name| match ask(&rig, account, name) {
        Err(ViewError::Refused(rejection)) => (rejection.code, rejection.value),
        other => panic!("{other:?}"),
    };
    let (client, not_found) = (|client| OrderName::Client(ClientId(client)), RejectCode::NotFound);
    assert_eq!(refused(0, OrderName::Id(id)), (not_found, id.0.into()), "another's");
    assert_eq!(refused(0, client(1)), (not_found, 1));
    assert_eq!(refused(1, client(2)), (not_found, 2));
    assert_eq!(refused(1, client(0)), (not_found, 0), "the number of none");
    assert_eq!(refused(1, OrderName::Id(OrderId(u64::MAX))), (not_found, u64::MAX.into()));
    assert_eq!(refused(9, client(1)).0, RejectCode::UnknownAccount);
    let (_, views, _) = rig.core.ports();
    let elsewhere = views.order(AccountId(1), MarketId(9), client(1));
    assert!(matches!(elsewhere, Err(ViewError::Refused(r)) if r.code == RejectCode::UnknownMarket));
}

/// What the log says of an order, followed event by event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    account: u32,
    client: u64,
    open: u64,
    fills: Vec<(u64, u64, i64)>,
    ended: Option<(u64, &'static str)>,
}

fn follow(orders: &mut BTreeMap<OrderId, Told>, seq: u64, event: &Event) {
    match *event {
        Event::OrderAccepted { account, order, client, .. } => {
            orders.insert(order, Told { account: account.0, client: client.0, ..Told::default() });
        }
        Event::Fill { price, size, taker_order, taker_fee, maker_order, maker_fee, maker_left, .. } => {
            for (order, fee) in [(taker_order, taker_fee), (maker_order, maker_fee)] {
                orders.get_mut(&order).expect("placed").fills.push((price.0, size.0, fee.0));
            }
            orders.get_mut(&maker_order).expect("placed").open = maker_left.0;
        }
        Event::OrderRested { order, .. } | Event::OrderWaits { order, .. } => {
            orders.get_mut(&order.id).expect("placed").open = order.size.0
        }
        Event::OrderRemoved { order, reason: why, .. } => {
            let told = orders.get_mut(&order).expect("placed");
            (told.open, told.ended) = (0, Some((seq, removal_reason(why))));
        }
        _ => {}
    }
}

/// Compares every order; returns how many there are, and the fills of the one that has the most.
fn check_all(rig: &Rig) -> (usize, usize) {
    let mut orders = BTreeMap::new();
    let mut latest: BTreeMap<(u32, u64), OrderId> = BTreeMap::new();
    for record in rig.core.journal.records(Seq(1), 10_000).expect("a journal") {
        for event in &record.outcome.events {
            follow(&mut orders, record.input.seq.0, event);
            if let Event::OrderAccepted { account, client, order, .. } = *event {
                latest.insert((account.0, client.0), order);
            }
        }
    }
    for (id, told) in &orders {
        let status = by_id(rig, told.account, *id);
        let filled: u64 = told.fills.iter().map(|fill| fill.1).sum();
        let notional: i128 =
            told.fills.iter().map(|fill| i128::from(fill.0) * i128::from(fill.1) * KAPPA).sum();
        let fees: i128 = told.fills.iter().map(|fill| i128::from(fill.2)).sum();
        assert_eq!(
            (status.open_size, status.filled_size, status.client_id.0),
            (told.open, filled, told.client)
        );
        assert_eq!((status.filled_notional, status.fees), (Amount(notional), Amount(fees)));
        assert_eq!(status.ended_seq, told.ended.map(|end| end.0));
        let expected = match told.ended {
            None => ("open", None),
            Some((_, "filled")) => ("filled", None),
            Some((_, why)) => ("cancelled", Some(why)),
        };
        assert_eq!((status.status.as_str(), status.reason.as_deref()), expected, "{told:?}");
    }
    for ((account, client), id) in latest {
        let status = by_client(rig, account, client);
        assert!(status.order_id.is_none() || status.order_id.map(|found| found.0) == Some(id.0));
    }
    let resting = rig.core.mirror.read().exchange.book(MARKET).expect("a market").len();
    let open = orders.values().filter(|told| told.ended.is_none()).count();
    assert_eq!(usize::try_from(resting).expect("few"), open);
    (orders.len(), orders.values().map(|told| told.fills.len()).max().unwrap_or(0))
}

#[test]
fn the_status_of_every_order_is_what_the_log_says_of_it_whatever_was_written_together() {
    // What must have happened is asked of this seed, not of any.
    let (orders, fills) = trade_and_crash(1);
    assert!(orders > 200 && fills > 2, "{orders} orders, at most {fills} fills of one");
    let seed: u64 = rand::rng().random();
    eprintln!("seed {seed}");
    trade_and_crash(seed);
}

fn trade_and_crash(seed: u64) -> (usize, usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut seen = (0, 0);
    let mut rig = Rig::trading();
    let mut nonce = 0;
    for _ in 0..3 {
        let mut waiting = Vec::new();
        for _ in 0..150 {
            nonce += 1;
            let who = rng.random_range(0..2_u8);
            let operations = (0..rng.random_range(1..5)).map(|_| step(&mut rng)).collect();
            let source = rig.operations(&key(1 + who), who.into(), nonce, operations);
            waiting.push(rig.core.admission.submit(source).expect("room"));
        }
        waiting.into_iter().for_each(|receiver| drop(receiver.blocking_recv().expect("an answer")));
        check_all(&rig);
        rig = crash(rig);
        seen = check_all(&rig);
    }
    seen
}

fn step(rng: &mut ChaCha8Rng) -> Operation {
    if rng.random_range(0..40) == 0 {
        return Operation::CancelAll(CancelFilter::ALL);
    }
    let side = if rng.random() { Side::Buy } else { Side::Sell };
    let time = [TimeInForce::Gtc, TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::PostOnly];
    let time = time[rng.random_range(0..time.len())];
    with(side, rng.random_range(499_000..501_000), rng.random_range(1..50), rng.random_range(1..1_000), time)
}
