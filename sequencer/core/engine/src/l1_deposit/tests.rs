use ballast_types::{
    AccountId, AssetId, Event, L1Message, L1Payload, PoolId, Quote, RejectCode, Source, Status,
    limits::{FUND_ACCOUNT, MAX_ACCOUNTS, MAX_AMOUNT, NEW_ACCOUNT},
};

use crate::{
    facts, invariants,
    world::{SILO, USDC, World, assert_rejected, owner},
};

fn payload(asset: u16, account: u32, amount: i64) -> L1Payload {
    L1Payload::Deposit {
        asset: AssetId(asset),
        owner: owner(4),
        account: AccountId(account),
        amount: Quote(amount),
    }
}

#[test]
fn a_deposit_opens_an_account_or_credits_the_one_it_names() {
    let mut world = World::empty();
    let outcome = world.l1(payload(0, NEW_ACCOUNT, USDC));
    let (owner, asset, amount) = (owner(4), AssetId::USDC, Quote(USDC));
    let opened = |account, opened| Event::Deposited { account, owner, asset, amount, opened };
    assert_eq!(outcome.events, [opened(AccountId(0), true)]);
    assert_eq!(world.l1(payload(0, 0, USDC)).events, [opened(AccountId(0), false)]);
    assert_eq!(world.l1(payload(0, 5, USDC)).events, [opened(AccountId(1), true)], "5 does not exist");
    assert_eq!((world.cash(0), world.cash(1)), (2 * USDC, USDC));
    assert_eq!(facts::pool(&world.x.state, PoolId(0)).credited, Quote(3 * USDC));
}

/// Ids follow the order of deposits. Where L1 reorders them, the id that a depositor was told is another's.
#[test]
fn a_deposit_for_another_owners_account_opens_one_of_its_own() {
    let mut world = World::trading(1);
    let outcome = world.l1(payload(0, 0, USDC));
    let opened = Event::Deposited {
        account: AccountId(1),
        owner: owner(4),
        asset: AssetId::USDC,
        amount: Quote(USDC),
        opened: true,
    };
    assert_eq!(outcome.events, [opened]);
    assert_eq!((world.owner_of(1), world.cash(0), world.cash(1)), (owner(4), 100_000 * USDC, USDC));
}

#[test]
fn a_deposit_is_credited_to_the_pool_that_it_goes_to() {
    let mut world = World::siloed(1, USDC, USDC);
    let pools = |world: &World| {
        [PoolId(0), SILO].map(|pool| (world.ledger(pool).credited.0, world.ledger(pool).fund.0))
    };
    assert_eq!(pools(&world), [(100_002 * USDC, USDC), (2 * USDC, USDC)]);
    assert_eq!(world.deposit(owner(98), 1, 5), Status::Accepted);
    let given = world.l1(payload(0, FUND_ACCOUNT - 1, 7));
    assert_eq!(given.events, [Event::FundDeposited { owner: owner(4), amount: Quote(7), pool: SILO }]);
    assert_eq!(pools(&world), [(100_002 * USDC, USDC), (2 * USDC + 12, USDC + 7)]);
    assert_eq!((world.cash(1), world.pool_of(1)), (USDC + 5, SILO));
    let opened = world.l1(payload(0, FUND_ACCOUNT - 2, 9)).events;
    assert!(
        matches!(opened.as_slice(), [Event::Deposited { account: AccountId(3), opened: true, .. }]),
        "no pool 2"
    );
    assert_eq!(world.pool_of(3), PoolId(0));
}

#[test]
fn messages_are_consumed_in_order_and_once() {
    let mut world = World::empty();
    let message =
        |index| Source::L1(L1Message { index, l1_block: 1, l1_time: 2, payload: payload(0, 0, USDC) });
    assert_rejected(world.input(message(1)).status, RejectCode::WrongL1Index);
    assert_eq!((world.x.state.chain.l1_count, world.x.state.chain.l1_hash), (0, Default::default()));
    assert_eq!(world.input(message(0)).status, Status::Accepted);
    assert_rejected(world.input(message(0)).status, RejectCode::WrongL1Index);
    let hash = world.x.state.chain.l1_hash;
    assert_eq!(world.batch_posted(3).status, Status::Accepted);
    assert_eq!(world.batch_posted(2).status, Status::Accepted);
    assert_eq!((world.x.state.chain.l1_count, world.x.state.chain.posted_batch.0), (3, 3));
    assert_ne!(world.x.state.chain.l1_hash, hash);
}

#[test]
fn what_the_vault_rules_out_is_consumed_without_effect() {
    let mut world = World::empty();
    for (payload, code) in [
        (payload(1, NEW_ACCOUNT, USDC), RejectCode::UnknownAsset),
        (payload(0, NEW_ACCOUNT, 0), RejectCode::InvalidAmount),
        (payload(0, NEW_ACCOUNT, -1), RejectCode::InvalidAmount),
        (payload(0, NEW_ACCOUNT, MAX_AMOUNT + 1), RejectCode::InvalidAmount),
    ] {
        assert_rejected(world.l1(payload).status, code);
    }
    assert_eq!((world.x.state.chain.l1_count, world.x.state.chain.accounts), (4, 0));
    assert_eq!(world.l1(payload(0, NEW_ACCOUNT, MAX_AMOUNT)).status, Status::Accepted);
    assert_rejected(world.l1(payload(0, NEW_ACCOUNT, 1)).status, RejectCode::Overflow);
}

#[test]
fn what_an_account_cannot_hold_opens_another() {
    let mut world = World::trading(1);
    // As if trades had brought it there; the ledger is not looked at here.
    facts::account_mut(&mut world.x.state, AccountId(0)).cash = Quote(MAX_AMOUNT);
    let deposit =
        super::Deposit { asset: AssetId(0), owner: owner(4), account: AccountId(0), amount: Quote(1) };
    let index = world.x.state.chain.l1_count;
    let message = L1Message { index, l1_block: 0, l1_time: 0, payload: payload(0, 0, 1) };
    let mut events = alloc::vec![];
    super::l1_deposit(&mut world.x, &message, &deposit, &mut events).expect("taken");
    assert!(matches!(events.as_slice(), [Event::Deposited { account: AccountId(1), opened: true, .. }]));
}

#[test]
fn without_room_for_accounts_a_deposit_goes_back_to_its_owner() {
    let mut world = World::trading(1);
    world.x.state.chain.accounts = MAX_ACCOUNTS;
    let deposit = super::Deposit {
        asset: AssetId(0),
        owner: owner(4),
        account: AccountId(NEW_ACCOUNT),
        amount: Quote(5),
    };
    let index = world.x.state.chain.l1_count;
    let message = L1Message { index, l1_block: 0, l1_time: 0, payload: payload(0, NEW_ACCOUNT, 5) };
    let mut events = alloc::vec![];

    let leaf = ballast_batch::Withdrawal { id: 0, account: 0, recipient: owner(0), asset: 0, amount: 1 };
    world.x.open = alloc::vec![leaf; 1 << 16];
    let full = super::l1_deposit(&mut world.x, &message, &deposit, &mut events);
    assert_eq!(full.map_err(|r| r.code), Err(RejectCode::WithdrawalsFull));
    assert_eq!(world.x.state.chain.l1_count, index, "it waits for the next batch");

    world.x.open.clear();
    super::l1_deposit(&mut world.x, &message, &deposit, &mut events).expect("taken");
    let [leaf] = world.x.open_withdrawals() else { panic!("one withdrawal") };
    assert_eq!((leaf.recipient, leaf.amount, leaf.account), (owner(4), 5, NEW_ACCOUNT));
    world.x.state.chain.accounts = 1;
    assert_eq!(invariants::check(&world.x), Ok(()));
}
