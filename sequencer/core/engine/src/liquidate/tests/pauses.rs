//! While somebody owes, nobody leaves before him.

use ballast_types::{
    AccountId, Event, ForcedRequest, Millis, PoolId, RejectCode, Rejection, Status,
    limits::{NEW_ACCOUNT, PAUSE_MS},
};

use super::{BANKRUPT, TWENTY};
use crate::{
    can_liquidate,
    world::{BTC, PRICE, USDC, World, assert_rejected, owner},
};

const POOL: PoolId = PoolId(0);

/// Nobody stands behind 0, who is long against 1 and owes 2,350; 2 and 3 have nothing but cash.
fn bankrupt() -> World {
    let mut world = World::trading(4);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, BANKRUPT)]);
    world
}

/// Time passes, with the same prices.
fn wait(world: &mut World, ms: u64) {
    world.time += ms;
    world.set_prices(&[(BTC, BANKRUPT)]);
}

#[test]
fn who_saw_a_debt_coming_left_it_to_the_others() {
    let mut world = bankrupt();
    let (before, from) = (world.leaves.clone(), world.log.len());
    let now = world.time;
    let outcome = world.liquidate(0);
    let [Event::Liquidated { level: 3, .. }, paused] = &outcome.events[..] else { panic!("{outcome:?}") };
    assert_eq!(*paused, Event::PoolPaused { pool: POOL, until: Millis(now + PAUSE_MS) });
    let refused = Rejection::new(RejectCode::WithdrawalsPaused, now, now + PAUSE_MS);
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Rejected(refused));
    // Who moves margin to where he needs it takes nothing from anybody.
    assert_eq!(world.transfer(2, NEW_ACCOUNT, POOL, 5 * USDC).status, Status::Accepted);
    // Also when he was torn up: others may owe.
    assert_eq!(world.deleverage(BTC, &[0], &[1]).status, Status::Accepted);
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Rejected(refused));
    wait(&mut world, PAUSE_MS);
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Accepted);
    world.check_lazy(&before, from);
}

#[test]
fn it_goes_on_while_he_is_named_and_naming_him_again_at_once_is_nothing() {
    let mut world = bankrupt();
    assert_eq!(world.liquidate(0).status, Status::Accepted);
    wait(&mut world, PAUSE_MS / 2 - 5_000);
    let now = Millis(world.time);
    assert!(!can_liquidate(&mut world.x, now, AccountId(0)));
    assert_rejected(world.liquidate(0).status, RejectCode::NothingDue);
    wait(&mut world, 5_000);
    let now = Millis(world.time);
    assert!(can_liquidate(&mut world.x, now, AccountId(0)));
    assert_eq!(world.liquidate(0).status, Status::Accepted);
    assert_eq!(world.pool().pause.until, Millis(world.time + PAUSE_MS));
}

#[test]
fn nobody_who_can_pay_pauses_anything() {
    let mut world = World::trading(3);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, super::CLOSE_OUT)]);
    assert_rejected(world.liquidate(0).status, RejectCode::NothingDue);
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Accepted);
}

/// A sequencer that sees to it that somebody owes could have let exits wait, and gone on with the inbox in each pause.
#[test]
fn who_exits_waits_for_no_pause() {
    let mut world = bankrupt();
    assert_eq!(world.liquidate(0).status, Status::Accepted);
    assert_rejected(world.force(ForcedRequest::Withdraw, 3, USDC).status, RejectCode::WithdrawalsPaused);
    assert_eq!(world.force(ForcedRequest::Exit, 2, 0).status, Status::Accepted);
    assert!(!world.is_exiting(2) && world.cash(2) == 0, "its pool is paused, and it is paid");
}

#[test]
fn what_the_fund_can_pay_holds_nobody() {
    let mut world = World::protected(3, 0, 10_000 * USDC, 0);
    world.trade(1, 2, BTC, PRICE, TWENTY);
    // Of 10,000 the fund may pay 3,000. 2,350 are owed, and then 4,350.
    world.set_prices(&[(BTC, BANKRUPT)]);
    assert_rejected(world.liquidate(1).status, RejectCode::NothingDue);
    world.set_prices(&[(BTC, BANKRUPT - 1_000)]);
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert!(world.pool().is_paused(Millis(world.time)));
}
