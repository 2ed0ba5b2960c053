//! What trips breakers, and when they let go.

use std::rc::Rc;

use ballast_types::{
    Causes, Event, MarketMode, Millis, PriceTicks, RejectCode, Side, SizeLots, Status,
    limits::{FUND_ACCOUNT, FUND_DAY_MS},
};

use crate::world::{GUARDIAN, ONE, START, TWO, USDC, World, changed, halted, normal, put_off, waits};

/// 30 ticks of 1,000 are just 3%. The running span of 15 s and the four before it forget 1,000 and 1,031 at 75 s; the last
/// tick that saw them is at 70 s.
#[test]
fn a_minute_moves_too_fast_and_calms_down() {
    let mut world = World::new();
    assert_eq!(world.tick(10_000, 1_030), []);
    assert_eq!(world.tick(11_000, 1_031), [changed(MarketMode::Batches, Causes::VELOCITY, 1_250_000)]);
    // 10 lots at a tenth and a quarter of it.
    let trader = world.account(10_000);
    world.hold(trader, ONE, 10);
    assert_eq!(world.it.margin(trader).initial, 10 * 1_031 * USDC / 8);
    assert!(waits(&world.place(11_000, trader, Side::Sell, 1_040, 1)));
    world.cancel_all(11_000, trader);
    world.calm(15_000, 130_000, 5_000, 1_016);
    assert_eq!(world.tick(130_000, 1_016), [normal()]);
}

/// 7 ticks each 40 s: at most 14 of the 15 that half of 3% are, in any minute; the fifteenth makes 105 in an hour.
#[test]
fn an_hour_moves_too_fast() {
    let mut world = World::new();
    for n in 1..15 {
        assert_eq!(world.tick(40_000 * n, 1_000 + 7 * n), [], "{n}");
    }
    assert_eq!(world.tick(600_000, 1_105), [changed(MarketMode::Batches, Causes::VELOCITY, 1_250_000)]);
}

/// 100 of 250 lots are four tenths, 101 more; at 1,000 USDC each they are worth 100,000 and more, what a large position is.
#[test]
fn liquidations_feed_on_themselves() {
    let mut world = World::new();
    let note = |world: &mut World, traded: i128, forced: i128| {
        let now = world.it.time;
        for market in &mut world.it.markets {
            let history = Rc::make_mut(&mut market.history);
            history.traded.push((now, traded));
            history.forced.push((now, forced));
        }
    };
    note(&mut world, 250, 100);
    assert_eq!(world.tick(1_000, 1_000), []);
    note(&mut world, 0, 1);
    assert_eq!(world.tick(2_000, 1_000), [changed(MarketMode::Batches, Causes::FEEDBACK, 1_500_000)]);
    // Two tenths of 505 are 101: above half until the trades are more.
    note(&mut world, 254, 0);
    world.calm(3_000, 10_000, 1_000, 1_000);
    note(&mut world, 1, 0);
    world.calm(10_000, 69_000, 1_000, 1_000);
    assert_eq!(world.tick(69_000, 1_000), [normal()]);

    let mut world = World::new();
    note(&mut world, 10, 99);
    assert_eq!(world.tick(1_000, 1_000), [], "not worth as much");
}

/// The middle of 1,021 and 1,030 is 25.5 from the index, that of 1,020 and 1,030 is 25. Then a bid at 1,030 agrees with the
/// ask there: 30 from the index are too far once, and not when the auction was put off.
#[test]
fn a_dislocated_book_is_cleared_in_batches_and_halted() {
    let mut world = World::new();
    world.quote(0, 1_020, 1_030);
    world.calm(1_000, 10_000, 3_000, 1_000);
    let maker = world.account(100_000);
    world.place(10_000, maker, Side::Buy, 1_021, 1);
    assert_eq!(world.tick(10_001, 1_000), []);
    assert_eq!(world.tick(15_000, 1_000), []);
    assert_eq!(world.tick(15_001, 1_000), [changed(MarketMode::Batches, Causes::DISLOCATION, 1_000_000)]);
    world.calm(20_000, 45_001, 5_000, 1_000);
    assert_eq!(world.tick(45_001, 1_000), [halted(Causes::DISLOCATION, 45_001)]);
    assert_eq!(world.it.markets[0].next_clearing, Millis(START + 75_001));
    assert_eq!(world.it.markets[1].mode(world.it.time), (MarketMode::Normal, Causes::NONE));

    let buyer = world.account(100_000);
    assert!(waits(&world.place(46_000, buyer, Side::Buy, 1_030, 10)));
    world.calm(50_000, 75_000, 4_000, 1_000);
    assert_eq!(world.clear(75_000).status, Status::Rejected(RejectCode::NothingDue.into()));
    assert_eq!(world.clear(75_001).events, [put_off(105_001, 1)]);
    world.calm(78_000, 105_000, 4_000, 1_000);
    let events = world.clear(105_001).events;
    let cleared = Event::Cleared { market: ONE, price: Some(PriceTicks(1_030)), volume: SizeLots(10) };
    assert_eq!((&events[0], events.last()), (&cleared, Some(&normal())), "{events:?}");
}

/// 50 from the index is near; 30 s are not long enough.
#[test]
fn quotes_that_are_gone_halt_a_market_once() {
    let mut world = World::new();
    let maker = world.quote(0, 950, 1_050);
    assert_eq!(world.tick(1_000, 1_000), []);
    world.cancel_all(1_000, maker);
    world.calm(2_000, 32_000, 1_000, 1_000);
    assert_eq!(world.tick(31_001, 1_000), [halted(Causes::QUOTES, 31_001)]);
    // Nobody takes part, and nothing was traded in the hour: it reopens, and does not halt again.
    world.calm(32_000, 61_001, 1_000, 1_000);
    assert_eq!(world.tick(61_001, 1_000), [normal()]);
    world.calm(62_000, 120_000, 4_000, 1_000);
}

/// The middle of 1,060 and 1,070 is outside, but neither was ever near; then both are at one tick. When the price comes back
/// from being stale neither was near since, for whatever long.
#[test]
fn a_book_counts_when_it_was_near_since_the_price_came_back() {
    let mut world = World::new();
    let maker = world.quote(0, 1_060, 1_070);
    world.calm(1_000, 50_000, 4_000, 1_000);
    world.cancel_all(49_000, maker);
    world.place(49_000, maker, Side::Buy, 950, 10);
    world.place(49_000, maker, Side::Sell, 1_050, 10);
    assert_eq!(world.tick(50_000, 1_000), []);
    world.cancel_all(50_000, maker);
    world.place(50_000, maker, Side::Buy, 1_060, 10);
    world.place(50_000, maker, Side::Sell, 1_070, 10);
    assert_eq!(world.tick(51_000, 1_000), []);
    assert_eq!(world.tick(55_999, 1_000), []);
    assert_eq!(world.tick(56_000, 1_000), [changed(MarketMode::Batches, Causes::DISLOCATION, 1_000_000)]);
    assert_eq!(world.tick(61_001, 1_000), [normal()]);
    world.calm(62_000, 130_000, 4_000, 1_000);
}

/// The fund held 1,000, of which half may go for a market in a day: of 455 ten times the 45 that are left are less, of 454
/// ten times 46 are not.
#[test]
fn a_market_is_reduce_only_when_the_fund_has_paid_nearly_all_that_it_may() {
    let reduces = [changed(MarketMode::ReduceOnly, Causes::FUND, 1_000_000)];
    let day = START / FUND_DAY_MS;
    let world = |target: i128| {
        let mut world = World::new();
        world.deposit(GUARDIAN, FUND_ACCOUNT, 1_000);
        world.it.pools[0].target = target * USDC;
        world.it.markets[0].paid = Some((day, 454 * USDC));
        assert_eq!(world.tick(1_000, 1_000), []);
        world.it.markets[0].paid = Some((day, 455 * USDC));
        world
    };
    // A twentieth of the target is 455, or more.
    assert_eq!(world(9_100).tick(2_000, 1_000), reduces);
    assert_eq!(world(9_101).tick(2_000, 1_000), []);
    // It holds until the fund is full,
    let mut full = world(2_000);
    assert_eq!(full.tick(2_000, 1_000), reduces);
    full.deposit(GUARDIAN, FUND_ACCOUNT, 999);
    assert_eq!(full.tick(3_000, 1_000), []);
    full.deposit(GUARDIAN, FUND_ACCOUNT, 1);
    assert_eq!(full.tick(4_000, 1_000), [normal()]);
    // or for a day, whatever the fund may pay on the next.
    let mut low = world(2_000);
    assert_eq!(low.tick(50_000, 1_000), reduces);
    low.calm(100_000, 2 * FUND_DAY_MS - 50_000, 50_000, 1_000);
    assert_eq!(low.tick(2 * FUND_DAY_MS - 50_000, 1_000), [normal()]);
}

/// It takes a lot at 975 and has 1,325 then: 13 lots need 1,300 at a tenth, 1,350 when ONE asks for half more. Two lots were
/// worth more than eight tenths of what it has.
#[test]
fn the_backstop_needs_no_more_than_ever() {
    let mut world = World::new();
    let (trader, backstop) = (world.account(1_000), world.account(1_300));
    world.it.pools[0].backstop = Some(backstop);
    world.it.markets[0].factor = 1_500_000;
    world.hold(backstop, TWO, 12);
    world.hold(trader, ONE, 10);
    world.lose(trader, 700);
    let events = world.liquidate(1_000, trader).events;
    let [Event::Liquidated { level: 2, .. }, Event::TakenOver { size: SizeLots(1), .. }] = events[..] else {
        panic!("{events:?}");
    };
    assert!(world.it.margin(backstop).weighted < world.it.margin(backstop).required);
}
