use ballast_types::{Causes, Event, MarketMode, Millis, PoolId, Ppm, RejectCode, Status};

use crate::{
    facts, interest, mode_of,
    world::{ALT, BTC, ONE, PRICE, USDC, World, assert_code, buy, owner, sell},
};

const MINUTE: u64 = 60_000;

fn heeding() -> World {
    let mut world = World::trading(3);
    world.time = 20_000 * 86_400_000;
    world.heed_lag();
    tick(&mut world);
    world
}

fn tick(world: &mut World) {
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
}

/// The market's mode and causes, and what its initial margin is multiplied with.
fn told(world: &World) -> (MarketMode, u16, Ppm) {
    let (mode, causes) = mode_of(&world.x.state, Millis(world.time), BTC);
    (mode, causes.0, facts::market(&world.x.state, BTC).initial_factor)
}

const NORMAL: (MarketMode, u16, Ppm) = (MarketMode::Normal, 0, Ppm::WHOLE);
const LONG: (MarketMode, u16, Ppm) = (MarketMode::Normal, Causes::LAG.0, Ppm(1_250_000));
const STALLED: (MarketMode, u16, Ppm) =
    (MarketMode::ReduceOnly, Causes::LAG.0 | Causes::STALLED.0, Ppm(1_250_000));

/// S21 of the design: L1 takes nothing for 40 minutes.
#[test]
fn the_exchange_tightens_while_l1_takes_nothing_and_is_itself_again_after() {
    let mut world = heeding();
    let begun = world.time;
    world.trade(0, 1, BTC, PRICE, ONE);
    world.time = begun + 9 * MINUTE;
    tick(&mut world);
    assert_eq!(told(&world), NORMAL);
    world.time = begun + 10 * MINUTE;
    tick(&mut world);
    assert_eq!(told(&world), LONG, "a tick is a millisecond later");
    let told_events = world.log.iter().flat_map(|(_, outcome)| &outcome.events);
    let lag = |event: &&Event| matches!(event, Event::ModeChanged { causes: Causes::LAG, .. });
    assert_eq!(told_events.filter(lag).count(), 2, "of each market");
    assert_eq!(interest::limit(&world.x.state, Millis(world.time), BTC), Some(u128::from(ONE)));
    world.rest(1, BTC, sell(PRICE, ONE));
    let events = world.place(2, BTC, buy(PRICE, ONE)).expect("accepted");
    assert!(!events.iter().any(|event| matches!(event, Event::Fill { .. })), "open interest stands still");
    world.time = begun + 31 * MINUTE;
    tick(&mut world);
    assert_eq!(told(&world), STALLED);
    assert_code(world.place(2, BTC, buy(PRICE - 10, ONE)), RejectCode::MarketReduceOnly);
    world.time = begun + 40 * MINUTE;
    tick(&mut world);
    world.seal();
    assert_eq!(world.batch_posted(1).status, Status::Accepted);
    assert_eq!(told(&world), STALLED, "until the next tick");
    tick(&mut world);
    assert_eq!(told(&world), NORMAL);
}

#[test]
fn a_stage_ends_below_half_of_its_bound() {
    let mut world = heeding();
    let begun = world.time;
    world.time = begun + 31 * MINUTE;
    tick(&mut world);
    world.time = begun + 20 * MINUTE;
    let posted = world.time;
    world.time = begun + 35 * MINUTE;
    let now = world.time;
    world.x.state.chain.posted_time = Millis(posted);
    tick(&mut world);
    assert_eq!(told(&world), STALLED, "15 minutes");
    world.x.state.chain.posted_time = Millis(now - 14 * MINUTE);
    tick(&mut world);
    assert_eq!(told(&world), LONG);
    world.x.state.chain.posted_time = Millis(now - 6 * MINUTE);
    tick(&mut world);
    assert_eq!(told(&world), LONG);
    world.x.state.chain.posted_time = Millis(now - 4 * MINUTE);
    tick(&mut world);
    assert_eq!(told(&world), NORMAL);
}

#[test]
fn buckets_fill_at_half_the_pace_meanwhile() {
    let mut world = heeding();
    world.pace(PoolId(0), [(1, 10_000 * USDC), (1, 90_000 * USDC)]);
    let available = |world: &World| {
        let flow = crate::flow(&world.x.state, PoolId(0), Millis(world.time)).expect("it is paced");
        flow.available() / i128::from(USDC)
    };
    assert_eq!(world.withdraw(owner(0), 0, 10_000 * USDC), Status::Accepted);
    world.time += 12 * MINUTE;
    assert_eq!(available(&world), 2_000);
    world.report(0, world.time, &[(BTC, PRICE)]);
    world.time += 12 * MINUTE;
    assert_eq!(available(&world), 3_000);
}

/// The lag, in minutes, at a tick now.
fn minutes(world: &mut World) -> u64 {
    tick(world);
    Millis(world.time).since(world.x.state.chain.posted_time) / MINUTE
}

/// A batch a minute, of which L1 takes one in two minutes: as it had just taken one, there was no lag.
#[test]
fn a_backlog_that_grew_looked_healthy() {
    let mut world = heeding();
    let first = world.x.state.chain.batch.0;
    for n in 0..60 {
        world.time += MINUTE;
        world.seal();
        if n % 2 == 1 {
            world.batch_posted(first + n / 2);
        }
        tick(&mut world);
    }
    assert_eq!(
        (minutes(&mut world), told(&world)),
        (45, STALLED),
        "the newest of after 16 minutes is awaited"
    );
}

#[test]
fn one_old_batch_that_came_late_ended_a_lag() {
    let mut world = heeding();
    let first = world.x.state.chain.batch.0;
    for _ in 0..35 {
        world.time += MINUTE;
        world.seal();
        tick(&mut world);
    }
    assert_eq!(told(&world), STALLED);
    world.batch_posted(first);
    assert_eq!((minutes(&mut world), told(&world)), (34, STALLED), "it is as old as its seal");
    world.batch_posted(first + 33);
    assert_eq!((minutes(&mut world), told(&world)), (34, STALLED), "the newest then is awaited");
    world.batch_posted(first + 34);
    assert_eq!((minutes(&mut world), told(&world)), (0, NORMAL));
    world.batch_posted(first + 3);
    assert_eq!((minutes(&mut world), world.x.state.chain.checkpoint), (0, None), "an old one is nothing");
}

#[test]
fn an_exchange_that_posts_in_time_has_no_lag_however_rarely_it_seals() {
    let mut world = heeding();
    let first = world.x.state.chain.batch.0;
    for n in 0..30 {
        world.time += 4 * MINUTE;
        world.seal();
        world.time += MINUTE / 4;
        world.batch_posted(first + n);
        assert_eq!((minutes(&mut world), told(&world)), (0, NORMAL));
    }
    for n in 30..90 {
        world.time += MINUTE / 6;
        world.seal();
        // L1 is a dozen batches behind: two minutes.
        if n >= 42 {
            world.batch_posted(first + n - 12);
        }
        assert!(minutes(&mut world) <= 4);
    }
    assert_eq!(told(&world), NORMAL);
}

#[test]
fn what_l1_says_before_anything_is_sealed_is_nothing() {
    let mut world = heeding();
    let before = world.x.state.chain.posted_time;
    assert_eq!(world.x.state.chain.batch.0, 1);
    world.batch_posted(9);
    assert_eq!((world.x.state.chain.posted_time, world.x.state.chain.checkpoint), (before, None));
}

#[test]
fn open_interest_grew_through_a_lag_in_a_market_without_limits() {
    let mut world = heeding();
    assert_eq!(interest::limit(&world.x.state, Millis(world.time), ALT), None);
    world.time += 11 * MINUTE;
    tick(&mut world);
    assert_eq!(interest::limit(&world.x.state, Millis(world.time), ALT), Some(0));
    world.rest(1, ALT, sell(1_000, 10));
    let events = world.place(2, ALT, buy(1_000, 10)).expect("accepted");
    assert!(!events.iter().any(|event| matches!(event, Event::Fill { .. })));
}

#[test]
fn an_exchange_that_does_not_heed_it_knows_no_lag() {
    let mut world = World::trading(1);
    world.time += 40 * MINUTE;
    tick(&mut world);
    assert_eq!((told(&world), world.x.state.chain.posted_time), (NORMAL, Millis(0)));
}
