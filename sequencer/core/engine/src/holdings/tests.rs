use alloc::vec::Vec;

use ballast_batch::Withdrawal;
use ballast_state::Stage;
use ballast_types::{
    AccountId, Address, AssetId, Event, ForcedRequest, Millis, Nonce, PoolId, Quote, RejectCode, Rejection,
    Status, Transfer, UserCommand, Withdraw,
    limits::{FUND_ACCOUNT, MAX_ACCOUNTS, MAX_AMOUNT, MAX_WITHDRAWALS_PER_BATCH, NEW_ACCOUNT},
};

use crate::{
    facts,
    world::{BTC, ETH, ONE, PRICE, SILO, USDC, WBTC, World, assert_rejected, owner},
};

/// Accounts 0 and 1 of pool 0 with 100,000 USDC each, in an exchange that takes two assets besides.
fn world() -> World {
    let mut world = World::trading(2);
    world.list_assets();
    world
}

fn rejected(code: RejectCode, value: impl Into<i128>, limit: impl Into<i128>) -> Status {
    Status::Rejected(Rejection::new(code, value, limit))
}

fn deposited(account: u32, by: u8, asset: AssetId, amount: i64, opened: bool) -> Vec<Event> {
    let (account, owner, amount) = (AccountId(account), owner(by), Quote(amount));
    alloc::vec![Event::Deposited { account, owner, asset, amount, opened }]
}

/// The open batch has room for so many more leaves.
fn leave_room(world: &mut World, more: u32) {
    let leaf = |id| Withdrawal { id, account: 0, recipient: owner(0), asset: 0, amount: 1 };
    let taken = MAX_WITHDRAWALS_PER_BATCH - more;
    world.x.state.chain.next_withdrawal = u64::from(taken);
    world.x.open = (0..u64::from(taken)).map(leaf).collect();
}

#[test]
fn a_deposit_is_held_by_the_account_that_is_named_and_is_no_money() {
    let mut world = world();
    let (before, from) = (world.leaves.clone(), world.log.len());
    let summary = world.summary(0);
    assert_eq!(world.deposit_in_kind(ETH, owner(0), 0, 5).events, deposited(0, 0, ETH, 5, false));
    assert_eq!(world.deposit_in_kind(WBTC, owner(0), 0, 7).events, deposited(0, 0, WBTC, 7, false));
    assert_eq!(world.deposit_in_kind(ETH, owner(0), 0, 6).events, deposited(0, 0, ETH, 6, false));
    assert_eq!((world.holds(0, ETH), world.holds(0, WBTC), world.holds(1, ETH)), (11, 7, 0));
    assert_eq!((world.custody(ETH), world.custody(WBTC)), ((11, 0), (7, 0)));
    assert_eq!(world.summary(0), summary, "it counts for no margin");
    assert_eq!(world.pool().credited.0, 200_000 * USDC);
    world.check_lazy(&before, from);
}

#[test]
fn what_cannot_go_where_it_was_sent_opens_an_account_of_its_owner_in_pool_0() {
    let mut world = World::siloed(1, USDC, USDC);
    world.list_assets();
    let (before, from) = (world.leaves.clone(), world.log.len());
    // Account 1 is the backstop of another pool, 2 is a stranger's, 77 there is not; no fund holds assets.
    for (opened, named) in (3..).zip([NEW_ACCOUNT, 1, 2, 77, FUND_ACCOUNT, FUND_ACCOUNT - 1]) {
        let outcome = world.deposit_in_kind(ETH, owner(98), named, 9);
        assert_eq!(outcome.events, deposited(opened, 98, ETH, 9, true), "to {named}");
        assert_eq!((world.holds(opened, ETH), world.cash(opened)), (9, 0));
        assert_eq!(world.pool_of(opened), PoolId(0));
    }
    assert_eq!(world.custody(ETH), (54, 0));
    world.check_lazy(&before, from);
    let fund = world.ledger(SILO).fund;
    assert_eq!(
        (fund, world.ledger(PoolId(0)).fund),
        (Quote(USDC), Quote(USDC)),
        "money of funds is as it was"
    );
}

#[test]
fn what_the_vault_rules_out_is_consumed_and_credits_nothing() {
    let mut world = world();
    leave_room(&mut world, 0);
    let consumed = world.x.state.chain.l1_count;
    let mut status = |asset, amount| world.deposit_in_kind(AssetId(asset), owner(0), 0, amount).status;
    assert_eq!(status(3, 5), rejected(RejectCode::UnknownAsset, 3, 0));
    assert_eq!(status(u16::MAX, 5), rejected(RejectCode::UnknownAsset, u16::MAX, 0));
    assert_eq!(status(1, 0), rejected(RejectCode::InvalidAmount, 0, 1));
    assert_eq!(status(1, i64::MIN), rejected(RejectCode::InvalidAmount, i64::MIN, 1));
    assert_eq!(status(1, MAX_AMOUNT + 1), rejected(RejectCode::InvalidAmount, MAX_AMOUNT + 1, MAX_AMOUNT));
    assert_eq!(status(1, MAX_AMOUNT), Status::Accepted);
    assert_eq!(status(1, 1), Status::Rejected(RejectCode::Overflow.into()), "no more than 2^60 ever comes");
    assert_eq!(status(2, 1), Status::Accepted, "of each asset");
    assert_eq!(world.x.state.chain.l1_count, consumed + 8);
    assert_eq!((world.custody(ETH), world.custody(WBTC)), ((1 << 60, 0), (1, 0)));
}

/// Nothing that the vault took is lost: where nobody can hold it, it goes back, and waits for a batch that has room.
#[test]
fn what_nobody_can_hold_goes_back() {
    for is_full in [false, true] {
        let mut world = world();
        if is_full {
            world.x.state.chain.accounts = MAX_ACCOUNTS;
        } else {
            facts::pool_mut(&mut world.x.state, PoolId(0)).resolution.stage =
                Stage::Settling { next: AccountId(0) };
        }
        let mut events = Vec::new();
        let take = |world: &mut World, events: &mut Vec<Event>| {
            let (index, account) = (world.x.state.chain.l1_count, AccountId(NEW_ACCOUNT));
            let deposit =
                crate::l1_deposit::Deposit { asset: WBTC, owner: owner(4), account, amount: Quote(5) };
            let payload =
                ballast_types::L1Payload::Deposit { asset: WBTC, owner: owner(4), account, amount: Quote(5) };
            let message = ballast_types::L1Message { index, l1_block: 0, l1_time: 0, payload };
            crate::l1_deposit::l1_deposit(&mut world.x, &message, &deposit, events)
        };
        leave_room(&mut world, 0);
        let consumed = world.x.state.chain.l1_count;
        let full = take(&mut world, &mut events).map_err(|rejection| rejection.code);
        assert_eq!(full, Err(RejectCode::WithdrawalsFull));
        assert_eq!((world.x.state.chain.l1_count, world.custody(WBTC)), (consumed, (0, 0)));
        world.x.open.clear();
        take(&mut world, &mut events).expect("taken");
        let [leaf] = world.x.open_withdrawals() else { panic!("one withdrawal") };
        let (recipient, asset, amount) = (owner(4), 2, 5);
        let id = u64::from(MAX_WITHDRAWALS_PER_BATCH);
        assert_eq!(*leaf, Withdrawal { id, account: NEW_ACCOUNT, recipient, asset, amount });
        assert_eq!(world.custody(WBTC), (5, 5));
        let account = AccountId(NEW_ACCOUNT);
        let told = Event::Withdrawn { id, account, recipient, asset: WBTC, amount: Quote(5), ticket: None };
        assert_eq!(events, [told]);
    }
}

#[test]
fn a_withdrawal_takes_no_more_than_is_held_and_no_dust_but_all_of_it() {
    let mut world = world();
    world.deposit_in_kind(ETH, owner(0), 0, 2_500);
    let (before, from) = (world.leaves.clone(), world.log.len());
    let status =
        |world: &mut World, asset, amount| world.withdraw_in_kind(owner(0), 0, AssetId(asset), amount).status;
    assert_eq!(status(&mut world, 3, 5), rejected(RejectCode::UnknownAsset, 3, 0));
    assert_eq!(status(&mut world, 1, 0), rejected(RejectCode::InvalidAmount, 0, 1));
    assert_eq!(status(&mut world, 1, -5), rejected(RejectCode::InvalidAmount, -5, 1));
    let above = MAX_AMOUNT + 1;
    assert_eq!(status(&mut world, 1, above), rejected(RejectCode::InvalidAmount, above, MAX_AMOUNT));
    assert_eq!(status(&mut world, 1, 2_501), rejected(RejectCode::InsufficientFunds, 2_501, 2_500));
    assert_eq!(status(&mut world, 2, 60), rejected(RejectCode::InsufficientFunds, 60, 0));
    assert_eq!(status(&mut world, 1, 999), rejected(RejectCode::InvalidAmount, 999, 1_000));
    let outcome = world.withdraw_in_kind(owner(0), 0, ETH, 1_900);
    let (account, recipient, amount) = (AccountId(0), owner(99), Quote(1_900));
    let told = Event::Withdrawn { id: 0, account, recipient, asset: ETH, amount, ticket: None };
    assert_eq!(outcome.events, [told]);
    assert_eq!(world.x.open_withdrawals()[0].asset, 1);
    assert_eq!(status(&mut world, 1, 599), rejected(RejectCode::InvalidAmount, 599, 1_000));
    assert_eq!(status(&mut world, 1, 600), Status::Accepted, "all that is left is little, and leaves");
    assert_eq!((world.holds(0, ETH), world.custody(ETH)), (0, (2_500, 2_500)));
    let to_nobody = UserCommand::Withdraw(Withdraw {
        account: AccountId(0),
        nonce: Nonce(77),
        expires: Millis(world.time),
        asset: ETH,
        amount: Quote(600),
        recipient: Address::ZERO,
    });
    assert_rejected(world.command(owner(0), to_nobody).status, RejectCode::InvalidRecipient);
    assert_rejected(world.withdraw_in_kind(owner(1), 0, ETH, 600).status, RejectCode::UnknownSigner);
    world.check_lazy(&before, from);
}

/// Neither prices nor margin nor what the pool owes keep back what counts for nothing; only a full batch does, until it is sealed.
#[test]
fn it_leaves_whatever_happens_in_the_pool() {
    let mut world = world();
    world.deposit_in_kind(ETH, owner(1), 1, 9_000);
    world.trade(1, 0, BTC, PRICE, 40 * ONE);
    world.set_prices(&[(BTC, 100_000)]);
    world.time += 60_001;
    assert!(world.summary(1).equity < 0);
    assert_rejected(world.withdraw(owner(1), 1, USDC), RejectCode::InvalidOracle);
    assert_eq!(world.withdraw_in_kind(owner(1), 1, ETH, 4_000).status, Status::Accepted);
    facts::pool_mut(&mut world.x.state, PoolId(0)).resolution.stage = Stage::Settling { next: AccountId(0) };
    assert_eq!(world.withdraw_in_kind(owner(1), 1, ETH, 2_000).status, Status::Accepted);
    leave_room(&mut world, 0);
    let full = u32::from(u16::MAX) + 1;
    let refused = world.withdraw_in_kind(owner(1), 1, ETH, 3_000).status;
    assert_eq!(refused, rejected(RejectCode::WithdrawalsFull, full, full));
    world.seal();
    assert_eq!(world.withdraw_in_kind(owner(1), 1, ETH, 3_000).status, Status::Accepted);
    assert_eq!((world.holds(1, ETH), world.custody(ETH)), (0, (9_000, 9_000)));
}

/// Money is transferred, and what else the account holds stays.
#[test]
fn a_transfer_is_of_money_alone() {
    let mut world = world();
    world.deposit_in_kind(ETH, owner(0), 0, 9);
    let nonce = Nonce(900);
    let (account, to, expires, amount) =
        (AccountId(0), AccountId(NEW_ACCOUNT), Millis(world.time), Quote(5 * USDC));
    let transfer = Transfer { account, nonce, expires, to, pool: PoolId(0), amount };
    assert_eq!(world.command(owner(0), UserCommand::Transfer(transfer)).status, Status::Accepted);
    assert_eq!((world.holds(0, ETH), world.holds(2, ETH), world.cash(2)), (9, 0, 4 * USDC));
}

/// What left with the events: assets and amounts.
fn left(events: &[Event]) -> Vec<(u16, i64)> {
    let leaf = |event: &Event| match event {
        Event::Withdrawn { asset, amount, .. } => Some((asset.0, amount.0)),
        _ => None,
    };
    events.iter().filter_map(leaf).collect()
}

#[test]
fn who_exits_leaves_with_everything_however_little_it_is() {
    let mut world = world();
    world.deposit_in_kind(WBTC, owner(0), 0, 3);
    world.deposit_in_kind(ETH, owner(0), 0, 1);
    let (before, from) = (world.leaves.clone(), world.log.len());
    let events = world.force(ForcedRequest::Exit, 0, 0).events;
    assert_eq!(left(&events), [(0, 100_000 * USDC), (1, 1), (2, 3)]);
    let amount = Quote(100_000 * USDC);
    let ended = Event::ExitEnded { account: AccountId(0), recipient: owner(99), amount };
    assert_eq!(events.last(), Some(&ended));
    assert_eq!((world.holds(0, ETH), world.holds(0, WBTC), world.is_exiting(0)), (0, 0, false));
    // Cash that is no withdrawal stays; the rest leaves.
    assert_eq!(world.deposit(owner(0), 0, 5), Status::Accepted);
    world.deposit_in_kind(ETH, owner(0), 0, 2);
    assert_eq!(left(&world.force(ForcedRequest::Exit, 0, 0).events), [(1, 2)]);
    assert_eq!((world.cash(0), world.custody(ETH), world.custody(WBTC)), (5, (3, 3), (3, 3)));
    world.check_lazy(&before, from);
}

/// An exit is due only where the batch has room for everything that somebody could leave with, so that L1 never waits for one
/// that has none.
#[test]
fn an_exit_waits_for_a_batch_that_holds_all_of_it() {
    let mut world = world();
    world.deposit_in_kind(ETH, owner(0), 0, 9);
    leave_room(&mut world, 2);
    let events = world.force(ForcedRequest::Exit, 0, 0).events;
    assert!(world.is_exiting(0) && left(&events).is_empty());
    assert_rejected(world.exit(0, BTC).status, RejectCode::NothingDue);
    assert_eq!(world.deposit(owner(1), 1, USDC), Status::Accepted, "L1 goes on");
    leave_room(&mut world, 3);
    assert_rejected(world.deposit(owner(1), 1, USDC), RejectCode::ExitDue);
    assert_eq!(left(&world.exit(0, BTC).events), [(0, 100_000 * USDC), (1, 9)]);
}

/// Who is bankrupt loses his position, and others their gains, and what he holds pays nobody.
#[test]
fn neither_the_ladder_nor_a_tear_up_touches_what_is_held() {
    let mut world = world();
    world.deposit_in_kind(ETH, owner(1), 1, 9_000);
    world.trade(1, 0, BTC, PRICE, 40 * ONE);
    world.set_prices(&[(BTC, 100_000)]);
    assert_eq!(world.deleverage(BTC, &[1], &[0]).status, Status::Accepted);
    assert_eq!((world.size(1, BTC), world.cash(1)), (0, 0));
    assert_eq!(world.holds(1, ETH), 9_000);
    assert_eq!(world.withdraw_in_kind(owner(1), 1, ETH, 9_000).status, Status::Accepted);
}
