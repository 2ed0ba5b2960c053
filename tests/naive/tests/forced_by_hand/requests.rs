//! What is asked for.

use ballast_types::{
    AccountId, Address, AssetId, Event, ForcedRequest, L1Payload, Quote, RejectCode, RemovalReason, Side,
    limits::MAX_TICKETS,
};

use crate::world::{HALF, USDC, VAULT, World, asked, refused, withdrawn};

/// Ten lots at 1,000 need 1,000 USDC, so of 1,003 three may leave. The cash is 1,003 - 10,000 = -8,997 USDC: 2^60 u more
/// could not be taken off it, and nobody does.
#[test]
fn a_forced_withdrawal_takes_what_may_be_withdrawn() {
    let mut world = World::new(0, &[1_003, 50_000]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 10);
    let told = world.ask(ForcedRequest::Withdraw, 1, VAULT, HALF).events;
    assert_eq!(told, [asked(3, 1, ForcedRequest::Withdraw), withdrawn(0, 1, 3 * USDC)]);
    let told = world.ask(ForcedRequest::Withdraw, 1, VAULT, 5 * USDC);
    refused(&told, RejectCode::InsufficientFunds, 5 * USDC, 0);
    refused(
        &world.ask(ForcedRequest::Withdraw, 1, VAULT, HALF + 1),
        RejectCode::InvalidAmount,
        HALF + 1,
        HALF,
    );
    refused(&world.ask(ForcedRequest::Withdraw, 1, VAULT, -1), RejectCode::InvalidAmount, -1, USDC);
    // The recipient is looked at first.
    refused(&world.ask(ForcedRequest::Withdraw, 1, Address::ZERO, -1), RejectCode::InvalidRecipient, 0, 0);
    assert_eq!(world.it.l1_messages, 8, "who is refused is consumed");
}

#[test]
fn only_the_owner_may_force_and_anybody_a_liquidation() {
    let mut world = World::new(0, &[100]);
    let account = AccountId(1);
    let of = |request, sender, account| L1Payload::Forced {
        request,
        sender,
        account,
        recipient: VAULT,
        asset: AssetId(0),
        amount: Quote(USDC),
    };
    for request in [ForcedRequest::CancelAll, ForcedRequest::Withdraw, ForcedRequest::Exit] {
        refused(&world.l1(of(request, VAULT, account)), RejectCode::ForeignAccount, 0, 0);
    }
    refused(&world.l1(of(ForcedRequest::Liquidate, VAULT, account)), RejectCode::NothingDue, 0, 0);
    let unknown = world.l1(of(ForcedRequest::Liquidate, VAULT, AccountId(2)));
    refused(&unknown, RejectCode::UnknownAccount, 2, 2);
    refused(&world.ask_to_exit(0), RejectCode::BackstopOnlyReduces, 0, 0);
}

#[test]
fn all_is_cancelled_for_who_asks_on_l1() {
    let mut world = World::new(0, &[1_000]);
    world.place(1, Side::Buy, 990, 1);
    let told = world.ask(ForcedRequest::CancelAll, 1, Address::ZERO, 0).events;
    assert_eq!(told[..2], [asked(2, 1, ForcedRequest::CancelAll), Event::AllCancelled { step: 0, count: 1 }]);
    assert!(matches!(told[2..], [Event::OrderRemoved { reason: RemovalReason::Cancelled, .. }]), "{told:?}");
    let told = world.ask(ForcedRequest::CancelAll, 1, Address::ZERO, 0).events;
    assert_eq!(told, [asked(3, 1, ForcedRequest::CancelAll), Event::AllCancelled { step: 0, count: 0 }]);
}

/// By the hour 100 USDC leave, so 150 wait, and 16 of an account at most.
#[test]
fn who_forces_waits_in_no_more_places_than_others() {
    let rates = [(1, Quote(100 * USDC)), (1, Quote(1_000 * USDC))];
    let mut world = World::paced(rates, &[5_000]);
    for _ in 0..MAX_TICKETS {
        let told = world.ask(ForcedRequest::Withdraw, 1, VAULT, 150 * USDC).events;
        assert!(matches!(told[1..], [Event::WithdrawalQueued { .. }]), "{told:?}");
    }
    let told = world.ask(ForcedRequest::Withdraw, 1, VAULT, 150 * USDC);
    refused(&told, RejectCode::WithdrawalsFull, MAX_TICKETS, MAX_TICKETS);
    assert_eq!(world.it.pools[0].pacing.as_ref().map(|it| it.queue.len()), Some(16));
}
