use alloc::{vec, vec::Vec};

use ballast_types::{
    CancelFilter, Causes, Event, MarketMode, Millis, Operation, OrderId, PoolId, Ppm, PriceTicks, Quote,
    RejectCode, Rejection, Restrict, SizeLots, Status,
    limits::{
        CALL_MS, DISLOCATED_HALT_MS, DISLOCATED_MS, FUND_ACCOUNT, FUND_DAY_MS, FUND_PEAK_MS, MAX_CALL_ROUNDS,
        QUOTELESS_MS, THIN_MS, UNCERTAIN_HALT_MS, WARM_UP_MS,
    },
};

use crate::{
    breakers::mode_of,
    commit, facts,
    fund::{self, day},
    matches_in_batches,
    world::{ALT, BTC, PRICE, USDC, World, assert_rejected, buy, owner, sell},
};

/// One bitcoin.
const ONE: u64 = 100_000;

/// Accounts 1 to 4, a backstop and a fund, and markets with circuit breakers.
fn watched() -> World {
    let mut world = World::protected(4, 1_000_000 * USDC, 1_000_000 * USDC, 1_000_000 * USDC);
    world.watch_over(BTC);
    world
}

impl World {
    fn mode(&self) -> (MarketMode, Causes) {
        mode_of(&self.x.state, Millis(self.time), BTC)
    }

    /// Everybody reports `price` once a second for so long. What was told but prices and funding.
    fn watch(&mut self, seconds: u64, price: u64) -> Vec<Event> {
        let from = self.log.len();
        for _ in 0..seconds {
            self.time += 999;
            let _ = self.try_prices(&[(BTC, price)]);
        }
        let told = self.log[from..].iter().flat_map(|(_, outcome)| outcome.events.clone());
        told.filter(|event| !matches!(event, Event::PriceUpdated { .. } | Event::FundingAccrued { .. }))
            .collect()
    }
}

fn changed(mode: MarketMode, causes: Causes, factor: u32, calls_from: u64) -> Event {
    let calls_from = Millis(calls_from);
    Event::ModeChanged { market: BTC, mode, causes, initial_factor: Ppm(factor), calls_from }
}

const fn normal() -> (MarketMode, Causes) {
    (MarketMode::Normal, Causes::NONE)
}

#[test]
fn an_index_that_moves_fast_is_traded_in_batches_at_a_quarter_more_margin() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, ONE);
    let needs = |world: &World| world.summary(2).initial;
    let before = needs(&world);
    // Two steps of which neither is a jump: 3% in all, to the ppm, and one tick more.
    assert_eq!(world.watch(1, 508_000), []);
    assert_eq!(world.watch(1, 515_000), []);
    let told = world.watch(1, 515_001);
    assert_eq!(told, [changed(MarketMode::Batches, Causes::VELOCITY, 1_250_000, 0)]);
    assert!(matches_in_batches(&world.x.state, Millis(world.time), BTC));
    assert!(world.mode() == (MarketMode::Batches, Causes::VELOCITY) && needs(&world) > before * 5 / 4);
    // Maintenance is what it was: nobody is liquidated by it.
    assert_eq!(world.summary(2).maintenance, 515_000 * i128::from(ONE) / 50 + 2_000);
    let waits = world.place(3, BTC, buy(515_000, 1)).expect("it is taken");
    assert!(matches!(waits[1], Event::OrderWaits { .. }));
    // The window is up to 75 s long, and a minute must pass below half.
    assert_eq!(world.watch(120, 515_001), []);
    let told = world.watch(16, 515_001);
    assert_eq!(told, [changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)]);
}

#[test]
fn ten_percent_in_an_hour_are_fast_too() {
    let mut world = watched();
    let mut price = PRICE;
    // 0.4% every half a minute: far below 3% a minute.
    for _ in 0..24 {
        assert_eq!(world.mode(), normal(), "{price}");
        price += 2_050;
        world.watch(30, price);
    }
    world.watch(30, price + 2_050);
    assert_eq!(world.mode(), (MarketMode::Batches, Causes::VELOCITY));
}

#[test]
fn a_jump_that_nobody_confirms_is_no_velocity() {
    let mut world = watched();
    let _ = world.try_prices(&[(BTC, 520_000)]);
    let _ = world.try_prices(&[(BTC, PRICE)]);
    assert_eq!(world.mode(), normal());
    // It comes back by a jump of its own, and is believed there.
    assert_eq!(world.watch(3, PRICE), []);
}

/// A book whose middle lies 1.6% above the index: `b` is 1%, and both best prices are near.
fn dislocated() -> (World, OrderId) {
    let mut world = watched();
    // It was near before: a book that never was has not gone away.
    let near = world.rest(1, BTC, buy(499_000, ONE));
    let ask = world.rest(2, BTC, sell(501_000, ONE));
    world.watch(1, PRICE);
    world.cancel(1, BTC, near).expect("it rests");
    world.cancel(2, BTC, ask).expect("it rests");
    let bid = world.rest(1, BTC, buy(506_000, ONE));
    world.rest(2, BTC, sell(510_000, ONE));
    (world, bid)
}

#[test]
fn a_book_away_from_the_index_is_cleared_in_batches_and_then_halted() {
    let (mut world, bid) = dislocated();
    assert_eq!(world.watch(DISLOCATED_MS / 1_000, PRICE), []);
    let told = world.watch(1, PRICE);
    assert_eq!(told, [changed(MarketMode::Batches, Causes::DISLOCATION, 1_000_000, 0)]);
    // It ends with the book.
    world.cancel(1, BTC, bid).expect("cancels are taken");
    let told = world.watch(1, PRICE);
    assert_eq!(told, [changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)]);
    world.rest(1, BTC, buy(506_000, ONE));
    let told = world.watch(DISLOCATED_HALT_MS / 1_000 + 1, PRICE);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1], changed(MarketMode::Halt, Causes::DISLOCATION, 1_000_000, world.time));
}

#[test]
fn a_halted_market_calls_and_reopens_at_one_price() {
    let (mut world, _) = dislocated();
    let (before, from) = (world.leaves.clone(), world.log.len());
    world.watch(DISLOCATED_HALT_MS / 1_000 + 1, PRICE);
    let halted = world.time;
    assert_eq!(world.mode(), (MarketMode::Halt, Causes::DISLOCATION));
    let waits = world.place(3, BTC, sell(506_000, ONE)).expect("it calls");
    assert!(matches!(waits[1], Event::OrderWaits { .. }));
    world.watch(CALL_MS / 1_000 - 1, PRICE);
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    world.watch(1, PRICE);
    // 506,000 is 1.2% away: once it is put off, and then 2% are good enough.
    let until = Millis(world.time + CALL_MS);
    assert_eq!(world.clear(BTC).events, [Event::AuctionPutOff { market: BTC, until, rounds: 1 }]);
    assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
    assert!(world.time < halted + CALL_MS + 1_000 && world.size(3, BTC) == 0);
    world.watch(CALL_MS / 1_000, PRICE);
    world.time = until.0;
    let reopened = world.clear(BTC).events;
    assert!(
        matches!(reopened[0], Event::Cleared { price: Some(PriceTicks(506_000)), volume, .. } if volume.0 == ONE)
    );
    assert_eq!(
        *reopened.last().expect("it is told"),
        changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)
    );
    assert_eq!((world.size(1, BTC), world.size(3, BTC)), (ONE as i64, -(ONE as i64)));
    world.check_lazy(&before, from);
}

#[test]
fn a_market_without_quotes_is_halted_and_reopens_by_itself() {
    let mut world = watched();
    // Nobody ever quoted: nothing went away.
    assert_eq!(world.watch(2 * QUOTELESS_MS / 1_000, PRICE), []);
    let bid = world.rest(1, BTC, buy(499_000, 1));
    world.rest(2, BTC, sell(501_000, 1));
    assert_eq!(world.watch(1, PRICE), []);
    world.cancel(1, BTC, bid).expect("it rests");
    assert_eq!(world.watch(QUOTELESS_MS / 1_000, PRICE), []);
    let told = world.watch(1, PRICE);
    assert_eq!(told, [changed(MarketMode::Halt, Causes::QUOTES, 1_000_000, world.time)]);
    // Nothing was traded in the last hour: an auction without anybody is as good.
    assert_eq!(world.watch(CALL_MS / 1_000 - 1, PRICE), []);
    assert_eq!(world.watch(1, PRICE), [changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)]);
    assert_eq!(world.watch(2 * QUOTELESS_MS / 1_000, PRICE), []);
}

/// Makers who quoted anew for each clearing had nothing that rested when the publishers spoke, and the market was halted.
#[test]
fn who_quotes_for_each_clearing_is_there() {
    let mut world = watched();
    world.rest(1, BTC, buy(499_000, 1));
    world.rest(2, BTC, sell(501_000, 1));
    world.watch(1, PRICE);
    world.batch_until(BTC, world.time + 600_000);
    for _ in 0..60 {
        for (account, order) in [(1, buy(499_000, 1)), (2, sell(501_000, 1))] {
            world.operate(account, Operation::CancelAll(CancelFilter::ALL)).expect("cancels are taken");
            world.place(account, BTC, order).expect("it waits");
        }
        assert_eq!(world.watch(1, PRICE), []);
        drop(world.clear(BTC));
    }
}

#[test]
fn where_there_was_trade_an_auction_without_anybody_is_put_off_four_times() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, ONE);
    let bid = world.rest(1, BTC, buy(499_000, 1));
    world.rest(2, BTC, sell(501_000, 1));
    world.watch(1, PRICE);
    world.cancel(1, BTC, bid).expect("it rests");
    world.watch(QUOTELESS_MS / 1_000 + 1, PRICE);
    for round in 1..=MAX_CALL_ROUNDS {
        let told = world.watch(CALL_MS / 1_000, PRICE);
        let until = Millis(world.time + CALL_MS);
        assert_eq!(told, [Event::AuctionPutOff { market: BTC, until, rounds: round }]);
    }
    let told = world.watch(CALL_MS / 1_000, PRICE);
    assert_eq!(told, [changed(MarketMode::Batches, Causes::THIN, 1_000_000, 0)]);
    let told = world.watch(THIN_MS / 1_000, PRICE);
    assert_eq!(told, [changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)]);
}

#[test]
fn after_an_outage_a_market_is_closed_for_a_minute_and_reopens_by_auction() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, 19 * ONE);
    let resting = world.rest(3, BTC, sell(501_000, ONE));
    world.time += 8 * 3_600_000;
    // Prices fell meanwhile, and account 1 is below maintenance.
    let told = world.watch(2, 455_000);
    let calls_from = told
        .iter()
        .find_map(|event| match event {
            Event::ModeChanged { mode: MarketMode::Halt, causes: Causes::OUTAGE, calls_from, .. } => {
                Some(calls_from.0)
            }
            _ => None,
        })
        .expect("it is halted");
    assert!(calls_from <= world.time + WARM_UP_MS && calls_from > world.time + WARM_UP_MS - 2_000);
    let refused = world.place(4, BTC, buy(455_000, 1));
    assert_eq!(refused, Err(Rejection::new(RejectCode::MarketHalted, BTC.0, calls_from)));
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    world.cancel(3, BTC, resting).expect("cancels are taken");
    // A deposit in time, and it is liquidated no more.
    assert_eq!(world.deposit(world.owner_of(1), 1, 50_000 * USDC), Status::Accepted);
    world.watch(WARM_UP_MS / 1_000, 455_000);
    assert_eq!(world.mode().0, MarketMode::Halt);
    assert!(
        world.place(4, BTC, buy(455_000, 3_200)).is_ok() && world.place(3, BTC, sell(455_000, 3_200)).is_ok()
    );
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    world.watch(CALL_MS / 1_000, 455_000);
    assert_eq!(world.clear(BTC).status, Status::Accepted);
    assert_eq!(world.mode(), normal());
}

#[test]
fn in_a_halt_for_its_book_the_backstop_takes_over_and_the_book_is_left_alone() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, 20 * ONE);
    assert_eq!(world.restrict(BTC, MarketMode::Halt, world.time).status, Status::Accepted);
    world.set_prices(&[(BTC, 458_500)]);
    world.watch(2, 458_500);
    assert_eq!(world.mode().0, MarketMode::Halt);
    // Level 1 waits.
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    world.watch(2, 455_900);
    let taken = world.liquidate(1);
    assert!(taken.events.iter().any(|event| matches!(event, Event::TakenOver { .. })), "{taken:?}");
}

#[test]
fn the_guardian_may_restrict_to_anything_but_normal() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, ONE);
    let until = world.time + 10_000;
    let told = world.restrict(BTC, MarketMode::ReduceOnly, until).events;
    let mode = MarketMode::ReduceOnly;
    let expected = [
        Event::Restricted(Restrict { market: BTC, mode, until: Millis(until), time: Millis(world.time) }),
        changed(mode, Causes::GUARDIAN, 1_000_000, 0),
    ];
    assert_eq!(told, expected);
    let refused = world.place(3, BTC, buy(PRICE, 1));
    assert_eq!(refused, Err(Rejection::new(RejectCode::MarketReduceOnly, BTC.0, 0)));
    assert!(world.place(2, BTC, buy(PRICE, ONE)).is_ok());
    // Both words stand beside each other.
    world.time += 1;
    assert_eq!(world.batch_until(BTC, world.time + 5_000).events.len(), 1);
    world.time += 1;
    assert_rejected(world.restrict(BTC, MarketMode::Normal, until).status, RejectCode::InvalidOption);
    let told = world.restrict(BTC, MarketMode::ReduceOnly, 0).events;
    assert_eq!(told[1], changed(MarketMode::Batches, Causes::GUARDIAN, 1_000_000, 0));
    world.watch(5, PRICE);
    assert_eq!(world.mode(), normal());
    // A halt is not taken back, and ends by an auction.
    let until = world.time + 3_000;
    let told = world.restrict(BTC, MarketMode::Halt, until).events;
    assert_eq!(told[1], changed(MarketMode::Halt, Causes::GUARDIAN, 1_000_000, until));
    world.time += 1;
    assert_eq!(world.restrict(BTC, MarketMode::Halt, 0).events.len(), 1);
    let refused = world.place(3, BTC, buy(PRICE, 1));
    assert_eq!(refused, Err(Rejection::new(RejectCode::MarketHalted, BTC.0, until)));
}

#[test]
fn liquidations_that_are_most_of_the_trade_slow_themselves_down() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, 20 * ONE);
    world.watch(100, PRICE);
    for price in [490_000, 480_000, 470_000, 459_000] {
        world.watch(250, price);
    }
    world.rest(3, BTC, buy(458_500, 20 * ONE));
    let told = world.watch(1, 458_900);
    assert!(!told.iter().any(|event| matches!(event, Event::ModeChanged { .. })), "{told:?}");
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_eq!(world.size(1, BTC), 17 * ONE as i64);
    let told = world.watch(1, 458_900);
    assert_eq!(told, [changed(MarketMode::Batches, Causes::FEEDBACK, 1_500_000, 0)]);
    // 7.5% of what the book shows, where it was 15%.
    world.watch(5, 456_000);
    let shown = world.x.books.at(BTC).shown_within(ballast_types::Side::Buy, PriceTicks(446_000));
    let waits = world.liquidate(1).events;
    let waiting = waits.iter().find_map(|event| match event {
        Event::OrderWaits { order, .. } => Some(order.size),
        _ => None,
    });
    assert_eq!(waiting, Some(SizeLots((15 * shown / 200) as u64)), "{waits:?}");
    world.watch(140, 456_000);
    assert!(!world.mode().1.any_of(Causes::FEEDBACK));
}

#[test]
fn a_market_for_which_the_fund_can_pay_no_more_is_reduce_only_until_it_is_full_again() {
    let mut world = World::protected(4, 0, 900_000 * USDC, 1_000_000 * USDC);
    let today = day(&world.x.state);
    let pays = |world: &mut World, amount: i64| {
        let strain = &mut facts::venue_mut(&mut world.x.state, BTC).strain;
        (strain.day, strain.paid) = (today, Quote(amount * USDC));
    };
    // Half of it is what class A may have in a day: more than a tenth of what it had is left.
    pays(&mut world, 400_000);
    assert_eq!(world.watch(1, PRICE), []);
    pays(&mut world, 410_000);
    let told = world.watch(1, PRICE);
    assert_eq!(told, [changed(MarketMode::ReduceOnly, Causes::FUND, 1_000_000, 0)]);
    assert!(!matches_in_batches(&world.x.state, Millis(world.time), BTC));
    let refused = world.place(3, BTC, buy(PRICE, 1));
    assert_eq!(refused, Err(Rejection::new(RejectCode::MarketReduceOnly, BTC.0, 0)));
    // A gift of less than what is missing ends nothing, though it could be claimed.
    assert_eq!(world.deposit(owner(9), FUND_ACCOUNT, 99_999 * USDC), Status::Accepted);
    assert_eq!(world.watch(1, PRICE), []);
    assert_eq!(world.deposit(owner(9), FUND_ACCOUNT, USDC), Status::Accepted);
    assert_eq!(world.watch(1, PRICE), [changed(MarketMode::Normal, Causes::NONE, 1_000_000, 0)]);
}

#[test]
fn a_fund_that_could_pay_for_nobody_let_the_markets_for_which_it_had_paid_little_go_on() {
    let mut world = World::protected(4, 0, 1_000_000 * USDC, 1_000_000 * USDC);
    let pays = |world: &mut World, amount: i64| {
        fund::pay(&mut world.x.state, PoolId(0), None, Quote(amount * USDC));
        facts::pool_mut(&mut world.x.state, PoolId(0)).withdrawn.0 += amount * USDC;
        let changes = commit(&mut world.x);
        world.leaves.take(&changes);
    };
    // It may fall by 300,000, and stops when a tenth of what it paid is more than it may still pay.
    pays(&mut world, 272_000);
    assert_eq!(world.watch(1, PRICE), []);
    pays(&mut world, 1_000);
    assert_eq!(world.watch(1, PRICE), [changed(MarketMode::ReduceOnly, Causes::FUND, 1_000_000, 0)]);
    // A day later its peak is what it holds, and the markets open.
    world.time += FUND_DAY_MS + FUND_PEAK_MS;
    world.watch(1, PRICE);
    assert!(!world.mode().1.any_of(Causes::FUND));
}

#[test]
fn who_holds_a_position_where_the_guardian_halted_is_liquidated_elsewhere() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, 19 * ONE);
    world.trade(1, 2, ALT, 1_000, 1);
    world.restrict(ALT, MarketMode::Halt, world.time + 3_600_000);
    world.set_prices(&[(BTC, 455_500), (ALT, 1_000)]);
    let closed = world.place(3, ALT, buy(1_000, 1));
    assert!(matches!(closed, Err(Rejection { code: RejectCode::MarketHalted, .. })), "{closed:?}");
    assert_eq!(world.liquidate(1).status, Status::Accepted);
}

#[test]
fn after_an_outage_nobody_withdraws_before_losers_can_be_liquidated() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, ONE);
    world.time += 61_000;
    world.watch(2, 455_000);
    assert_rejected(world.withdraw(world.owner_of(2), 2, USDC), RejectCode::UncertainOracle);
    assert_eq!(world.withdraw(world.owner_of(3), 3, USDC), Status::Accepted);
    world.watch(WARM_UP_MS / 1_000, 455_000);
    assert_eq!(world.withdraw(world.owner_of(2), 2, USDC), Status::Accepted);
}

#[test]
fn in_a_halt_the_frozen_book_moves_neither_mark_nor_premium() {
    let (mut world, _) = dislocated();
    world.watch(DISLOCATED_HALT_MS / 1_000 + 1, PRICE);
    assert_eq!(world.mode().0, MarketMode::Halt);
    let premium = |world: &World| facts::venue(&world.x.state, BTC).pricing.premium;
    let mark = |world: &World| facts::market(&world.x.state, BTC).mark.0;
    let (samples, moved) = (premium(&world).samples, mark(&world) - PRICE);
    world.watch(25, PRICE);
    assert_eq!(premium(&world).samples, samples);
    // Of the book's distance nothing counts but what the basis had taken up, and that fades.
    assert!(mark(&world) - PRICE < moved, "{} {moved}", mark(&world));
}

#[test]
fn in_a_reduce_only_market_what_waits_trades_only_to_close() {
    let mut world = watched();
    world.trade(1, 2, BTC, PRICE, 5);
    world.batch_until(BTC, world.time + 60_000);
    for (account, order) in [(1, sell(PRICE, 5)), (3, buy(PRICE, 9)), (4, sell(PRICE, 9))] {
        world.place(account, BTC, order).expect("it waits");
    }
    world.time += 1;
    world.restrict(BTC, MarketMode::ReduceOnly, world.time + 60_000);
    world.place(2, BTC, buy(PRICE, 2)).expect("it only closes");
    world.watch(2, PRICE);
    let cleared = world.clear(BTC).events;
    assert!(matches!(cleared[0], Event::Cleared { volume: SizeLots(2), .. }), "{cleared:?}");
    assert_eq!([1, 2, 3, 4].map(|account| world.size(account, BTC)), [3, -3, 0, 0]);
    // Of what opens, what crosses goes on waiting until it may.
    assert_eq!(facts::venue(&world.x.state, BTC).waiting, 1);
    world.time += 1;
    world.restrict(BTC, MarketMode::ReduceOnly, 0);
    world.watch(2, PRICE);
    assert_eq!(world.clear(BTC).status, Status::Accepted);
    assert_eq!([1, 2, 3, 4].map(|account| world.size(account, BTC)), [1, -3, 9, -7]);
}

#[test]
fn a_halted_market_whose_price_stays_uncertain_goes_back_to_batches() {
    let (mut world, _) = dislocated();
    world.watch(DISLOCATED_HALT_MS / 1_000 + 1, PRICE);
    world.place(3, BTC, sell(506_000, ONE)).expect("it waits");
    let due = world.x.state.venues.get(0).expect("listed").next_clearing.0;
    // Publishers differ by 0.5%.
    while world.time < due + UNCERTAIN_HALT_MS {
        assert_rejected(world.clear(BTC).status, RejectCode::NothingDue);
        world.time += 500;
        for (from, price) in [(0, PRICE), (1, PRICE), (2, 502_500)] {
            world.report(from, world.time, &[(BTC, price)]);
        }
    }
    let told = world.clear(BTC).events;
    assert_eq!(*told.last().expect("it is told"), changed(MarketMode::Batches, Causes::THIN, 1_000_000, 0));
    assert!(matches!(told[0], Event::Cleared { volume: SizeLots(ONE), .. }), "{told:?}");
}

#[test]
fn without_circuit_breakers_only_the_fund_and_the_guardian_restrict() {
    let mut world = World::protected(4, 0, 0, 0);
    world.rest(1, BTC, buy(506_000, ONE));
    world.rest(2, BTC, sell(512_000, ONE));
    world.watch(60, PRICE);
    world.time += 3_600_000;
    let told = world.watch(60, 540_000);
    assert_eq!((world.mode(), told), (normal(), vec![]));
}
