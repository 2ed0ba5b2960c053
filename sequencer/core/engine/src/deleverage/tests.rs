use alloc::vec::Vec;

use ballast_types::{Cover, Event, Millis, Quote, RejectCode, Status, limits::FUND_ACCOUNT};

use crate::world::{ALT, BTC, ONE, PRICE, USDC, World, assert_rejected, owner};

const TWENTY: u64 = 20 * ONE;

/// What was told of everybody: account, lots, money paid.
fn told(events: &[Event]) -> Vec<(u32, i64, i64)> {
    let told = events.iter().filter_map(|event| match event {
        Event::Deleveraged { account, size, paid, .. } => Some((account.0, size.0, paid.0)),
        _ => None,
    });
    told.collect()
}

fn covered(events: &[Event]) -> Vec<(u32, Cover, i64)> {
    let told = events.iter().filter_map(|event| match event {
        Event::DeficitCovered { account, by, amount } => Some((account.0, *by, amount.0)),
        _ => None,
    });
    told.collect()
}

/// Nobody stands behind 0, who is long twenty bitcoins, against 1 with fifteen and 2 with five; at 44,900 he owes 2,350.
fn bankrupt() -> World {
    let mut world = World::trading(4);
    world.trade(0, 1, BTC, PRICE, 15 * ONE);
    world.trade(0, 2, BTC, PRICE, 5 * ONE);
    world.set_prices(&[(BTC, 449_000)]);
    assert_eq!(world.summary(0).equity, -2_350 * i128::from(USDC));
    world
}

#[test]
fn the_other_side_takes_the_position_and_pays_out_of_its_gains() {
    let mut world = bankrupt();
    let bystander = world.cash(3);
    let before = world.leaves.clone();
    let from = world.log.len();
    let named = world.liquidate(0).events;
    assert!(matches!(named[..], [Event::Liquidated { .. }, Event::PoolPaused { .. }]), "{named:?}");
    let events = world.deleverage(BTC, &[0], &[1, 2]).events;
    // Everybody closes all; the gains are 76,500 and 25,500, three quarters and one.
    let (three, one) = (1_762_500_000, 587_500_000);
    let (all, some) = (15 * ONE as i64, 5 * ONE as i64);
    assert_eq!(told(&events), [(0, -(TWENTY as i64), -(three + one)), (1, all, three), (2, some, one)]);
    assert!((0..3).all(|account| world.size(account, BTC) == 0));
    assert_eq!((world.cash(0), world.cash(3)), (0, bystander));
    world.check_lazy(&before, from);
}

#[test]
fn only_a_complete_list_of_holders_is_taken() {
    let mut world = bankrupt();
    for holders in [&[][..], &[1], &[2], &[1, 2, 3], &[1, 3]] {
        assert_rejected(world.deleverage(BTC, &[0], holders).status, RejectCode::NothingDue);
    }
    assert_rejected(world.deleverage(BTC, &[0], &[2, 1]).status, RejectCode::UnsortedPrices);
    assert_rejected(world.deleverage(BTC, &[0], &[0, 1]).status, RejectCode::UnsortedPrices);
    assert_rejected(world.deleverage(BTC, &[], &[1, 2]).status, RejectCode::UnsortedPrices);
    assert_rejected(world.deleverage(BTC, &[0], &[1, 9]).status, RejectCode::UnknownAccount);
    assert_rejected(
        world.deleverage(ballast_types::MarketId(7), &[0], &[1, 2]).status,
        RejectCode::UnknownMarket,
    );
    let many: Vec<u32> = (1..=961).collect();
    assert_rejected(world.deleverage(BTC, &[0], &many).status, RejectCode::TooManyItems);
    // Who is solvent is not torn up, nor who is on the other side, nor where there is no position.
    assert_rejected(world.deleverage(BTC, &[1], &[0]).status, RejectCode::NothingDue);
    assert_rejected(world.deleverage(ALT, &[0], &[1, 2]).status, RejectCode::NothingDue);
    assert_eq!(world.deleverage(BTC, &[0], &[1, 2]).status, Status::Accepted);
}

#[test]
fn while_the_price_is_not_fresh_nobody_is_torn_up() {
    let mut world = bankrupt();
    world.time += 5_001;
    assert_rejected(world.deleverage(BTC, &[0], &[1, 2]).status, RejectCode::NothingDue);
}

#[test]
fn a_bankrupt_holder_closes_first() {
    let mut world = World::trading(4);
    // 2 is short two bitcoins against 0's twenty, and long of the other coin, where it loses all that it has.
    world.trade(0, 1, BTC, PRICE, 18 * ONE);
    world.trade(0, 2, BTC, PRICE, 2 * ONE);
    world.trade(2, 3, ALT, 1_000, 15_000_000);
    world.set_prices(&[(BTC, 449_000), (ALT, 200)]);
    assert!(world.summary(2).equity < 0);
    let events = world.deleverage(BTC, &[0], &[1, 2]).events;
    let lots: Vec<_> = told(&events).into_iter().map(|(account, lots, _)| (account, lots)).collect();
    // All but a lot, with which what it owes here is settled.
    assert_eq!(lots, [(0, 1 - TWENTY as i64), (1, 18 * ONE as i64), (2, 2 * ONE as i64 - 1)]);
    // It has no gain that could be taken.
    assert_eq!(told(&events)[2].2, 0);
    // Then it is torn up itself, and what it owes beyond the gains of the other side is the pool's deficit.
    assert_eq!(world.deleverage(ALT, &[2], &[3]).status, Status::Accepted);
    // The last lot of each closes against the other's: nobody else holds any.
    assert_eq!(world.deleverage(BTC, &[0], &[2]).status, Status::Accepted);
    assert_eq!((world.cash(2), world.size(2, ALT), world.size(3, ALT)), (0, 0, 0));
}

#[test]
fn what_nobody_can_pay_is_a_deficit_and_stops_withdrawals() {
    let mut world = World::trading(3);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    // The winner has closed, at the new price, and has no gains left: 2 is short now.
    world.set_prices(&[(BTC, 449_000)]);
    world.trade(1, 2, BTC, 449_000, TWENTY);
    let earned = world.pool().fees.0;
    let events = world.deleverage(BTC, &[0], &[2]).events;
    assert_eq!(covered(&events), [(0, Cover::Fees, earned), (0, Cover::Pool, 2_350 * USDC - earned)]);
    assert_eq!((world.cash(0), world.pool().deficit.0), (0, 2_350 * USDC - earned));
    assert_rejected(world.withdraw(owner(1), 1, USDC), RejectCode::PoolInDeficit);
    // What comes to the fund pays it off.
    assert_eq!(world.deposit(owner(9), FUND_ACCOUNT, 3_000 * USDC), Status::Accepted);
    assert_eq!((world.pool().deficit.0, world.pool().fund.0), (0, 650 * USDC + earned));
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Accepted);
}

/// Funds of silos begin empty: nobody could withdraw for a debt of next to nothing, whatever was paid in fees.
#[test]
fn a_deficit_of_a_unit_stopped_a_pool_that_had_earned_fees() {
    let mut world = World::trading(4);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    world.trade(1, 2, BTC, 449_000, TWENTY);
    let earned = world.pool().fees.0;
    assert_eq!(earned, (450 + 404) * USDC + USDC / 10);
    world.deleverage(BTC, &[0], &[2]);
    let owed = world.pool().deficit.0;
    assert_eq!((owed, world.pool().fees.0), (2_350 * USDC - earned, 0));
    // What the pool earns then pays that first: a trade of ten bitcoins, 202.05 USDC of fees.
    world.trade(3, 2, BTC, 449_000, TWENTY / 2);
    assert_eq!((world.pool().deficit.0, world.pool().fees.0), (owed - 202_050_000, 0));
    assert_rejected(world.withdraw(owner(1), 1, USDC), RejectCode::PoolInDeficit);
    for _ in 0..4 {
        world.trade(3, 1, BTC, 449_000, TWENTY / 2);
        world.trade(1, 3, BTC, 449_000, TWENTY / 2);
    }
    assert_eq!((world.pool().deficit.0, world.pool().fees.0), (0, 9 * 202_050_000 - owed));
    assert_eq!(world.pool().resolution.owes_since, Millis(0));
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Accepted);
}

/// It owed a second time, and for a day at once: since when was that of the first.
#[test]
fn a_deficit_that_fees_paid_off_left_the_time_since_when_the_pool_owed() {
    let mut world = World::trading(4);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    world.trade(1, 2, BTC, 449_000, TWENTY);
    world.deleverage(BTC, &[0], &[2]);
    let since = world.pool().resolution.owes_since;
    assert_eq!(since, Millis(world.time), "it grew from 0 now");
    world.trade(3, 2, BTC, 449_000, TWENTY / 2);
    assert_eq!(world.pool().resolution.owes_since, since, "a part is not all");
    while world.pool().deficit > Quote::ZERO {
        world.trade(3, 1, BTC, 449_000, TWENTY / 2);
        world.trade(1, 3, BTC, 449_000, TWENTY / 2);
    }
    assert_eq!(world.pool().resolution.owes_since, Millis(0));
}

#[test]
fn the_fund_and_the_backstop_pay_before_the_winners() {
    // The fund may pay 300 of its 1,000, the backstop a quarter of its 400; it is far too small to take anything over.
    let mut world = World::protected(3, 400 * USDC, 1_000 * USDC, 0);
    world.trade(1, 2, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    let events = world.deleverage(BTC, &[1], &[2]).events;
    assert_eq!(covered(&events), [(1, Cover::Fund, 300 * USDC), (1, Cover::Backstop, 100 * USDC)]);
    assert_eq!(told(&events)[1], (2, TWENTY as i64, 1_950 * USDC));
    assert_eq!((world.cash(0), world.pool().fund.0), (300 * USDC, 700 * USDC));
}

#[test]
fn what_the_backstop_would_take_over_is_not_torn_up() {
    let mut world = World::protected(3, 1_000_000 * USDC, 1_000_000 * USDC, 0);
    world.trade(1, 2, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    assert_rejected(world.deleverage(BTC, &[1], &[2]).status, RejectCode::NothingDue);
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert_eq!(world.size(2, BTC), -(TWENTY as i64));
}

#[test]
fn the_more_leverage_the_more_is_torn_up() {
    let mut world = World::trading(4);
    // 2 put four times as much behind its twelve bitcoins as 1 behind its.
    assert_eq!(world.deposit(owner(2), 2, 300_000 * USDC), Status::Accepted);
    world.trade(0, 1, BTC, PRICE, 10 * ONE);
    world.trade(0, 2, BTC, PRICE, 10 * ONE);
    // 3 is long as well, and solvent: eight of twenty-eight stay.
    assert_eq!(world.deposit(owner(3), 3, 300_000 * USDC), Status::Accepted);
    world.trade(3, 1, BTC, PRICE, 4 * ONE);
    world.trade(3, 2, BTC, PRICE, 4 * ONE);
    world.set_prices(&[(BTC, 449_000)]);
    let events = world.deleverage(BTC, &[0], &[1, 2]).events;
    let lots: Vec<_> = told(&events).into_iter().map(|(_, lots, _)| lots).collect();
    assert!(lots[1] > lots[2] && lots[1] + lots[2] == TWENTY as i64, "{lots:?}");
    // Money is another matter: the gains are equal, and so is what each pays.
    assert_eq!(told(&events)[1].2, told(&events)[2].2);
}

#[test]
fn a_conditional_order_does_not_put_off_a_tear_up() {
    use ballast_types::{Direction, Operation, PriceSource, PriceTicks, Trigger};
    let mut world = bankrupt();
    let trigger =
        Trigger::Price { source: PriceSource::Mark, direction: Direction::Below, level: PriceTicks(1) };
    let order = crate::world::sell(PRICE, 1);
    world
        .operate(0, Operation::PlaceConditional { market: BTC, order, trigger, link: None })
        .expect("it needs no margin");
    assert_eq!(world.deleverage(BTC, &[0], &[1, 2]).status, Status::Accepted);
    assert_eq!((world.size(0, BTC), world.cash(0)), (0, 0));
}

#[test]
fn the_fund_pays_only_what_was_lost_in_the_market_that_is_torn_up() {
    // Account 1 loses 102,000 in bitcoin, and in the other coin, of class C, 45,000: the fund may pay a tenth for that.
    let mut world = World::protected(4, 0, 100_000 * USDC, 0);
    assert_eq!(world.deposit(owner(1), 1, 40_000 * USDC), Status::Accepted);
    world.trade(1, 2, BTC, PRICE, TWENTY);
    world.trade(1, 3, ALT, 1_000, 9_000_000);
    world.set_prices(&[(BTC, 449_000), (ALT, 500)]);
    let debt = -world.summary(1).equity;
    assert!(debt > 0);
    let events = world.deleverage(ALT, &[1], &[3]).events;
    let [(1, Cover::Fund, paid)] = covered(&events)[..] else { panic!("{events:?}") };
    assert!(i128::from(paid) < debt / 2 && paid <= 10_000 * USDC, "{paid} of {debt}");
}

/// The winner of 400 paid them in the first round, and 200 once more in the second.
#[test]
fn a_gain_that_had_paid_paid_again() {
    let mut world = World::trading(4);
    for account in [1, 2] {
        assert_eq!(world.deposit(owner(account), account.into(), 1_000_000 * USDC), Status::Accepted);
    }
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.trade(3, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    world.trade(1, 2, BTC, 449_100, 2 * TWENTY);
    let brought = world.summary(2).settled_balance;
    let paid = |events: &[Event]| {
        told(events).iter().filter(|(account, ..)| *account == 2).map(|(_, _, paid)| *paid).sum::<i64>()
    };
    let first = paid(&world.deleverage(BTC, &[0], &[2]).events);
    let second = paid(&world.deleverage(BTC, &[3], &[2]).events);
    assert_eq!([first, second], [400 * USDC, 0]);
    assert_eq!(world.summary(2).settled_balance, brought, "what it lost is what it had gained");
}
