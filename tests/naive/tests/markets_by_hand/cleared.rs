//! Clearings after which there would be too much open interest.

use std::rc::Rc;

use ballast_types::{
    AccountId, Causes, ClientId, Event, MarketMode, MarketParams, NewOrder, PriceTicks, RemovalReason, Side,
    SizeLots, TimeInForce,
};

use crate::{
    interest::{between, capped},
    world::{ONE, World, changed, market, waits},
};

/// At most 100 lots, and 20 of an account; it matches in batches of a second.
fn batching() -> MarketParams {
    MarketParams { batch_interval: 1_000, ..capped(100_000) }
}

/// Price and lots that a clearing tells.
fn cleared(world: &mut World, at: u64) -> (Option<u64>, u64) {
    match world.clear(at).events[..] {
        [Event::Cleared { price, volume, .. }, ..] => (price.map(|price| price.0), volume.0),
        ref events => panic!("it was not cleared: {events:?}"),
    }
}

fn sizes<const N: usize>(world: &World, accounts: [AccountId; N]) -> [i128; N] {
    accounts.map(|account| world.size(account))
}

/// 28 lots of 36 bid would trade, of which 16 are the buyer's who opens, and the holder sells 8: 103 lots. 16 are bid by
/// the one who closes and 8 asked, so of the other bid only the 5 go on for which there is room. Of 28 asked 21 trade: 15
/// and 6.
#[test]
fn who_opens_on_one_side_shares_the_room() {
    let mut world = World::of(batching());
    let (long, short) = between(&mut world, 95);
    let [buyer, seller] = [(); 2].map(|()| world.account(100_000));
    for (account, side, size) in
        [(buyer, Side::Buy, 20), (short, Side::Buy, 16), (seller, Side::Sell, 20), (long, Side::Sell, 8)]
    {
        assert!(waits(&world.place(0, account, side, 1_000, size)));
    }
    assert_eq!(cleared(&mut world, 1_000), (Some(1_000), 21));
    assert_eq!(sizes(&world, [long, short, buyer, seller]), [89, -79, 5, -15]);
    // What is left of the asks rests, and what is left of the bid would wait for it for ever.
    let left: Vec<_> = world.it.markets[0].orders.iter().map(|it| (it.size.0, it.waits.is_some())).collect();
    assert_eq!(left, [(5, false), (2, false)]);
}

/// Three who open share the 10 lots for which there is room: the best limit whole, and of the next 3.43 and 2.57, of
/// which the larger remainder has the lot that is over.
#[test]
fn the_room_is_shared_by_limit_and_size() {
    let mut world = World::of(batching());
    between(&mut world, 90);
    let [best, large, small, seller] = [(); 4].map(|()| world.account(100_000));
    for (account, side, price, size) in [
        (large, Side::Buy, 1_000, 12),
        (small, Side::Buy, 1_000, 9),
        (best, Side::Buy, 1_001, 4),
        (seller, Side::Sell, 1_000, 20),
    ] {
        assert!(waits(&world.place(0, account, side, price, size)));
    }
    assert_eq!(cleared(&mut world, 1_000), (Some(1_000), 10));
    assert_eq!(sizes(&world, [best, large, small, seller]), [4, 3, 3, -10]);
    assert_eq!(world.it.open_interest(ONE), 100);
}

/// Reduce-only orders go on, with no more than there is to close, and so do others that come to no more with them: 13 and
/// 7 of 20 here, 13 and 8 there.
#[test]
fn orders_that_close_together_go_on() {
    for (plain, traded) in [(7, 20), (8, 13)] {
        let mut world = World::of(batching());
        between(&mut world, 80);
        let (_, short) = between(&mut world, 20);
        let [buyer, seller, other] = [(); 3].map(|()| world.account(100_000));
        let mut order =
            NewOrder::plain(Side::Buy, PriceTicks(1_000), SizeLots(13), TimeInForce::Gtc, ClientId(0));
        order.reduce_only = true;
        assert!(waits(&world.order(0, short, order)));
        assert!(waits(&world.place(0, short, Side::Buy, 1_000, plain)));
        assert!(waits(&world.place(0, buyer, Side::Buy, 1_000, 10)));
        assert!(waits(&world.place(0, seller, Side::Sell, 1_000, 20)));
        assert!(waits(&world.place(0, other, Side::Sell, 1_000, 20)));
        assert_eq!(cleared(&mut world, 1_000), (Some(1_000), traded));
        assert_eq!(sizes(&world, [short, buyer]), [i128::from(traded) - 20, 0]);
        assert_eq!(world.it.open_interest(ONE), 100);
    }
}

/// There are 99 lots and may be 100. Two would open 2: one trades. What is left of the ask rests, and of the bid leaves, for
/// it would wait as long as the ask does, and the market match in batches for nothing else.
#[test]
fn two_that_open_do_not_wait_for_each_other() {
    let mut world = World::of(capped(100_000));
    between(&mut world, 99);
    let [buyer, seller] = [(); 2].map(|()| world.account(100_000));
    world.restrict(0, MarketMode::Batches, 1_000);
    assert!(waits(&world.place(0, buyer, Side::Buy, 1_000, 2)));
    assert!(waits(&world.place(0, seller, Side::Sell, 1_000, 2)));
    world.tick(1_000, 1_000);
    assert_eq!(cleared(&mut world, 1_000), (Some(1_000), 1));
    assert!(!world.it.is_batching(ONE));
    assert_eq!(sizes(&world, [buyer, seller]), [1, -1]);
}

/// A short closes 40 at up to 1,100, and 60 are asked at 1,000 by who opens: 40 trade there. When 1 lot more is bid at
/// 1,000 by who opens, there would be 101. A holder asks 60 at 1,100, and though he sold nothing those are more than the
/// short bids: who opens does not sell, and the holder does, at his price.
#[test]
fn the_side_goes_by_all_that_could_close() {
    for (is_bid, price, held) in [(false, 1_000, 60), (true, 1_100, 20)] {
        let mut world = World::of(batching());
        between(&mut world, 40);
        let (holder, _) = between(&mut world, 60);
        let short = AccountId(1);
        let [one, two, three, buyer] = [(); 4].map(|()| world.account(100_000));
        assert!(waits(&world.place(0, short, Side::Buy, 1_100, 40)));
        for seller in [one, two, three] {
            assert!(waits(&world.place(0, seller, Side::Sell, 1_000, 20)));
        }
        assert!(waits(&world.place(0, holder, Side::Sell, 1_100, 60)));
        if is_bid {
            assert!(waits(&world.place(0, buyer, Side::Buy, 1_000, 1)));
        }
        assert_eq!(cleared(&mut world, 1_000), (Some(price), 40));
        assert_eq!(sizes(&world, [short, holder, buyer]), [0, held, 0]);
    }
}

/// All of 34 would trade, and of those who close 8 are asked and 4 bid: the sellers who open share 5 lots, which the best of
/// them has. What is left of the bids rests, and whoever could open and crosses it leaves.
#[test]
fn who_is_left_out_and_crosses_leaves() {
    let mut world = World::of(batching());
    let (long, short) = between(&mut world, 95);
    let [buyer, another, seller, dearer] = [(); 4].map(|()| world.account(100_000));
    for (account, side, price, size) in [
        (buyer, Side::Buy, 1_000, 15),
        (another, Side::Buy, 1_001, 15),
        (short, Side::Buy, 1_001, 4),
        (seller, Side::Sell, 1_000, 13),
        (dearer, Side::Sell, 1_001, 13),
        (long, Side::Sell, 1_000, 8),
    ] {
        assert!(waits(&world.place(0, account, side, price, size)));
    }
    let events = world.clear(1_000).events;
    assert!(matches!(events[0], Event::Cleared { volume: SizeLots(13), .. }), "{events:?}");
    assert_eq!(sizes(&world, [long, buyer, seller, dearer]), [87, 0, -5, 0]);
    let gone = |event: &Event| match event {
        Event::OrderRemoved { account, size, reason: RemovalReason::OpenInterest, .. } => {
            Some((*account, size.0))
        }
        _ => None,
    };
    let gone: Vec<_> = events.iter().filter_map(gone).collect();
    assert_eq!(gone, [(seller, 8), (dearer, 13)]);
    let left = world.it.markets[0].orders.iter().map(|it| it.waits).collect::<Vec<_>>();
    assert_eq!(left, [None; 3]);
}

/// 101 of 250 lots were forced. What there is then is all that may be, in a market that says nothing of it otherwise.
#[test]
fn nothing_opens_while_liquidations_feed_on_themselves() {
    let mut world = World::of(market("ONE", true));
    let (long, short) = between(&mut world, 10);
    let now = world.it.time;
    let history = Rc::make_mut(&mut world.it.markets[0].history);
    history.traded.push((now, 250));
    history.forced.push((now, 101));
    assert_eq!(world.it.interest_limit(ONE), None);
    assert_eq!(world.tick(1_000, 1_000), [changed(MarketMode::Batches, Causes::FEEDBACK, 1_500_000)]);
    assert_eq!(world.it.interest_limit(ONE), Some(10));
    let [buyer, seller] = [(); 2].map(|()| world.account(100_000));
    assert!(waits(&world.place(1_000, buyer, Side::Buy, 1_000, 3)));
    assert!(waits(&world.place(1_000, seller, Side::Sell, 1_000, 2)));
    assert_eq!(cleared(&mut world, 2_000), (None, 0));
    assert!(waits(&world.place(2_000, buyer, Side::Buy, 1_000, 3)));
    // The ask rests and the bid is a new one. Of 5 asked 3 trade: 1.2 and 1.8 are 1 and 2 by remainder, and the sellers who open do not go on.
    assert!(waits(&world.place(2_000, long, Side::Sell, 1_000, 3)));
    assert_eq!(cleared(&mut world, 3_000), (Some(1_000), 3));
    assert_eq!(sizes(&world, [long, short, buyer, seller]), [7, -10, 3, 0]);
    assert_eq!(world.it.interest_limit(ONE), Some(10));
    world.calm(4_000, 121_000, 4_000, 1_000);
}
