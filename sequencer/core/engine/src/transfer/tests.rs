use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, Event, MarketId, Millis, Nonce, Outcome, PoolId, Quote, RejectCode, Rejection, Status,
    Transfer,
    command::scope,
    limits::{MAX_ACCOUNTS, MAX_AMOUNT, NEW_ACCOUNT, OPENING_FEE},
};

use crate::{
    Exchange, facts,
    world::{
        ALT, BTC, MEME, ONE, PRICE, SILO, USDC, World, assert_code, assert_rejected, buy, owner, sell,
        signed_by,
    },
};

const MAIN: PoolId = PoolId(0);

/// Accounts 2 and 3 have 100,000 USDC each.
fn world() -> World {
    World::siloed(2, 1_000 * USDC, 1_000 * USDC)
}

fn rejection(outcome: &Outcome) -> Rejection {
    match outcome.status {
        Status::Rejected(rejection) => rejection,
        Status::Accepted => panic!("accepted: {outcome:?}"),
    }
}

fn told(account: u32, to: u32, pool: PoolId, amount: i64, fee: i64) -> Vec<Event> {
    let (account, to) = (AccountId(account), AccountId(to));
    vec![Event::Transferred { account, to, pool, amount: Quote(amount), fee: Quote(fee) }]
}

/// Carries a command out where invariants are not looked at.
fn directly(
    x: &mut Exchange,
    account: u32,
    to: u32,
    pool: PoolId,
    amount: i64,
) -> Result<Vec<Event>, Rejection> {
    let (account, to) = (AccountId(account), AccountId(to));
    let command = Transfer { account, nonce: Nonce(0), expires: Millis(0), to, pool, amount: Quote(amount) };
    let mut events = Vec::new();
    super::transfer(x, &command, &mut events).map(|()| events)
}

#[test]
fn money_goes_to_a_silo_and_comes_back() {
    let mut world = world();
    let (before, from) = (world.leaves.clone(), world.log.len());
    let there = world.transfer(2, NEW_ACCOUNT, SILO, 30_000 * USDC);
    assert_eq!(there.events, told(2, 4, SILO, 30_000 * USDC, OPENING_FEE));
    assert_eq!((world.owner_of(4), world.pool_of(4)), (owner(2), SILO));
    assert_eq!((world.cash(2), world.cash(4)), (70_000 * USDC, 29_999 * USDC));
    assert_eq!(world.transfer(4, 2, MAIN, 10_000 * USDC).events, told(4, 2, MAIN, 10_000 * USDC, 0));
    assert_eq!((world.cash(2), world.cash(4)), (80_000 * USDC, 19_999 * USDC));
    let (main, silo) = (world.ledger(MAIN), world.ledger(SILO));
    assert_eq!((main.transferred.0, silo.transferred.0), (-20_000 * USDC, 20_000 * USDC));
    assert_eq!((main.fees.0, silo.fees.0), (0, OPENING_FEE));
    assert_eq!((main.held(), silo.held()), (182_000 * i128::from(USDC), 22_000 * i128::from(USDC)));
    world.check_lazy(&before, from);
}

#[test]
fn within_a_pool_no_ledger_moves_but_for_the_fee() {
    let mut world = world();
    let before = world.ledger(MAIN);
    assert_eq!(world.transfer(2, NEW_ACCOUNT, MAIN, OPENING_FEE).events, told(2, 4, MAIN, USDC, USDC));
    assert_eq!(world.ledger(MAIN), ballast_state::Pool { fees: Quote(USDC), ..before });
    assert_eq!(world.transfer(2, 4, MAIN, 1).events, told(2, 4, MAIN, 1, 0));
    assert_eq!((world.cash(2), world.cash(4)), (99_999 * USDC - 1, 1));
}

#[test]
fn the_form_is_checked() {
    let mut world = world();
    for (to, amount, limit) in [
        (4, 0, 1),
        (4, -USDC, 1),
        (NEW_ACCOUNT, OPENING_FEE - 1, OPENING_FEE),
        (4, MAX_AMOUNT + 1, MAX_AMOUNT),
    ] {
        let expected = Rejection::new(RejectCode::InvalidAmount, amount, limit);
        assert_eq!(rejection(&world.transfer(2, to, SILO, amount)), expected);
    }
    assert_rejected(world.transfer(2, 2, MAIN, USDC).status, RejectCode::InvalidRecipient);
}

#[test]
fn money_goes_to_accounts_of_the_same_owner_in_the_pool_that_was_signed_for() {
    let mut world = world();
    world.transfer(2, NEW_ACCOUNT, SILO, 2 * USDC);
    let unknown_pool = |pool, limit| Rejection::new(RejectCode::UnknownPool, pool, limit);
    for (to, pool, expected) in [
        (NEW_ACCOUNT, 2, unknown_pool(2, 2)),
        (4, u16::MAX, unknown_pool(u16::MAX, 2)),
        (4, 0, unknown_pool(0, 1)),
        (5, 1, Rejection::new(RejectCode::UnknownAccount, 5, 5)),
        (3, 0, RejectCode::ForeignAccount.into()),
        (3, 1, RejectCode::ForeignAccount.into()),
        (0, 0, RejectCode::ForeignAccount.into()),
    ] {
        assert_eq!(rejection(&world.transfer(2, to, PoolId(pool), USDC)), expected, "to {to} in pool {pool}");
    }
    let mut x = world.x.clone();
    x.state.chain.accounts = MAX_ACCOUNTS;
    let full = Rejection::new(RejectCode::TooManyAccounts, MAX_ACCOUNTS, MAX_ACCOUNTS);
    assert_eq!(directly(&mut x, 2, NEW_ACCOUNT, SILO, USDC), Err(full));
}

#[test]
fn only_the_owner_moves_money() {
    let mut world = world();
    let (key, until) = (owner(50), world.time + 1_000);
    assert_eq!(world.grant(owner(2), 2, key, until, scope::ALL), Status::Accepted);
    world.transfer(2, NEW_ACCOUNT, SILO, USDC);
    let (mut input, _) = world.log.last().expect("an input").clone();
    for (signer, code) in [(key, RejectCode::OutOfScope), (owner(3), RejectCode::UnknownSigner)] {
        if let ballast_types::Source::User { signature, .. } = &mut input.source {
            *signature = signed_by(signer);
        }
        assert_rejected(world.input(input.source.clone()).status, code);
    }
}

#[test]
fn what_could_not_be_withdrawn_does_not_go_to_another_account() {
    let mut world = world();
    let all = world.cash(2);
    let short = Rejection::new(RejectCode::InsufficientFunds, all + 1, all);
    assert_eq!(rejection(&world.transfer(2, NEW_ACCOUNT, SILO, all + 1)), short);
    assert_eq!(rejection(&world.transfer(2, NEW_ACCOUNT, MAIN, all + 1)), short);

    world.trade(2, 3, BTC, PRICE, ONE);
    let most = world.summary(2).withdrawable;
    let short = Rejection::new(RejectCode::InsufficientFunds, all, most);
    assert_eq!(rejection(&world.transfer(2, NEW_ACCOUNT, SILO, all)), short);
    let most = i64::try_from(most).expect("small");
    assert_eq!(world.transfer(2, NEW_ACCOUNT, SILO, most).status, Status::Accepted);

    world.time += 6_000;
    assert_rejected(world.transfer(3, NEW_ACCOUNT, SILO, USDC).status, RejectCode::StalePrice);
    assert_eq!(world.transfer(4, 2, MAIN, USDC).status, Status::Accepted, "it has no position");
}

#[test]
fn a_pool_that_owes_receives_and_pays_nobody() {
    let mut world = world();
    world.transfer(2, NEW_ACCOUNT, SILO, 10 * USDC);
    facts::pool_mut(&mut world.x.state, SILO).deficit = Quote(7);
    let owes = Rejection::new(RejectCode::PoolInDeficit, 7, 0);
    assert_eq!(directly(&mut world.x, 4, 2, MAIN, USDC), Err(owes));
    assert_eq!(directly(&mut world.x, 4, NEW_ACCOUNT, SILO, USDC), Err(owes), "nor within it");
    assert_eq!(directly(&mut world.x, 2, 4, SILO, USDC), Ok(told(2, 4, SILO, USDC, 0)));
}

#[test]
fn no_more_goes_than_the_pool_has() {
    let mut world = world();
    world.transfer(2, NEW_ACCOUNT, SILO, 10 * USDC);
    // As if others of the pool had lost what is not paid yet.
    facts::account_mut(&mut world.x.state, AccountId(4)).cash = Quote(5_000 * USDC);
    let held = Rejection::new(RejectCode::InsufficientFunds, 3_000 * USDC, 2_010 * USDC);
    assert_eq!(directly(&mut world.x, 4, 2, MAIN, 3_000 * USDC), Err(held));
}

#[test]
fn a_backstop_pays_nothing_while_it_has_a_position() {
    let mut world = world();
    world.trade(2, 3, BTC, PRICE, ONE);
    let positions = facts::account(&world.x.state, AccountId(2)).positions.clone();
    facts::account_mut(&mut world.x.state, AccountId(0)).positions = positions;
    let held = Rejection::new(RejectCode::InsufficientFunds, USDC, 0);
    assert_eq!(directly(&mut world.x, 0, NEW_ACCOUNT, SILO, USDC), Err(held));
    facts::account_mut(&mut world.x.state, AccountId(0)).positions.clear();
    directly(&mut world.x, 0, NEW_ACCOUNT, SILO, USDC).expect("it has none");
}

#[test]
fn balances_stay_within_their_bounds() {
    let mut world = world();
    world.transfer(2, NEW_ACCOUNT, SILO, 10 * USDC);
    let harmed = |harm: fn(&mut Exchange), to| {
        let mut x = world.x.clone();
        harm(&mut x);
        directly(&mut x, 2, to, SILO, USDC).map_err(|rejection| rejection.code)
    };
    let overflow = Err(RejectCode::Overflow);
    assert_eq!(
        harmed(|x| facts::account_mut(&mut x.state, AccountId(4)).cash = Quote(MAX_AMOUNT), 4),
        overflow
    );
    assert_eq!(harmed(|x| facts::pool_mut(&mut x.state, SILO).transferred = Quote(MAX_AMOUNT), 4), overflow);
    let full = |x: &mut Exchange| facts::pool_mut(&mut x.state, SILO).fees = Quote(MAX_AMOUNT);
    assert_eq!(harmed(full, NEW_ACCOUNT), overflow);
    assert!(harmed(full, 4).is_ok(), "no fee");
}

#[test]
fn an_owner_trades_in_each_pool_with_an_account_of_it() {
    let mut world = world();
    for account in [2, 3] {
        world.transfer(account, NEW_ACCOUNT, SILO, 10_000 * USDC);
    }
    for (account, market) in [(2, MEME), (4, BTC), (4, ALT)] {
        let rejected: Result<_, Rejection> = world.place(account, market, buy(1_000, 1));
        assert_eq!(rejected, Err(Rejection::new(RejectCode::UnknownMarket, market.0, 3)));
    }
    world.trade(4, 5, MEME, 1_000, 10_000);
    world.rest(2, BTC, sell(PRICE, ONE));
    assert_code(world.place(1, MEME, buy(1_000, 1)), RejectCode::BackstopOnlyReduces);
    assert_eq!((world.size(4, MEME), world.size(5, MEME), world.size(2, MarketId(2))), (10_000, -10_000, 0));
    assert!(world.ledger(SILO).fees.0 > 2 * OPENING_FEE && world.ledger(MAIN).fees.0 == 0);
}
