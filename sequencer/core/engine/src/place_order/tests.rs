use alloc::vec::Vec;

use ballast_risk::Summary;
use ballast_state::OrderPage;
use ballast_types::{
    AccountId, Event, MarketId, NewOrder, OrderId, RejectCode, RemovalReason, Side, SizeLots, Status,
    TimeInForce,
    limits::{
        MAX_FILLS_PER_INPUT, MAX_FILLS_PER_ORDER, MAX_POSITIONS, MAX_PRICE, MAX_SIZE, NEW_ACCOUNT,
        ORDER_SLOT_BITS,
    },
};

use crate::{
    Exchange, commit, facts, margin,
    world::{ALT, BTC, ONE, PRICE, USDC, World, altcoin, assert_code, buy, order, owner, sell},
};

fn summary(world: &World, account: u32) -> Summary {
    margin::summary_of(&world.x.state, AccountId(account))
}

/// The fills as (maker, price, lots).
fn fills(events: &[Event]) -> Vec<(u32, u64, u64)> {
    let fill = |event: &Event| match event {
        Event::Fill { maker, price, size, .. } => Some((maker.0, price.0, size.0)),
        _ => None,
    };
    events.iter().filter_map(fill).collect()
}

fn removals(events: &[Event]) -> Vec<(u32, u64, RemovalReason)> {
    let removal = |event: &Event| match event {
        Event::OrderRemoved { account, size, reason, .. } => Some((account.0, size.0, *reason)),
        _ => None,
    };
    events.iter().filter_map(removal).collect()
}

fn best(world: &World, side: Side) -> Option<u64> {
    world.x.book(BTC).expect("listed").best(side).map(|price| price.0)
}

fn of(side: Side, price: u64, size: u64, kind: TimeInForce) -> NewOrder {
    order(side, price, size, kind)
}

#[test]
fn what_crosses_trades_at_the_makers_price_and_the_rest_rests() {
    let mut world = World::trading(3);
    let maker = world.rest(0, BTC, sell(PRICE - 100, ONE));
    let events = world.place(1, BTC, buy(PRICE, 3 * ONE / 2)).expect("accepted");
    let [
        Event::OrderAccepted { order, step: 0, .. },
        Event::Fill { .. },
        gone,
        Event::OrderRested { order: rest, .. },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(fills(&events), [(0, PRICE - 100, ONE)]);
    assert!(
        matches!(gone, Event::OrderRemoved { order, reason: RemovalReason::Filled, .. } if *order == maker)
    );
    assert_eq!((rest.id, rest.size, rest.account), (*order, SizeLots(ONE / 2), AccountId(1)));
    assert_eq!((best(&world, Side::Buy), best(&world, Side::Sell)), (Some(PRICE), None));
    assert_eq!((world.size(0, BTC), world.size(1, BTC)), (-(ONE as i64), ONE as i64));
}

#[test]
fn a_fill_moves_cash_and_fees_to_the_unit() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    // 50,000 USDC; 0.035% of it from the taker, 0.01% from the maker.
    assert_eq!(world.cash(1), 100_000 * USDC - 50_000 * USDC - 17_500_000);
    assert_eq!(world.cash(0), 100_000 * USDC + 50_000 * USDC - 5_000_000);
    assert_eq!(facts::pool(&world.x.state, ballast_types::PoolId(0)).fees.0, 22_500_000);
    assert_eq!(facts::venue(&world.x.state, BTC).open_interest, SizeLots(ONE));
}

#[test]
fn price_then_time_decides() {
    let mut world = World::trading(4);
    world.rest(0, BTC, sell(PRICE + 10, ONE));
    world.rest(1, BTC, sell(PRICE, ONE));
    world.rest(2, BTC, sell(PRICE, ONE));
    let events = world.place(3, BTC, buy(PRICE + 10, 5 * ONE / 2)).expect("accepted");
    assert_eq!(fills(&events), [(1, PRICE, ONE), (2, PRICE, ONE), (0, PRICE + 10, ONE / 2)]);
    assert_eq!(removals(&events).last(), Some(&(3, 0, RemovalReason::Filled)));
}

#[test]
fn flat_traders_without_orders_leave_no_trace() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    world.rest(1, BTC, sell(PRICE, ONE));
    world.place(0, BTC, buy(PRICE, ONE)).expect("accepted");
    for account in [0, 1].map(AccountId) {
        assert!(facts::account(&world.x.state, account).positions.is_empty());
        assert!(facts::trader(&world.x.state, account).books.is_empty());
    }
}

#[test]
fn the_form_of_an_order_is_checked() {
    let mut world = World::trading(1);
    assert_code(world.place(0, MarketId(9), buy(PRICE, 1)), RejectCode::UnknownMarket);
    assert_code(world.place(0, BTC, buy(0, 1)), RejectCode::InvalidPrice);
    assert_code(world.place(0, BTC, buy(MAX_PRICE + 1, 1)), RejectCode::InvalidPrice);
    assert_code(world.place(0, BTC, buy(PRICE, 0)), RejectCode::InvalidSize);
    assert_code(world.place(0, BTC, buy(PRICE, MAX_SIZE + 1)), RejectCode::InvalidSize);
    assert_code(world.place(0, BTC, buy(PRICE, MAX_SIZE)), RejectCode::NotionalTooLarge);
}

#[test]
fn a_market_without_a_price_takes_no_orders() {
    let mut world = World::empty();
    world.deposit(owner(0), NEW_ACCOUNT, 1_000 * USDC);
    assert_code(world.place(0, BTC, buy(PRICE, 1)), RejectCode::NoPrice);
}

#[test]
fn prices_outside_the_band_are_refused_with_the_bound() {
    let mut world = World::trading(1);
    for (price, bound) in [(475_000 - 1, 475_000), (525_000 + 1, 525_000)] {
        let rejection = world.place(0, BTC, buy(price, 1)).expect_err("outside the band");
        let found = (rejection.code, rejection.value, rejection.limit);
        assert_eq!(found, (RejectCode::OutsideBand, i128::from(price), bound));
        world.rest(0, BTC, if price < PRICE { buy(475_000, 1) } else { sell(525_000, 1) });
    }
}

#[test]
fn a_stale_price_lets_orders_only_reduce() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    world.rest(0, BTC, buy(PRICE - 500, ONE / 2));
    world.time += 5_001;
    assert_code(world.place(1, BTC, buy(PRICE - 600, 1)), RejectCode::StalePrice);
    assert_code(world.place(1, BTC, sell(PRICE, ONE + 1)), RejectCode::StalePrice);
    world.rest(1, BTC, sell(PRICE + 500, ONE / 2));
    assert_code(world.place(1, BTC, sell(PRICE + 500, ONE / 2 + 1)), RejectCode::StalePrice);
    let events = world.place(1, BTC, sell(PRICE - 500, ONE / 2)).expect("it reduces");
    assert_eq!(fills(&events), [(0, PRICE - 500, ONE / 2)]);
}

#[test]
fn immediate_or_cancel_never_rests() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    let events = world.place(1, BTC, of(Side::Buy, PRICE, 2 * ONE, TimeInForce::Ioc)).expect("accepted");
    assert_eq!(fills(&events), [(0, PRICE, ONE)]);
    assert_eq!(removals(&events).last(), Some(&(1, ONE, RemovalReason::ImmediateOrCancel)));
    let events = world.place(1, BTC, of(Side::Buy, PRICE, ONE, TimeInForce::Ioc)).expect("accepted");
    let [Event::OrderAccepted { order, .. }, Event::OrderRemoved { .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(order.slot(), OrderId::NO_SLOT);
}

#[test]
fn fill_or_kill_fills_whole_or_changes_nothing() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.rest(1, BTC, sell(PRICE - 1, ONE));
    let rejection = world
        .place(1, BTC, of(Side::Buy, PRICE, 2 * ONE, TimeInForce::Fok))
        .expect_err("half of it is there");
    assert_eq!(
        (rejection.code, rejection.value, rejection.limit),
        (RejectCode::CannotFill, 100_000, 200_000)
    );
    assert_eq!(best(&world, Side::Sell), Some(PRICE - 1), "its own order did not give way");
    world.place(1, BTC, of(Side::Buy, PRICE, ONE, TimeInForce::Fok)).expect("all of it is there");
}

#[test]
fn post_only_never_takes() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    let post = |price| of(Side::Buy, price, ONE, TimeInForce::PostOnly);
    let rejection = world.place(1, BTC, post(PRICE + 5)).expect_err("it crosses");
    let found = (rejection.code, rejection.value, rejection.limit);
    assert_eq!(found, (RejectCode::WouldCross, i128::from(PRICE + 5), i128::from(PRICE)));
    assert_code(world.place(0, BTC, post(PRICE)), RejectCode::WouldCross);
    assert_eq!(best(&world, Side::Sell), Some(PRICE), "its own order did not give way");
    world.rest(1, BTC, post(PRICE - 1));
}

#[test]
fn an_account_never_trades_with_itself() {
    let mut world = World::trading(2);
    let own = world.rest(0, BTC, sell(PRICE - 1, ONE));
    world.rest(1, BTC, sell(PRICE, ONE));
    let events = world.place(0, BTC, buy(PRICE, ONE)).expect("accepted");
    assert!(
        matches!(&events[1], Event::OrderRemoved { order, reason: RemovalReason::SelfTrade, .. } if *order == own)
    );
    assert_eq!(fills(&events), [(1, PRICE, ONE)]);
}

#[test]
fn own_orders_beyond_what_is_needed_stay() {
    let mut world = World::trading(2);
    world.rest(1, BTC, sell(PRICE - 1, ONE));
    world.rest(0, BTC, sell(PRICE, ONE));
    let events = world.place(0, BTC, buy(PRICE, ONE)).expect("accepted");
    assert_eq!(removals(&events), [(1, 0, RemovalReason::Filled), (0, 0, RemovalReason::Filled)]);
    assert_eq!(best(&world, Side::Sell), Some(PRICE));
}

#[test]
fn an_order_beyond_the_margin_is_refused_with_the_numbers() {
    let mut world = World::trading(1);
    // 100,000 USDC carry 50 BTC at 4%, less the fee that the order reserves.
    let rejection = world.place(0, BTC, buy(PRICE, 50 * ONE)).expect_err("the fee is not covered");
    assert_eq!(rejection.code, RejectCode::InsufficientMargin);
    assert_eq!(rejection.value, i128::from(100_000 * USDC));
    assert_eq!(rejection.limit, i128::from(100_000 * USDC + 875 * USDC + 10_000));
    world.rest(0, BTC, buy(PRICE, 49 * ONE));
}

#[test]
fn a_resting_order_reserves_its_loss_through_the_mark_and_releases_it_as_it_fills() {
    let mut world = World::trading(2);
    world.rest(0, BTC, buy(PRICE + 100, ONE));
    // 10 USDC through the mark, and 0.035% of 50,010.
    let reserve = 10_000_000 + 17_503_500;
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).reserve.0, reserve);
    world.place(1, BTC, sell(PRICE + 100, ONE / 2)).expect("accepted");
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).reserve.0, reserve / 2);
    world.place(1, BTC, sell(PRICE + 100, ONE / 2)).expect("accepted");
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).reserve.0, 0);
}

/// Account 0 is long 40 BTC with 100,000 USDC: maintenance at 48,000, far below initial margin before.
fn strained() -> World {
    let mut world = World::trading(3);
    world.deposit(owner(1), 1, 1_000_000 * USDC);
    world.rest(0, BTC, buy(PRICE, 40 * ONE));
    world.place(1, BTC, sell(PRICE, 40 * ONE)).expect("accepted");
    world.set_prices(&[(BTC, 490_000)]);
    assert!(!summary(&world, 0).meets_initial() && !summary(&world, 0).is_below_maintenance());
    world
}

#[test]
fn without_initial_margin_an_account_may_only_get_healthier() {
    let mut world = strained();
    world.rest(1, BTC, buy(471_000, 10 * ONE));
    assert_code(world.place(0, BTC, buy(480_000, 1)), RejectCode::InsufficientMargin);
    assert_code(world.place(0, BTC, sell(489_990, 81 * ONE)), RejectCode::InsufficientMargin);
    // Selling a little far below the mark reduces the position, and the health with it.
    assert_code(
        world.place(0, BTC, of(Side::Sell, 471_000, 5 * ONE, TimeInForce::Ioc)),
        RejectCode::InsufficientMargin,
    );
    world.rest(1, BTC, buy(489_990, 10 * ONE));
    world.place(0, BTC, sell(489_990, 5 * ONE)).expect("it reduces and costs little");
    assert_eq!(world.size(0, BTC), 35 * ONE as i64);
}

/// Orders that could not make its reach larger were free for an account without initial margin, however many.
#[test]
fn without_initial_margin_nothing_rests_on_credit() {
    let mut world = World::trading(2);
    world.rest(0, BTC, buy(PRICE, 40 * ONE));
    world.set_prices(&[(BTC, 700_000)]);
    assert!(!summary(&world, 0).meets_initial() && !summary(&world, 0).is_below_maintenance());
    assert_code(world.place(0, BTC, sell(700_000, 1)), RejectCode::InsufficientMargin);

    // What closes may rest, up to the position.
    let mut world = strained();
    world.rest(0, BTC, sell(510_000, 30 * ONE));
    world.rest(0, BTC, sell(510_000, 10 * ONE));
    assert_code(world.place(0, BTC, sell(510_000, 1)), RejectCode::InsufficientMargin);
}

#[test]
fn below_maintenance_an_account_places_nothing() {
    let mut world = strained();
    world.rest(1, BTC, buy(480_000, 40 * ONE));
    world.set_prices(&[(BTC, 480_000)]);
    assert!(summary(&world, 0).is_below_maintenance());
    assert_code(world.place(0, BTC, sell(480_000, ONE)), RejectCode::InsufficientMargin);
    let id = world.x.book(BTC).expect("listed").orders().next().expect("an order rests").id;
    world.cancel(1, BTC, id).expect("cancelling is always allowed");
}

#[test]
fn a_maker_without_the_fill_margin_gives_way_and_another_fills() {
    let mut world = World::trading(3);
    // The maker can carry 40 BTC at 50,000, not at 52,000.
    let weak = world.rest(0, BTC, sell(505_000, 40 * ONE));
    world.rest(2, BTC, sell(520_000, ONE));
    world.set_prices(&[(BTC, 530_000)]);
    let events = world.place(1, BTC, buy(520_000, ONE)).expect("accepted");
    assert_eq!(fills(&events), [(0, 505_000, ONE)], "one BTC is bearable");
    let events = world.place(1, BTC, of(Side::Buy, 520_000, 40 * ONE, TimeInForce::Ioc)).expect("accepted");
    assert!(
        matches!(&events[1], Event::OrderRemoved { order, reason: RemovalReason::MakerMargin, .. } if *order == weak)
    );
    assert_eq!(fills(&events), [(2, 520_000, ONE)]);
}

#[test]
fn a_makers_orders_are_judged_one_after_the_other() {
    let mut world = World::trading(3);
    for price in [505_000, 505_001, 505_002] {
        world.rest(0, BTC, sell(price, 15 * ONE));
    }
    world.deposit(owner(1), 1, 1_000_000 * USDC);
    world.set_prices(&[(BTC, 530_000)]);
    let events = world.place(1, BTC, of(Side::Buy, 505_002, 45 * ONE, TimeInForce::Ioc)).expect("accepted");
    assert_eq!(fills(&events), [(0, 505_000, 15 * ONE)]);
    let margin: Vec<_> =
        removals(&events).into_iter().filter(|r| r.2 == RemovalReason::MakerMargin).collect();
    assert_eq!(margin.len(), 2);
}

#[test]
fn a_maker_that_shrinks_needs_no_margin() {
    let mut world = strained();
    world.rest(0, BTC, sell(490_000, 40 * ONE));
    world.set_prices(&[(BTC, 475_000)]);
    assert!(summary(&world, 0).is_below_maintenance());
    let events = world.place(1, BTC, buy(490_000, 40 * ONE)).expect("accepted");
    assert_eq!(fills(&events), [(0, 490_000, 40 * ONE)]);
    assert_eq!(world.size(0, BTC), 0);
}

/// Without this, two accounts of one hand take money out of nothing: one rests a bid that closes its short, takes
/// the short's gain out when the price falls, and lets the other sell into the bid, now far above the mark.
#[test]
fn a_maker_does_not_shrink_into_debt() {
    let mut world = World::trading(2);
    world.deposit(owner(1), 1, 1_000_000 * USDC);
    world.rest(0, BTC, sell(PRICE, 20 * ONE));
    world.place(1, BTC, buy(PRICE, 20 * ONE)).expect("accepted");
    world.rest(0, BTC, buy(PRICE, 20 * ONE));
    world.set_prices(&[(BTC, 400_000)]);
    let gain = summary(&world, 0).withdrawable;
    assert_eq!(world.withdraw(owner(0), 0, i64::try_from(gain).expect("an amount")), Status::Accepted);
    let before = summary(&world, 0);
    assert!(before.meets_initial());

    // Whole, it would leave a debt of 120,000 USDC; of 8 BTC, a short of 12 with nothing behind it.
    for size in [20, 8] {
        let mut world = world.clone();
        let order = of(Side::Sell, 400_000, size * ONE, TimeInForce::Ioc);
        let events = world.place(1, BTC, order).expect("accepted");
        assert_eq!(removals(&events)[0], (0, 20 * ONE, RemovalReason::MakerMargin));
        assert_eq!(fills(&events), []);
        assert_eq!(summary(&world, 0).equity, before.equity);
    }
}

#[test]
fn a_maker_in_debt_shrinks_where_it_does_not_cost_it_more() {
    let mut world = strained();
    world.rest(0, BTC, sell(490_000, 10 * ONE));
    world.set_prices(&[(BTC, 470_000)]);
    let debt = summary(&world, 0).equity;
    assert!(debt < 0);
    let events = world.place(1, BTC, buy(490_000, 10 * ONE)).expect("accepted");
    assert_eq!(fills(&events), [(0, 490_000, 10 * ONE)]);
    assert!(summary(&world, 0).equity > debt);
}

#[test]
fn a_rejected_order_moves_no_maker() {
    let mut world = World::trading(3);
    world.rest(0, BTC, sell(505_000, 40 * ONE));
    world.rest(1, BTC, sell(505_000, ONE));
    world.set_prices(&[(BTC, 530_000)]);
    let before = world.leaves.clone();
    // Everything here would give way or fill; the taker has not the margin.
    assert_code(world.place(1, BTC, buy(530_000, 60 * ONE)), RejectCode::InsufficientMargin);
    let changed: Vec<_> = world.leaves.0.iter().filter(|(at, leaf)| before.0.get(at) != Some(leaf)).collect();
    assert_eq!(changed.len(), 2, "the chain and the nonce of the signer");
}

#[test]
fn an_order_meets_at_most_its_maximum_of_makers() {
    let mut world = World::trading(2);
    for n in 0..=MAX_FILLS_PER_ORDER as u64 {
        world.rest(0, BTC, sell(PRICE + n / 100, 10));
    }
    let events = world.place(1, BTC, buy(PRICE + 10, 10_000)).expect("accepted");
    assert_eq!(fills(&events).len(), MAX_FILLS_PER_ORDER);
    let left = 10_000 - 10 * MAX_FILLS_PER_ORDER as u64;
    assert_eq!(removals(&events).last(), Some(&(1, left, RemovalReason::FillLimit)));
    // With and without a trade: also its own orders count.
    world.rest(1, BTC, buy(PRICE, 10));
    for _ in 0..MAX_FILLS_PER_ORDER {
        world.rest(1, BTC, buy(PRICE, 10));
    }
    let events = world.place(1, BTC, sell(PRICE, 10)).expect("accepted");
    assert_eq!(removals(&events).last(), Some(&(1, 10, RemovalReason::FillLimit)));
    assert_eq!(world.x.book(BTC).expect("listed").len(), 2);
}

/// What one signature can change is bounded, so that a batch can be sealed before its diff outgrows L1.
#[test]
fn one_signature_meets_at_most_its_maximum_of_makers() {
    let mut world = World::trading(3);
    for n in 0..MAX_FILLS_PER_INPUT as u64 + 10 {
        world.rest((n % 2) as u32, BTC, sell(PRICE + n / 100, 10));
    }
    let take = ballast_types::Operation::Place { market: BTC, order: buy(PRICE + 20, 250 * 10) };
    let outcome = world.operations_by(owner(2), 2, alloc::vec![take; 6]);
    assert_eq!(fills(&outcome.events).len(), MAX_FILLS_PER_INPUT);
    let removed = removals(&outcome.events);
    let cut: Vec<_> = removed.iter().filter(|(_, _, reason)| *reason == RemovalReason::FillLimit).collect();
    assert_eq!(cut, [&(2, 2_260, RemovalReason::FillLimit), &(2, 2_500, RemovalReason::FillLimit)]);
    assert_eq!(world.x.book(BTC).expect("listed").len(), 10);
}

/// Weighing a maker costs the same whether the order stands in the end or not: without this, a hundred orders that
/// cannot be filled whole would weigh 25,600 makers for one signature and no fee.
#[test]
fn makers_that_a_rejected_step_met_count_against_the_maximum_too() {
    let mut world = World::trading(3);
    for n in 0..MAX_FILLS_PER_INPUT as u64 + 10 {
        world.rest((n % 2) as u32, BTC, sell(PRICE + n / 100, 10));
    }
    let whole = order(Side::Buy, PRICE + 20, 300 * 10, TimeInForce::Fok);
    let whole = ballast_types::Operation::Place { market: BTC, order: whole };
    let now = order(Side::Buy, PRICE + 20, 10, TimeInForce::Ioc);
    let now = ballast_types::Operation::Place { market: BTC, order: now };
    let outcome = world.operations_by(owner(2), 2, alloc::vec![whole, whole, whole, now]);
    assert_eq!(fills(&outcome.events).len(), 1, "256 of the maximum are left");
    let outcome = world.operations_by(owner(2), 2, alloc::vec![whole, whole, whole, whole, now]);
    assert_eq!(fills(&outcome.events).len(), 0);
    assert_eq!(removals(&outcome.events), [(2, 10, RemovalReason::FillLimit)]);
}

#[test]
fn open_orders_are_bounded() {
    let mut world = World::trading(1);
    let place = |n: u64| ballast_types::Operation::Place { market: BTC, order: buy(480_000 + n, 1) };
    for batch in 0..10 {
        let operations = (0..100).map(|n| place(batch * 100 + n)).collect();
        world.operations_by(owner(0), 0, operations);
    }
    assert_eq!(facts::trader(&world.x.state, AccountId(0)).open_orders, 1_000);
    assert_code(world.place(0, BTC, buy(480_000, 1)), RejectCode::TooManyOpenOrders);
}

#[test]
fn positions_are_bounded_by_the_markets_an_account_is_in() {
    let markets = (0..=MAX_POSITIONS).map(|n| {
        let mut params = altcoin();
        params.symbol = alloc::format!("M{n}");
        params
    });
    let mut world = World::of(markets.collect());
    let market = |n: usize| MarketId(n as u16);
    let prices: Vec<_> = (0..=MAX_POSITIONS).map(|n| (market(n), 1_000)).collect();
    world.set_prices(&prices);
    world.deposit(owner(0), NEW_ACCOUNT, 100_000 * USDC);
    for n in 0..MAX_POSITIONS {
        world.rest(0, market(n), buy(1_000, 1));
    }
    assert_code(world.place(0, market(MAX_POSITIONS), buy(1_000, 1)), RejectCode::TooManyPositions);
    world.rest(0, market(3), buy(999, 1));
}

#[test]
fn no_order_could_make_a_position_too_large() {
    let mut tiny = altcoin();
    (tiny.symbol, tiny.price_decimals, tiny.size_decimals, tiny.kappa) = ("TINY".into(), 6, 0, 1);
    tiny.gain_weight_initial = ballast_types::Ppm(0);
    let mut world = World::of(alloc::vec![tiny]);
    world.set_prices(&[(BTC, 1)]);
    world.deposit(owner(0), NEW_ACCOUNT, 1 << 55);
    world.rest(0, BTC, buy(1, MAX_SIZE));
    assert_code(world.place(0, BTC, buy(1, 1)), RejectCode::PositionTooLarge);
}

#[test]
fn a_book_whose_numbers_are_used_up_is_full() {
    let mut world = World::trading(1);
    let mut state = world.x.state.clone();
    facts::venue_mut(&mut state, BTC).next_arrival = 1 << (u64::BITS - ORDER_SLOT_BITS);
    world.x = Exchange::restore(state, Vec::<(u32, OrderPage)>::new(), Vec::new()).expect("an empty book");
    let _ = commit(&mut world.x);
    assert_code(world.place(0, BTC, buy(PRICE, 1)), RejectCode::BookFull);
    world.rest(0, ALT, buy(1_000, 1));
}
