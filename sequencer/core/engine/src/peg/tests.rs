use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, Causes, Event, MarketMode, Millis, Ppm, PriceTicks, RejectCode, ReportedPrice, Status,
    limits::MAX_USDC_PRICE,
};

use super::worth;
use crate::{
    facts, margin, mode_of,
    world::{ALT, BTC, ONE, PRICE, World, assert_code, assert_rejected, buy},
};

const MINUTE: u64 = 60_000;

/// Three accounts; a USDC is worth a dollar.
fn pegged() -> World {
    let mut world = World::trading(3);
    world.heed_peg();
    assert_eq!(world.peg(1_000_000), []);
    world
}

/// Mode and causes of bitcoin, and what its initial margin is multiplied with, after a tick of it.
fn told(world: &mut World) -> (MarketMode, Causes, u32) {
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    let (mode, causes) = mode_of(&world.x.state, Millis(world.time), BTC);
    (mode, causes, facts::market(&world.x.state, BTC).initial_factor.0)
}

const fn changed(price: u32, weak: bool, broken: bool, low: u32) -> Event {
    Event::PegChanged { price: Ppm(price), weak, broken, low: Ppm(low) }
}

/// All publishers say it, so many ms after the beginning.
fn at(world: &mut World, begun: u64, after: u64, price: u64) -> Vec<Event> {
    world.time = begun + after - 1;
    world.peg(price)
}

#[test]
fn both_guards_go_on_and_off_again() {
    let mut world = pegged();
    world.trade(0, 1, BTC, PRICE, ONE);
    let begun = world.time + 1;
    assert_eq!(at(&mut world, begun, 0, 968_500), []);
    assert_eq!(at(&mut world, begun, MINUTE - 1, 968_500), []);
    assert_eq!(at(&mut world, begun, MINUTE, 968_500), [changed(968_500, true, false, 968_000)]);
    // 10^6 and four times 22,000; a bitcoin at 50,000 asks for 4% and 8.8% more of that.
    assert_eq!(told(&mut world), (MarketMode::Normal, Causes::WEAK, 1_088_000));
    let summary = margin::summary_of(&world.x.state, AccountId(0));
    assert_eq!((summary.initial, summary.maintenance), (2_176_000_000, 1_000_000_000));
    // It matches continuously, and takes orders that open.
    world.rest(2, BTC, buy(PRICE - 10, 1_000));

    assert_eq!(at(&mut world, begun, 10 * MINUTE - 2, 968_000), []);
    assert_eq!(at(&mut world, begun, 10 * MINUTE, 969_999), [changed(968_000, true, true, 968_000)]);
    let both = Causes::WEAK.with(Causes::BROKEN);
    assert_eq!(told(&mut world), (MarketMode::ReduceOnly, both, 1_088_000));
    assert_code(world.place(2, BTC, buy(PRICE - 10, 1_000)), RejectCode::MarketReduceOnly);

    // Back at the bounds, the one ends after a minute and the other after ten.
    let back = world.time + 1;
    assert_eq!(at(&mut world, back, 0, 990_000), []);
    assert_eq!(at(&mut world, back, MINUTE, 990_000), [changed(990_000, false, true, 990_000)]);
    assert_eq!(told(&mut world), (MarketMode::ReduceOnly, Causes::BROKEN, 1_000_000));
    assert_eq!(at(&mut world, back, 10 * MINUTE, 1_000_000), [changed(1_000_000, false, false, 990_000)]);
    assert_eq!(told(&mut world), (MarketMode::Normal, Causes::NONE, 1_000_000));
}

#[test]
fn the_low_is_that_since_the_guard_went_on() {
    let mut world = pegged();
    let begun = world.time + 1;
    at(&mut world, begun, 0, 500_000);
    assert_eq!(at(&mut world, begun, MINUTE, 989_999), [changed(989_999, true, false, 989_000)]);
    assert_eq!(at(&mut world, begun, MINUTE + 1_000, 989_500), []);
    assert_eq!(at(&mut world, begun, MINUTE + 2_000, 985_999), [changed(985_999, true, false, 985_000)]);
    assert_eq!(at(&mut world, begun, MINUTE + 3_000, 999_000), [], "as long as it is not over");
    assert_eq!(told(&mut world).2, 1_020_000);
}

#[test]
fn markets_follow_with_their_own_ticks_and_stress_that_asks_for_more_goes_before() {
    let mut world = pegged();
    let begun = world.time + 1;
    at(&mut world, begun, 0, 960_000);
    at(&mut world, begun, MINUTE, 960_000);
    assert_eq!(facts::market(&world.x.state, BTC).initial_factor, Ppm::WHOLE);
    world.set_prices(&[(ALT, 1_000)]);
    let factor = |world: &World, id| facts::market(&world.x.state, id).initial_factor.0;
    assert_eq!([BTC, ALT].map(|id| factor(&world, id)), [1_000_000, 1_120_000]);
    world.set_prices(&[(BTC, PRICE)]);
    assert_eq!(factor(&world, BTC), 1_120_000);
    world.watch_over(BTC);
    facts::venue_mut(&mut world.x.state, BTC).breakers.fast = Some(Millis(world.time));
    world.set_prices(&[(BTC, PRICE)]);
    assert_eq!(factor(&world, BTC), 1_250_000);
}

#[test]
fn fewer_than_the_quorum_move_nothing() {
    let mut world = pegged();
    let begun = world.time + 1;
    world.time = begun;
    world.say_usdc(0, 960_000);
    assert_eq!(worth(&world.x.state, Millis(begun)), Some(Ppm(1_000_000)), "the middle of three");
    world.time = begun + 3_000;
    world.say_usdc(1, 950_000);
    assert_eq!(worth(&world.x.state, Millis(world.time)), Some(Ppm(950_000)), "the lower of two");
    assert_eq!(worth(&world.x.state, Millis(begun + 3_001)), None);
    // A report of something else looks at the guards, too.
    world.report(2, world.time, &[(BTC, PRICE)]);
    let since = world.x.state.chain.peg.weak.since;
    assert_eq!(since, Millis(begun + 3_000));
    world.time = begun + 5 * MINUTE;
    world.report(2, world.time, &[(BTC, PRICE)]);
    assert_eq!(world.x.state.chain.peg.weak.since, since, "nobody knows what it is worth");
    assert_eq!(world.peg(960_000).len(), 1);
}

#[test]
fn what_is_said_of_a_usdc_is_looked_at_as_a_whole_report() {
    let mut world = pegged();
    world.time += 10;
    assert_rejected(world.say_usdc(0, 0).status, RejectCode::InvalidPrice);
    assert_rejected(world.say_usdc(0, u64::from(MAX_USDC_PRICE) + 1).status, RejectCode::InvalidPrice);
    assert_eq!(world.say_usdc(0, u64::from(MAX_USDC_PRICE)).status, Status::Accepted);
    assert_rejected(world.say_usdc(0, 1_000_000).status, RejectCode::ReportTooOld);
    let of = |worth| ReportedPrice::usdc(Ppm(worth));
    let perp = ReportedPrice { perp: Some(PriceTicks(1)), ..of(1_000_000) };
    assert_rejected(world.say(1, world.time, vec![perp]).status, RejectCode::InvalidPrice);
    let bitcoin = ReportedPrice::plain(BTC, PriceTicks(PRICE));
    assert_rejected(
        world.say(1, world.time, vec![of(1_000_000), bitcoin]).status,
        RejectCode::UnsortedPrices,
    );
    let unsure = ReportedPrice { confidence: Ppm(1_000_000), ..of(1_500_000) };
    assert_eq!(world.say(1, world.time, vec![bitcoin, unsure]).status, Status::Accepted);
    assert_eq!(worth(&world.x.state, Millis(world.time)), Some(Ppm(1_500_000)), "with whatever confidence");
    let mut without = World::trading(1);
    assert_rejected(without.say_usdc(0, 1_000_000).status, RejectCode::UnknownMarket);
}
