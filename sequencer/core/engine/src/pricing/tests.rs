mod long;

use alloc::{vec, vec::Vec};

use ballast_state::Pricing;
use ballast_types::{
    CancelFilter, Event, MarketId, Millis, Operation, OracleState, Ppm, PriceTicks, RejectCode,
    ReportedPrice, SizeLots, Status,
    limits::{INVALID_MARK_AGE_MS, JUMP_MS, MAX_MARK_AGE_MS, MAX_PRICE, NEW_ACCOUNT, UNCERTAIN_BATCHING_MS},
};

use crate::{
    facts, matches_in_batches, oracle_state,
    world::{ALT, BTC, ONE, PRICE, USDC, World, assert_code, assert_rejected, buy, owner, sell},
};

fn state(world: &World, market: MarketId) -> OracleState {
    let state = &world.x.state;
    oracle_state(facts::market(state, market), Millis(world.time))
}

fn pricing(world: &World) -> Pricing {
    facts::venue(&world.x.state, BTC).pricing
}

fn funding(world: &World) -> i64 {
    facts::market(&world.x.state, BTC).funding
}

fn mark(world: &World) -> u64 {
    facts::market(&world.x.state, BTC).mark.0
}

/// A tick later, the publishers say these prices of BTC.
fn say(world: &mut World, prices: &[u64]) -> Vec<Event> {
    world.time += 1;
    let all = (0..).zip(prices).map(|(from, price)| world.report(from, world.time, &[(BTC, *price)]).events);
    all.collect::<Vec<_>>().concat()
}

/// So many milliseconds later, all say that BTC costs this, and nothing of perpetuals elsewhere.
fn spot(world: &mut World, ms: u64, price: u64) {
    world.time += ms;
    for from in 0..3 {
        let said = ReportedPrice { perp: None, ..ReportedPrice::plain(BTC, PriceTicks(price)) };
        assert_eq!(world.say(from, world.time, vec![said]).status, Status::Accepted);
    }
}

#[test]
fn publishers_that_differ_make_the_price_uncertain_and_then_invalid() {
    let mut world = World::trading(1);
    // 0.3% and 1% of 500,000 in class A.
    for (highest, expected) in [
        (PRICE + 1_500, OracleState::Fresh),
        (PRICE + 1_501, OracleState::Uncertain),
        (PRICE + 5_000, OracleState::Uncertain),
        // It no longer agrees with the others, who are a quorum.
        (PRICE + 5_001, OracleState::Fresh),
    ] {
        say(&mut world, &[PRICE, PRICE, highest]);
        assert_eq!(state(&world, BTC), expected, "{highest}");
    }
    world.time += UNCERTAIN_BATCHING_MS;
    let before = (mark(&world), facts::market(&world.x.state, BTC).mark_time);
    world.report(0, world.time, &[(BTC, PRICE - 5_001)]);
    assert_eq!(state(&world, BTC), OracleState::Invalid, "nobody agrees with the middle one");
    assert_eq!((mark(&world), facts::market(&world.x.state, BTC).mark_time), before);
    let refused = world.place(0, BTC, buy(PRICE, 1)).expect_err("no order is taken");
    assert_eq!((refused.code, refused.value), (RejectCode::InvalidOracle, 0));
    let events = say(&mut world, &[PRICE, PRICE, PRICE]);
    let last = events.last().expect("it is told");
    assert!(matches!(last, Event::PriceUpdated { oracle: OracleState::Fresh, .. }), "{last:?}");
    assert!(matches_in_batches(&world.x.state, Millis(world.time), BTC), "it has just come back");
}

/// One of three could stop everybody from trading, and two of seven, when their prices were asked how far they differ.
#[test]
fn a_minority_that_lies_stops_nobody() {
    for lie in [1, PRICE / 2, PRICE * 2, MAX_PRICE] {
        let mut world = World::trading(1);
        say(&mut world, &[PRICE, PRICE + 5, lie]);
        assert_eq!(state(&world, BTC), OracleState::Fresh, "{lie}");
        world.rest(0, BTC, buy(PRICE, 1));
    }
}

#[test]
fn an_uncertain_market_matches_in_batches_and_goes_back() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    say(&mut world, &[PRICE, PRICE, PRICE + 2_000]);
    world.time += UNCERTAIN_BATCHING_MS - 1;
    let events = world.place(1, BTC, buy(PRICE, ONE)).expect("it waits");
    assert!(events.iter().any(|event| matches!(event, Event::OrderWaits { .. })), "{events:?}");
    say(&mut world, &[PRICE, PRICE, PRICE]);
    assert!(matches_in_batches(&world.x.state, Millis(world.time), BTC), "somebody still waits");
    world.time += 1_000;
    let events = world.clear(BTC).events;
    assert!(events.iter().any(|event| matches!(event, Event::Fill { .. })), "{events:?}");
    assert!(!matches_in_batches(&world.x.state, Millis(world.time), BTC));
}

#[test]
fn a_jump_is_believed_after_a_while_and_moves_the_mark_at_once() {
    let mut world = World::trading(0);
    let jumped = PRICE + 15_001;
    say(&mut world, &[jumped; 3]);
    assert_eq!((mark(&world), state(&world, BTC)), (jumped, OracleState::Uncertain));
    assert_eq!(facts::market(&world.x.state, BTC).fresh_mark, PriceTicks(PRICE));
    world.time += JUMP_MS - 2;
    say(&mut world, &[jumped; 3]);
    assert_eq!(state(&world, BTC), OracleState::Uncertain);
    say(&mut world, &[jumped; 3]);
    assert_eq!(state(&world, BTC), OracleState::Fresh);
    assert_eq!(facts::market(&world.x.state, BTC).fresh_mark, PriceTicks(jumped));
    // 3% of the price is no jump.
    say(&mut world, &[jumped - 15_450; 3]);
    assert_eq!(state(&world, BTC), OracleState::Fresh);
}

#[test]
fn time_alone_makes_a_price_stale_and_then_invalid() {
    let mut world = World::trading(1);
    world.time += MAX_MARK_AGE_MS + 1;
    assert_eq!(state(&world, BTC), OracleState::Stale);
    world.time += INVALID_MARK_AGE_MS - MAX_MARK_AGE_MS - 1;
    assert_code(world.place(0, BTC, buy(PRICE, 1)), RejectCode::StalePrice);
    world.time += 1;
    let refused = world.place(0, BTC, buy(PRICE, 1)).expect_err("no order is taken");
    assert_eq!((refused.code, refused.value), (RejectCode::InvalidOracle, 0));
    let events = say(&mut world, &[PRICE; 3]);
    assert!(matches!(events[0], Event::PriceUpdated { oracle: OracleState::Fresh, .. }), "{events:?}");
}

/// Traded on at a mark that nobody knew any more, when this was not checked.
#[test]
fn whoever_holds_a_stale_market_takes_no_more_risk_elsewhere() {
    let mut world = World::trading(3);
    world.rest(0, ALT, sell(1_000, 10));
    world.place(1, ALT, buy(1_000, 10)).expect("accepted");
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE / 2)).expect("accepted");
    world.time += MAX_MARK_AGE_MS - 1;
    say(&mut world, &[PRICE; 3]);
    world.time += 1;
    let refused = world.place(1, BTC, buy(PRICE, 1)).expect_err("ALT is stale");
    assert_eq!((refused.code, refused.limit), (RejectCode::StalePrice, i128::from(MAX_MARK_AGE_MS)));
    world.place(2, BTC, buy(PRICE, 1)).expect("a stranger to ALT trades, also with who is not");
    world.rest(1, BTC, sell(PRICE, ONE / 2));
}

#[test]
fn a_price_that_its_publisher_doubts_does_not_count() {
    let mut world = World::empty();
    let now = world.time;
    let doubted = ReportedPrice { confidence: Ppm(20_001), ..ReportedPrice::plain(BTC, PriceTicks(PRICE)) };
    let believed = ReportedPrice { confidence: Ppm(20_000), ..doubted };
    world.say(0, now, vec![believed]);
    assert_eq!(world.say(1, now, vec![doubted]).events, []);
    assert_eq!(world.say(2, now, vec![believed]).events.len(), 1);
}

#[test]
fn the_mark_follows_the_book_no_further_than_half_the_maintenance_margin() {
    let mut world = World::trading(2);
    // Nobody says what perpetuals cost elsewhere. 0.8% and 1.2% above the index, of which the mark is at most 1% away.
    let bid = world.rest(0, BTC, buy(PRICE + 4_000, ONE));
    world.rest(1, BTC, sell(PRICE + 6_000, ONE));
    spot(&mut world, 50, PRICE);
    assert_eq!(mark(&world), PRICE + 2, "a touch where there was none moves nothing at once but the basis");
    (0..20).for_each(|_| spot(&mut world, 4_990, PRICE));
    assert!((PRICE + 4_500..PRICE + 5_000).contains(&mark(&world)), "{}: its average follows", mark(&world));
    world.cancel(0, BTC, bid).expect("it rests");
    world.rest(0, BTC, buy(PRICE + 5_500, ONE));
    (0..40).for_each(|_| spot(&mut world, 4_990, PRICE));
    assert_eq!(mark(&world), PRICE + 5_000, "held at 1%");
    // One side alone is no touch; the basis fades.
    world.operate(1, Operation::CancelAll(CancelFilter::ALL)).expect("a sweep");
    let basis = pricing(&world).basis;
    spot(&mut world, 50, PRICE);
    assert!((0..basis).contains(&pricing(&world).basis));
    assert_eq!(mark(&world), PRICE + ((pricing(&world).basis + (1 << 23)) >> 24) as u64);
}

/// Two lots moved the mark by half the maintenance margin at the first tick, when the average began at the touch.
#[test]
fn a_touch_out_of_nowhere_moves_no_mark() {
    let mut world = World::trading(2);
    world.rest(0, ALT, buy(1_061, 1));
    world.rest(1, ALT, sell(1_063, 1));
    world.time += 50;
    for from in 0..3 {
        let said = ReportedPrice { perp: None, ..ReportedPrice::plain(ALT, PriceTicks(1_000)) };
        world.say(from, world.time, vec![said]);
    }
    assert_eq!(facts::market(&world.x.state, ALT).mark, PriceTicks(1_000));
}

/// A gain that nobody believes yet left the exchange, when only the age of a mark was looked at.
#[test]
fn no_money_leaves_at_a_price_that_is_not_believed() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    say(&mut world, &[PRICE * 11 / 10; 3]);
    let status = world.withdraw(owner(1), 1, USDC);
    assert_rejected(status, RejectCode::UncertainOracle);
    say(&mut world, &[PRICE, PRICE * 2, 1]);
    assert_rejected(world.withdraw(owner(1), 1, USDC), RejectCode::InvalidOracle);
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Accepted);
}

/// A stop and a clearing went by a price that was gone 600 ms later.
#[test]
fn nothing_fires_and_nothing_is_cleared_before_a_jump_is_believed() {
    let mut world = World::trading(2);
    world.batch_until(BTC, world.time + 3_600_000);
    world.place(0, BTC, buy(PRICE, 1)).expect("it waits");
    world.time += 1_000;
    say(&mut world, &[PRICE * 96 / 100; 3]);
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    world.time += JUMP_MS;
    // The same reports are no new statement.
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    say(&mut world, &[PRICE * 96 / 100; 3]);
    assert_eq!(world.clear(BTC).status, Status::Accepted);
}

/// Who wanted to close waited for a clearing that did not come.
#[test]
fn what_only_shrinks_trades_at_once_while_a_market_is_stale_also_behind_one_that_waits() {
    let mut world = World::trading(3);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    world.rest(2, BTC, buy(PRICE - 100, ONE));
    world.batch_until(BTC, world.time + 60_000);
    world.place(0, BTC, buy(PRICE - 5_000, 1)).expect("it waits");
    world.time += MAX_MARK_AGE_MS + 1;
    let events = world.place(1, BTC, sell(PRICE - 100, ONE / 2)).expect("it shrinks");
    assert!(events.iter().any(|event| matches!(event, Event::Fill { .. })), "{events:?}");
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
}

#[test]
fn nobody_trades_before_the_first_fresh_price() {
    let mut world = World::empty();
    assert_eq!(world.deposit(owner(0), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    say(&mut world, &[PRICE, PRICE, PRICE + 2_000]);
    assert_eq!(
        facts::market(&world.x.state, BTC).fresh_mark,
        PriceTicks(PRICE),
        "fresh until the third spoke"
    );
    let mut world = World::empty();
    assert_eq!(world.deposit(owner(0), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    say(&mut world, &[PRICE, PRICE + 2_000]);
    assert!(facts::market(&world.x.state, BTC).mark.is_valid());
    assert_code(world.place(0, BTC, buy(PRICE, 1)), RejectCode::NoPrice);
}

#[test]
fn perpetuals_elsewhere_keep_the_mark_where_the_own_book_alone_says_otherwise() {
    let mut world = World::trading(2);
    world.rest(0, BTC, buy(PRICE + 3_000, ONE));
    world.rest(1, BTC, sell(PRICE + 3_001, ONE));
    world.set_prices(&[(BTC, PRICE)]);
    assert_eq!(mark(&world), PRICE);
}

/// A long and a short of one lot more than a bitcoin, and a minute after minute.
#[test]
fn funding_is_paid_by_the_minute_to_the_unit() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE + 1));
    world.place(1, BTC, buy(PRICE, ONE + 1)).expect("accepted");
    let cash = |world: &World| {
        let state = &world.x.state;
        [0, 1].map(|id| crate::margin::summary_of(state, ballast_types::AccountId(id)).equity)
    };
    let before = cash(&world);
    spot(&mut world, 60_000, PRICE);
    // Without a premium 0.01% in eight hours: 12,500 ppb an hour of 500,000 u a lot, 5 / 48 u a minute.
    let parts = 6_250_000_000;
    assert_eq!((funding(&world), pricing(&world).carry), (0, parts));
    spot(&mut world, 59_000, PRICE);
    assert_eq!((funding(&world), pricing(&world).carry), (0, 2 * parts));
    (2..48).for_each(|_| spot(&mut world, 60_000, PRICE));
    assert_eq!((funding(&world), pricing(&world).carry), (5, 0));
    let paid = 5 * i128::from(ONE + 1);
    assert_eq!(cash(&world), [before[0] + paid, before[1] - paid]);
}

#[test]
fn a_minute_without_a_fresh_price_accrues_nothing_and_is_not_made_up_for() {
    let mut world = World::trading(0);
    let minutes = |world: &World| pricing(world).carry / 6_250_000_000;
    world.time += 300_000;
    say(&mut world, &[PRICE, PRICE, PRICE + 2_000]);
    assert_eq!(minutes(&world), 1, "fresh until the third spoke");
    world.time += 3_500;
    say(&mut world, &[PRICE + 2_000, PRICE]);
    world.time += 300_000;
    say(&mut world, &[PRICE + 2_000, PRICE]);
    assert_eq!((minutes(&world), state(&world, BTC)), (1, OracleState::Uncertain));
    say(&mut world, &[PRICE, PRICE]);
    assert_eq!(minutes(&world), 2, "one for all of them");
}

#[test]
fn the_premium_of_an_hour_is_the_mean_of_its_samples_or_half_of_the_last() {
    let mut world = World::trading(1);
    // 20,000 USDC are sold into a bid that is 0.1% above the index.
    world.rest(0, BTC, buy(PRICE + 500, ONE));
    let hours = 3_600_000;
    world.time += hours - world.time % hours;
    for _ in 0..360 {
        spot(&mut world, 5_000, PRICE);
    }
    let sampled = pricing(&world).premium;
    assert_eq!((sampled.samples, sampled.sum, sampled.value), (360, 360 * 1_000_000, 0));
    spot(&mut world, hours / 2, PRICE);
    assert_eq!(pricing(&world).premium.value, 1_000_000);
    // 0.1% less the interest's pull of 0.05%, an eighth of it an hour.
    let events = world.log.last().map(|(_, outcome)| outcome.events.clone());
    assert!(events.is_some());
    spot(&mut world, 60_000, PRICE);
    let rates: Vec<i64> = world
        .log
        .iter()
        .rev()
        .take(3)
        .flat_map(|(_, outcome)| &outcome.events)
        .filter_map(|event| if let Event::FundingAccrued { rate, .. } = event { Some(*rate) } else { None })
        .collect();
    assert_eq!(rates, [62_500]);
    spot(&mut world, hours, PRICE);
    assert_eq!(pricing(&world).premium.value, 500_000);
    spot(&mut world, 3 * hours, PRICE);
    assert_eq!(pricing(&world).premium.value, 62_500);
}

#[test]
fn a_stale_price_moves_nothing_and_nobody_is_paid_by_it() {
    let mut world = World::trading(1);
    assert_eq!(world.deposit(owner(1), 1, USDC), Status::Accepted);
    let (before, size) = (facts::market(&world.x.state, BTC).clone(), SizeLots(1));
    world.time += 3_001;
    assert_eq!(world.report(0, world.time, &[(BTC, PRICE + 1)]).events, []);
    assert_eq!(*facts::market(&world.x.state, BTC), before);
    assert!(world.place(0, BTC, buy(PRICE, size.0)).is_ok(), "3 s are not 5");
}
