//! How much leaves, signed for, forced, and with an exit; and what does not come in.

use ballast_types::{
    AccountId, AssetId, Collateral, Event, ForcedRequest, Millis, PoolId, Quote, RejectCode, Source, Status,
    SystemCommand, limits::FUND_DAY_MS,
};

use crate::world::{COIN, FIRST, TERMS, TWO, USDC, World, left, refused, sold, units};

/// Ten lots need 1,000 USDC, of which the account has 600: 470,589 units at 850 u are the rest.
#[test]
fn what_is_not_needed_may_leave() {
    let mut world = World::new(TERMS, None);
    let account = world.account(600, 10, 10 * COIN);
    let refusal = refused(&world.withdraw(account, 10 * COIN));
    assert_eq!((refusal.code, refusal.limit), (RejectCode::InsufficientFunds, 9_529_411));
    assert_eq!(left(&world.withdraw(account, 9_529_411).events), [9_529_411]);
    let refusal = refused(&world.withdraw(account, 1));
    assert_eq!((refusal.code, refusal.limit), (RejectCode::InsufficientFunds, 0));

    let forced = world.account(600, 10, 10 * COIN);
    assert_eq!(left(&world.force(ForcedRequest::Withdraw, forced, 10 * COIN)), [9_529_411]);
}

/// Who owes 300 USDC keeps twice that after the haircut, 666,667 units; with ten lots, 1,300 after the larger one.
#[test]
fn of_what_stands_for_a_debt_less_leaves() {
    let mut world = World::new(TERMS, None);
    for (size, most) in [(0, 9_333_333), (10, 8_470_588)] {
        let account = world.account(-300, size, 10 * COIN);
        assert_eq!(refused(&world.withdraw(account, 10 * COIN)).limit, most);
    }
}

#[test]
fn who_has_nothing_open_and_owes_nothing_takes_it_at_any_price() {
    let mut world = World::new(TERMS, None);
    let (idle, trades) = (world.account(0, 0, 10 * COIN), world.account(600, 10, 10 * COIN));
    world.time += 5_001;
    world.price(&[TWO], 1_000);
    assert_eq!(refused(&world.withdraw(trades, COIN)).code, RejectCode::StalePrice);
    assert_eq!(left(&world.withdraw(idle, 10 * COIN).events), [10_000_000]);
}

/// 300 USDC are paid by 333,334 units, and the rest of ten coins leaves.
#[test]
fn who_exits_sells_what_pays_his_debt_and_takes_the_rest() {
    let mut world = World::new(TERMS, Some(1_000_000));
    let leaves = world.account(-300, 0, 10 * COIN);
    let told = world.force(ForcedRequest::Exit, leaves, 0);
    assert_eq!(told[0], sold(leaves, 333_334, 300_000_600));
    assert_eq!(left(&told), [9_666_666]);
    assert!(matches!(told.last(), Some(Event::ExitEnded { amount: Quote(0), .. })), "{told:?}");
    assert_eq!((world.cash(leaves), world.held(leaves)), (600, 0));
}

#[test]
fn more_than_all_may_hold_goes_back() {
    let mut world = World::new(Collateral { total: units(10 * COIN), ..TERMS }, None);
    let account = world.account(0, 0, 10 * COIN - 1);
    let owner = world.it.accounts[account.0 as usize].owner;
    assert_eq!(left(&world.deposit(FIRST, owner, account.0, 2)), [2]);
    assert!(matches!(
        world.deposit(FIRST, owner, account.0, 1)[..],
        [Event::Deposited { opened: false, .. }]
    ));
    assert_eq!(world.held(account), 10 * COIN);
}

/// One owes 4,500 USDC of 15,000 that another has, and the pool 500 more; there are 10,000.
#[test]
fn what_is_owed_when_a_pool_is_resolved_is_a_claim_until_it_is_paid() {
    let mut world = World::new(TERMS, None);
    let owes = world.account(-4_500, 0, 10 * COIN);
    let creditor = world.account(0, 0, COIN);
    let owner = |world: &World, id: AccountId| world.it.accounts[id.0 as usize].owner;
    let other = owner(&world, creditor);
    world.deposit(AssetId::USDC, other, creditor.0, 10_000 * USDC);
    world.it.accounts[creditor.0 as usize].cash += 5_000 * USDC;
    (world.it.pools[0].deficit, world.it.pools[0].owes_since) = (500 * USDC, Some(Millis(world.time)));
    world.time += FUND_DAY_MS;
    let mut told = Vec::new();
    while !matches!(told.last(), Some(Event::PoolResolved { .. })) {
        let outcome = world.input(None, Source::System(SystemCommand::Resolve { pool: PoolId(0) }));
        assert_eq!(outcome.status, Status::Accepted);
        told.extend(outcome.events);
    }
    let resolved = Event::PoolResolved { pool: PoolId(0), ratio: 666_666_666 };
    assert_eq!((told.last(), world.it.pools[0].debts), (Some(&resolved), 4_500 * USDC));

    let debtor = owner(&world, owes);
    for (usdc, taken, debts) in [(4_501, false, 4_500), (1_000, true, 3_500), (3_500, true, 0)] {
        let told = world.deposit(AssetId::USDC, debtor, owes.0, usdc * USDC);
        assert_eq!(matches!(told[..], [Event::Deposited { .. }]), taken, "{told:?}");
        assert_eq!(world.it.pools[0].debts, debts * USDC);
        let leaves = world.withdraw(owes, 10 * COIN);
        assert_eq!(left(&leaves.events).len(), usize::from(debts == 0), "{leaves:?}");
    }
}
