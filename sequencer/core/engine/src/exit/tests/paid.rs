//! How who exits is paid out.

use ballast_types::{
    Event, ForcedRequest, PoolId, Quote, RejectCode, Rejection, Status,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT, SETTLEMENT_GRACE_MS, SETTLEMENT_MS},
};

use super::{force_exit, paid};
use crate::world::{ALT, BTC, MEME, PRICE, SILO, USDC, World, assert_rejected, owner};

const MAIN: PoolId = PoolId(0);
const DAY: u64 = 86_400_000;

#[test]
fn who_has_no_position_is_paid_with_his_request() {
    let mut world = World::trading(1);
    let before = world.leaves.clone();
    let from = world.log.len();
    let events = force_exit(&mut world, 0).events;
    assert!(matches!(events[..], [Event::ForcedRequest { .. }, Event::Withdrawn { .. }, _]));
    assert_eq!((paid(&events), world.cash(0)), (Some(100_000 * USDC), 0));
    assert_eq!(world.pool().withdrawn.0, 100_000 * USDC);
    world.check_lazy(&before, from);
}

#[test]
fn what_is_below_a_usdc_stays() {
    let mut world = World::trading(0);
    assert_eq!(world.deposit(owner(0), NEW_ACCOUNT, USDC - 1), Status::Accepted);
    let events = force_exit(&mut world, 0).events;
    assert_eq!((events.len(), paid(&events), world.cash(0)), (2, Some(0), USDC - 1));
    assert!(!world.is_exiting(0));
}

/// Accounts 0 to 3 in a pool that lets 1,000 USDC out in an hour and 2,000 in a day.
fn paced() -> World {
    let mut world = World::trading(4);
    world.time = 20_000 * DAY;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    world.pace(MAIN, [(1, 1_000 * USDC), (1, 2_000 * USDC)]);
    world
}

#[test]
fn in_a_paced_pool_it_leaves_small_or_waits_whatever_it_is() {
    let mut world = paced();
    let events = force_exit(&mut world, 0).events;
    assert!(matches!(events[1], Event::WithdrawalQueued { ticket: 0, .. }), "{events:?}");
    assert_eq!((paid(&events), world.cash(0)), (Some(100_000 * USDC), 0));
    assert_eq!(world.withdraw(owner(1), 1, 98_500 * USDC), Status::Accepted);
    let events = force_exit(&mut world, 1).events;
    assert!(matches!(events[1], Event::Withdrawn { ticket: None, .. }), "it is small: {events:?}");
    assert_eq!(paid(&events), Some(1_500 * USDC));
    assert_eq!(world.withdraw(owner(2), 2, 99_999 * USDC), Status::Accepted);
    assert_rejected(world.withdraw(owner(2), 2, 1), RejectCode::InvalidAmount);
    // Less than what is asked of a place, and the bucket of the day holds 500.
    assert_eq!(world.withdraw(owner(3), 3, 500 * USDC), Status::Accepted);
    let events = force_exit(&mut world, 2).events;
    assert!(matches!(events[1], Event::WithdrawalQueued { amount: Quote(USDC), .. }), "{events:?}");
}

#[test]
fn only_an_exit_has_a_place_beyond_those_of_an_account() {
    let mut world = paced();
    let mut force = || world.force(ForcedRequest::Withdraw, 0, 2 * USDC).events;
    let waited = |events: &[Event]| matches!(events.last(), Some(Event::WithdrawalQueued { .. }));
    while !waited(&force()) {}
    (1..16).for_each(|_| assert!(waited(&force())));
    let refused = world.force(ForcedRequest::Withdraw, 0, 2 * USDC).status;
    assert_eq!(refused, Status::Rejected(Rejection::new(RejectCode::WithdrawalsFull, 16, 16)));
    let cash = world.cash(0);
    assert_eq!(paid(&force_exit(&mut world, 0).events), Some(cash));
}

/// The silo owes, and 7 exits; it has a position against 5.
fn owing() -> World {
    let mut world = World::siloed(3, USDC, USDC);
    for (from, amount) in [(2, 10_001), (3, 10_001), (4, 30_001)] {
        assert_eq!(world.transfer(from, NEW_ACCOUNT, SILO, amount * USDC).status, Status::Accepted);
    }
    world.trade(6, 5, MEME, 1_000, 5_000_000);
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, 790)]);
    world.trade(5, 7, MEME, 790, 5_000_000);
    assert_eq!(world.deleverage(MEME, &[6], &[7]).status, Status::Accepted);
    assert!(world.ledger(SILO).deficit > Quote(0));
    world
}

#[test]
fn a_pool_that_owes_pays_when_it_was_made_whole_and_l1_waits_for_it() {
    let mut world = owing();
    let events = force_exit(&mut world, 7).events;
    assert_eq!(events.len(), 1, "it is flat and waits");
    assert_rejected(world.exit(7, MEME).status, RejectCode::NothingDue);
    assert_eq!(world.x.state.chain.exits.pools, [(SILO, 1)]);
    let owed = world.ledger(SILO).deficit.0;
    assert_eq!(world.deposit(owner(99), FUND_ACCOUNT - 1, owed), Status::Accepted);
    let due = Rejection::new(RejectCode::ExitDue, (1_i128 << 32) + 1, 0);
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Rejected(due));
    let before = world.leaves.clone();
    let from = world.log.len();
    // In whichever market.
    assert_eq!(paid(&world.exit(7, BTC).events), Some(world.x.open_withdrawals()[0].amount as i64));
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, USDC), Status::Accepted);
    world.check_lazy(&before, from);
}

#[test]
fn a_pool_that_was_resolved_pays_by_its_ratio() {
    let mut world = owing();
    force_exit(&mut world, 7);
    world.time += SETTLEMENT_MS;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, 790)]);
    assert_eq!(world.resolve(SILO).status, Status::Accepted);
    world.time += SETTLEMENT_GRACE_MS;
    assert_rejected(world.exit(7, MEME).status, RejectCode::NothingDue);
    assert_eq!(world.resolve(SILO).status, Status::Accepted);
    let ratio = i64::from(world.ledger(SILO).ratio().expect("it was resolved"));
    let cash = world.cash(7);
    let amount = paid(&world.exit(7, MEME).events).expect("it ended");
    assert_eq!(amount, i64::try_from(i128::from(cash) * i128::from(ratio) / 1_000_000_000).expect("64 bits"));
    assert!(amount > 0 && amount < cash);
    assert_eq!(world.cash(7), 0);
}
