mod meanwhile;
mod paid;

use alloc::vec::Vec;

use ballast_types::{
    AccountId, Event, ForcedRequest, MarketId, Outcome, Quote, RejectCode, Rejection, RemovalReason, Status,
    limits::NEW_ACCOUNT,
};

use crate::{
    can_exit, facts,
    world::{ALT, BTC, ONE, PRICE, USDC, World, assert_rejected, bitcoin, buy, owner},
};

const TEN: u64 = 10 * ONE;

/// Account 1 is long `lots` of BTC against 2, and exits; 3 has nothing.
fn leaving(backstop: i64, lots: u64) -> World {
    let mut world = World::protected(3, backstop, 0, 1_000_000 * USDC);
    world.trade(1, 2, BTC, PRICE, lots);
    force_exit(&mut world, 1);
    world
}

fn force_exit(world: &mut World, account: u32) -> Outcome {
    let outcome = world.force(ForcedRequest::Exit, account, 0);
    assert_eq!(outcome.status, Status::Accepted);
    outcome
}

/// What was paid by an exit that ended with these events.
fn paid(events: &[Event]) -> Option<i64> {
    match events.last() {
        Some(Event::ExitEnded { amount, .. }) => Some(amount.0),
        _ => None,
    }
}

fn torn_up(events: &[Event]) -> Vec<(u32, i64, i64)> {
    let told = events.iter().filter_map(|event| match event {
        Event::Deleveraged { account, size, paid, .. } => Some((account.0, size.0, paid.0)),
        _ => None,
    });
    told.collect()
}

fn prices(events: &[Event]) -> Vec<u64> {
    let told = events.iter().filter_map(|event| match event {
        Event::Deleveraged { price, .. } => Some(price.0),
        _ => None,
    });
    told.collect()
}

fn taken_over(events: &[Event]) -> Vec<(u64, u64, i64)> {
    let told = events.iter().filter_map(|event| match event {
        Event::TakenOver { size, price, fund, .. } => Some((size.0, price.0, fund.0)),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_book_alone_closes_it_and_its_cash_leaves() {
    let mut world = leaving(0, ONE);
    let before = world.leaves.clone();
    let from = world.log.len();
    world.rest(3, BTC, buy(PRICE - 100, 2 * ONE));
    let equity = i64::try_from(world.summary(1).equity).expect("64 bits");
    let events = world.exit(1, BTC).events;
    let lots = ballast_types::Lots(ONE as i64);
    assert_eq!(events[0], Event::Exiting { account: AccountId(1), market: BTC, lots });
    let Event::Fill { price, size, taker_fee, maker_fee, .. } = events[2] else { panic!("{events:?}") };
    // Fees as always: 350 and 100 ppm of 49,990 USDC.
    assert_eq!((price.0, size.0, taker_fee.0, maker_fee.0), (PRICE - 100, ONE, 17_496_500, 4_999_000));
    let left = equity - 10 * USDC - 17_496_500;
    assert!(matches!(events[4], Event::Withdrawn { amount, recipient, .. }
        if amount.0 == left && recipient == owner(99)));
    assert_eq!((events.len(), paid(&events)), (6, Some(left)));
    assert_eq!((world.size(1, BTC), world.cash(1), world.is_exiting(1)), (0, 0, false));
    world.check_lazy(&before, from);
}

#[test]
fn the_book_is_met_down_to_what_a_backstop_would_pay() {
    let mut world = leaving(0, TEN);
    world.rest(3, BTC, buy(495_000, ONE));
    world.rest(3, BTC, buy(494_999, ONE));
    let events = world.exit(1, BTC).events;
    let fills = events.iter().filter(|event| matches!(event, Event::Fill { .. })).count();
    assert_eq!(fills, 1, "half of the maintenance margin below the mark");
    assert_eq!(torn_up(&events), [(1, -9 * ONE as i64, 0), (2, 9 * ONE as i64, 0)]);
}

#[test]
fn the_backstop_alone_takes_it_over_within_what_it_bears() {
    let mut world = leaving(1_000_000 * USDC, ONE);
    let before = world.leaves.clone();
    let from = world.log.len();
    let equity = world.summary(1).equity;
    let events = world.exit(1, BTC).events;
    assert_eq!(taken_over(&events), [(ONE, 495_000, 0)]);
    assert_eq!(paid(&events).map(i128::from), Some(equity - 500 * i128::from(USDC)), "and no fee");
    assert_eq!((world.size(0, BTC), torn_up(&events)), (ONE as i64, Vec::new()));
    world.check_lazy(&before, from);
}

#[test]
fn whoever_is_torn_up_alone_is_paid_half_of_the_maintenance_margin() {
    let mut world = leaving(0, ONE);
    let before = world.leaves.clone();
    let from = world.log.len();
    world.set_prices(&[(BTC, PRICE + 1_000)]);
    let [own, other] = [1, 2].map(|account| world.summary(account).equity);
    let events = world.exit(1, BTC).events;
    assert_eq!(torn_up(&events), [(1, -(ONE as i64), 0), (2, ONE as i64, 0)]);
    assert_eq!(prices(&events), [495_990; 2]);
    assert_eq!(paid(&events).map(i128::from), Some(own - 501 * i128::from(USDC)));
    assert_eq!(world.summary(2).equity, other + 501 * i128::from(USDC));
    world.check_lazy(&before, from);
}

#[test]
fn book_backstop_and_tear_up_share_it() {
    let mut world = leaving(100_000 * USDC, TEN);
    let before = world.leaves.clone();
    let from = world.log.len();
    world.rest(3, BTC, buy(PRICE - 10, 2 * ONE));
    let events = world.exit(1, BTC).events;
    // Of eight that are left the backstop bears a quarter: its equity, half of its share.
    assert_eq!(taken_over(&events), [(2 * ONE, 495_000, 0)]);
    assert_eq!(torn_up(&events), [(1, -6 * ONE as i64, 0), (2, 6 * ONE as i64, 0)]);
    assert!(paid(&events).is_some_and(|paid| paid > 0));
    assert_eq!([0, 1, 2, 3].map(|account| world.size(account, BTC)), [2, 0, -4, 2].map(|n| n * ONE as i64));
    world.check_lazy(&before, from);
}

/// It was closed at its zero price, which took nearly nothing from it whatever others were to be paid.
#[test]
fn who_cannot_pay_to_be_closed_is_the_ladders_again() {
    let mut world = leaving(0, 2 * TEN);
    world.set_prices(&[(BTC, 450_500)]);
    assert_eq!(world.summary(1).equity, 650 * i128::from(USDC));
    world.rest(3, BTC, buy(450_300, TEN));
    assert_eq!(paid(&world.exit(1, BTC).events), Some(0));
    assert_eq!((world.is_exiting(1), world.size(1, BTC)), (false, 2 * TEN as i64));
}

/// Whoever had made the price leaves at what it was on average, and not at what he made of it.
#[test]
fn a_price_that_was_made_for_a_moment_is_no_way_out() {
    let mut world = World::of(alloc::vec![ballast_types::MarketParams { strict_gains: true, ..bitcoin() }]);
    for n in 0..2 {
        assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    }
    world.set_prices(&[(BTC, PRICE)]);
    world.trade(0, 1, BTC, PRICE, ONE);
    force_exit(&mut world, 0);
    for _ in 0..20 {
        world.time += 1_000;
        world.set_prices(&[(BTC, PRICE)]);
    }
    world.time += 1_000;
    world.set_prices(&[(BTC, PRICE + 10_000)]);
    let market = facts::market(&world.x.state, BTC);
    let (average, mark) = (market.average.0, market.mark.0);
    assert!(average < mark - mark / 100 && average >= PRICE, "{average} of {mark}");
    let events = world.exit(0, BTC).events;
    assert_eq!(prices(&events), [average; 2]);
    assert!(paid(&events).is_some());
}

/// A sequencer that took no prices for some seconds, or those of too few, was free to go on with the inbox.
#[test]
fn what_was_due_stays_due_when_the_prices_fall_silent() {
    let mut world = leaving(0, ONE);
    world.set_prices(&[(BTC, PRICE)]);
    world.time += 6_000;
    assert_rejected(world.exit(1, BTC).status, RejectCode::NothingDue);
    assert_rejected(world.deposit(owner(9), NEW_ACCOUNT, USDC), RejectCode::ExitDue);
    // One publisher is no quorum: his report moves nothing.
    assert_eq!(world.report(0, world.time, &[(BTC, PRICE)]).status, Status::Accepted);
    assert_rejected(world.deposit(owner(9), NEW_ACCOUNT, USDC), RejectCode::ExitDue);
    world.set_prices(&[(BTC, PRICE)]);
    assert!(paid(&world.exit(1, BTC).events).is_some());
    assert_eq!(world.x.state.chain.exits.found, []);
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Accepted);
}

#[test]
fn who_has_nothing_left_is_the_ladders_again() {
    let mut world = leaving(0, 2 * TEN);
    world.set_prices(&[(BTC, 449_000)]);
    let amount = Quote(0);
    let over = Event::ExitEnded { account: AccountId(1), recipient: owner(99), amount };
    assert_eq!(world.exit(1, BTC).events, [over]);
    assert!(!world.is_exiting(1) && world.size(1, BTC) > 0);
    force_exit(&mut world, 1);
    assert_rejected(world.deposit(owner(9), NEW_ACCOUNT, USDC), RejectCode::ExitDue);
    assert_eq!(world.deleverage(BTC, &[1], &[2]).status, Status::Accepted);
    assert_eq!(paid(&world.exit(1, BTC).events), Some(0));
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Accepted);
}

#[test]
fn only_who_exits_is_closed_and_only_against_all_on_the_other_side() {
    let mut world = World::protected(3, 0, 0, 1_000_000 * USDC);
    world.trade(1, 2, BTC, PRICE, ONE);
    world.trade(1, 3, BTC, PRICE, ONE);
    assert_rejected(world.exit(1, BTC).status, RejectCode::NothingDue);
    force_exit(&mut world, 1);
    for holders in [&[][..], &[2], &[3]] {
        assert_rejected(world.exit_against(1, BTC, holders).status, RejectCode::NothingDue);
    }
    for holders in [&[3, 2][..], &[1, 2, 3], &[2, 2]] {
        assert_rejected(world.exit_against(1, BTC, holders).status, RejectCode::UnsortedPrices);
    }
    assert_rejected(world.exit_against(1, BTC, &[2, 9]).status, RejectCode::UnknownAccount);
    assert_rejected(world.exit_against(9, BTC, &[2, 3]).status, RejectCode::UnknownAccount);
    assert_rejected(world.exit_against(1, MarketId(7), &[2, 3]).status, RejectCode::UnknownMarket);
    let many: Vec<u32> = (2..=962).collect();
    assert_rejected(world.exit_against(1, BTC, &many).status, RejectCode::TooManyItems);
    assert_rejected(world.exit(1, ALT).status, RejectCode::NothingDue);
    let (now, account) = (ballast_types::Millis(world.time), AccountId(1));
    let mut can = |market, holders: &[AccountId]| can_exit(&mut world.x, now, account, market, holders);
    assert!(!can(BTC, &[AccountId(2)]) && !can(ALT, &[]));
    assert!(can(BTC, &[AccountId(2), AccountId(3)]));
    assert_eq!(world.exit(1, BTC).status, Status::Accepted);
    assert!(!world.is_exiting(1));
}

#[test]
fn a_stale_market_waits_and_another_closes() {
    let mut world = World::protected(3, 0, 0, 1_000_000 * USDC);
    world.trade(1, 2, BTC, PRICE, ONE);
    world.trade(1, 2, ALT, 1_000, 100_000);
    force_exit(&mut world, 1);
    assert_eq!(world.x.state.chain.exits.markets, [(BTC, 1), (ALT, 1)]);
    let due = |place: i128| Status::Rejected(Rejection::new(RejectCode::ExitDue, place, 0));
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), due(0));
    world.time += 6_000;
    world.set_prices(&[(ALT, 1_000)]);
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), due(1));
    assert_rejected(world.exit(1, BTC).status, RejectCode::NothingDue);
    let events = world.exit(1, ALT).events;
    assert!(world.size(1, ALT) == 0 && paid(&events).is_none());
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Accepted);
    world.set_prices(&[(BTC, PRICE)]);
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), due(0));
    assert!(paid(&world.exit(1, BTC).events).is_some());
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Accepted);
}

#[test]
fn in_a_market_in_batches_the_book_is_passed_over_and_a_forced_order_leaves() {
    let mut world = leaving(0, 2 * TEN);
    world.set_prices(&[(BTC, 459_000)]);
    world.rest(3, BTC, buy(458_500, 2 * TEN));
    world.batch_until(BTC, world.time + 60_000);
    let waits = world.liquidate(1).events;
    assert!(waits.iter().any(|event| matches!(event, Event::OrderWaits { .. })), "{waits:?}");
    let before = world.leaves.clone();
    let from = world.log.len();
    let events = world.exit(1, BTC).events;
    assert!(matches!(events[1], Event::OrderRemoved { reason: RemovalReason::Exit, .. }), "{events:?}");
    assert_eq!(torn_up(&events).len(), 2);
    assert!(paid(&events).is_some());
    world.check_lazy(&before, from);
}

/// Whoever won left with all of it, past those who had lost to him, and their debt was everybody's.
#[test]
fn whoever_leaves_past_the_ladder_pays_what_is_missing() {
    let mut world = World::protected(4, 0, 0, 1_000_000 * USDC);
    world.trade(2, 1, BTC, PRICE, 2 * TEN);
    world.trade(3, 1, BTC, PRICE, TEN);
    force_exit(&mut world, 1);
    world.set_prices(&[(BTC, 449_000)]);
    let before = world.leaves.clone();
    let from = world.log.len();
    let owed = -i64::try_from(world.summary(2).equity).expect("64 bits");
    let [own, other] = [1, 3].map(|account| world.summary(account).equity);
    assert!(owed > 0 && other > 0);
    let events = world.exit(1, BTC).events;
    let [one, two] = [TEN as i64, 2 * TEN as i64];
    assert_eq!(torn_up(&events), [(1, one, 0), (3, -one, 0), (1, two, owed), (2, -two, -owed)]);
    assert_eq!(prices(&events), [453_490, 453_490, 449_000, 449_000]);
    assert_eq!((world.size(2, BTC), world.summary(2).equity), (0, 0));
    let given = 4_490 * i128::from(USDC);
    assert_eq!(world.summary(3).equity, other + given);
    assert_eq!(paid(&events).map(i128::from), Some(own - given - i128::from(owed)));
    assert_eq!(facts::trader(&world.x.state, AccountId(1)).open_orders, 0);
    world.check_lazy(&before, from);
}
