mod batches;
mod pauses;

use ballast_types::{
    AccountId, Event, MarketId, PoolId, Ppm, Quote, RejectCode, RemovalReason, SelfTrade, Side, SizeLots,
    Status, TimeInForce, limits::FORCED_WINDOW_MS,
};

use crate::{
    Watch, facts, fund, watch,
    world::{ALT, BTC, ONE, PRICE, USDC, World, assert_code, assert_rejected, buy, order, owner, sell},
};

/// Twenty bitcoins, a million USDC: 40,000 of initial margin and 20,000 of maintenance margin.
const TWENTY: u64 = 20 * ONE;
/// 45,900: the long of twenty bitcoins has 17,650 left and needs 18,360.
const BELOW: u64 = 459_000;
/// 45,500: it has 9,650 left, of 18,200.
const CLOSE_OUT: u64 = 455_000;
/// 44,900: it owes 2,350.
const BANKRUPT: u64 = 449_000;

/// Account 1 is long twenty bitcoins, account 2 short; 3 has nothing.
fn long_and_short(backstop: i64, fund: i64, target: i64) -> World {
    let mut world = World::protected(3, backstop, fund, target);
    world.trade(1, 2, BTC, PRICE, TWENTY);
    world
}

fn fund(world: &World) -> i64 {
    world.pool().fund.0
}

fn is_healthy(world: &World, account: u32) -> bool {
    !world.summary(account).is_below_maintenance()
}

fn taken_over(events: &[Event]) -> Vec<(MarketId, Side, u64, u64, i64)> {
    let told = events.iter().filter_map(|event| match event {
        Event::TakenOver { market, side, size, price, fund, .. } => {
            Some((*market, *side, size.0, price.0, fund.0))
        }
        _ => None,
    });
    told.collect()
}

use alloc::vec::Vec;

#[test]
fn who_has_margin_is_not_liquidated() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    assert_rejected(world.liquidate(9).status, RejectCode::UnknownAccount);
    world.set_prices(&[(BTC, 460_000)]);
    assert!(is_healthy(&world, 1), "19,650 of 18,400");
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
}

#[test]
fn part_of_the_largest_position_is_closed_on_the_book() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    let resting = world.rest(1, BTC, buy(480_000, ONE));
    world.set_prices(&[(BTC, BELOW)]);
    world.rest(3, BTC, buy(458_500, TWENTY));
    let before = world.leaves.clone();
    let from = world.log.len();
    let events = world.liquidate(1).events;
    assert!(matches!(
        events[..2],
        [
            Event::Liquidated { level: 1, equity: 17_650_000_000, maintenance: 18_360_000_000, .. },
            Event::OrderRemoved { order, reason: RemovalReason::Liquidation, .. },
        ] if order == resting
    ));
    let [Event::OrderAccepted { side: Side::Sell, size: asked, .. }, fill, Event::OrderRemoved { .. }] =
        &events[2..]
    else {
        panic!("a forced order trades: {events:?}")
    };
    // A fifth of twenty in five seconds; 15% of what rests is three.
    assert_eq!(*asked, SizeLots(3 * ONE));
    let Event::Fill { price, size, taker_fee, taker: _, .. } = fill else { panic!("{fill:?}") };
    // Half a percent of 137,550 USDC.
    assert_eq!((price.0, size.0, taker_fee.0), (458_500, 3 * ONE, 687_750_000));
    assert_eq!(fund(&world), 687_750_000);
    assert_eq!(world.size(1, BTC), 17 * ONE as i64);
    assert!(is_healthy(&world, 1), "16,812 of 15,606");
    world.check_lazy(&before, from);
}

#[test]
fn a_large_position_is_closed_a_fifth_in_five_seconds() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    world.set_prices(&[(BTC, 458_500)]);
    world.time = world.time.next_multiple_of(FORCED_WINDOW_MS);
    world.set_prices(&[(BTC, 458_500)]);
    // The book takes 15% of forty bitcoins, the position gives a fifth of twenty.
    world.rest(3, BTC, buy(458_400, 2 * TWENTY));
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_eq!(world.size(1, BTC), 16 * ONE as i64);
    world.set_prices(&[(BTC, 453_000)]);
    world.time = world.time.next_multiple_of(FORCED_WINDOW_MS) - 4_000;
    assert!(!is_healthy(&world, 1));
    // Below 85% there is no pace, but what the book takes: two of six are left.
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_eq!(world.size(1, BTC), 14 * ONE as i64);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
}

/// Makers who quoted anew for each clearing showed no depth, so that a market in batches took next to nothing.
#[test]
fn what_waits_for_a_clearing_is_depth_too() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    world.set_prices(&[(BTC, BELOW)]);
    world.batch_until(BTC, world.time + 60_000);
    world.place(3, BTC, buy(458_500, TWENTY)).expect("it waits");
    let events = world.liquidate(1).events;
    let waits = events.iter().find_map(|event| match event {
        Event::OrderWaits { order, .. } => Some(order.size),
        _ => None,
    });
    // 15% of twenty.
    assert_eq!(waits, Some(SizeLots(3 * ONE)), "{events:?}");
}

#[test]
fn without_anybody_to_trade_with_nothing_happens() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    world.set_prices(&[(BTC, BELOW)]);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    // Far below what the account or the fund could bear.
    world.rest(3, BTC, buy(440_000, TWENTY));
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    // Its orders leave all the same, once.
    world.set_prices(&[(BTC, PRICE)]);
    world.rest(1, BTC, order(Side::Buy, 490_000, ONE, TimeInForce::Gtc));
    world.set_prices(&[(BTC, BELOW)]);
    assert_eq!(world.liquidate(1).events.len(), 2);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
}

#[test]
fn at_a_price_that_is_not_known_nobody_is_liquidated() {
    let mut world = long_and_short(1_000_000 * USDC, 0, 0);
    world.set_prices(&[(BTC, BELOW)]);
    world.rest(3, BTC, buy(458_900, TWENTY));
    // A jump that nobody has confirmed.
    let _ = world.try_prices(&[(BTC, 420_000)]);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    world.time += 5_001;
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
}

#[test]
fn the_fund_adds_what_the_book_lacks_within_its_claim() {
    // Half of the fund a day, and 30% of it at once: 3,000 of 10,000.
    let mut world = long_and_short(0, 10_000 * USDC, 0);
    world.set_prices(&[(BTC, CLOSE_OUT)]);
    world.rest(3, BTC, buy(449_000, TWENTY));
    let events = world.liquidate(1).events;
    let fee = events.iter().find_map(|event| match event {
        Event::Fill { price, taker_fee, .. } => Some((price.0, taker_fee.0)),
        _ => None,
    });
    let (price, added) = fee.expect("it trades");
    assert!(price == 449_000 && added < 0 && -added <= 3_000 * USDC, "{added}");
    assert_eq!(fund(&world), 10_000 * USDC + added);
}

#[test]
fn the_backstop_takes_over_what_it_can_bear() {
    let mut world = long_and_short(1_000_000 * USDC, 0, 0);
    world.set_prices(&[(BTC, CLOSE_OUT)]);
    let equity = world.summary(1).equity;
    let before = world.leaves.clone();
    let from = world.log.len();
    let events = world.liquidate(1).events;
    assert!(matches!(events[0], Event::Liquidated { level: 2, .. }));
    // At half of the maintenance margin below the mark, 1%.
    assert_eq!(taken_over(&events), [(BTC, Side::Sell, TWENTY, 450_450, 0)]);
    assert_eq!((world.size(1, BTC), world.size(0, BTC)), (0, TWENTY as i64));
    // What the backstop gains the account lost, and no more.
    assert_eq!(world.summary(1).equity, equity - 20 * 455 * i128::from(USDC));
    assert_eq!(world.pool().protection.takeover_equity, Quote(1_000_000 * USDC));
    world.check_lazy(&before, from);
}

/// The initial margin in force rises at once when the index does something, and the backstop's share fell with it.
#[test]
fn the_backstop_took_half_as_much_when_initial_margin_had_doubled() {
    // Ten bitcoins are nearly twice its equity, and need 36,400 of initial margin at 8%.
    let mut world = long_and_short(240_000 * USDC, 0, 0);
    world.set_prices(&[(BTC, CLOSE_OUT)]);
    facts::market_mut(&mut world.x.state, BTC).initial = Ppm(80_000);
    let mut events = Vec::new();
    super::liquidate(&mut world.x, AccountId(1), &mut events).expect("it is below maintenance");
    assert_eq!(taken_over(&events)[..], [(BTC, Side::Sell, TWENTY * 8 / 16, 450_450, 0)]);
    // What it may hold is still no more than it has initial margin for.
    let summary = world.summary(0);
    assert!(summary.meets_initial(), "{summary:?}");
}

#[test]
fn who_may_have_to_pay_sees_it_coming() {
    // The backstop may hold twice its equity of bitcoin, and takes 910,000 of it.
    for (equity, strained) in [(555_000, true), (565_000, false)] {
        let mut world = long_and_short(equity * USDC, 100_000 * USDC, 0);
        assert_eq!(watch(&world.x.state, world.x.now(), PoolId(0)), Watch::default());
        world.set_prices(&[(BTC, CLOSE_OUT)]);
        let taken: u64 = taken_over(&world.liquidate(1).events).iter().map(|it| it.2).sum();
        assert_eq!(taken, TWENTY);
        assert_eq!(
            watch(&world.x.state, world.x.now(), PoolId(0)),
            Watch { fund: false, backstop: strained }
        );
    }
    // It may lose half of what it had in a day: four tenths are much of that.
    let mut world = long_and_short(1_000_000 * USDC, 100_000 * USDC, 0);
    facts::pool_mut(&mut world.x.state, PoolId(0)).protection.takeover_day = fund::day(&world.x.state);
    for (had, strained) in [(1_666_000, false), (1_667_000, true)] {
        facts::pool_mut(&mut world.x.state, PoolId(0)).protection.takeover_equity = Quote(had * USDC);
        assert_eq!(watch(&world.x.state, world.x.now(), PoolId(0)).backstop, strained);
    }
    // The fund: 15% may be gone, and no more.
    for (paid, drawn) in [(15_000, false), (1, true)] {
        fund::pay(&mut world.x.state, PoolId(0), None, Quote(paid * USDC));
        assert_eq!(watch(&world.x.state, world.x.now(), PoolId(0)).fund, drawn);
    }
}

#[test]
fn the_backstop_takes_the_same_part_of_everything() {
    // Twice its equity is the most in bitcoin, a quarter in the other.
    let mut world = World::protected(3, 200_000 * USDC, 0, 0);
    world.trade(1, 2, BTC, PRICE, 18 * ONE);
    world.trade(1, 3, ALT, 1_000, 10_000_000);
    world.set_prices(&[(BTC, 470_000), (ALT, 740)]);
    let events = world.liquidate(1).events;
    let told = taken_over(&events);
    assert_eq!(told.len(), 2, "{events:?}");
    let [(_, _, bitcoins, ..), (_, _, coins, ..)] = told[..] else { unreachable!() };
    assert_eq!((bitcoins * 16 / (18 * ONE), coins * 16 / 10_000_000), (7, 7));
}

#[test]
fn the_fund_makes_up_for_what_a_bankrupt_account_owes() {
    let mut world = long_and_short(1_000_000 * USDC, 100_000 * USDC, 0);
    world.set_prices(&[(BTC, BANKRUPT)]);
    assert_eq!(world.summary(1).equity, -2_350 * i128::from(USDC));
    let events = world.liquidate(1).events;
    assert!(matches!(events[0], Event::Liquidated { level: 3, .. }));
    // The backstop pays a quarter of the maintenance margin less than the mark, 0.5%; the fund adds that and the debt.
    let [(BTC, Side::Sell, TWENTY, 446_755, added)] = taken_over(&events)[..] else { panic!("{events:?}") };
    assert_eq!(added, (2_350 + 4_490) * USDC);
    assert_eq!((world.cash(1), fund(&world)), (0, 100_000 * USDC - added));
}

#[test]
fn what_the_fund_may_pay_bounds_a_rescue() {
    // A payment may be 3,000 at most: a quarter of the position costs 1,710, a half 3,420.
    let mut world = long_and_short(1_000_000 * USDC, 10_000 * USDC, 0);
    world.set_prices(&[(BTC, BANKRUPT)]);
    let told = taken_over(&world.liquidate(1).events);
    assert_eq!(told[0].2, TWENTY * 7 / 16);
    let left = world.liquidate(1);
    assert_rejected(left.status, RejectCode::NothingDue);
}

#[test]
fn penalties_are_shared_with_the_backstop_above_the_target() {
    let mut world = long_and_short(100 * USDC, 10_000 * USDC, 10_000 * USDC);
    world.set_prices(&[(BTC, BELOW)]);
    world.rest(3, BTC, buy(458_500, TWENTY));
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_eq!(fund(&world), 10_000 * USDC + 687_750_000 / 2);
    assert_eq!(world.cash(0), 100 * USDC + 687_750_000 / 2);
}

#[test]
fn the_backstop_only_closes_and_keeps_what_it_needs() {
    let mut world = long_and_short(1_000_000 * USDC, 0, 0);
    assert_code(world.place(0, BTC, buy(490_000, ONE)), RejectCode::BackstopOnlyReduces);
    assert_eq!(world.withdraw(owner(97), 0, USDC), Status::Accepted);
    world.set_prices(&[(BTC, CLOSE_OUT)]);
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_rejected(world.withdraw(owner(97), 0, USDC), RejectCode::InsufficientFunds);
    let mut close = sell(456_000, TWENTY);
    close.reduce_only = true;
    world.rest(0, BTC, close);
    world.place(3, BTC, buy(456_000, 5 * ONE)).expect("it may");
    assert_eq!(world.size(0, BTC), 15 * ONE as i64);
}

#[test]
fn in_a_market_that_matches_in_batches_an_order_waits_to_close() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    world.set_prices(&[(BTC, BELOW)]);
    world.rest(3, BTC, buy(458_800, TWENTY));
    assert_eq!(world.batch_until(BTC, world.time + 60_000).status, Status::Accepted);
    let events = world.liquidate(1).events;
    let [Event::Liquidated { .. }, Event::OrderAccepted { size, .. }, Event::OrderWaits { order, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert!(order.reduce_only && *size == SizeLots(3 * ONE));
    // One at a time.
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    let health = |world: &World| (world.summary(1).equity, world.summary(1).maintenance);
    let (equity, maintenance) = health(&world);
    world.time += 1_000;
    world.set_prices(&[(BTC, BELOW)]);
    let cleared = world.clear(BTC).events;
    assert!(cleared.iter().any(|event| matches!(event, Event::Fill { .. })), "{cleared:?}");
    let (then, needs) = health(&world);
    assert!(then * maintenance >= equity * needs && world.size(1, BTC) == 17 * ONE as i64);
}

#[test]
fn orders_of_the_same_owner_give_way_to_a_forced_one() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    assert_eq!(world.deposit(owner(1), u32::MAX, 100_000 * USDC), Status::Accepted);
    world.set_prices(&[(BTC, BELOW)]);
    let own = world.rest(4, BTC, buy(458_900, ONE));
    world.rest(3, BTC, buy(458_500, TWENTY));
    let events = world.liquidate(1).events;
    let gone = |event: &Event| matches!(event, Event::OrderRemoved { order, reason: RemovalReason::SelfTrade, .. } if *order == own);
    assert!(events.iter().any(gone) && SelfTrade::CancelMaker as u8 == 0, "{events:?}");
}

#[test]
fn orders_that_give_way_do_not_stand_in_the_way_for_ever() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    assert_eq!(world.deposit(owner(1), u32::MAX, 100_000 * USDC), Status::Accepted);
    world.set_prices(&[(BTC, BELOW)]);
    // More of the owner's other account than one order meets.
    for _ in 0..300 {
        world.rest(4, BTC, buy(458_900, 1));
    }
    world.rest(3, BTC, buy(458_500, TWENTY));
    let first = world.liquidate(1).events;
    assert!(first.iter().all(|event| !matches!(event, Event::Fill { .. })));
    let second = world.liquidate(1).events;
    assert!(second.iter().any(|event| matches!(event, Event::Fill { .. })));
}

#[test]
fn where_nobody_buys_the_largest_position_the_next_is_closed() {
    let mut world = long_and_short(0, 0, 1_000_000 * USDC);
    world.trade(1, 3, ALT, 1_000, 7_000_000);
    world.set_prices(&[(BTC, 475_000), (ALT, 700)]);
    let summary = world.summary(1);
    assert!(summary.is_below_maintenance() && summary.equity > 0, "{summary:?}");
    // The other coin needs less, for 49,000 USDC a quarter to an eighth; bitcoin has no book.
    world.rest(2, ALT, buy(699, 7_000_000));
    let bitcoin = world.size(1, BTC);
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert!(world.size(1, BTC) == bitcoin && world.size(1, ALT) < 7_000_000);
}
