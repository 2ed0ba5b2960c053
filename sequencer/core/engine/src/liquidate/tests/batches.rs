//! Forced orders that wait for a clearing.

use alloc::vec::Vec;

use ballast_types::{
    CancelFilter, Event, NewOrder, Operation, OrderId, RejectCode, RemovalReason, Side, Status, TimeInForce,
    limits::{MAX_WAITING_OF_ACCOUNT, MAX_WAITING_UNFORCED, NEW_ACCOUNT},
};

use super::{BELOW, TWENTY, fund, is_healthy, long_and_short};
use crate::world::{BTC, ONE, PRICE, USDC, World, assert_code, assert_rejected, buy, order, owner, sell};

/// Account 1 lacks margin in a market that matches in batches; there is a fund of so much.
fn in_batches(fund: i64, price: u64) -> World {
    let mut world = long_and_short(0, fund, 1_000_000 * USDC);
    world.set_prices(&[(BTC, price)]);
    assert_eq!(world.batch_until(BTC, world.time + 60_000).status, Status::Accepted);
    world
}

/// Account 3 bids, and the position of account 1 is to be closed in part: the order that does.
fn force(world: &mut World, bid: u64) -> OrderId {
    let told = world.place(3, BTC, buy(bid, TWENTY)).expect("it waits");
    assert!(matches!(told.last(), Some(Event::OrderWaits { .. })), "{told:?}");
    let events = world.liquidate(1).events;
    let Some(Event::OrderWaits { order, .. }) = events.last() else { panic!("{events:?}") };
    assert!(order.is_forced() && order.reduce_only);
    order.id
}

fn clear(world: &mut World, price: u64) -> Vec<Event> {
    world.time += 1_000;
    world.set_prices(&[(BTC, price)]);
    let outcome = world.clear(BTC);
    assert_eq!(outcome.status, Status::Accepted);
    outcome.events
}

/// Price, lots and what is paid into the fund.
fn forced_fills(events: &[Event]) -> Vec<(u64, u64, i64)> {
    let fills = events.iter().filter_map(|event| match event {
        Event::Fill {
            price,
            size,
            taker: ballast_types::AccountId(1),
            taker_fee,
            taker_side: Side::Sell,
            ..
        } => Some((price.0, size.0, taker_fee.0)),
        _ => None,
    });
    fills.collect()
}

/// Sixteen accounts with 32 orders each kept forced orders out of a batch, and with them every liquidation.
#[test]
fn orders_that_filled_the_batch_kept_liquidations_out_of_it() {
    let mut world = in_batches(0, BELOW);
    for account in 4..18 {
        world.deposit(owner(account), NEW_ACCOUNT, 1_000 * USDC);
        for n in 0..u64::from(MAX_WAITING_OF_ACCOUNT) {
            world.place(account.into(), BTC, buy(BELOW - n, 1)).expect("it waits");
        }
    }
    assert_code(world.place(3, BTC, buy(BELOW, 1)), RejectCode::BatchFull);
    let events = world.liquidate(1).events;
    assert!(
        matches!(events.last(), Some(Event::OrderWaits { order, .. }) if order.is_forced()),
        "{events:?}"
    );
    assert_eq!(world.x.book(BTC).expect("listed").waiting(), MAX_WAITING_UNFORCED + 1);
}

/// Who was liquidated in batches had to find prices that were good after all fees, and so hardly found any.
#[test]
fn it_trades_as_a_forced_order_does_on_the_book() {
    let mut world = in_batches(0, BELOW);
    let before = world.leaves.clone();
    let from = world.log.len();
    force(&mut world, 458_500);
    let events = clear(&mut world, BELOW);
    // As on the book: half a percent of 137,550 USDC goes to the fund, and no fee to the pool.
    assert_eq!(forced_fills(&events), [(458_500, 3 * ONE, 687_750_000)]);
    assert_eq!(fund(&world), 687_750_000);
    assert!(is_healthy(&world, 1));
    world.check_lazy(&before, from);
}

#[test]
fn the_fund_adds_what_the_zero_price_lacks() {
    // 16,650 are left of 18,340: zero is 37.5 below a mark of 45,850 for each of them, and this much worse is fillable.
    let mut world = in_batches(10_000 * USDC, BELOW - 8_000);
    let health = |world: &World| (world.summary(1).equity, world.summary(1).maintenance);
    let (equity, maintenance) = health(&world);
    assert!(0 < equity && 3 * equity < 2 * maintenance);
    let order = force(&mut world, 448_000);
    let limit = world.x.books.at(BTC).get(order).expect("it waits").price.0;
    let events = clear(&mut world, BELOW - 8_000);
    let fills = forced_fills(&events);
    let [(448_000, _, paid)] = fills[..] else { panic!("{limit}: {fills:?} {events:?}") };
    assert!(paid < 0, "{paid}");
    assert_eq!(fund(&world), 10_000 * USDC + paid);
    let (then, needs) = health(&world);
    assert!(then * maintenance >= equity * needs, "it is no less healthy");
}

#[test]
fn it_sells_at_the_highest_price_at_which_most_trade() {
    let mut world = in_batches(0, BELOW);
    force(&mut world, 458_500);
    // Two prices at which three trade: whoever is not forced would get the one nearer to the index.
    let told = world.place(3, BTC, buy(459_500, 10 * ONE)).expect("it waits");
    assert!(matches!(told.last(), Some(Event::OrderWaits { .. })));
    assert_eq!(forced_fills(&clear(&mut world, BELOW))[0].0, 459_500);
}

#[test]
fn its_account_has_no_say_over_it() {
    let mut world = in_batches(0, BELOW);
    let id = force(&mut world, 458_500);
    assert_code(world.cancel(1, BTC, id), RejectCode::UnknownOrder);
    let new = NewOrder { reduce_only: true, ..sell(470_000, ONE) };
    assert_code(
        world.operate(1, Operation::Replace { market: BTC, order: id, new }),
        RejectCode::UnknownOrder,
    );
    let filter = CancelFilter { market: None, side: None, key: None };
    world.operate(1, Operation::CancelAll(filter)).expect("it may");
    world
        .operate(1, Operation::ScheduleCancel { at: Some(ballast_types::Millis(world.time + 1)) })
        .expect("so too");
    assert_eq!(forced_fills(&clear(&mut world, BELOW)).len(), 1);
}

#[test]
fn it_leaves_when_its_account_has_margin_again() {
    let mut world = in_batches(0, BELOW);
    let id = force(&mut world, 458_500);
    let events = clear(&mut world, BELOW + 5_000);
    assert!(is_healthy(&world, 1));
    let gone = |event: &Event| matches!(event, Event::OrderRemoved { order, reason: RemovalReason::Liquidation, .. } if *order == id);
    assert!(events.iter().any(gone) && forced_fills(&events).is_empty(), "{events:?}");
}

#[test]
fn no_other_order_of_its_account_takes_part() {
    let mut world = in_batches(0, BELOW);
    force(&mut world, 458_500);
    world.set_prices(&[(BTC, BELOW + 5_000)]);
    world.place(1, BTC, NewOrder { reduce_only: true, ..sell(458_500, ONE) }).expect("it has margin for now");
    assert_eq!(forced_fills(&clear(&mut world, BELOW)), [(458_500, 3 * ONE, 687_750_000)]);
    assert_eq!(world.size(1, BTC), 17 * ONE as i64);
}

/// Two accounts are closed in one clearing, and the fund can add for one of them: the other waits for the next step.
#[test]
fn a_clearing_takes_no_more_from_the_fund_than_its_claim() {
    let mut world = long_and_short(0, 10_000 * USDC, 1_000_000 * USDC);
    assert_eq!(world.deposit(owner(7), u32::MAX, 100_000 * USDC), Status::Accepted);
    assert_eq!(world.deposit(owner(8), u32::MAX, 1_000_000 * USDC), Status::Accepted);
    world.trade(4, 5, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, BELOW - 8_000)]);
    world.batch_until(BTC, world.time + 60_000);
    world.place(5, BTC, order(Side::Buy, 449_000, 16 * TWENTY, TimeInForce::Gtc)).expect("it waits");
    let claim = fund::claim(&world.x.state, BTC);
    assert_eq!(claim, 3_000_000_000);
    for account in [1, 4] {
        assert_eq!(world.liquidate(account).status, Status::Accepted);
        assert_rejected(world.liquidate(account).status, RejectCode::NothingDue);
    }
    let before = fund(&world);
    let fills = forced_fills(&clear(&mut world, BELOW - 8_000));
    assert_eq!(fills, [(449_000, TWENTY, -2_350 * USDC)]);
    assert_eq!(fund(&world), before - 2_350 * USDC);
}
