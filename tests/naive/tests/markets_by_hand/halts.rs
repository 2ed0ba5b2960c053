//! Halts, the auctions that end them, and what may be done meanwhile.

use std::rc::Rc;

use ballast_types::{
    AccountId, CancelFilter, Causes, Event, MarketMode, Millis, Operation, OracleState, PriceTicks,
    RejectCode, Rejection, RemovalReason, Restrict, Side, SizeLots, Status,
};

use crate::world::{ONE, START, World, changed, halted, normal, put_off, rejection, waits};

/// 10 lots are enough where 6,000 were traded in an hour, a tenth of 100 a minute, and not where one more was.
#[test]
fn an_auction_of_too_few_lots_is_put_off() {
    for (traded, is_good) in [(6_000, true), (6_001, false)] {
        let mut world = World::new();
        let buyer = world.account(100_000);
        world.quote(0, 990, 1_010);
        world.restrict(0, MarketMode::Halt, 0);
        let now = world.it.time;
        Rc::make_mut(&mut world.it.markets[0].history).traded.push((now, traded));
        assert!(waits(&world.place(1_000, buyer, Side::Buy, 1_010, 10)));
        world.calm(4_000, 29_000, 4_000, 1_000);
        let events = world.clear(30_000).events;
        if is_good {
            assert_eq!(events.last(), Some(&normal()), "{events:?}");
        } else {
            assert_eq!(events, [put_off(60_000, 1)]);
        }
    }
}

/// 126 from the index is beyond the 125 that are five times `b`.
#[test]
fn an_auction_far_from_the_index_reopens_in_batches() {
    let mut world = World::new();
    let (seller, buyer) = (world.account(100_000), world.account(100_000));
    world.restrict(0, MarketMode::Halt, 0);
    assert!(waits(&world.place(0, seller, Side::Sell, 1_126, 1)));
    assert!(waits(&world.place(0, buyer, Side::Buy, 1_126, 1)));
    for rounds in 1..5 {
        let at = 30_000 * u64::from(rounds);
        world.calm(at - 29_000, at, 4_000, 1_000);
        assert_eq!(world.clear(at).events, [put_off(at + 30_000, rounds)]);
    }
    world.calm(121_000, 150_000, 4_000, 1_000);
    let events = world.clear(150_000).events;
    let cleared = Event::Cleared { market: ONE, price: Some(PriceTicks(1_126)), volume: SizeLots(1) };
    let thin = changed(MarketMode::Batches, Causes::THIN, 1_000_000);
    assert_eq!((&events[0], events.last()), (&cleared, Some(&thin)), "{events:?}");
    world.calm(152_000, 210_000, 4_000, 1_000);
    assert_eq!(world.tick(210_000, 1_000), [normal()]);
}

/// Whoever lacks margin loses his order, as nothing else can be done about him, but not in the minute after an outage.
#[test]
fn a_silent_minute_closes_a_market_for_another() {
    let mut world = World::new();
    let (trader, other) = (world.account(1_000), world.account(1_000));
    world.place(0, trader, Side::Buy, 900, 1);
    assert_eq!(world.tick(60_000, 1_000), []);
    assert_eq!(world.tick(120_001, 1_000), [halted(Causes::OUTAGE, 180_001)]);
    let told = rejection(&world.place(121_000, other, Side::Buy, 1_000, 1));
    let from = i128::from(START + 180_001);
    assert_eq!(told, Rejection { code: RejectCode::MarketHalted, value: 0, limit: from });
    world.hold(trader, ONE, 10);
    world.hold(other, ONE, 1);
    world.lose(trader, 900);
    world.calm(124_000, 180_000, 4_000, 1_000);
    assert_eq!(world.liquidate(180_000, trader).status, Status::Rejected(RejectCode::NothingDue.into()));
    let refused = Rejection { code: RejectCode::UncertainOracle, value: 0, limit: 0 };
    assert_eq!(world.withdraw(180_000, other), Status::Rejected(refused));
    assert!(loses_an_order(&world.liquidate(180_001, trader).events));
    assert_eq!(world.withdraw(180_001, other), Status::Accepted);
    assert!(waits(&world.place(180_001, other, Side::Sell, 1_000, 1)));
}

fn loses_an_order(events: &[Event]) -> bool {
    let reason = RemovalReason::Liquidation;
    matches!(events, [Event::Liquidated { .. }, Event::OrderRemoved { reason: it, .. }] if *it == reason)
}

#[test]
fn a_market_that_the_guardian_closed_is_liquidated() {
    let mut world = World::new();
    let trader = world.account(1_000);
    world.place(0, trader, Side::Buy, 900, 1);
    world.restrict(0, MarketMode::Halt, 30_000);
    world.hold(trader, ONE, 5);
    assert_eq!(world.withdraw(1_000, trader), Status::Accepted);
    world.lose(trader, 800);
    assert!(loses_an_order(&world.liquidate(1_000, trader).events));
}

/// In 24 s the basis follows 20 with 150 s, to 2.96, which lies between the price elsewhere and the touch. The premium is
/// sampled in each of the 5 s from 0 to 20 s; in a halt the one sample is from before.
#[test]
fn the_book_of_a_halted_market_counts_as_empty() {
    for (is_halted, mark, samples) in [(false, 1_003, 5), (true, 1_000, 1)] {
        let mut world = World::new();
        world.quote(0, 1_010, 1_030);
        if is_halted {
            world.restrict(0, MarketMode::Halt, 0);
        }
        world.calm(4_000, 28_000, 4_000, 1_000);
        let market = &world.it.markets[0];
        assert_eq!((market.mark, market.samples.len()), (mark, samples));
    }
}

#[test]
fn who_comes_late_to_a_halted_market_puts_nothing_off() {
    let mut world = World::new();
    let buyer = world.account(10_000);
    world.restrict(0, MarketMode::Halt, 0);
    world.calm(4_000, 29_000, 4_000, 1_000);
    assert!(waits(&world.place(31_000, buyer, Side::Buy, 1_000, 1)));
    assert_eq!(world.it.markets[0].next_clearing, Millis(START + 30_000));
    // The price was stale.
    assert_eq!(world.tick(40_000, 1_000), []);
    assert_eq!(world.it.markets[0].next_clearing, Millis(START + 70_000));
}

/// Good at 30 s when the price is certain; 150 s later when it is not.
#[test]
fn an_auction_at_an_uncertain_price_is_held_late_and_is_not_good() {
    let mut world = World::new();
    let (seller, buyer) = (world.account(10_000), world.account(10_000));
    world.restrict(0, MarketMode::Halt, 0);
    assert!(waits(&world.place(0, seller, Side::Sell, 1_000, 1)));
    assert!(waits(&world.place(0, buyer, Side::Buy, 1_000, 1)));
    world.calm(4_000, 180_000, 4_000, 1_000);
    world.it.markets[0].quality = OracleState::Uncertain;
    assert_eq!(world.clear(179_999).status, Status::Rejected(RejectCode::NothingDue.into()));
    let events = world.clear(180_000).events;
    let cleared = Event::Cleared { market: ONE, price: Some(PriceTicks(1_000)), volume: SizeLots(1) };
    let thin = changed(MarketMode::Batches, Causes::THIN, 1_000_000);
    assert_eq!((&events[0], events.last()), (&cleared, Some(&thin)), "{events:?}");
}

/// 3 and 2 of 5 lots close; 3 and 3 of 5 are one too many, and so is all of what somebody buys who has no position.
#[test]
fn a_clearing_in_a_reduce_only_market_takes_only_what_closes() {
    let mut world = World::new();
    world.restrict(0, MarketMode::Batches, 60_000);
    let [closing, turning, short, new] = [(); 4].map(|()| world.account(10_000));
    for (account, size) in [(closing, 5), (turning, 5), (short, -10)] {
        world.hold(account, ONE, size);
    }
    for (account, side, price, size) in [
        (new, Side::Buy, 1_001, 6),
        (turning, Side::Sell, 999, 3),
        (turning, Side::Sell, 999, 3),
        (closing, Side::Sell, 1_000, 3),
        (closing, Side::Sell, 1_000, 2),
        (short, Side::Buy, 1_000, 10),
    ] {
        assert!(waits(&world.place(1_000, account, side, price, size)));
    }
    world.restrict(1_001, MarketMode::ReduceOnly, 60_000);
    let cleared = Event::Cleared { market: ONE, price: Some(PriceTicks(1_000)), volume: SizeLots(5) };
    assert_eq!(world.clear(2_000).events[0], cleared);
    let size =
        |account: AccountId| world.it.accounts[account.0 as usize].positions.get(&ONE).map(|it| it.size);
    assert_eq!([closing, turning, short, new].map(size), [None, Some(5), Some(-5), None]);
}

#[test]
fn the_guardian_restricts_a_market_for_a_while() {
    let mut world = World::new();
    let trader = world.account(10_000);
    let outcome = world.restrict(1_000, MarketMode::Normal, 2_000);
    assert_eq!(
        outcome.status,
        Status::Rejected(Rejection { code: RejectCode::InvalidOption, value: 0, limit: 0 })
    );
    let told = |time: u64, mode, until: u64| {
        let (time, until) = (Millis(START + time), Millis(START + until));
        Event::Restricted(Restrict { market: ONE, mode, until, time })
    };
    let reduces = changed(MarketMode::ReduceOnly, Causes::GUARDIAN, 1_000_000);
    let (batches, reduce_only) = (MarketMode::Batches, MarketMode::ReduceOnly);
    let events = world.restrict(1_000, reduce_only, 3_000).events;
    assert_eq!(events, [told(1_000, reduce_only, 3_000), reduces]);
    let refused = rejection(&world.place(1_000, trader, Side::Buy, 1_000, 1));
    assert_eq!(refused, Rejection { code: RejectCode::MarketReduceOnly, value: 0, limit: 0 });
    assert_eq!(world.restrict(1_001, batches, 5_000).events, [told(1_001, batches, 5_000)]);
    // The one is over at its time, the other stands.
    assert!(waits(&world.place(3_000, trader, Side::Buy, 1_000, 1)));
    assert_eq!(world.tick(3_000, 1_000), [changed(batches, Causes::GUARDIAN, 1_000_000)]);
    world.operate(3_000, trader, Operation::CancelAll(CancelFilter::ALL));
    assert_eq!(world.tick(5_000, 1_000), [normal()]);
    let events = world.restrict(5_001, MarketMode::Halt, 9_000).events;
    assert_eq!(events, [told(5_001, MarketMode::Halt, 9_000), halted(Causes::GUARDIAN, 9_000)]);
    assert_eq!(world.it.markets[0].next_clearing, Millis(START + 39_000));
}
