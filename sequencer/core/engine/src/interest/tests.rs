mod capacity;
mod crowding;

use alloc::vec::Vec;

use ballast_types::{
    AccountId, Causes, Event, MarketId, MarketParams, NewOrder, Operation, Quote, RejectCode, Rejection,
    RemovalReason, Side, Status, TimeInForce,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT},
};

use super::limit;
use crate::{
    commit, facts,
    world::{ALT, BTC, PRICE, USDC, World, altcoin, assert_code, bitcoin, buy, order, owner, sell},
};

const HOUR: u64 = 3_600_000;

/// Five accounts. A lot of bitcoin is worth 0.50 USDC, one of the altcoin 0.01.
fn world(bitcoin: MarketParams, altcoin: MarketParams) -> World {
    let mut world = World::of(alloc::vec![bitcoin, altcoin]);
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    for n in 0..5 {
        assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 1_000_000 * USDC), Status::Accepted);
    }
    world
}

/// Of bitcoin 100 lots may be open on the first day.
fn growing() -> MarketParams {
    MarketParams { open_interest_growth: Quote(50 * USDC), ..bitcoin() }
}

/// Of bitcoin 1,000 lots may be open, 200 of one account.
fn capped() -> MarketParams {
    MarketParams { open_interest_cap: Quote(500 * USDC), ..bitcoin() }
}

fn change(world: &mut World, market: MarketId, change: impl FnOnce(&mut MarketParams)) {
    change(&mut facts::market_mut(&mut world.x.state, market).params);
    let changes = commit(&mut world.x);
    world.leaves.take(&changes);
}

fn open(world: &World, market: MarketId) -> u64 {
    facts::venue(&world.x.state, market).open_interest.0
}

/// Lots traded, and why what was left of an order went, which may be that nothing was.
fn traded(events: &[Event]) -> (u64, Option<RemovalReason>) {
    let lots = events.iter().map(|event| if let Event::Fill { size, .. } = event { size.0 } else { 0 });
    let reason = match events.last() {
        Some(Event::OrderRemoved { reason, .. }) => Some(*reason),
        _ => None,
    };
    (lots.sum(), reason)
}

fn place(world: &mut World, account: u32, order: NewOrder) -> (u64, Option<RemovalReason>) {
    traded(&world.place(account, BTC, order).expect("it enters"))
}

#[test]
fn an_order_ends_before_a_fill_that_would_raise_the_open_interest_above_its_limit() {
    let mut world = world(growing(), altcoin());
    world.rest(0, BTC, sell(PRICE, 60));
    world.rest(1, BTC, sell(PRICE, 60));
    let whole = world.place(2, BTC, order(Side::Buy, PRICE, 120, TimeInForce::Fok));
    assert_eq!(whole, Err(Rejection::new(RejectCode::CannotFill, 60, 120)));
    assert_eq!(place(&mut world, 2, buy(PRICE, 120)), (60, Some(RemovalReason::OpenInterest)));
    assert_eq!(place(&mut world, 3, buy(PRICE, 41)), (0, Some(RemovalReason::OpenInterest)));
    assert_eq!(place(&mut world, 3, buy(PRICE, 40)), (40, Some(RemovalReason::Filled)));
    assert_eq!(open(&world, BTC), 100);
}

#[test]
fn at_the_limit_who_closes_finds_those_who_take_over() {
    let mut world = world(growing(), altcoin());
    world.trade(2, 0, BTC, PRICE, 100);
    // A bid of somebody who has nothing: a long may close with it, nobody may go short with it.
    world.rest(3, BTC, buy(PRICE, 50));
    assert_eq!(place(&mut world, 4, sell(PRICE, 1)), (0, Some(RemovalReason::OpenInterest)));
    assert_eq!(place(&mut world, 2, sell(PRICE, 30)), (30, Some(RemovalReason::Filled)));
    assert_eq!(open(&world, BTC), 100);
    // Both close: there is less, and as much as that may be opened again.
    world.rest(0, BTC, buy(PRICE, 20));
    assert_eq!(place(&mut world, 2, sell(PRICE, 40)).0, 40);
    assert_eq!(open(&world, BTC), 80);
}

#[test]
fn a_limit_below_what_is_open_lets_positions_close() {
    let mut world = world(growing(), altcoin());
    world.trade(2, 0, BTC, PRICE, 100);
    change(&mut world, BTC, |params| params.open_interest_growth = Quote(USDC));
    world.rest(0, BTC, buy(PRICE, 60));
    assert_eq!(place(&mut world, 2, sell(PRICE, 60)), (60, Some(RemovalReason::Filled)));
    assert_eq!(open(&world, BTC), 40);
    world.rest(0, BTC, sell(PRICE, 1));
    assert_eq!(place(&mut world, 2, buy(PRICE, 1)), (0, Some(RemovalReason::OpenInterest)));
}

#[test]
fn it_doubles_in_a_day_at_most() {
    let mut world = world(growing(), altcoin());
    world.trade(2, 0, BTC, PRICE, 100);
    let now_limit = |world: &World| limit(&world.x.state, world.x.now(), BTC);
    for (hours, lots) in [(6, 100), (12, 100), (18, 100), (24, 100), (30, 300), (36, 300)] {
        world.time = 1_000_000 + hours * HOUR;
        world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
        assert_eq!(now_limit(&world), Some(lots), "after {hours} hours");
    }
    // What it may grow by is money: at twice the price it is half the lots.
    change(&mut world, BTC, |params| params.order_band = ballast_types::Ppm(1_000_000));
    world.set_prices(&[(BTC, 2 * PRICE)]);
    assert_eq!(now_limit(&world), Some(250));
}

#[test]
fn one_account_may_have_its_part_of_the_cap() {
    let mut world = world(capped(), altcoin());
    let limited = |lots| Err(Rejection::new(RejectCode::OpenInterestLimited, lots, 200));
    assert_eq!(world.place(0, BTC, buy(PRICE, 201)), limited(201));
    world.trade(0, 1, BTC, PRICE, 100);
    world.rest(0, BTC, buy(PRICE - 1, 100));
    assert_eq!(world.place(0, BTC, buy(PRICE - 1, 1)), limited(201));
    world.rest(0, BTC, sell(PRICE + 1, 200));
    assert_eq!(world.place(0, BTC, sell(PRICE + 1, 1)), limited(201));
    // Under a smaller cap what is there may stay and shrink, and not grow.
    change(&mut world, BTC, |params| params.open_interest_cap = Quote(50 * USDC));
    assert_code(world.place(1, BTC, sell(PRICE, 1)), RejectCode::OpenInterestLimited);
    world.rest(1, BTC, NewOrder { reduce_only: true, ..buy(PRICE - 2, 100) });
    world.rest(0, BTC, NewOrder { reduce_only: true, ..sell(PRICE + 1, 100) });
    world.batch_until(BTC, world.time + 60_000);
    assert_eq!(
        world.place(2, BTC, buy(PRICE, 21)),
        Err(Rejection::new(RejectCode::OpenInterestLimited, 21, 20)),
        "an order that waits, too"
    );
}

#[test]
fn a_market_of_class_c_has_no_more_than_ten_times_the_fund() {
    let altcoin = MarketParams { open_interest_cap: Quote(1_000_000 * USDC), ..altcoin() };
    let mut world = world(bitcoin(), altcoin);
    assert_code(world.place(0, ALT, buy(1_000, 1)), RejectCode::OpenInterestLimited);
    world.deposit(owner(9), FUND_ACCOUNT, 10 * USDC);
    assert_eq!(limit(&world.x.state, world.x.now(), ALT), Some(10_000));
    let told = world.place(0, ALT, buy(1_000, 1_001));
    assert_eq!(told, Err(Rejection::new(RejectCode::OpenInterestLimited, 1_001, 1_000)));
    world.rest(0, ALT, buy(1_000, 1_000));
}

/// Asks for twice a long reach no further than the long, and an order that only closes let them open all of it: then twice
/// as many bids reached no further than that short, and so on.
#[test]
fn a_position_was_turned_over_by_orders_that_only_close_until_it_was_beyond_its_part() {
    let mut world = world(capped(), altcoin());
    world.trade(0, 1, BTC, PRICE, 200);
    let limited = |lots| Err(Rejection::new(RejectCode::OpenInterestLimited, lots, 200));
    assert_eq!(world.place(0, BTC, sell(PRICE + 1, 400)), limited(400));
    world.rest(0, BTC, sell(PRICE + 1, 200));
    // What only closes is never refused, and makes nothing larger.
    world.rest(2, BTC, buy(PRICE, 200));
    assert_eq!(place(&mut world, 0, NewOrder { reduce_only: true, ..sell(PRICE, 200) }).0, 200);
    assert_eq!(world.place(0, BTC, sell(PRICE + 1, 1)), limited(201));
    // What trades at once turns the position over, and no further.
    world.rest(3, BTC, buy(PRICE, 100));
    world.trade(0, 4, BTC, PRICE + 1, 100);
}

/// Above its part after the cap fell, an account could not even ask for less in place of what it had.
#[test]
fn a_replacement_that_asked_for_less_was_refused_for_what_there_was_without_the_old_order() {
    let mut world = world(capped(), altcoin());
    world.trade(0, 1, BTC, PRICE, 100);
    world.rest(0, BTC, buy(PRICE - 1, 100));
    let old = world.x.books.at(BTC).of_account(AccountId(0))[0];
    change(&mut world, BTC, |params| params.open_interest_cap = Quote(50 * USDC));
    let replace = |order, new| Operation::Replace { market: BTC, order, new };
    let more = world.operate(0, replace(old, buy(PRICE - 2, 101)));
    assert_eq!(more, Err(Rejection::new(RejectCode::OpenInterestLimited, 201, 20)));
    world.operate(0, replace(old, buy(PRICE - 2, 100))).expect("it is as much as before");
}

/// Whoever listed it left the cap out, and open interest grew without the buffer behind it.
#[test]
fn a_market_of_class_c_that_may_only_grow_so_fast_went_beyond_ten_times_the_fund() {
    let altcoin = MarketParams { open_interest_growth: Quote(1_000_000 * USDC), ..altcoin() };
    let mut world = world(bitcoin(), altcoin);
    assert_code(world.place(0, ALT, buy(1_000, 1)), RejectCode::OpenInterestLimited);
    world.deposit(owner(9), FUND_ACCOUNT, 10 * USDC);
    assert_eq!(limit(&world.x.state, world.x.now(), ALT), Some(10_000));
    let told = world.place(0, ALT, buy(1_000, 1_001));
    assert_eq!(told, Err(Rejection::new(RejectCode::OpenInterestLimited, 1_001, 1_000)));
    // One whose parameters limit nothing asks for no fund.
    change(&mut world, ALT, |params| params.open_interest_growth = Quote(0));
    assert_eq!(limit(&world.x.state, world.x.now(), ALT), None);
    world.rest(0, ALT, buy(1_000, 1_001));
}

#[test]
fn nothing_is_opened_while_liquidations_feed_on_themselves() {
    let mut world = world(bitcoin(), altcoin());
    world.trade(2, 0, BTC, PRICE, 100);
    facts::venue_mut(&mut world.x.state, BTC).breakers.causes = Causes::FEEDBACK;
    facts::market_mut(&mut world.x.state, BTC).params.circuit_breakers = true;
    assert_eq!(limit(&world.x.state, world.x.now(), BTC), Some(100));
}

/// Lots that are bought by each account in a clearing of bitcoin.
fn cleared(world: &mut World, orders: &[(u32, NewOrder)]) -> Vec<(u32, u64)> {
    for (account, order) in orders {
        let told = world.place(*account, BTC, *order).expect("it waits");
        assert!(matches!(told.last(), Some(Event::OrderWaits { .. })), "{told:?}");
    }
    world.time += 1_000;
    world.set_prices(&[(BTC, PRICE)]);
    let sizes: Vec<i64> = (0..5).map(|account| world.size(account, BTC)).collect();
    assert_eq!(world.clear(BTC).status, Status::Accepted);
    let bought = (0..5).zip(sizes).map(|(account, size)| (account, world.size(account, BTC) - size));
    bought.filter(|(_, lots)| *lots > 0).map(|(account, lots)| (account, lots.unsigned_abs())).collect()
}

#[test]
fn a_clearing_at_the_limit_lets_one_side_only_close() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    assert_eq!(
        cleared(&mut world, &[(2, buy(PRICE, 60)), (3, buy(PRICE, 40)), (0, sell(PRICE, 100))]).len(),
        2
    );
    assert_eq!(open(&world, BTC), 100);
    // Longs close 50, a short closes 10: the asks are those who only close, and the bids take over from them.
    let closing = NewOrder { reduce_only: true, ..sell(PRICE, 20) };
    let orders = [
        (1, sell(PRICE, 200)),
        (2, closing),
        (3, sell(PRICE, 30)),
        (0, buy(PRICE, 10)),
        (4, buy(PRICE, 200)),
    ];
    let bought = cleared(&mut world, &orders);
    assert_eq!(bought.iter().map(|(_, lots)| lots).sum::<u64>(), 50, "{bought:?}");
    assert_eq!((world.size(1, BTC), open(&world, BTC)), (0, 100 - bought[0].1), "{bought:?}");
    // The side that lacked the room goes, and what is left of the other rests.
    assert_eq!(gone(&world), [1]);
    assert_eq!(world.x.books.at(BTC).of_account(AccountId(4)).len(), 1);
}

/// Who left a clearing because there was no room.
fn gone(world: &World) -> Vec<u32> {
    let (_, outcome) = world.log.last().expect("the clearing");
    let gone = outcome.events.iter().filter_map(|event| match event {
        Event::OrderRemoved { account, reason: RemovalReason::OpenInterest, .. } => Some(account.0),
        _ => None,
    });
    gone.collect()
}

#[test]
fn a_clearing_that_would_pass_the_limit_opens_what_there_is_room_for() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    assert_eq!(cleared(&mut world, &[(0, sell(PRICE, 101)), (2, buy(PRICE, 101))]), [(2, 100)]);
    assert_eq!(open(&world, BTC), 100);
    // The bid would else wait for what it may not trade with, and the market match in batches for it alone. The ask meets
    // nobody any more, and rests.
    assert_eq!(gone(&world), [2]);
    assert_eq!(world.x.books.at(BTC).of_account(AccountId(0)).len(), 1);
    assert_eq!(world.x.books.at(BTC).waiting(), 0);
}

/// They waited again each time, at no cost: whoever opens was left out with them.
#[test]
fn two_who_crossed_with_more_than_the_room_kept_everybody_out_of_each_clearing() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    let much = 10_000;
    let orders =
        [(0, buy(PRICE, much)), (1, sell(PRICE, much)), (3, buy(PRICE + 10, 60)), (4, sell(PRICE - 10, 60))];
    // The best limit is served first; of the room that is left each has its part.
    assert_eq!(cleared(&mut world, &orders), [(0, 40), (3, 60)]);
    assert_eq!((open(&world, BTC), world.size(4, BTC)), (100, -60));
    assert_eq!(gone(&world), [0]);
}

#[test]
fn who_opens_shares_the_room_as_a_side_shares_what_trades() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    let orders = [(0, buy(PRICE, 300)), (1, buy(PRICE, 100)), (2, sell(PRICE, 500))];
    assert_eq!(cleared(&mut world, &orders), [(0, 75), (1, 25)]);
}

/// Which side may open went by what traded, and whoever crossed at the edges of the band had all that traded: the bids were
/// left out, and nobody could close.
#[test]
fn two_who_crossed_at_the_edges_of_the_band_kept_those_who_close_from_whom_they_would_meet() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    assert_eq!(cleared(&mut world, &[(2, buy(PRICE, 100)), (3, sell(PRICE, 100))]), [(2, 100)]);
    let orders = [
        (0, buy(PRICE + 100, 10_000)),
        (1, sell(PRICE - 100, 10_000)),
        (4, buy(PRICE, 50)),
        (2, sell(PRICE, 50)),
    ];
    let bought = cleared(&mut world, &orders);
    assert_eq!((world.size(2, BTC), open(&world, BTC)), (50, 100), "{bought:?}");
}

#[test]
fn who_cannot_bear_it_takes_no_room_from_others() {
    let mut world = world(MarketParams { batch_interval: 1_000, ..growing() }, altcoin());
    // 490 bitcoin need 980,000 USDC, and are no longer borne when the mark has fallen by 3%.
    for (account, order) in
        [(0, buy(PRICE, 49_000_000)), (1, buy(PRICE - 20_000, 100)), (2, sell(PRICE - 20_000, 200))]
    {
        world.place(account, BTC, order).expect("it waits");
    }
    world.time += 1_000;
    world.set_prices(&[(BTC, PRICE - 15_000)]);
    assert_eq!(world.clear(BTC).status, Status::Accepted);
    assert_eq!([0, 1, 2].map(|account| world.size(account, BTC)), [0, 100, -100]);
}
