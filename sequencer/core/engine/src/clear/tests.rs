mod properties;

use alloc::vec::Vec;

use ballast_types::{
    ClientId, Event, NewOrder, Operation, OrderId, RejectCode, RemovalReason, Side, SizeLots, Status,
    TimeInForce,
    limits::{MAX_WAITING_OF_ACCOUNT, MAX_WAITING_UNFORCED},
};

use crate::world::{
    ALT, BTC, ONE, PRICE, USDC, World, assert_code, assert_rejected, bitcoin, buy, config, order, sell,
};

/// BTC matches in batches every second.
pub(super) fn batching(accounts: u8) -> World {
    let mut world = World::of(alloc::vec![
        ballast_types::MarketParams { batch_interval: 1_000, ..bitcoin() },
        crate::world::altcoin(),
    ]);
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    for n in 0..accounts {
        let money = 100_000 * USDC;
        let new = ballast_types::limits::NEW_ACCOUNT;
        assert_eq!(world.deposit(crate::world::owner(n), new, money), Status::Accepted);
    }
    world
}

/// An order that waits, and its id.
pub(super) fn wait(world: &mut World, account: u32, order: NewOrder) -> OrderId {
    match world.place(account, BTC, order).as_deref() {
        Ok([Event::OrderAccepted { order, .. }, Event::OrderWaits { .. }]) => *order,
        other => panic!("the order does not wait: {other:?}"),
    }
}

/// The clearing of what waits, after the interval.
pub(super) fn cleared(world: &mut World) -> Vec<Event> {
    world.time += 1_000;
    world.set_prices(&[(BTC, PRICE)]);
    let outcome = world.clear(BTC);
    assert_eq!(outcome.status, Status::Accepted);
    outcome.events
}

fn fills(events: &[Event]) -> Vec<(u64, u64)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Fill { price, size, .. } => Some((price.0, size.0)),
            _ => None,
        })
        .collect()
}

fn removed(events: &[Event]) -> Vec<(OrderId, RemovalReason)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::OrderRemoved { order, reason, .. } => Some((*order, *reason)),
            _ => None,
        })
        .collect()
}

#[test]
fn orders_wait_unseen_and_trade_at_one_price() {
    let mut world = batching(3);
    wait(&mut world, 0, sell(PRICE - 20, 5));
    wait(&mut world, 1, sell(PRICE, 5));
    wait(&mut world, 2, buy(PRICE + 30, 7));
    let book = world.x.book(BTC).expect("listed");
    assert_eq!((book.depth(Side::Sell, 9).len(), book.len()), (0, 3));
    let events = cleared(&mut world);
    assert_eq!(fills(&events), [(PRICE, 5), (PRICE, 2)]);
    let book = world.x.book(BTC).expect("listed");
    let left = book.depth(Side::Sell, 9);
    assert_eq!((left[0].price.0, left[0].size, left.len()), (PRICE, 3, 1));
    assert_eq!(world.size(2, BTC), 7);
}

#[test]
fn a_clearing_is_due_when_something_waited_long_enough_at_a_fresh_mark() {
    let mut world = batching(2);
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    assert_rejected(world.clear(ballast_types::MarketId(7)).status, RejectCode::UnknownMarket);
    // The first order after a pause is not cleared alone.
    wait(&mut world, 0, buy(PRICE, 1));
    world.time += 999;
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    world.time += 4_002;
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    let events = cleared(&mut world);
    assert!(matches!(events[..], [Event::Cleared { price: None, .. }, Event::OrderRested { .. }]));
}

#[test]
fn what_waits_once_goes_and_what_only_fills_whole_is_refused() {
    let mut world = batching(2);
    assert_code(world.place(0, BTC, order(Side::Buy, PRICE, 1, TimeInForce::Fok)), RejectCode::InvalidOption);
    let once = wait(&mut world, 0, order(Side::Buy, PRICE, 5, TimeInForce::Ioc));
    let post = wait(&mut world, 1, order(Side::Sell, PRICE - 10, 3, TimeInForce::PostOnly));
    let events = cleared(&mut world);
    // The older of the two is the maker, whatever it said.
    assert!(events.iter().any(|event| matches!(event, Event::Fill { maker_order, taker_order, .. }
        if *maker_order == once && *taker_order == post)));
    assert_eq!(removed(&events), [(post, RemovalReason::Filled), (once, RemovalReason::ImmediateOrCancel)]);
}

#[test]
fn an_order_that_waits_is_cancelled_and_replaced_like_any_other() {
    let mut world = batching(1);
    let first = wait(&mut world, 0, NewOrder { client: ClientId(5), ..buy(PRICE, 10) });
    assert_code(
        world.place(0, BTC, NewOrder { client: ClientId(5), ..buy(PRICE, 1) }),
        RejectCode::DuplicateClientId,
    );
    let replace = |order, new| Operation::Replace { market: BTC, order, new };
    let smaller = world.operate(0, replace(first, buy(PRICE, 4))).expect("it shrinks");
    assert!(matches!(smaller[..], [Event::OrderReduced { left: SizeLots(4), .. }]));
    // One that waits once is another order.
    let once = order(Side::Buy, PRICE, 4, TimeInForce::Ioc);
    let once = world.operate(0, replace(first, once)).expect("it is replaced");
    let [Event::OrderAccepted { order: once, .. }, Event::OrderRemoved { .. }, Event::OrderWaits { .. }] =
        once[..]
    else {
        panic!("{once:?}")
    };
    world.cancel(0, BTC, once).expect("it waits");
    assert_eq!(world.x.state.venues.get(0).expect("listed").waiting, 0);
}

#[test]
fn no_more_wait_than_may() {
    let mut world = batching(15);
    let mut last = OrderId(0);
    for account in 0..MAX_WAITING_UNFORCED / MAX_WAITING_OF_ACCOUNT {
        for n in 0..u64::from(MAX_WAITING_OF_ACCOUNT) {
            last = wait(&mut world, account, buy(PRICE - n, 1));
        }
    }
    let refused = world.place(14, BTC, buy(PRICE, 1)).expect_err("the market is full");
    assert_eq!((refused.code, refused.limit), (RejectCode::BatchFull, MAX_WAITING_UNFORCED.into()));
    let new = buy(PRICE, 2);
    world.operate(13, Operation::Replace { market: BTC, order: last, new }).expect("it takes the place");
}

/// Orders that only close need no margin: one account could have filled the batch and kept everybody out.
#[test]
fn one_account_would_have_kept_all_others_out_of_a_batch() {
    let mut world = batching(2);
    for n in 0..u64::from(MAX_WAITING_OF_ACCOUNT) {
        wait(&mut world, 0, buy(PRICE - n, 1));
    }
    let refused = world.place(0, BTC, buy(PRICE, 1)).expect_err("it has enough of them");
    assert_eq!((refused.code, refused.limit), (RejectCode::BatchFull, MAX_WAITING_OF_ACCOUNT.into()));
    wait(&mut world, 1, buy(PRICE, 1));
}

#[test]
fn an_atomic_batch_that_fails_leaves_nobody_waiting() {
    let mut world = batching(1);
    wait(&mut world, 0, buy(PRICE, 1));
    let before = world.leaves.clone();
    let place = |order| Operation::Place { market: BTC, order };
    let steps = alloc::vec![
        place(sell(PRICE, 2)),
        Operation::CancelAll(ballast_types::CancelFilter::ALL),
        place(buy(1, 1)),
    ];
    world.batch_by(world.owner_of(0), 0, true, steps);
    let market = |leaves: &crate::world::Leaves| {
        let kept = leaves.0.iter().filter(|((section, _), _)| {
            !matches!(section, ballast_state::Section::Chain | ballast_state::Section::Traders)
        });
        kept.map(|(key, bytes)| (*key, bytes.clone())).collect::<Vec<_>>()
    };
    assert_eq!(market(&before), market(&world.leaves));
    assert_eq!(world.x.book(BTC).expect("listed").waiting(), 1);
}

#[test]
fn what_would_trade_with_its_owner_vanishes() {
    let mut world = batching(1);
    let bid = wait(&mut world, 0, buy(PRICE + 10, 5));
    let ask = wait(&mut world, 0, sell(PRICE, 3));
    let events = cleared(&mut world);
    assert!(events.iter().any(|event| matches!(event, Event::OrderReduced { order, left: SizeLots(2),
        reason: RemovalReason::SelfTrade, .. } if *order == bid)));
    assert_eq!(removed(&events), [(ask, RemovalReason::SelfTrade)]);
}

#[test]
fn who_could_not_bear_it_is_dropped_before() {
    let mut world = batching(3);
    // 50 BTC at 4% need 100,000 USDC; the mark falls by 3% before they trade.
    wait(&mut world, 0, buy(PRICE, 48 * ONE));
    wait(&mut world, 1, buy(PRICE - 20_000, ONE));
    wait(&mut world, 2, sell(PRICE - 20_000, ONE));
    world.time += 1_000;
    world.set_prices(&[(BTC, PRICE - 15_000)]);
    let events = world.clear(BTC).events;
    assert!(removed(&events).iter().any(|(_, reason)| *reason == RemovalReason::MakerMargin), "{events:?}");
    assert_eq!((world.size(0, BTC), world.size(1, BTC)), (0, ONE.cast_signed()));
}

#[test]
fn orders_that_only_close_close_no_more_than_there_is() {
    let mut world = batching(3);
    wait(&mut world, 0, buy(PRICE, 10));
    wait(&mut world, 1, sell(PRICE, 10));
    cleared(&mut world);
    let closing = |price, size| NewOrder { reduce_only: true, ..sell(price, size) };
    let first = wait(&mut world, 0, closing(PRICE - 10, 6));
    let second = wait(&mut world, 0, closing(PRICE, 10));
    wait(&mut world, 2, buy(PRICE, 40));
    let events = cleared(&mut world);
    assert_eq!(world.size(0, BTC), 0);
    assert_eq!(removed(&events), [(first, RemovalReason::Filled), (second, RemovalReason::ReduceOnly)]);
}

#[test]
fn an_interval_is_within_its_bounds() {
    for (interval, good) in [(0, true), (99, false), (100, true), (60_000, true), (60_001, false)] {
        let market = ballast_types::MarketParams { batch_interval: interval, ..bitcoin() };
        assert_eq!(config(alloc::vec![market]).check().is_ok(), good, "{interval}");
    }
}
