//! Forced orders in clearings.

use ballast_types::{
    AccountId, CancelFilter, Event, MarketParams, Operation, OrderId, RejectCode, RemovalReason, Side,
    Status, Waits, limits::FUND_ACCOUNT,
};

use crate::world::{GUARDIAN, ONE, USDC, World, market, rejection};

fn batching() -> MarketParams {
    MarketParams { batch_interval: 1_000, ..market("ONE", false) }
}

/// Somebody long so many lots, with so much of the 50 a lot that he should have; and somebody short as many.
fn lacking(world: &mut World, lots: i128, usdc: i128) -> AccountId {
    let (long, short) = (world.account(1_000_000), world.account(1_000_000));
    world.hold(long, ONE, lots);
    world.hold(short, ONE, -lots);
    world.lose(long, 1_000_000 - usdc);
    long
}

/// Liquidates it; the forced order, its price and its lots.
fn force(world: &mut World, account: AccountId) -> (OrderId, u64, u64) {
    let outcome = world.liquidate(0, account);
    assert_eq!(outcome.status, Status::Accepted);
    match outcome.events.last() {
        Some(Event::OrderWaits { order, .. }) if order.waits == Some(Waits::Forced) => {
            (order.id, order.price.0, order.size.0)
        }
        other => panic!("nothing was forced: {other:?}"),
    }
}

/// Lots, and what taker and maker paid.
fn fills(events: &[Event]) -> Vec<(u64, u64, i128, i128)> {
    let of = |event: &Event| match event {
        Event::Fill { price, size, taker_fee, maker_fee, .. } => {
            Some((price.0, size.0, i128::from(taker_fee.0), i128::from(maker_fee.0)))
        }
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn gone(events: &[Event]) -> Vec<(AccountId, RemovalReason)> {
    let of = |event: &Event| match event {
        Event::OrderRemoved { account, reason, .. } => Some((*account, *reason)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// Long 10 lots with 250 of 500: zero is 975. All is sold, as it is worth 10,000 USDC of which 5 lots are what an empty
/// book takes. 4 are bid at 990 and 4 at 980, and the order of one more by its own account takes no part: the highest price
/// is taken at which 5 trade, 980, and half a percent goes to the fund, 4.9 a lot.
#[test]
fn a_forced_order_gets_the_best_price() {
    let mut world = World::of(batching());
    let long = lacking(&mut world, 10, 250);
    let (order, price, lots) = force(&mut world, long);
    assert_eq!((price, lots), (975, 5));
    assert_eq!(refused(&mut world, long, order), RejectCode::UnknownOrder);
    let events = world.operate(0, long, Operation::CancelAll(CancelFilter::ALL));
    assert!(matches!(events[..], [Event::AllCancelled { count: 0, .. }]), "{events:?}");
    let [one, two] = [(); 2].map(|()| world.account(100_000));
    world.place(0, one, Side::Buy, 990, 4);
    world.place(0, two, Side::Buy, 980, 4);
    let events = world.clear(1_000).events;
    assert_eq!(fills(&events), [(980, 4, 4 * 4_900_000, 0), (980, 1, 4_900_000, 0)]);
    assert_eq!(world.it.pools[0].fund(), 5 * 4_900_000);
    assert_eq!([long, one, two].map(|id| world.size(id)), [5, 4, 1]);
}

fn refused(world: &mut World, account: AccountId, order: OrderId) -> RejectCode {
    rejection(&world.operate(0, account, Operation::Cancel { market: ONE, order })).code
}

/// Who has margin again is forced no more; nor is who has nothing.
#[test]
fn who_is_not_to_be_liquidated_keeps_his_position() {
    for more in [1_000, -1_000] {
        let mut world = World::of(batching());
        let long = lacking(&mut world, 10, 250);
        force(&mut world, long);
        let buyer = world.account(100_000);
        world.place(0, buyer, Side::Buy, 1_000, 5);
        world.it.accounts[long.0 as usize].cash += more * USDC;
        let events = world.clear(1_000).events;
        assert_eq!(gone(&events), [(long, RemovalReason::Liquidation)]);
        assert_eq!(world.size(long), 10);
    }
}

/// The fund of 2,000 may pay half of that today, but no more than three tenths of its peak: 600. Two who are long 5 lots
/// with 20 of 250, zero 996, sell them all at 931, which fills and is better than 120 below zero. There 65 a lot are 325 for
/// each of them; the second, with whom it is more than 600, gives way.
#[test]
fn who_needs_more_than_the_fund_has_gives_way() {
    let mut world = World::of(batching());
    world.deposit(GUARDIAN, FUND_ACCOUNT, 2_000);
    let [one, two] = [(); 2].map(|()| lacking(&mut world, 5, 20));
    // What an empty book takes is 5 lots in 5 s.
    assert_eq!(force(&mut world, one).2, 5);
    let at = 5_000;
    world.tick(at, 1_000);
    assert_eq!(world.liquidate(at, two).status, Status::Accepted);
    let limits: Vec<u64> = world.it.markets[0].orders.iter().map(|order| order.price.0).collect();
    assert_eq!(limits, [931; 2]);
    let buyer = world.account(100_000);
    world.place(at, buyer, Side::Buy, 931, 10);
    let events = world.clear(at).events;
    let added = 325 * USDC;
    assert_eq!(fills(&events), [(931, 5, -added, 0)]);
    assert_eq!(gone(&events)[0], (two, RemovalReason::MakerMargin));
    assert_eq!([one, two, buyer].map(|id| world.size(id)), [0, 5, 5]);
    assert_eq!(world.it.pools[0].fund(), 2_000 * USDC - added);
}
