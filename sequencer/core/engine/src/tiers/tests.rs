use alloc::{vec, vec::Vec};

use ballast_risk::maintenance_margin;
use ballast_types::{
    Event, MarginTier, MarketParams, Millis, OracleState, Ppm, Quote, SizeLots,
    limits::{HOUR_MS, MAX_MARK_AGE_MS},
};

use crate::{
    facts,
    oracle::oracle_state,
    world::{BTC, PRICE, USDC, World, bitcoin},
};

/// 50,000 and 500,000 USDC, which are 100,000 and 1,000,000 lots at 50,000 USDC.
fn tiered() -> MarketParams {
    let tier = |above, multiplier, usdc| MarginTier {
        above: SizeLots(above),
        multiplier: Ppm(multiplier),
        notional: Quote(usdc * USDC),
    };
    let margin_tiers = vec![tier(100_000, 1_500_000, 50_000), tier(1_000_000, 5_000_000, 500_000)];
    MarketParams { margin_tiers, ..bitcoin() }
}

/// Its first price was told within an hour.
fn world(params: MarketParams) -> World {
    let mut world = World::of(vec![params]);
    world.time = 480_000 * HOUR_MS + HOUR_MS / 2;
    world.set_prices(&[(BTC, PRICE)]);
    world
}

fn bounds(world: &World) -> Vec<u64> {
    facts::market(&world.x.state, BTC).params.margin_tiers.iter().map(|tier| tier.above.0).collect()
}

/// What the market tells of tiers while `tell` goes on.
fn told(world: &mut World, tell: impl FnOnce(&mut World)) -> Vec<Vec<u64>> {
    let from = world.log.len();
    tell(world);
    let events = world.log[from..].iter().flat_map(|(_, outcome)| &outcome.events);
    let above = events.filter_map(|event| match event {
        Event::TiersMoved { market: BTC, above } => Some(above.iter().map(|bound| bound.0).collect()),
        _ => None,
    });
    above.collect()
}

fn to_next_hour(world: &mut World) {
    world.time = (world.time / HOUR_MS + 1) * HOUR_MS;
}

/// A price in the next hour, told until the market matches continuously.
fn next_hour(world: &mut World, price: u64) -> Vec<Vec<u64>> {
    to_next_hour(world);
    told(world, |world| world.set_prices(&[(BTC, price)]))
}

#[test]
fn tiers_follow_the_index_once_an_hour_by_a_256th_at_most() {
    let mut world = world(tiered());
    assert_eq!(bounds(&world), [100_000, 1_000_000]);
    // Within the hour nothing moves.
    assert!(told(&mut world, |world| world.set_prices(&[(BTC, PRICE * 1_002 / 1_000)])).is_empty());
    let need = |world: &World, lots| {
        let market = facts::market(&world.x.state, BTC);
        maintenance_margin(&market.params, market.maintenance, market.mark, SizeLots(lots))
    };
    let (small, large) = (need(&world, 99_800), need(&world, 1_000_000));
    assert_eq!(next_hour(&mut world, PRICE * 1_002 / 1_000), [[99_800, 998_003]]);
    assert_eq!(need(&world, 99_800), small);
    assert!((large + 1..large * 102 / 100).contains(&need(&world, 1_000_000)));
    assert_eq!(next_hour(&mut world, PRICE * 1_002 / 1_000), Vec::<Vec<u64>>::new());
    // Half of the price is twice as many lots, in seven and a half days.
    assert_eq!(next_hour(&mut world, PRICE / 2), [[100_189, 1_001_901]]);
    let hours = (1..300).find(|_| next_hour(&mut world, PRICE / 2).is_empty());
    assert_eq!((hours, bounds(&world)), (Some(179), vec![200_000, 2_000_000]));
    // After some hours without a price it is one step.
    world.time += 5 * HOUR_MS;
    assert_eq!(next_hour(&mut world, PRICE * 51 / 100), [[199_219, 1_992_188]]);
}

#[test]
fn an_hour_waits_for_its_first_price_that_is_sure() {
    let mut world = world(tiered());
    // 4% at once may be true, and is believed a while later.
    let unsure = |world: &mut World| {
        to_next_hour(world);
        world.try_prices(&[(BTC, PRICE * 104 / 100)]);
    };
    assert!(told(&mut world, unsure).is_empty());
    assert_eq!(facts::market(&world.x.state, BTC).oracle, OracleState::Uncertain);
    let sure = |world: &mut World| world.set_prices(&[(BTC, PRICE * 104 / 100)]);
    assert_eq!(told(&mut world, sure), [[99_610, 996_094]]);
    // The next hour begins without a price; the first after it counts.
    to_next_hour(&mut world);
    world.time += 2 * MAX_MARK_AGE_MS;
    let market = facts::market(&world.x.state, BTC);
    assert_eq!(oracle_state(market, Millis(world.time)), OracleState::Invalid);
    assert_eq!(told(&mut world, sure), [[99_221, 992_204]]);
}

#[test]
fn tiers_that_are_worth_nothing_stay() {
    let tiers = vec![MarginTier::fixed(SizeLots(1_000), Ppm(1_500_000))];
    let mut world = world(MarketParams { margin_tiers: tiers, ..bitcoin() });
    assert!(next_hour(&mut world, PRICE * 102 / 100).is_empty());
    assert_eq!(bounds(&world), [1_000]);
}
