use alloc::{vec, vec::Vec};

use ballast_risk::maintenance_margin;
use ballast_types::{
    Event, MarginTier, MarketParams, OracleState, Ppm, Quote, SizeLots, limits::TIER_DAY_MS,
};

use crate::{
    facts,
    world::{BTC, PRICE, USDC, World, bitcoin},
};

/// 500 and 5,000 USDC, which are 1,000 and 10,000 lots at 50,000 USDC.
fn tiered() -> MarketParams {
    let tier = |above, multiplier, usdc| MarginTier {
        above: SizeLots(above),
        multiplier: Ppm(multiplier),
        notional: Quote(usdc * USDC),
    };
    MarketParams {
        margin_tiers: vec![tier(1_000, 1_500_000, 500), tier(10_000, 5_000_000, 5_000)],
        ..bitcoin()
    }
}

/// Its first price was told in the middle of a day.
fn world(params: MarketParams) -> World {
    let mut world = World::of(vec![params]);
    world.time = 20_000 * TIER_DAY_MS + TIER_DAY_MS / 2;
    world.set_prices(&[(BTC, PRICE)]);
    world
}

fn bounds(world: &World) -> Vec<u64> {
    facts::market(&world.x.state, BTC).params.margin_tiers.iter().map(|tier| tier.above.0).collect()
}

/// The first tick of the next day: how often it tells of tiers.
fn next_day(world: &mut World, price: u64) -> usize {
    let from = world.log.len();
    world.time = (world.time / TIER_DAY_MS + 1) * TIER_DAY_MS;
    world.set_prices(&[(BTC, price)]);
    let told = world.log[from..].iter().flat_map(|(_, outcome)| &outcome.events);
    told.filter(|event| matches!(event, Event::TiersMoved { market: BTC, .. })).count()
}

#[test]
fn tiers_follow_the_index_once_a_day_by_a_tenth_at_most() {
    let mut world = world(tiered());
    assert_eq!(bounds(&world), [1_000, 10_000]);
    // On the same day nothing moves.
    world.set_prices(&[(BTC, PRICE * 101 / 100)]);
    assert_eq!(bounds(&world), [1_000, 10_000]);
    let need = |world: &World| {
        let market = facts::market(&world.x.state, BTC);
        maintenance_margin(&market.params, market.maintenance, market.mark, SizeLots(20_000))
    };
    let before = need(&world);
    assert_eq!(next_day(&mut world, PRICE * 102 / 100), 1);
    assert_eq!(bounds(&world), [980, 9_803]);
    assert!(need(&world) > before * 102 / 101);
    assert_eq!(next_day(&mut world, PRICE * 102 / 100), 0);
    // What else moves the price on that day is for the next.
    world.set_prices(&[(BTC, PRICE * 98 / 100)]);
    assert_eq!(bounds(&world), [980, 9_803]);
    assert_eq!(next_day(&mut world, PRICE * 98 / 100), 1);
    assert_eq!(bounds(&world), [1_020, 10_204]);
    // Half of the price is twice as many lots, in a week.
    world.set_prices(&[(BTC, PRICE / 2)]);
    let days = (1..20).find(|_| next_day(&mut world, PRICE / 2) == 0);
    assert_eq!((days, bounds(&world)), (Some(9), vec![2_000, 20_000]));
}

#[test]
fn a_day_whose_first_price_is_not_sure_moves_no_tier() {
    let mut world = world(tiered());
    // 4% at once: it may be true, and is believed a while later.
    assert_eq!(next_day(&mut world, PRICE * 104 / 100), 0);
    assert_eq!(facts::market(&world.x.state, BTC).oracle, OracleState::Fresh);
    assert_eq!(bounds(&world), [1_000, 10_000]);
    assert_eq!(next_day(&mut world, PRICE * 104 / 100), 1);
    assert_eq!(bounds(&world), [961, 9_615]);
}

#[test]
fn tiers_that_are_worth_nothing_stay() {
    let tiers = vec![MarginTier::fixed(SizeLots(1_000), Ppm(1_500_000))];
    let mut world = world(MarketParams { margin_tiers: tiers, ..bitcoin() });
    assert_eq!(next_day(&mut world, PRICE * 102 / 100), 0);
    assert_eq!(bounds(&world), [1_000]);
}
