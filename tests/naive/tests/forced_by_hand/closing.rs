//! How positions of who exits are closed.

use ballast_types::{
    AccountId, CancelFilter, Event, FeeTier, ForcedRequest, Lots, MarketParams, Operation, Ppm, PriceTicks,
    Quote, RejectCode, RemovalReason, Side, SignedPpm, SizeLots, Status,
};

use crate::{
    hand::plain_market,
    world::{NOW, ONE, USDC, VAULT, World, asked, ended, genesis, refused, withdrawn},
};

/// Account 1 is long of 100 lots from 1,000 and has 20,000 USDC; 3 and 4 are short of 60 and 40, with 60,000 and 10,000.
fn exiting() -> World {
    let mut world = World::new(74_250, &[20_000, 20_000, 60_000, 10_000]);
    world.place(3, Side::Sell, 1_000, 60);
    world.place(4, Side::Sell, 1_000, 40);
    world.place(1, Side::Buy, 1_000, 100);
    world.place(1, Side::Buy, 900, 1);
    let told = world.ask_to_exit(1).events;
    assert_eq!(told[0], asked(5, 1, ForcedRequest::Exit));
    assert!(matches!(told[1..], [Event::OrderRemoved { reason: RemovalReason::Exit, .. }]), "{told:?}");
    world
}

/// `zero` is 1,000 - 20,000 / 100 = 800; half of the margin is 25, so takeover and exit price are 975.
///
/// On the book 30 go at 990 and 10 at 975; what is bid below stays. That costs 300 and 250. Of the 60 that are left the
/// backstop may hold what is worth 0.4 of its equity: with eight sixteenths, 30 lots at 975, it has 74,250 + 750, of which
/// 0.4 are 30,000; with nine, 33 lots, 75,075, of which 0.4 are 30,030. That costs 750. 30 are torn up at 975, for 750 more:
/// of the holders one is worth once its equity, and the other four times, so they weigh 60 and 160: 8 and 40 / 220, 21 and
/// 180 / 220.
#[test]
fn an_exit_is_closed_on_the_book_then_by_the_backstop_then_by_a_tear_up() {
    let mut world = exiting();
    world.place(2, Side::Buy, 990, 30);
    world.place(2, Side::Buy, 975, 10);
    world.place(2, Side::Buy, 974, 50);
    let told = world.exit(1, &[3, 4]).events;
    let exits = Event::Exiting { account: AccountId(1), market: ONE, lots: Lots(100) };
    assert_eq!(told[0], exits);
    let [
        Event::OrderAccepted { step: 0, price, size, .. },
        ref met @ ..,
        Event::OrderRemoved { size: left, .. },
    ] = told[1..7]
    else {
        panic!("{told:?}")
    };
    assert_eq!((price.0, size.0, left.0), (975, 100, 60));
    let fill = |event: &Event| match event {
        Event::Fill { price, size, .. } => Some((price.0, size.0)),
        _ => None,
    };
    assert_eq!(met.iter().filter_map(fill).collect::<Vec<_>>(), [(990, 30), (975, 10)]);
    let torn = |account, size| Event::Deleveraged {
        market: ONE,
        account: AccountId(account),
        size: Lots(size),
        price: PriceTicks(975),
        paid: Quote(0),
    };
    let taken = Event::TakenOver {
        account: AccountId(1),
        market: ONE,
        side: Side::Sell,
        size: SizeLots(30),
        price: PriceTicks(975),
        fund: Quote(0),
    };
    let paid = 17_950 * USDC;
    assert_eq!(
        told[7..],
        [taken, torn(1, -30), torn(3, 8), torn(4, 22), withdrawn(0, 1, paid), ended(1, paid)]
    );
    assert_eq!([0, 1, 2, 3, 4].map(|id| world.size(id)), [30, 0, 40, -52, -18]);
    assert_eq!((world.it.accounts[1].cash, world.it.accounts[1].exit), (0, None));
}

#[test]
fn who_exits_has_no_say_until_the_exit_is_over() {
    let mut world = exiting();
    let cancel = Operation::CancelAll(CancelFilter::ALL);
    refused(&world.operate(1, cancel), RejectCode::AccountExiting, 1, 0);
    assert_eq!(world.it.accounts[1].nonces.used.len(), 3, "the nonce is used");
    refused(&world.exit(1, &[3]), RejectCode::NothingDue, 0, 0);
    refused(&world.exit(1, &[]), RejectCode::NothingDue, 0, 0);
    refused(&world.exit(1, &[3, 4, 9]), RejectCode::UnknownAccount, 9, 5);
    refused(&world.exit(1, &[1, 3, 4]), RejectCode::UnsortedPrices, 0, 0);
    refused(&world.exit(3, &[1]), RejectCode::NothingDue, 0, 0);
    assert_eq!(world.exit(1, &[3, 4]).status, Status::Accepted);
    assert_eq!(world.operate(1, cancel).status, Status::Accepted);
}

/// Nothing of L1 is consumed while it can be closed, and once it could be, while no price comes.
///
/// The backstop may hold 0.4 of 74,875 with four sixteenths, 25 lots; five, 31 lots, are worth more than 0.4 of 75,025. All
/// 100 lots close at 975.
#[test]
fn an_exit_that_is_due_blocks_the_inbox() {
    let mut world = exiting();
    refused(&world.deposit(1, 1), RejectCode::ExitDue, 0, 0);
    refused(&world.ask_to_exit(1), RejectCode::ExitDue, 0, 0);
    assert_eq!(world.it.l1_messages, 6, "it is not consumed");
    world.time += 5_001;
    // No tick has found it.
    assert_eq!(world.deposit(1, 1).status, Status::Accepted);
    refused(&world.ask_to_exit(1), RejectCode::NothingDue, 0, 0);
    refused(&world.ask(ForcedRequest::Withdraw, 1, VAULT, USDC), RejectCode::AccountExiting, 1, 0);
    refused(&world.exit(1, &[3, 4]), RejectCode::NothingDue, 0, 0);
    world.price(1_000);
    refused(&world.deposit(1, 1), RejectCode::ExitDue, 0, 0);
    world.time += 5_001;
    refused(&world.deposit(1, 1), RejectCode::ExitDue, 0, 0);
    refused(&world.exit(1, &[3, 4]), RejectCode::NothingDue, 0, 0);
    world.price(1_000);
    assert_eq!(world.exit(1, &[3, 4]).events.last(), Some(&ended(1, (20_001 - 2_500) * USDC)));
    assert_eq!(world.size(0), 25);
    assert_eq!(world.deposit(1, 1).status, Status::Accepted);
}

/// Falls by 20% and a little; a jump is believed with the next report.
fn fall_to(world: &mut World, price: u64) {
    for _ in 0..2 {
        world.time += 700;
        world.price(price);
    }
}

/// At 819 there are 1,900 USDC, 19 a lot, and half of the margin is 20: it is the ladder's, once it is judged at a price.
#[test]
fn an_exit_is_over_when_its_account_cannot_pay_for_it() {
    let mut world = exiting();
    fall_to(&mut world, 819);
    world.time += 5_001;
    refused(&world.exit(1, &[3, 4]), RejectCode::NothingDue, 0, 0);
    world.price(819);
    assert_eq!(world.exit(1, &[3, 4]).events, [ended(1, 0)]);
    assert_eq!(world.size(1), 100);
    assert_eq!(world.ask_to_exit(1).status, Status::Accepted, "it may ask again");
    fall_to(&mut world, 800);
    assert_eq!(world.exit(1, &[3, 4]).events, [ended(1, 0)], "nothing is left");
}

/// At 820 there are 20 USDC a lot, which is half of the margin: all of it is for who closes it. The margin is 4,100 USDC, so
/// nothing goes to the book.
#[test]
fn an_exit_may_cost_all_that_its_account_has() {
    let mut world = exiting();
    world.place(2, Side::Buy, 820, 100);
    fall_to(&mut world, 820);
    let told = world.exit(1, &[3, 4]).events;
    assert!(!told.iter().any(|event| matches!(event, Event::Fill { .. })), "{told:?}");
    assert_eq!(told.last(), Some(&ended(1, 0)));
    assert_eq!((world.size(1), world.it.accounts[1].cash), (0, 0));
}

/// Half of the margin below 1,050 is 1,024. On average the mark was (1,000 ms * 1,000 + 500 ms * 1,025) / 1,500 ms = 1,008.
#[test]
fn who_exits_gets_no_more_than_the_average_where_gains_are_strict() {
    let it = genesis(MarketParams { strict_gains: true, ..plain_market("ONE") });
    let mut world = World { it, time: NOW }.filled(0, &[2_000, 50_000]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 10);
    for (ms, price) in [(1_000, 1_025), (500, 1_050)] {
        world.time += ms;
        world.price(price);
    }
    world.ask_to_exit(1);
    assert_eq!(world.exit(1, &[2]).events.last(), Some(&ended(1, 2_080 * USDC)));
}

/// From 1,000 to 1,200 who is short of ten lots loses 2,000 of his 1,001 USDC, and who is long has 3,000: 999 of it nobody
/// paid.
#[test]
fn who_leaves_first_pays_what_is_missing() {
    let mut world = World::new(0, &[1_000, 1_001]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 10);
    fall_to(&mut world, 1_200);
    world.ask_to_exit(1);
    let told = world.exit(1, &[2]).events;
    let torn = |account, size, paid| Event::Deleveraged {
        market: ONE,
        account: AccountId(account),
        size: Lots(size),
        price: PriceTicks(1_200),
        paid: Quote(paid * USDC),
    };
    let paid = 2_001 * USDC;
    assert_eq!(told[1..], [torn(1, -10, 999), torn(2, 10, -999), withdrawn(0, 1, paid), ended(1, paid)]);
    assert_eq!([1, 2].map(|id: usize| world.it.accounts[id].cash), [0, 0]);
}

/// From 1,000 to 1,200 the short of ten lots loses 2,000 of his 1,001 USDC. Of the 20 lots ten are torn up at 1,170 against
/// who has something, the others at 1,200 against him: of 2,000 + 4,000 - 300 it pays 999.
#[test]
fn who_has_something_is_closed_before_who_owes() {
    let mut world = World::new(0, &[2_000, 1_001, 50_000]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(3, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 20);
    fall_to(&mut world, 1_200);
    world.ask_to_exit(1);
    let told = world.exit(1, &[2, 3]).events;
    let torn = |account, size, price, paid| Event::Deleveraged {
        market: ONE,
        account: AccountId(account),
        size: Lots(size),
        price: PriceTicks(price),
        paid: Quote(paid * USDC),
    };
    let paid = (2_000 + 4_000 - 300 - 999) * USDC;
    let first = [torn(1, -10, 1_170, 0), torn(3, 10, 1_170, 0)];
    assert_eq!(told[1..3], first);
    let then = [torn(1, -10, 1_200, 999), torn(2, 10, 1_200, -999), withdrawn(0, 1, paid), ended(1, paid)];
    assert_eq!(told[3..], then);
}

/// Whom it meets and who holds the other side are together no more than what one input may change.
#[test]
fn an_exit_meets_62_makers() {
    let mut world = exiting();
    (0..63).for_each(|_| world.place(2, Side::Buy, 990, 1));
    let told = world.exit(1, &[3, 4]).events;
    let filled = |event: &&Event| matches!(event, Event::Fill { .. });
    assert_eq!(told.iter().filter(filled).count(), 62);
    let limited = |event: &Event| matches!(event, Event::OrderRemoved { account, reason: RemovalReason::FillLimit, .. } if account.0 == 1);
    assert!(told.iter().any(limited), "{told:?}");
    assert_eq!(world.size(1), 0);
}

/// Who has 500 USDC and is long of ten lots sells at 975 or better, and pays 4% for it. Five lots at 985 cost 75 and 197, so
/// 228 are left; five more at 975 would cost 125 and 195. They are torn up at 975, for 125.
#[test]
fn an_exit_ends_on_the_book_before_its_account_owes() {
    let fees = FeeTier::flat(Ppm(40_000), SignedPpm(0));
    let it = genesis(MarketParams { fees, ..plain_market("ONE") });
    let mut world = World { it, time: NOW }.filled(0, &[2_000, 50_000, 50_000]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 10);
    world.it.accounts[1].cash = i128::from((500 - 10_000) * USDC);
    world.place(3, Side::Buy, 985, 5);
    world.place(3, Side::Buy, 975, 5);
    world.ask_to_exit(1);
    let told = world.exit(1, &[2]).events;
    let filled = |event: &&Event| matches!(event, Event::Fill { .. });
    assert_eq!(told.iter().filter(filled).count(), 1, "{told:?}");
    assert_eq!([1, 2, 3].map(|id| world.size(id)), [0, -5, 5]);
    assert_eq!(told.last(), Some(&ended(1, 103 * USDC)));
}
