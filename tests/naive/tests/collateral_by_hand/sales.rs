//! What is sold for what is owed, when, and to what price.

use ballast_types::{
    AccountId, Collateral, Event, MarketParams, Millis, OracleState, Quote, RejectCode, RemovalReason,
    Source, SystemCommand, event::Cover, limits::FUND_DAY_MS,
};

use crate::{
    hand::plain_market,
    world::{COIN, ONE, SECOND, TERMS, TWO, USDC, World, covered, liquidated, refused, sold},
};

/// Of 9,000 USDC half may be owed. A unit pays 900 u: 4,501,000,002 of them are paid by 5,001,112.
#[test]
fn who_owes_more_than_half_sells_what_pays_it() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let may = world.account(-4_500, 0, 10 * COIN);
    assert_eq!(refused(&world.liquidate(may)).code, RejectCode::NothingDue);
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 5_001_112, 4_501_000_800)]);
    assert_eq!((world.cash(owes), world.held(owes)), (800, 4_998_888));
    assert_eq!(world.it.margin(owes).equity, 4_499 * USDC);
    let backstop = AccountId(0);
    assert_eq!((world.cash(backstop), world.held(backstop)), (995_498_999_200, 5_001_112));
}

/// 5,001,000 units would pay 4,500.9 USDC to the unit: for two u more it is one more.
#[test]
fn two_u_more_than_is_owed_are_to_be_paid() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let owes = world.account(0, 0, 10 * COIN);
    world.it.accounts[owes.0 as usize].cash = -4_500_900_000;
    assert_eq!(world.liquidate(owes).events, [sold(owes, 5_001_001, 4_500_900_900)]);
}

/// Of the same 5,001,112 units five sixteenths bring 1,406,562,300 u, and six more than half of what it has.
#[test]
fn a_backstop_buys_as_many_sixteenths_as_half_of_its_equity_bears() {
    let mut world = World::new(TERMS, Some(3_000));
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 1_562_847, 1_406_562_300)]);
    assert_eq!(world.cash(owes), -3_094_437_700);
}

/// Its 50 lots need 5,000 of its 10,000 USDC, and twice as much for what the market's mode asks, which is not looked at.
#[test]
fn a_backstop_buys_for_what_its_positions_do_not_need() {
    let mut world = World::new(TERMS, Some(10_000));
    world.hold(AccountId(0), 50);
    world.it.markets[1].factor = 2_000_000;
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.it.withdrawable(AccountId(0)), 0);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 5_001_112, 4_501_000_800)]);
    // Of 5,499 USDC 499 are left: a sixteenth of 5,001,112 brings 281,312,100 u.
    let owes = world.account(-4_501, 0, 10 * COIN);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 312_569, 281_312_100)]);
}

#[test]
fn nothing_is_sold_while_it_is_not_certain_who_can_pay_what() {
    let mut world = World::new(TERMS, Some(10_000));
    let owes = world.account(-4_501, 0, 10 * COIN);
    world.it.markets[0].quality = OracleState::Uncertain;
    assert_eq!((world.it.doubt(owes), world.it.margin(owes).owes_too_much()), (0, true));
    assert_eq!(refused(&world.liquidate(owes)).code, RejectCode::NothingDue);

    let mut world = World::new(TERMS, Some(10_000));
    let owes = world.account(-4_501, 0, 10 * COIN);
    world.hold(AccountId(0), 1);
    world.time += 5_001;
    world.price(&[ONE], 1_000);
    assert_eq!(refused(&world.liquidate(owes)).code, RejectCode::NothingDue);
    world.price(&[TWO], 1_000);
    assert_eq!(world.liquidate(owes).events, [sold(owes, 5_001_112, 4_501_000_800)]);
}

/// It counts for a third of what it is sold for: so equity grows.
#[test]
fn what_counts_in_part_is_sold_for_all() {
    let since = Millis(20_000 * FUND_DAY_MS - 10 * FUND_DAY_MS);
    let mut world = World::new(Collateral { since, ..TERMS }, Some(1_000_000));
    let owes = world.account(-1_501, 0, 10 * COIN);
    // 1,501,000,002 u at 900 each.
    assert_eq!(world.liquidate(owes).events, [sold(owes, 1_667_778, 1_501_000_200)]);
    // 8,332,222 units are left, of which a third counts.
    assert_eq!(world.it.margin(owes).equity, 200 + 2_499_666_600);
}

/// 100 lots need 5,000 USDC. Of coins for 4,500 a ninth of a coin pays 100.
#[test]
fn below_maintenance_margin_whatever_is_owed_is_sold_for() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let sound = world.account(-100, 100, 10 * COIN);
    assert_eq!(refused(&world.liquidate(sound)).code, RejectCode::NothingDue);
    let lacks = world.account(-100, 100, 5 * COIN);
    let told = [liquidated(lacks, 1, 4_400, 5_000), sold(lacks, 111_112, 100_000_800)];
    assert_eq!(world.liquidate(lacks).events, told);
    assert_eq!(world.it.margin(lacks).equity, 4_400 * USDC);
}

/// 9,100 USDC are owed, and all that is held is worth 9,000.
#[test]
fn what_holdings_do_not_pay_others_pay_and_no_more() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let owes = world.account(-9_100, 0, 10 * COIN);
    let told = [
        liquidated(owes, 3, -100, 0),
        sold(owes, 10 * COIN, 9_000_000_000),
        covered(owes, Cover::Backstop, 100),
    ];
    assert_eq!(world.liquidate(owes).events, told);
    assert_eq!((world.cash(owes), world.held(owes)), (0, 0));

    let mut world = World::new(TERMS, None);
    let owes = world.account(-9_100, 0, 10 * COIN);
    let told = [liquidated(owes, 3, -100, 0), covered(owes, Cover::Pool, 100)];
    assert_eq!(world.liquidate(owes).events, told);
    assert_eq!((world.cash(owes), world.held(owes)), (-9_000 * USDC, 10 * COIN));
}

/// 100 lots need 5,000; coins for 4,500 may be worth 9,000, while nobody says what they are worth.
#[test]
fn a_price_that_is_not_believed_liquidates_nobody_and_protects_once() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let withheld = world.account(-3_999, 100, 5 * COIN);
    let named = world.account(-4_001, 100, 5 * COIN);
    world.time += 5_001;
    world.price(&[TWO], 1_000);
    assert_eq!(refused(&world.liquidate(withheld)).code, RejectCode::NothingDue);
    let told = world.liquidate(named).events;
    assert!(matches!(told[..], [Event::Liquidated { level: 2, .. }, Event::TakenOver { .. }]), "{told:?}");
}

/// A unit of what nobody prices now keeps all that is held from being sold.
#[test]
fn a_unit_of_what_has_no_known_price_stopped_every_sale() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let owes = world.account(-9_001, 0, 10 * COIN);
    let owner = world.it.accounts[owes.0 as usize].owner;
    world.deposit(SECOND, owner, owes.0, 1);
    world.time += 5_001;
    world.price(&[ONE], 1_000);
    // The unit counts for 900 u, and for as much again as it is doubted; what has a price is sold.
    let told = world.liquidate(owes).events;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(matches!(told[1], Event::CollateralSold { proceeds: Quote(9_000_000_000), .. }), "{told:?}");
    let amount = Quote(999_100);
    assert_eq!(told[2], Event::DeficitCovered { account: owes, by: Cover::Backstop, amount });
    assert_eq!((world.held(owes), world.cash(owes)), (0, -900));
}

/// Long 10 lots, which need 500 USDC, on what counts for 270: half is forced, and waits. When nobody knows any more what that is
/// worth it counts twice, for 540, and the account keeps its position. On 180 it does not.
#[test]
fn a_forced_order_waited_on_when_what_the_account_holds_was_in_doubt() {
    for (held, stays) in [(300_000, false), (200_000, true)] {
        let batching = MarketParams { batch_interval: 1_000, ..plain_market("TWO") };
        let mut world = World::of([plain_market("ONE"), batching], TERMS, None);
        let long = world.account(0, 10, held);
        let _short = world.account(0, -10, 10 * COIN);
        let forced = world.liquidate(long).events;
        assert!(matches!(forced.last(), Some(Event::OrderWaits { .. })), "{forced:?}");
        for _ in 0..6 {
            world.time += 1_000;
            world.price(&[TWO], 1_000);
        }
        let cleared = world.input(None, Source::System(SystemCommand::Clear { market: TWO }));
        let left =
            |event: &Event| matches!(event, Event::OrderRemoved { reason: RemovalReason::Liquidation, .. });
        assert_eq!(cleared.events.iter().any(left), !stays, "{cleared:?}");
    }
}
