//! What happens to an account while it exits.

use ballast_types::{
    Event, ForcedRequest, Millis, Operation, PoolId, RejectCode, Status,
    limits::{MINUTE_MS, NEW_ACCOUNT, SETTLEMENT_GRACE_MS},
};

use super::{TEN, force_exit, leaving, paid};
use crate::world::{ALT, BTC, ONE, PRICE, USDC, World, altcoin, assert_rejected, bitcoin, buy, owner};

const END: u64 = 100 * MINUTE_MS;

#[test]
fn nothing_that_is_signed_for_it_is_taken_and_its_nonces_are_used() {
    let mut world = leaving(0, ONE);
    let signer = world.owner_of(1);
    let place = Operation::Place { market: BTC, order: buy(PRICE - 10, 1) };
    assert_rejected(world.operations_by(signer, 1, alloc::vec![place]).status, RejectCode::AccountExiting);
    let again = world.log.last().map(|(input, _)| input.source.clone()).expect("it was said");
    assert_rejected(world.input(again).status, RejectCode::NonceUsed);
    assert_rejected(world.withdraw(signer, 1, USDC), RejectCode::AccountExiting);
    assert_rejected(world.transfer(1, 2, PoolId(0), USDC).status, RejectCode::AccountExiting);
    assert_rejected(world.grant(signer, 1, owner(50), world.time + 9, 3), RejectCode::AccountExiting);
    world.exit(1, BTC);
    assert_eq!(world.grant(signer, 1, owner(50), world.time + 9, 3), Status::Accepted);
}

#[test]
fn what_comes_in_leaves_with_the_rest() {
    let mut world = leaving(0, ONE);
    let owner_of = world.owner_of(1);
    world.time += 6_000;
    assert_eq!(world.deposit(owner_of, 1, 7 * USDC), Status::Accepted);
    assert_eq!(world.deposit(owner_of, NEW_ACCOUNT, 10 * USDC), Status::Accepted);
    assert_eq!(world.transfer(4, 1, PoolId(0), 3 * USDC).status, Status::Accepted);
    world.set_prices(&[(BTC, PRICE)]);
    let equity = world.summary(1).equity;
    let given = 500 * i128::from(USDC);
    assert_eq!(paid(&world.exit(1, BTC).events).map(i128::from), Some(equity - given));
}

#[test]
fn it_is_liquidated_like_any_other() {
    let mut world = leaving(0, 2 * TEN);
    world.set_prices(&[(BTC, 459_000)]);
    world.rest(3, BTC, buy(458_500, 2 * TEN));
    assert_eq!(world.liquidate(1).status, Status::Accepted);
    assert!(world.is_exiting(1) && world.size(1, BTC) < 2 * TEN as i64);
    assert!(paid(&world.exit(1, BTC).events).is_some());
}

#[test]
fn whom_the_ladder_leaves_without_a_position_waits_for_his_pool() {
    let mut world = World::protected(3, 0, 0, 1_000_000 * USDC);
    world.trade(1, 2, BTC, PRICE, 2 * TEN);
    force_exit(&mut world, 2);
    world.set_prices(&[(BTC, 449_000)]);
    assert_eq!(world.deleverage(BTC, &[1], &[2]).status, Status::Accepted);
    let exits = world.x.state.chain.exits.clone();
    assert_eq!((exits.markets, exits.pools), (alloc::vec![], alloc::vec![(PoolId(0), 1)]));
    assert_rejected(world.deposit(owner(9), NEW_ACCOUNT, USDC), RejectCode::ExitDue);
    let cash = world.cash(2);
    let ended = paid(&world.exit(2, BTC).events).expect("it ended");
    assert!(ended == cash && world.cash(2) == 0 || ended < cash, "what the pool has");
}

#[test]
fn where_a_market_settled_it_becomes_cash_after_the_grace() {
    let mut alt = altcoin();
    alt.settles_at = Millis(END);
    let mut world = World::of(alloc::vec![bitcoin(), alt]);
    world.time = 9 * MINUTE_MS;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    for n in 0..2 {
        assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    }
    world.trade(0, 1, ALT, 1_000, 100_000);
    assert_eq!(world.force(ForcedRequest::Exit, 0, 0).status, Status::Accepted);
    world.time = END;
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    assert_rejected(world.exit(0, ALT).status, RejectCode::NothingDue);
    assert_eq!(world.deposit(owner(1), 1, USDC), Status::Accepted, "it is not due");
    world.time += SETTLEMENT_GRACE_MS;
    let before = world.leaves.clone();
    let from = world.log.len();
    assert_rejected(world.deposit(owner(1), 1, USDC), RejectCode::ExitDue);
    let events = world.exit(0, ALT).events;
    let Event::PositionSettled { cash, .. } = events[0] else { panic!("{events:?}") };
    assert_eq!((paid(&events), world.cash(0)), (Some(cash.0), 0));
    world.check_lazy(&before, from);
}
