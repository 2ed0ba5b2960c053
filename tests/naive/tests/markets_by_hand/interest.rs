//! How much open interest there may be: limits, orders that end, and the part of one account.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, ClientId, Event, MarketClass, MarketParams, NewOrder, Operation, PriceTicks, Quote,
    RejectCode, Rejection, RemovalReason, Side, SizeLots, TimeInForce, limits::FUND_ACCOUNT,
};

use crate::world::{GUARDIAN, ONE, START, World, market, rejection};

const HOUR: u64 = 3_600_000;

/// One whose open interest is worth so much at most.
pub(crate) fn capped(usdc: i64) -> MarketParams {
    MarketParams { open_interest_cap: Quote(usdc * 1_000_000), ..market("ONE", false) }
}

/// One account has so many lots, another owes them.
pub(crate) fn between(world: &mut World, lots: i128) -> (AccountId, AccountId) {
    let (long, short) = (world.account(1_000_000), world.account(1_000_000));
    world.hold(long, ONE, lots);
    world.hold(short, ONE, -lots);
    (long, short)
}

fn bid(size: u64) -> NewOrder {
    NewOrder::plain(Side::Buy, PriceTicks(1_000), SizeLots(size), TimeInForce::Gtc, ClientId(0))
}

fn limits(it: &Exchange) -> [Option<i128>; 2] {
    [it.interest_cap(ONE), it.interest_limit(ONE)]
}

/// What traded, and what was removed and why.
fn told(events: &[Event]) -> Vec<(u64, Option<RemovalReason>)> {
    let of = |event: &Event| match event {
        Event::Fill { size, .. } => Some((size.0, None)),
        Event::OrderRemoved { size, reason, .. } => Some((size.0, Some(*reason))),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// 10,999 USDC are 10 lots of 1,000, and 12 of 916.
#[test]
fn what_is_worth_more_is_fewer_lots() {
    let mut world = World::of(capped(10_999));
    assert_eq!(limits(&world.it), [Some(10); 2]);
    for (at, price) in [(1, 980), (2, 960), (3, 940), (4, 916)] {
        world.tick(at * 1_000, price);
    }
    assert_eq!(limits(&world.it), [Some(12); 2]);
    assert_eq!(limits(&World::of(capped(0)).it), [None; 2]);
}

/// There are 9 lots and may be 11. A buyer of 3 opens 1 with the first ask; the next 2 would make 12, though 1 of them would
/// not be too many.
#[test]
fn an_order_ends_before_a_fill_that_opens_too_much() {
    for in_force in [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok] {
        let mut world = World::of(capped(11_000));
        between(&mut world, 9);
        let [one, two, buyer] = [(); 3].map(|()| world.account(100_000));
        world.place(0, one, Side::Sell, 1_000, 1);
        world.place(0, two, Side::Sell, 1_001, 2);
        let order = NewOrder::plain(Side::Buy, PriceTicks(1_001), SizeLots(3), in_force, ClientId(0));
        let events = world.order(0, buyer, order);
        if in_force == TimeInForce::Fok {
            let refused = Rejection { code: RejectCode::CannotFill, value: 1, limit: 3 };
            assert_eq!(rejection(&events), refused);
            continue;
        }
        let filled = (0, Some(RemovalReason::Filled));
        assert_eq!(told(&events), [(1, None), filled, (2, Some(RemovalReason::OpenInterest))]);
        assert_eq!((world.it.open_interest(ONE), world.size(buyer)), (10, 1));
    }
}

/// There are 12 lots and may be 10. Who opens trades with who closes, whoever of them rests, but not with who opens.
#[test]
fn who_closes_trades_with_anybody() {
    let mut world = World::of(capped(10_000));
    let (long, short) = between(&mut world, 12);
    let [one, two] = [(); 2].map(|()| world.account(100_000));
    world.place(0, one, Side::Buy, 1_000, 2);
    assert_eq!(told(&world.place(0, two, Side::Sell, 1_000, 1)), [(1, Some(RemovalReason::OpenInterest))]);
    let filled = (0, Some(RemovalReason::Filled));
    assert_eq!(told(&world.place(0, long, Side::Sell, 1_000, 2)), [(2, None), filled, filled]);
    world.place(0, short, Side::Buy, 1_000, 2);
    assert_eq!(told(&world.place(0, two, Side::Sell, 1_000, 2)), [(2, None), filled, filled]);
    assert_eq!([long, short, one, two].map(|id| world.size(id)), [10, -10, 2, -2]);

    // Both close 1. Of the next order 1 would close and 1 open, with one that opens 2: nothing of it trades.
    world.place(0, two, Side::Buy, 1_000, 1);
    assert_eq!(told(&world.place(0, one, Side::Sell, 1_000, 1)), [(1, None), filled, filled]);
    assert_eq!(world.it.open_interest(ONE), 11);
    let third = world.account(100_000);
    world.place(0, third, Side::Buy, 1_000, 2);
    assert_eq!(told(&world.place(0, one, Side::Sell, 1_000, 2)), [(2, Some(RemovalReason::OpenInterest))]);
}

/// A fifth of 10 lots is 2. That counts with what is open on either side, also with what would only close, may be more than
/// it was already, and is not looked at where it does not grow.
#[test]
fn one_account_has_a_fifth() {
    let mut world = World::of(capped(10_000));
    let account = world.account(100_000);
    assert_eq!(told(&world.place(0, account, Side::Buy, 900, 2)), []);
    assert_eq!(told(&world.place(0, account, Side::Sell, 1_100, 2)), []);
    let refused = |value, limit| Rejection { code: RejectCode::OpenInterestLimited, value, limit };
    assert_eq!(rejection(&world.place(0, account, Side::Buy, 900, 1)), refused(3, 2));

    let (long, _) = between(&mut world, 5);
    assert_eq!(rejection(&world.place(0, long, Side::Buy, 900, 1)), refused(6, 2));
    assert_eq!(rejection(&world.place(0, long, Side::Sell, 1_100, 6)), refused(6, 2));
    assert_eq!(told(&world.place(0, long, Side::Sell, 1_100, 5)), []);
    assert_eq!(rejection(&world.place(0, long, Side::Sell, 1_100, 1)), refused(6, 2));
}

/// He has 2, which is his part, and could turn them over if he asked 4. With 2 asked he may sell the 2 besides: what he
/// could come to stays 2. A replacement is measured by what there was with the old order.
#[test]
fn a_position_is_not_turned_over_to_more_than_a_part() {
    let mut world = World::of(capped(10_000));
    let (account, maker) = (world.account(100_000), world.account(100_000));
    world.hold(account, ONE, 2);
    world.hold(maker, ONE, -2);
    world.place(0, maker, Side::Buy, 1_000, 2);
    let refused = |value, limit| Rejection { code: RejectCode::OpenInterestLimited, value, limit };
    assert_eq!(rejection(&world.place(0, account, Side::Sell, 1_100, 4)), refused(4, 2));
    assert_eq!(told(&world.place(0, account, Side::Sell, 1_100, 2)), []);
    let filled = (0, Some(RemovalReason::Filled));
    assert_eq!(told(&world.place(0, account, Side::Sell, 1_000, 2)), [(2, None), filled, filled]);
    assert_eq!((world.size(account), world.it.span(account, ONE)), (0, 2));

    let mut world = World::of(capped(20_000));
    let account = world.account(100_000);
    world.place(0, account, Side::Buy, 950, 4);
    for (at, price) in [(1_000, 1_020), (2_000, 1_040)] {
        world.tick(at, price);
    }
    let mut replace = |size| {
        let (old, new) = (world.it.markets[0].orders[0].id, NewOrder { price: PriceTicks(951), ..bid(size) });
        world.operate(2_000, account, Operation::Replace { market: ONE, order: old, new })
    };
    assert_eq!(rejection(&replace(5)), refused(5, 3));
    assert!(matches!(replace(4)[..], [Event::OrderAccepted { .. }, ..]));
}

/// 10 x 5,000 are less than 60,000: 50 lots, of which 5 are of one account. Of 4,999 they are 49 and 4.
#[test]
fn the_cap_of_class_c_follows_the_fund() {
    let mut world = World::of(MarketParams { class: MarketClass::C, ..capped(60_000) });
    assert_eq!(limits(&world.it), [Some(0); 2]);
    let account = world.account(100_000);
    let refused = |value, limit| Rejection { code: RejectCode::OpenInterestLimited, value, limit };
    assert_eq!(rejection(&world.place(0, account, Side::Buy, 1_000, 1)), refused(1, 0));
    world.deposit(GUARDIAN, FUND_ACCOUNT, 4_999);
    assert_eq!(limits(&world.it), [Some(49); 2]);
    assert_eq!(rejection(&world.place(0, account, Side::Buy, 1_000, 5)), refused(5, 4));
    world.deposit(GUARDIAN, FUND_ACCOUNT, 1);
    assert_eq!(limits(&world.it), [Some(50); 2]);
    assert_eq!(rejection(&world.place(0, account, Side::Buy, 1_000, 6)), refused(6, 5));
    assert_eq!(told(&world.place(0, account, Side::Buy, 1_000, 5)), []);
    world.deposit(GUARDIAN, FUND_ACCOUNT, 5_000);
    assert_eq!(limits(&world.it), [Some(60); 2]);
}

/// In six hours each: 0 lots at the first tick, 7 at that of the second, then none, 8, and so on. What was there 24 to 30
/// hours ago may be there twice, and 10 lots besides.
#[test]
fn in_a_day_it_doubles_at_most() {
    let growth = Quote(10_000_000_000);
    let mut world = World::of(MarketParams { open_interest_growth: growth, ..market("ONE", false) });
    assert_eq!(limits(&world.it), [None, Some(10)]);
    between(&mut world, 7);
    let at = |world: &mut World, hours: u64, ms: u64| {
        world.tick(hours * HOUR - ms, 1_000);
        (world.it.past_interest(ONE), world.it.interest_limit(ONE))
    };
    assert_eq!(at(&mut world, 1, 0), (0, Some(10)));
    assert_eq!(at(&mut world, 6, 0), (0, Some(10)));
    between(&mut world, 1);
    assert_eq!(at(&mut world, 7, 0), (0, Some(10)));
    // The third six hours have no tick, the fourth has its first in their middle.
    assert_eq!(at(&mut world, 21, 0), (0, Some(10)));
    between(&mut world, 1);
    assert_eq!(at(&mut world, 24, 0), (0, Some(10)));
    let [seller, buyer] = [(); 2].map(|()| world.account(100_000));
    world.tick(30 * HOUR - 2_000, 1_000);
    world.place(30 * HOUR - 1_000, seller, Side::Sell, 1_000, 2);
    let ended = world.place(30 * HOUR - 1_000, buyer, Side::Buy, 1_000, 2);
    assert_eq!(told(&ended), [(2, Some(RemovalReason::OpenInterest))]);
    assert_eq!(at(&mut world, 30, 1), (0, Some(10)));
    assert_eq!(at(&mut world, 30, 0), (7, Some(24)));
    let filled = (0, Some(RemovalReason::Filled));
    assert_eq!(told(&world.place(30 * HOUR, buyer, Side::Buy, 1_000, 2)), [(2, None), filled, filled]);
    assert_eq!(at(&mut world, 36, 0), (8, Some(26)));
    assert_eq!(at(&mut world, 42, 0), (8, Some(26)));
    assert_eq!(at(&mut world, 48, 0), (9, Some(28)));
    assert_eq!(at(&mut world, 54, 0), (9, Some(28)));
    assert_eq!(at(&mut world, 60, 0), (11, Some(32)));

    // After a silence of days nothing was kept, until the first tick keeps for all of them what there is.
    between(&mut world, 4);
    world.cancel_all(160 * HOUR, buyer);
    assert_eq!((world.it.time.0, world.it.past_interest(ONE)), (START + 160 * HOUR, 0));
    assert_eq!(at(&mut world, 160, 0), (15, Some(40)));
}
