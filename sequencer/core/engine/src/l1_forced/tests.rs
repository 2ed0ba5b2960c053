use ballast_types::{
    AccountId, Address, Event, ForcedRequest, Operation, Quote, RejectCode, Rejection, RemovalReason, Status,
    limits::{MAX_AMOUNT, NEW_ACCOUNT},
};

use crate::world::{ALT, BTC, ONE, PRICE, USDC, World, assert_rejected, buy, owner, sell};

const ALL: [ForcedRequest; 4] =
    [ForcedRequest::CancelAll, ForcedRequest::Withdraw, ForcedRequest::Exit, ForcedRequest::Liquidate];

fn told(index: u64, account: u32, request: ForcedRequest) -> Event {
    Event::ForcedRequest { index, account: AccountId(account), request }
}

#[test]
fn only_its_owner_forces_anything_of_an_account_but_its_liquidation() {
    let mut world = World::trading(2);
    for request in ALL {
        let consumed = world.x.state.chain.l1_count;
        assert_rejected(world.force(request, 9, USDC).status, RejectCode::UnknownAccount);
        let stranger = world.force_by(owner(1), request, 0, owner(99), USDC);
        let code = match request {
            ForcedRequest::Liquidate => RejectCode::NothingDue,
            _ => RejectCode::ForeignAccount,
        };
        assert_rejected(stranger.status, code);
        assert_eq!(world.x.state.chain.l1_count, consumed + 2, "a rejected request is consumed");
    }
}

#[test]
fn all_orders_are_cancelled_also_while_it_exits() {
    let mut world = World::trading(2);
    let before = world.leaves.clone();
    let from = world.log.len();
    world.rest(0, BTC, buy(PRICE - 100, ONE));
    world.rest(0, ALT, sell(1_010, 1_000));
    let index = world.x.state.chain.l1_count;
    let events = world.force(ForcedRequest::CancelAll, 0, 0).events;
    assert_eq!(
        events[..2],
        [told(index, 0, ForcedRequest::CancelAll), Event::AllCancelled { step: 0, count: 2 }]
    );
    assert_eq!(events.len(), 4);
    let at = ballast_types::Millis(world.time + 1_000);
    world.rest(0, BTC, buy(PRICE - 100, ONE));
    world.operate(0, Operation::ScheduleCancel { at: Some(at) }).expect("accepted");
    world.time += 1_000;
    let events = world.force(ForcedRequest::CancelAll, 0, 0).events;
    assert!(matches!(events[1], Event::ScheduledCancel { count: 1, .. }));
    assert_eq!(events.last(), Some(&Event::AllCancelled { step: 0, count: 0 }));
    world.trade(0, 1, BTC, PRICE, ONE);
    world.force(ForcedRequest::Exit, 0, 0);
    world.time += 6_000;
    let events = world.force(ForcedRequest::CancelAll, 0, 0).events;
    assert_eq!(events.last(), Some(&Event::AllCancelled { step: 0, count: 0 }));
    world.check_lazy(&before, from);
}

#[test]
fn the_most_is_withdrawn_where_more_is_asked_for() {
    let mut world = World::trading(2);
    let before = world.leaves.clone();
    let from = world.log.len();
    let force = |world: &mut World, amount| world.force(ForcedRequest::Withdraw, 0, amount);
    assert_eq!(force(&mut world, 40_000 * USDC).status, Status::Accepted);
    assert_eq!(world.cash(0), 60_000 * USDC);
    world.trade(0, 1, BTC, PRICE, ONE);
    let most = world.summary(0).withdrawable;
    let events = force(&mut world, MAX_AMOUNT).events;
    assert!(matches!(events[..], [_, Event::Withdrawn { amount: Quote(amount), recipient, .. }]
        if i128::from(amount) == most && recipient == owner(99)));
    let nothing = Rejection::new(RejectCode::InsufficientFunds, MAX_AMOUNT, world.summary(0).withdrawable);
    assert_eq!(force(&mut world, MAX_AMOUNT).status, Status::Rejected(nothing));
    for amount in [0, USDC - 1, MAX_AMOUNT + 1, -1, i64::MIN] {
        assert_rejected(force(&mut world, amount).status, RejectCode::InvalidAmount);
    }
    let nobody = world.force_by(owner(0), ForcedRequest::Withdraw, 0, Address::ZERO, 0);
    assert_rejected(nobody.status, RejectCode::InvalidRecipient);
    world.time += 6_000;
    assert_rejected(force(&mut world, USDC).status, RejectCode::StalePrice);
    world.force(ForcedRequest::Exit, 0, 0);
    assert_rejected(force(&mut world, USDC).status, RejectCode::AccountExiting);
    world.check_lazy(&before, from);
}

#[test]
fn anybody_forces_a_liquidation_that_is_due() {
    let mut world = World::protected(3, 0, 0, 1_000_000 * USDC);
    world.trade(1, 2, BTC, PRICE, 20 * ONE);
    world.set_prices(&[(BTC, 459_000)]);
    world.rest(3, BTC, buy(458_500, 20 * ONE));
    let before = world.leaves.clone();
    let from = world.log.len();
    let index = world.x.state.chain.l1_count;
    let events = world.force_by(owner(77), ForcedRequest::Liquidate, 1, Address::ZERO, 0).events;
    assert_eq!(events[0], told(index, 1, ForcedRequest::Liquidate));
    assert!(matches!(events[1], Event::Liquidated { .. }));
    assert!(world.size(1, BTC) < 20 * ONE as i64);
    world.check_lazy(&before, from);
}

#[test]
fn an_exit_begins_once_and_takes_all_orders_and_what_was_scheduled() {
    let mut world = World::protected(3, 0, 0, 1_000_000 * USDC);
    assert_rejected(world.force(ForcedRequest::Exit, 0, 0).status, RejectCode::BackstopOnlyReduces);
    let nobody = world.force_by(world.owner_of(1), ForcedRequest::Exit, 1, Address::ZERO, 0);
    assert_rejected(nobody.status, RejectCode::InvalidRecipient);
    world.trade(1, 2, BTC, PRICE, ONE);
    let at = ballast_types::Millis(world.time + 9_000);
    world.operate(1, Operation::ScheduleCancel { at: Some(at) }).expect("accepted");
    let resting = world.rest(1, ALT, buy(990, 1_000));
    let index = world.x.state.chain.l1_count;
    let events = world.force(ForcedRequest::Exit, 1, 0).events;
    assert_eq!(events[0], told(index, 1, ForcedRequest::Exit));
    assert!(matches!(events[1..], [Event::OrderRemoved { order, reason: RemovalReason::Exit, .. }]
        if order == resting));
    assert!(world.is_exiting(1));
    world.time += 10_000;
    assert_rejected(world.force(ForcedRequest::Exit, 1, 0).status, RejectCode::NothingDue);
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, 5 * USDC), Status::Accepted);
}
