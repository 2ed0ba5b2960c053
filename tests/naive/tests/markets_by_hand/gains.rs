//! Gains that count at the average of the mark.

use ballast_naive::Position;
use ballast_types::{
    AccountId, Event, MarketParams, Ppm, PriceTicks, RejectCode, Rejection, RemovalReason, Side,
};

use crate::world::{ONE, USDC, World, market, rejection, waits};

fn strict() -> MarketParams {
    MarketParams { strict_gains: true, ..market("ONE", false) }
}

/// 4 s of 1,000 and 1 s of 1,020.
fn risen(params: MarketParams) -> World {
    let mut world = World::of(params);
    for (at, price) in [(2_000, 1_000), (4_000, 1_020), (5_000, 1_020)] {
        world.tick(at, price);
    }
    world
}

/// So many lots, come by at a price, and so much settled balance.
fn holds(world: &mut World, size: i128, entry: i128, settled: i128) -> AccountId {
    let id = world.account(1);
    let it = &mut world.it.accounts[id.0 as usize];
    let basis = size * entry * USDC;
    it.cash = settled * USDC - basis;
    it.positions.insert(ONE, Position { size, basis, funding: 0 });
    id
}

/// A mark counts from when it is set until the next is, 5 s at most, in the five minutes in which that is; with these, the
/// three before them count, weighed by what is in them.
#[test]
fn the_average_is_of_fifteen_to_twenty_minutes() {
    let mut world = World::of(strict());
    let mut at = |ms: u64, price: u64| {
        world.tick(ms, price);
        (world.it.markets[0].mark, world.it.markets[0].average)
    };
    assert_eq!(at(2_000, 1_000), (1_000, 1_000));
    assert_eq!(at(4_000, 1_020), (1_020, 1_000));
    // (1,000 x 4 + 1,020 x 1) / 5, and 10 s of 1,020 that count 5: 1,012.
    assert_eq!(at(5_000, 1_020), (1_020, 1_004));
    assert_eq!(at(15_000, 1_020), (1_020, 1_012));
    // 15 s of which 4 were at 1,000: 1,014.67; then 1 ms more belongs to the fifth span, and the first is gone with 10 s.
    assert_eq!(at(1_199_999, 1_020), (1_020, 1_014));
    assert_eq!(at(1_200_000, 1_010), (1_010, 1_020));
    // 5 s at 1,020 end in the fourth span, 1 ms in the fifth: with 4,999 of 1,010 they are 1,015.001.
    assert_eq!(at(1_204_999, 1_010), (1_010, 1_015));
    // An hour later only what counts now is there: 5 s of the mark before.
    assert_eq!(at(4_800_000, 1_030), (1_030, 1_010));
    assert_eq!(at(4_805_000, 1_030), (1_030, 1_020));
}

#[test]
fn the_first_mark_is_its_own_average() {
    let world = World::of(strict());
    assert_eq!((world.it.markets[0].mark, world.it.markets[0].average), (1_000, 1_000));
}

/// At 1,020, and 1,004 on average, 10 lots of 1,000 gain 200 and count 40; half of that for more risk, a quarter of it for a
/// withdrawal. A loss counts whole, and what would be one on average counts nothing.
#[test]
fn a_gain_counts_where_it_is_smaller() {
    let weights = (Ppm(500_000), Ppm(250_000));
    let params =
        MarketParams { gain_weight_initial: weights.0, gain_weight_withdrawal: weights.1, ..strict() };
    let plain = MarketParams { strict_gains: false, ..params.clone() };
    let of = |params: &MarketParams, size, entry| {
        let mut world = risen(params.clone());
        let account = holds(&mut world, size, entry, 1_000);
        let margin = world.it.margin(account);
        [margin.equity, margin.weighted, margin.withdrawing].map(|u| u / USDC - 1_000)
    };
    assert_eq!(of(&params, 10, 1_000), [200, 20, 10]);
    assert_eq!(of(&plain, 10, 1_000), [200, 100, 50]);
    assert_eq!(of(&params, 10, 1_010), [100, 0, 0]);
    assert_eq!(of(&params, 10, 1_030), [-100, -100, -100]);
    // A short of 1,030 gains 100; at 1,004 it would be 260.
    assert_eq!(of(&params, -10, 1_030), [100, 50, 25]);
    assert_eq!(of(&params, -10, 1_010), [-100, -100, -100]);
}

/// 1,000 and a gain of 200 are enough for 11 lots at 1,020, which need 1,122; with 40 of it they are not. Of what is above
/// 1,020 for the 10 lots that there are 20 may leave, or 180.
#[test]
fn a_gain_of_a_moment_is_no_margin_and_does_not_leave() {
    for (strict_gains, weighted) in [(true, 1_040), (false, 1_200)] {
        let mut world = risen(MarketParams { strict_gains, ..strict() });
        let account = holds(&mut world, 10, 1_000, 1_000);
        assert_eq!(world.it.withdrawable(account), (weighted - 1_020) * USDC);
        let events = world.place(5_000, account, Side::Buy, 1_020, 1);
        if strict_gains {
            let required = 1_122 * USDC + 10_000;
            let refused =
                Rejection { code: RejectCode::InsufficientMargin, value: weighted * USDC, limit: required };
            assert_eq!(rejection(&events), refused);
        } else {
            assert!(matches!(events[..], [Event::OrderAccepted { .. }, Event::OrderRested { .. }]));
        }
    }
}

/// What is sold at the mark is cash, and bought back at once it is a gain no more: all 200 may be margin.
#[test]
fn a_gain_that_is_taken_counts_at_once() {
    let mut world = risen(strict());
    let account = holds(&mut world, 10, 1_000, 1_000);
    let other = world.account(100_000);
    assert_eq!(world.it.margin(account).weighted, 1_040 * USDC);
    for (maker, taker) in [(Side::Buy, Side::Sell), (Side::Sell, Side::Buy)] {
        world.place(5_000, other, maker, 1_020, 10);
        world.place(5_000, account, taker, 1_020, 10);
    }
    assert_eq!((world.size(account), world.it.margin(account).weighted), (10, 1_200 * USDC));
}

/// 1,060, and 1,005 on average: 10 s at 1,000, 1 s each at 1,020 and 1,040 are 12,060 / 12.
fn soared(params: MarketParams) -> World {
    let mut world = World::of(params);
    for (at, price) in [(5_000, 1_000), (10_000, 1_020), (11_000, 1_040), (12_000, 1_060)] {
        world.tick(at, price);
    }
    let market = &world.it.markets[0];
    assert_eq!((market.mark, market.average), (1_060, 1_005));
    world
}

/// As below: an order that was accepted gives way at the very mark at which it was.
#[test]
fn who_bids_at_the_mark_may_give_way_there() {
    for strict_gains in [true, false] {
        let mut world = soared(MarketParams { strict_gains, ..strict() });
        let account = holds(&mut world, 10, 800, 2_300);
        let seller = world.account(100_000);
        world.place(12_000, account, Side::Buy, 1_060, 30);
        let events = world.place(12_000, seller, Side::Sell, 1_060, 30);
        assert_eq!(gave_way(&events), if strict_gains { vec![account] } else { vec![] });
        assert_eq!(world.size(account), if strict_gains { 10 } else { 40 });
    }
}

/// Whose orders left for want of margin.
fn gave_way(events: &[Event]) -> Vec<AccountId> {
    let of = |event: &Event| match event {
        Event::OrderRemoved { account, reason: RemovalReason::MakerMargin, .. } => Some(*account),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// 10 lots of 800 at 1,060, and 1,005 on average: 2,050 count, and with 2,300 they would be enough for 30 more, which need a
/// fill margin of 3,180 with what there is. But bought here they lift the basis, and on average 40 lots of 995 gain only
/// 400. So the screen leaves out the gain, 2,300 are less, and all four give way at once.
#[test]
fn the_screen_does_not_count_what_a_gain_counts() {
    let mut world = soared(MarketParams { batch_interval: 1_000, ..strict() });
    let weak: Vec<AccountId> = (0..4).map(|_| holds(&mut world, 10, 800, 2_300)).collect();
    let [rich, seller] = [(); 2].map(|()| world.account(100_000));
    for (account, price) in weak.iter().chain([&rich]).zip([1_060, 1_059, 1_058, 1_057, 1_056]) {
        assert!(waits(&world.place(12_000, *account, Side::Buy, price, 30)));
    }
    assert!(waits(&world.place(12_000, seller, Side::Sell, 1_056, 30)));
    let events = world.clear(13_000).events;
    assert_eq!(gave_way(&events), weak);
    assert!(matches!(events[0], Event::Cleared { price: Some(PriceTicks(1_056)), .. }), "{events:?}");
}
