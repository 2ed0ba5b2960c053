//! Open interest is bounded by what is traded elsewhere, as publishers tell it.

use super::*;
use crate::world::PUBLISHERS;
use ballast_types::{
    Millis, PriceTicks, ReportedPrice,
    limits::{MAX_CAPACITY_AGE_MS, MAX_PRICE},
};

/// Bitcoin goes by it, the altcoin does not; nothing was told.
fn untold() -> World {
    world(MarketParams { capacity: true, ..bitcoin() }, altcoin())
}

/// A publisher tells a capacity of a market, in whole USDC, at the time of the exchange.
fn tell(world: &mut World, from: u8, market: MarketId, usdc: u64) -> Status {
    let time = world.time;
    world.say(from, time, alloc::vec![ReportedPrice::capacity(market, usdc)]).status
}

/// All publishers tell one of bitcoin each, and then its price, which makes it count.
fn bear(world: &mut World, usdc: [u64; PUBLISHERS as usize]) -> Option<u128> {
    world.time += 1;
    for (from, usdc) in (0..).zip(usdc) {
        assert_eq!(tell(world, from, BTC, usdc), Status::Accepted);
    }
    now_limit(world)
}

/// The limit after a tick of the market.
fn now_limit(world: &mut World) -> Option<u128> {
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    limit(&world.x.state, world.x.now(), BTC)
}

#[test]
fn open_interest_is_bounded_by_what_is_traded_elsewhere() {
    let mut world = untold();
    let limited = |lots, limit| Err(Rejection::new(RejectCode::OpenInterestLimited, lots, limit));
    // Nobody told any: what rests now would be filled as soon as they do, whatever part of it one account has.
    assert_eq!(world.place(0, BTC, sell(PRICE, 1)), limited(1, 0));
    // A lot is 0.50 USDC: 60 lots, and of one account a fifth.
    assert_eq!(bear(&mut world, [50, 30, 20]), Some(60));
    assert_eq!(world.place(1, BTC, buy(PRICE, 13)), limited(13, 12));
    world.rest(3, BTC, sell(PRICE, 12));
    assert_eq!(place(&mut world, 1, buy(PRICE, 12)), (12, Some(RemovalReason::Filled)));
    // What falls elsewhere falls here, for whoever wants more; who has something keeps it, or closes.
    assert_eq!(bear(&mut world, [5, 5, 5]), Some(10));
    world.rest(0, BTC, sell(PRICE, 1));
    assert_eq!(place(&mut world, 2, buy(PRICE, 1)), (0, Some(RemovalReason::OpenInterest)));
    assert_eq!(open(&world, BTC), 12);
    // What the market may have by itself stays a limit beside it.
    change(&mut world, BTC, |params| params.open_interest_cap = Quote(4 * USDC));
    assert_eq!(now_limit(&mut world), Some(8));
    assert_eq!(bear(&mut world, [MAX_PRICE; 3]), Some(8));
}

#[test]
fn who_closes_finds_a_taker_where_hardly_anything_is_traded_elsewhere() {
    let mut world = untold();
    bear(&mut world, [30; 3]);
    world.trade(1, 3, BTC, PRICE, 12);
    assert_eq!(bear(&mut world, [1; 3]), Some(2));
    world.rest(4, BTC, buy(PRICE, 2));
    assert_eq!(place(&mut world, 1, sell(PRICE, 2)).0, 2, "a fifth of what is open");
    let limited = Rejection::new(RejectCode::OpenInterestLimited, 3, 2);
    assert_eq!(world.place(4, BTC, buy(PRICE, 1)), Err(limited));
    assert_eq!(open(&world, BTC), 12);
}

#[test]
fn one_of_three_publishers_raises_no_capacity_and_shuts_none() {
    let mut world = untold();
    assert_eq!(bear(&mut world, [30, 30, MAX_PRICE]), Some(60));
    assert_eq!(bear(&mut world, [1, 30, 30]), Some(60));
    // Where two of them told any, the lower counts.
    let mut world = untold();
    for (from, usdc) in [(0, 1), (1, 30)] {
        assert_eq!(tell(&mut world, from, BTC, usdc), Status::Accepted);
    }
    assert_eq!(now_limit(&mut world), Some(2));
}

#[test]
fn a_capacity_of_an_hour_ago_lets_nothing_grow() {
    let mut world = untold();
    assert_eq!(bear(&mut world, [30; 3]), Some(60));
    world.trade(0, 1, BTC, PRICE, 5);
    let told = world.time;
    let at = |world: &mut World, time| {
        world.time = time - 1;
        let _ = world.try_prices(&[(BTC, PRICE)]);
        limit(&world.x.state, world.x.now(), BTC)
    };
    let told_at = facts::venue(&world.x.state, BTC).capacity.reports[0].time.0;
    assert_eq!(at(&mut world, told_at + MAX_CAPACITY_AGE_MS), Some(60));
    assert_eq!(at(&mut world, told + MAX_CAPACITY_AGE_MS + 10), Some(5));
    assert_eq!(now_limit(&mut world), Some(5));
    world.rest(1, BTC, buy(PRICE, 2));
    assert_eq!(place(&mut world, 0, sell(PRICE, 2)).0, 2, "both close");
    assert_code(world.place(2, BTC, sell(PRICE, 1)), RejectCode::OpenInterestLimited);
    // Two of three are a quorum.
    world.time += 1;
    assert_eq!(tell(&mut world, 1, BTC, 40), Status::Accepted);
    assert_eq!(now_limit(&mut world), Some(3));
    assert_eq!(tell(&mut world, 2, BTC, 44), Status::Accepted);
    assert_eq!(now_limit(&mut world), Some(80));
}

#[test]
fn a_class_c_market_that_goes_by_it_is_bound_by_its_fund_too() {
    let mut world = World::of(alloc::vec![MarketParams {
        capacity: true,
        class: ballast_types::MarketClass::C,
        ..bitcoin()
    }]);
    world.set_prices(&[(BTC, PRICE)]);
    for from in 0..PUBLISHERS {
        assert_eq!(tell(&mut world, from, BTC, 30), Status::Accepted);
    }
    world.set_prices(&[(BTC, PRICE)]);
    assert_eq!(limit(&world.x.state, world.x.now(), BTC), Some(0), "its fund is empty");
}

#[test]
fn what_is_no_capacity_is_refused_with_its_reason() {
    let mut world = untold();
    let mut say = |told: ReportedPrice, time| world.say(0, time, alloc::vec![told]).status;
    let refused = |code, value: u64, limit: u64| Status::Rejected(Rejection::new(code, value, limit));
    let now = 1_000_000;
    let told = ReportedPrice::capacity;
    for unknown in [ALT, MarketId(2), MarketId(255)] {
        let named = u64::from(unknown.capacity().0);
        assert_eq!(say(told(unknown, 5), now), refused(RejectCode::UnknownMarket, named, 2));
    }
    for wrong in [0, MAX_PRICE + 1] {
        assert_eq!(say(told(BTC, wrong), now), refused(RejectCode::InvalidPrice, wrong, 0));
    }
    let with_perp = ReportedPrice { perp: Some(PriceTicks(7)), ..told(BTC, 5) };
    assert_eq!(say(with_perp, now), refused(RejectCode::InvalidPrice, 7, 0));
    assert_eq!(say(told(BTC, 5), now), Status::Accepted);
    assert_eq!(say(told(BTC, 6), now), refused(RejectCode::ReportTooOld, now, now));
    assert_eq!(facts::venue(&world.x.state, BTC).capacity.reports[0].time, Millis(now));
}
