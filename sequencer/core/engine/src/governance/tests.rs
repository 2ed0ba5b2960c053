use alloc::{format, vec, vec::Vec};

use ballast_types::{
    AccountId, Event, GovernanceCall, MarginTier, MarketId, MarketParams, Millis, Operation, PoolId, Ppm,
    Quote, RejectCode, Rejection, SizeLots,
    limits::{HOUR_MS, MAX_AMOUNT, MAX_PENDING_CHANGES, MINUTE_MS},
};

use super::{ACTIONS, Action};
use crate::{
    commit, facts, pacing, pricing,
    world::{ALT, BTC, ONE, PRICE, USDC, World, assert_code, bitcoin},
};

mod effects;
mod signers;

const DAY: u64 = 24 * HOUR_MS;
const MAINTENANCE: u8 = 0;
const INITIAL: u8 = 1;
const CAP: u8 = 2;
const GROWTH: u8 = 3;
const END: u8 = 5;
const HOUR_SHARE: u8 = 6;
const HOUR_FLOOR: u8 = 7;
const DAY_SHARE: u8 = 8;
const TARGET: u8 = 10;
const TIERS: u8 = 13;

const fn call(action: u8, subject: u16, value: u64) -> GovernanceCall {
    GovernanceCall { action, subject, value }
}

/// BTC and ALT with accounts, limits of open interest in BTC, and pool 0 is paced.
fn world() -> World {
    let mut world = World::trading(3);
    let params = &mut facts::market_mut(&mut world.x.state, BTC).params;
    params.open_interest_cap = Quote(50_000_000 * USDC);
    params.open_interest_growth = Quote(10_000_000 * USDC);
    let tier = |n: i64| MarginTier {
        above: SizeLots(10_000_000 * n.unsigned_abs()),
        multiplier: Ppm(1_500_000),
        notional: Quote(5_000_000 * n * USDC),
    };
    params.margin_tiers = vec![tier(1), tier(3)];
    committed(&mut world);
    world.pace(PoolId(0), [(40_000, 2_000 * USDC), (100_000, 9_000 * USDC)]);
    facts::pool_mut(&mut world.x.state, PoolId(0)).protection.target = Quote(300_000 * USDC);
    committed(&mut world);
    world
}

/// What a test changed by hand is what was.
fn committed(world: &mut World) {
    let changes = commit(&mut world.x);
    world.leaves.take(&changes);
}

fn value(world: &World, action: u8) -> u64 {
    Action::of(action).expect("there is such an action").current(&world.x.state, 0).expect("it is there")
}

/// The first accepted report after `time`: what is told of governance.
fn report_after(world: &mut World, time: u64) -> Vec<Event> {
    world.time = world.time.max(time);
    world.governed()
}

#[test]
fn each_row_waits_for_its_notice_and_half_and_twice_are_the_ends() {
    let mut world = world();
    let money = |usdc: i64| u64::try_from(usdc * USDC).expect("above zero");
    let rows = [
        (MAINTENANCE, 40_000, DAY, 10_000, 3 * DAY),
        (INITIAL, 80_000, DAY, 20_000, 3 * DAY),
        (CAP, money(25_000_000), 0, money(100_000_000), 3 * DAY),
        (GROWTH, money(5_000_000), 0, money(20_000_000), 3 * DAY),
        (HOUR_SHARE, 20_000, 0, 80_000, 7 * DAY),
        (HOUR_FLOOR, money(1_000), 0, money(4_000), 7 * DAY),
        (DAY_SHARE, 50_000, 0, 200_000, 7 * DAY),
        (9, money(4_500), 0, money(18_000), 7 * DAY),
        (TARGET, money(600_000), 0, money(150_000), 3 * DAY),
        (TIERS, money(2_500_000), DAY, money(10_000_000), 3 * DAY),
    ];
    for (action, tighter, soon, looser, late) in rows {
        for (value, notice) in [(tighter, soon), (looser, late)] {
            assert_eq!(world.scheduled(action, 0, value), world.time + notice, "{action}: {value}");
        }
        let (least, most) = (tighter.min(looser), tighter.max(looser));
        for (beyond, bound) in [(least - 1, least), (most + 1, most), (u64::MAX, most)] {
            let refused = world.ungoverned(action, 0, beyond);
            assert_eq!((refused.code, refused.value), (RejectCode::OutOfBounds, beyond.into()));
            let is_initial = action == INITIAL && beyond > 1_000_000;
            assert!(refused.limit == bound.into() || beyond == u64::MAX || is_initial, "{refused:?}");
        }
        let bounds = Action::of(action).expect("a row").bounds(&world.x.state, 0, Millis(world.time));
        assert_eq!(bounds, Some([least, most]), "{action}");
        let waiting = world.x.state.pending().of(action, 0).expect("it waits").call;
        assert_eq!(waiting.value, looser, "what was refused changed nothing");
    }
    assert_eq!(world.x.state.pending().changes().len(), rows.len());
}

#[test]
fn there_are_no_other_actions_and_no_other_subjects() {
    let mut world = world();
    for action in [14, 255] {
        let refused = Rejection::new(RejectCode::UnknownAction, action, 0);
        assert_eq!(world.ungoverned(action, 0, 1), refused);
    }
    let consumed = world.x.state.chain.l1_count;
    assert_eq!(world.ungoverned(CAP, 2, 1), Rejection::new(RejectCode::UnknownMarket, 2, 2));
    assert_eq!(world.ungoverned(END, u16::MAX, 1).code, RejectCode::UnknownMarket);
    assert_eq!(world.ungoverned(HOUR_SHARE, 1, 1), Rejection::new(RejectCode::UnknownPool, 1, 1));
    assert_eq!(world.x.state.chain.l1_count, consumed + 3, "what is refused is consumed");
    let mut unpaced = World::trading(0);
    assert_eq!(unpaced.ungoverned(DAY_SHARE, 0, 20_000), Rejection::new(RejectCode::UnknownPool, 0, 1));
    assert_eq!(unpaced.ungoverned(TARGET, 1, 20_000), Rejection::new(RejectCode::UnknownPool, 1, 1));
    assert_eq!(unpaced.scheduled(TARGET, 0, 20_000), unpaced.time, "a fund has a target in any pool");
}

#[test]
fn each_range_is_the_engines_own() {
    let mut world = world();
    let out = |value: u64, bound: u64| Rejection::new(RejectCode::OutOfBounds, value, bound);
    // Nobody limits ALT: any limit is tighter, and at once; but there is none above what money there is, and no way back.
    assert_eq!(world.ungoverned(CAP, 1, 0), out(0, 1));
    assert_eq!(world.ungoverned(CAP, 1, 1 << 60 | 1), out(1 << 60 | 1, MAX_AMOUNT.unsigned_abs()));
    for value in [1, 1 << 60, 7] {
        assert_eq!(world.scheduled(GROWTH, 1, value), world.time);
    }
    // The fractions stay in their order, and a book with circuit breakers may be away from its index by something.
    assert_eq!(world.ungoverned(MAINTENANCE, 0, 40_001), out(40_001, 40_000));
    assert_eq!(world.ungoverned(INITIAL, 0, 19_999), out(19_999, 20_000));
    facts::market_mut(&mut world.x.state, ALT).params.initial_margin = Ppm(700_000);
    facts::market_mut(&mut world.x.state, ALT).initial = Ppm(700_000);
    committed(&mut world);
    assert_eq!(world.ungoverned(INITIAL, 1, 1_000_001), out(1_000_001, 1_000_000));
    let floor = |world: &mut World, breakers| {
        let market = facts::market_mut(&mut world.x.state, BTC);
        (market.params.maintenance_margin, market.params.circuit_breakers) = (Ppm(2), breakers);
        market.maintenance = Ppm(2);
        committed(world);
    };
    floor(&mut world, true);
    assert_eq!(world.ungoverned(MAINTENANCE, 0, 1), out(1, 2));
    floor(&mut world, false);
    assert_eq!(world.scheduled(MAINTENANCE, 0, 1), world.time + 3 * DAY);
    // Tiers that there are not are worth nothing, and the last of those that there are no more than all money.
    for value in [1, USDC.unsigned_abs()] {
        assert_eq!(world.ungoverned(TIERS, 1, value), out(value, 0));
    }
    assert_eq!(world.ungoverned(TIERS, 1, 0), out(0, 1));
    facts::market_mut(&mut world.x.state, BTC).params.margin_tiers[1].notional = Quote(MAX_AMOUNT);
    committed(&mut world);
    assert_eq!(world.ungoverned(TIERS, 0, 5_000_000_000_001), out(5_000_000_000_001, 5_000_000_000_000));
    // A floor of a bucket is worth a withdrawal.
    world.pace(PoolId(0), [(40_000, USDC), (1_000_000, 9_000 * USDC)]);
    assert_eq!(world.ungoverned(HOUR_FLOOR, 0, 999_999), out(999_999, 1_000_000));
    assert_eq!(world.ungoverned(DAY_SHARE, 0, 1_000_001), out(1_000_001, 1_000_000));
}

#[test]
fn what_is_asked_for_again_takes_the_place_of_what_waits_and_the_current_value_takes_it_back() {
    let mut world = world();
    world.scheduled(MAINTENANCE, 0, 30_000);
    world.time += 1_000;
    let at = world.scheduled(MAINTENANCE, 0, 25_000);
    assert_eq!(at, world.time + DAY, "the notice begins anew");
    assert_eq!(world.x.state.pending().changes().len(), 1);
    assert_eq!(world.scheduled(MAINTENANCE, 0, 20_000), 0);
    assert_eq!(world.scheduled(MAINTENANCE, 0, 20_000), 0, "also where nothing waited");
    assert_eq!(world.x.state.pending().changes(), []);
    assert_eq!(report_after(&mut world, at), []);
    assert_eq!(value(&world, MAINTENANCE), 20_000);
}

#[test]
fn sixty_four_wait_and_no_more() {
    let listed = |n: u16| MarketParams { symbol: format!("M{n}-USD"), ..bitcoin() };
    let mut world = World::of((0..33).map(listed).collect());
    for n in 0..MAX_PENDING_CHANGES as u16 {
        world.scheduled([MAINTENANCE, INITIAL][usize::from(n % 2)], n / 2, 25_000 + u64::from(n));
    }
    let full = Rejection::new(RejectCode::WithdrawalsFull, 64, 64);
    assert_eq!(world.ungoverned(MAINTENANCE, 32, 25_000), full);
    assert_eq!(world.ungoverned(MAINTENANCE, 32, 20_000), full, "nothing waits that is taken back");
    let at = world.scheduled(MAINTENANCE, 0, 30_000);
    world.scheduled(INITIAL, 0, 40_000);
    world.scheduled(MAINTENANCE, 32, 25_000);
    let (before, from) = (world.leaves.clone(), world.log.len());
    let told = report_after(&mut world, at);
    assert_eq!(told.iter().filter(|event| matches!(event, Event::ParameterChanged(_))).count(), 33);
    assert_eq!(world.x.state.pending().changes().len(), 31, "those that loosen wait for longer");
    world.check_lazy(&before, from);
}

#[test]
fn a_market_is_told_its_end_three_days_before_and_the_end_stays() {
    let mut world = world();
    let first = (world.time + 3 * DAY).div_ceil(MINUTE_MS) * MINUTE_MS;
    let refused = world.ungoverned(END, 0, first - MINUTE_MS);
    assert_eq!(refused, Rejection::new(RejectCode::OutOfBounds, first - MINUTE_MS, world.time + 3 * DAY));
    let refused = world.ungoverned(END, 0, first + 1);
    assert_eq!(refused, Rejection::new(RejectCode::OutOfBounds, first + 1, MINUTE_MS));
    assert_code(Err::<(), _>(world.ungoverned(END, 0, 0)), RejectCode::OutOfBounds);
    let bounds = Action::of(END).expect("a row").bounds(&world.x.state, 0, Millis(world.time));
    assert_eq!(bounds.expect("it may be told")[0], first);
    assert_eq!(world.scheduled(END, 0, first), world.time);
    assert_eq!(world.governed(), [Event::ParameterChanged(call(END, 0, first))]);
    let stays = Rejection::new(RejectCode::OutOfBounds, first + DAY, first);
    assert_eq!(world.ungoverned(END, 0, first + DAY), stays);
    assert_eq!(Action::of(END).expect("a row").bounds(&world.x.state, 0, Millis(world.time)), None);
    world.scheduled(CAP, 0, 25_000_000 * USDC as u64);
    world.scheduled(MAINTENANCE, 0, 30_000);
    // What waits for a market that settled is refused when it is due.
    world.time = first - 30_000;
    assert_eq!(report_after(&mut world, first).len(), 2, "both others took effect before");
    world.scheduled(CAP, 1, 5);
    let told = world.settlement(BTC);
    assert!(told.is_some(), "the first report from then on settles it");
    let settled = Rejection::new(RejectCode::MarketSettled, 0, 0);
    assert_eq!(world.ungoverned(MAINTENANCE, 0, 30_000), settled);
}

#[test]
fn what_waits_is_judged_once_more() {
    let mut world = world();
    let lower = world.scheduled(MAINTENANCE, 0, 10_000);
    world.scheduled(INITIAL, 0, 30_000);
    // Maintenance may rise to what initial is now; when it is due initial is less.
    let other = world.scheduled(INITIAL, 0, 20_000);
    assert_eq!(lower, other);
    world.time = lower - DAY - 1;
    world.scheduled(MAINTENANCE, 0, 40_000);
    let told = report_after(&mut world, lower);
    let refused = Rejection::new(RejectCode::OutOfBounds, 40_000, 20_000);
    let changed = Event::ParameterChanged(call(INITIAL, 0, 20_000));
    // By time before action: the rise of maintenance is due first, and then initial may not fall below it.
    let rise = Event::ParameterChanged(call(MAINTENANCE, 0, 40_000));
    let too_low = Rejection::new(RejectCode::OutOfBounds, 20_000, 40_000);
    let fall = Event::GovernanceRefused(call(INITIAL, 0, 20_000), too_low);
    assert_eq!(told[..2], [rise, fall], "not {changed:?} and {refused:?}");
    assert_eq!((value(&world, MAINTENANCE), value(&world, INITIAL)), (40_000, 40_000));
    assert_eq!(world.x.state.pending().changes(), []);
}

#[test]
fn every_row_takes_effect_in_any_exchange() {
    let mut world = world();
    let (before, from) = (world.leaves.clone(), world.log.len());
    let mut last = 0;
    for action in ACTIONS.iter().filter(|action| action.number != END) {
        let current = value(&world, action.number);
        last = last.max(world.scheduled(action.number, 0, current / 2 + 1));
    }
    report_after(&mut world, last);
    assert_eq!(world.x.state.pending().changes(), []);
    world.seal();
    world.check_lazy(&before, from);
    assert_eq!((value(&world, MAINTENANCE), value(&world, HOUR_SHARE)), (10_001, 20_001));
    assert_eq!(world.pool().protection.target, Quote(150_000 * USDC + 1));
}
