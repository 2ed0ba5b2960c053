//! What follows when a parameter moved: S14 and S22 of the risk specification, and what stays as it was.

use super::*;

/// The hour goes on, and everybody says the same prices: the fractions that are told, if any are.
fn an_hour_later(world: &mut World) -> Option<(u32, u32)> {
    world.time += HOUR_MS;
    let told = world.governed();
    told.iter().find_map(|event| match event {
        Event::MarginChanged { market: BTC, maintenance, initial } => Some((maintenance.0, initial.0)),
        _ => None,
    })
}

#[test]
fn a_floor_that_doubles_liquidates_nobody_but_by_its_glide() {
    let mut world = world();
    facts::market_mut(&mut world.x.state, BTC).params.open_interest_cap = Quote::ZERO;
    facts::market_mut(&mut world.x.state, BTC).params.open_interest_growth = Quote::ZERO;
    committed(&mut world);
    world.trade(0, 1, BTC, PRICE, 40 * ONE);
    world.set_prices(&[(BTC, 485_350), (ALT, 1_000)]);
    let (before, from) = (world.leaves.clone(), world.log.len());
    world.scheduled(MAINTENANCE, 0, 40_000);
    let at = world.scheduled(INITIAL, 0, 80_000);
    let health = |world: &World| {
        let summary = world.summary(0);
        (summary.is_below_maintenance(), summary.meets_initial())
    };
    // He has 41,400 USDC less fees behind 1,941,400: 2.1%.
    assert_eq!(health(&world), (false, false));
    let told = report_after(&mut world, at);
    let changed = |action, value| Event::ParameterChanged(call(action, 0, value));
    let margin = |maintenance, initial| Event::MarginChanged {
        market: BTC,
        maintenance: Ppm(maintenance),
        initial: Ppm(initial),
    };
    let initial_at_once = margin(20_000, 80_000);
    assert_eq!(told, [changed(MAINTENANCE, 40_000), changed(INITIAL, 80_000), initial_at_once]);
    assert_eq!(health(&world), (false, false));
    assert_eq!(pricing::mark_bound(facts::market(&world.x.state, BTC)), Ppm(10_000));
    assert_eq!(an_hour_later(&mut world), Some((20_401, 80_000)));
    assert_eq!(world.governed(), [], "one step in an hour");
    assert!(!health(&world).0, "the first hour takes no more than its two hundredths");
    assert_eq!(an_hour_later(&mut world), Some((20_811, 80_000)));
    assert!(!health(&world).0);
    assert_eq!(an_hour_later(&mut world), Some((21_229, 80_000)));
    assert!(health(&world).0, "the third is more than he has");
    let steps = core::iter::from_fn(|| an_hour_later(&mut world)).count();
    assert_eq!(steps, 32, "3 and 32 hours from 2% to 4%");
    assert_eq!(facts::market(&world.x.state, BTC).maintenance, Ppm(40_000));
    assert_eq!(pricing::mark_bound(facts::market(&world.x.state, BTC)), Ppm(20_000));
    world.check_lazy(&before, from);
}

#[test]
fn floors_that_fall_let_margins_follow_by_a_hundredth_an_hour() {
    let mut world = world();
    world.scheduled(MAINTENANCE, 0, 19_000);
    let at = world.scheduled(INITIAL, 0, 39_500);
    assert_eq!(report_after(&mut world, at).len(), 2, "nothing in force moves with its floor");
    assert_eq!(an_hour_later(&mut world), Some((19_800, 39_600)));
    // A floor that moves again begins its hour anew.
    let at = world.scheduled(MAINTENANCE, 0, 19_700);
    world.time += 1_800_000;
    assert_eq!(an_hour_later(&mut world), Some((19_602, 39_500)));
    let hours = core::iter::from_fn(|| an_hour_later(&mut world)).count();
    assert_eq!((hours, facts::market(&world.x.state, BTC).maintenance), (4, Ppm(19_000)));
    assert!(report_after(&mut world, at).len() == 1);
    assert_eq!(an_hour_later(&mut world), Some((19_381, 39_500)));
}

#[test]
fn a_market_that_goes_by_its_index_moves_its_floors_with_its_hours() {
    let mut world = world();
    world.follow_index(BTC);
    let before = facts::market(&world.x.state, BTC).maintenance;
    let at = world.scheduled(INITIAL, 0, 80_000);
    report_after(&mut world, at);
    let market = facts::market(&world.x.state, BTC);
    assert_eq!(market.maintenance, before);
    assert!(market.initial >= Ppm(80_000));
    let mut prices = vec![(BTC, PRICE), (ALT, 1_000)];
    prices.truncate(2);
    world.end_hour(&prices);
    assert!(facts::market(&world.x.state, BTC).initial >= Ppm(80_000), "the floor is its hours' floor, too");
}

#[test]
fn a_leverage_that_was_said_stays_and_a_new_one_goes_by_the_new_floor() {
    let mut world = world();
    let set =
        |world: &mut World, leverage| world.operate(0, Operation::SetLeverage { market: BTC, leverage });
    set(&mut world, 25).expect("4% are 25 times");
    let at = world.scheduled(INITIAL, 0, 80_000);
    report_after(&mut world, at);
    let said = facts::leverage(facts::trader(&world.x.state, AccountId(0)), BTC);
    assert_eq!(said, 25);
    assert_eq!(set(&mut world, 13), Err(Rejection::new(RejectCode::InvalidLeverage, 13, 12)));
    set(&mut world, 12).expect("8% are 12 times");
}

#[test]
fn limits_are_lifted_no_faster_than_their_notice_and_no_further_than_twice() {
    let mut world = world();
    let cap = 50_000_000 * USDC as u64;
    for far in [2 * cap + 1, 1 << 60, u64::MAX] {
        assert_code(Err::<(), _>(world.ungoverned(CAP, 0, far)), RejectCode::OutOfBounds);
    }
    assert_code(Err::<(), _>(world.ungoverned(HOUR_SHARE, 0, 1_000_000)), RejectCode::OutOfBounds);
    let at = world.scheduled(CAP, 0, 2 * cap);
    world.time = at - 2;
    assert_eq!(world.governed(), [], "a moment before");
    assert_eq!(value(&world, CAP), cap);
    assert_eq!(world.governed(), [Event::ParameterChanged(call(CAP, 0, 2 * cap))]);
    // A key that is stolen tightens at once, and loosens nothing of a pool for a week.
    world.scheduled(CAP, 0, cap);
    assert_eq!(world.governed(), [Event::ParameterChanged(call(CAP, 0, cap))]);
    let (from, at) = (world.time, world.scheduled(HOUR_SHARE, 0, 80_000));
    assert_eq!(at - from, 7 * DAY);
    report_after(&mut world, at - 2);
    assert_eq!(value(&world, HOUR_SHARE), 40_000);
    world.governed();
    assert_eq!(value(&world, HOUR_SHARE), 80_000);
}

#[test]
fn what_left_came_back_at_the_pace_of_before() {
    let mut world = world();
    assert_eq!(world.withdraw(world.owner_of(0), 0, 10_000 * USDC), ballast_types::Status::Accepted);
    let available = |world: &World| {
        let flow = pacing::flow(&world.x.state, PoolId(0), Millis(world.time)).expect("it is paced");
        flow.available_by()[0] / i128::from(USDC)
    };
    // 290,000 are left: 11,600 an hour. Of the 10,000 that are missing 5,800 come back in half an hour.
    world.time += 1_800_000 - 1;
    world.scheduled(HOUR_SHARE, 0, 20_000);
    assert_eq!(world.governed(), [Event::ParameterChanged(call(HOUR_SHARE, 0, 20_000))]);
    assert_eq!(available(&world), 5_800 - 4_200);
    world.time += 1_800_000;
    assert_eq!(available(&world), 5_800 - 4_200 + 2_900);
}

#[test]
fn what_is_due_takes_effect_before_the_markets_of_its_report() {
    let mut world = world();
    let price = [(MarketId(1), 1_000)];
    world.time += 1_000;
    let minute = (world.time + 3 * DAY).div_ceil(MINUTE_MS) * MINUTE_MS;
    world.scheduled(END, 1, minute);
    world.time = minute;
    // The end was announced in time; nobody reported until it came. The first report says so and ends the market.
    let outcome = world.report(0, world.time, &price);
    assert_eq!(outcome.events[0], Event::ParameterChanged(call(END, 1, minute)));
    assert!(matches!(outcome.events[1], Event::MarketSettled { market: ALT, .. }));
}

#[test]
fn what_tiers_are_worth_moves_bounds_by_a_256th_an_hour() {
    let mut world = world();
    let bounds = |world: &World| -> Vec<(u64, i64)> {
        let tiers = &facts::market(&world.x.state, BTC).params.margin_tiers;
        tiers.iter().map(|tier| (tier.above.0, tier.notional.0 / USDC)).collect()
    };
    let at = world.scheduled(TIERS, 0, (2_500_000 * USDC).unsigned_abs());
    world.time = at / HOUR_MS * HOUR_MS + HOUR_MS;
    world.governed();
    // The report that it takes effect with is the first of its hour.
    assert_eq!(bounds(&world), [(9_960_938, 2_500_000), (29_882_813, 7_500_000)]);
    for _ in 0..3 {
        world.time += HOUR_MS;
        world.governed();
    }
    assert_eq!(bounds(&world)[0], (9_844_666, 2_500_000));
}
