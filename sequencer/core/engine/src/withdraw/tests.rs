use ballast_types::{
    AccountId, Address, AssetId, Millis, Nonce, PoolId, Quote, RejectCode, Status, UserCommand, Withdraw,
    limits::{AVERAGE_SPAN_MS, MAX_AMOUNT, NEW_ACCOUNT},
};

use crate::{
    facts, margin,
    world::{ALT, BTC, ONE, PRICE, USDC, World, altcoin, assert_rejected, bitcoin, buy, owner, sell},
};

fn limit(world: &mut World, account: u32) -> i128 {
    match world.withdraw(world.owner_of(account), account, 900_000_000 * USDC) {
        Status::Rejected(rejection) if rejection.code == RejectCode::InsufficientFunds => rejection.limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flat_account_leaves_whole_and_its_leaves_are_numbered() {
    let mut world = World::trading(2);
    assert_eq!(world.withdraw(owner(0), 0, 40_000 * USDC), Status::Accepted);
    assert_eq!(world.withdraw(owner(1), 1, 100_000 * USDC), Status::Accepted);
    assert_eq!(world.withdraw(owner(0), 0, 60_000 * USDC), Status::Accepted);
    assert_eq!((world.cash(0), world.cash(1)), (0, 0));
    assert_eq!(facts::pool(&world.x.state, PoolId(0)).withdrawn, Quote(200_000 * USDC));
    let ids: alloc::vec::Vec<_> = world.x.open_withdrawals().iter().map(|w| (w.id, w.account)).collect();
    assert_eq!(ids, [(0, 0), (1, 1), (2, 0)]);
}

#[test]
fn a_batch_takes_its_withdrawals_with_it() {
    let mut world = World::trading(1);
    world.withdraw(owner(0), 0, USDC);
    assert_eq!(world.seal().status, Status::Accepted);
    world.withdraw(owner(0), 0, 2 * USDC);
    assert_eq!(world.x.open_withdrawals().len(), 1);
    let sealed = world.x.take_withdrawals();
    assert_eq!((sealed.len(), sealed[0].id, sealed[0].amount), (1, 0, USDC.cast_unsigned()));
    assert_eq!(world.x.take_withdrawals(), []);
    world.seal();
    assert_eq!(world.x.take_withdrawals()[0].id, 1);
    let wrong = ballast_types::Source::System(ballast_types::SystemCommand::SealBatch {
        index: ballast_types::BatchIndex(1),
    });
    assert_rejected(world.input(wrong).status, RejectCode::WrongBatchIndex);
}

#[test]
fn the_form_is_checked() {
    let mut world = World::trading(1);
    assert_rejected(world.withdraw(owner(0), 0, USDC - 1), RejectCode::InvalidAmount);
    assert_rejected(world.withdraw(owner(0), 0, -USDC), RejectCode::InvalidAmount);
    assert_rejected(world.withdraw(owner(0), 0, MAX_AMOUNT + 1), RejectCode::InvalidAmount);
    let to_nobody = UserCommand::Withdraw(Withdraw {
        account: AccountId(0),
        nonce: Nonce(77),
        expires: Millis(world.time),
        asset: AssetId::USDC,
        amount: Quote(USDC),
        recipient: Address::ZERO,
    });
    assert_rejected(world.command(owner(0), to_nobody).status, RejectCode::InvalidRecipient);
    assert_rejected(world.withdraw(owner(0), 0, 100_000 * USDC + 1), RejectCode::InsufficientFunds);
}

#[test]
fn a_tenth_of_the_notional_stays() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    // 100,000 less a fee of 17.50, less a tenth of 50,000; initial margin is only 2,000.
    assert_eq!(limit(&mut world, 1), i128::from(100_000 * USDC - 17_500_000 - 5_000 * USDC));
    assert_eq!(world.withdraw(owner(1), 1, 100_000 * USDC - 17_500_000 - 5_000 * USDC), Status::Accepted);
    assert_eq!(limit(&mut world, 1), 0);
}

#[test]
fn gains_of_a_market_that_does_not_count_them_stay() {
    let mut world = World::trading(2);
    world.rest(0, ALT, sell(1_000, 100_000));
    world.place(1, ALT, buy(1_000, 100_000)).expect("accepted");
    let before = limit(&mut world, 1);
    world.set_prices(&[(ALT, 1_100)]);
    // The notional grew by 100 USDC, and initial margin with it by a quarter of that.
    assert_eq!(limit(&mut world, 1), before - i128::from(25 * USDC));
    world.set_prices(&[(ALT, 900)]);
    assert!(limit(&mut world, 1) < before, "losses count whole");
}

#[test]
fn what_open_orders_need_stays() {
    let mut world = World::trading(1);
    world.rest(0, BTC, buy(PRICE, ONE));
    assert_eq!(limit(&mut world, 0), i128::from(100_000 * USDC - 2_000 * USDC - 17_500_000 - 10_000));
}

#[test]
fn while_a_price_is_stale_only_flat_accounts_are_paid() {
    let mut world = World::trading(3);
    world.rest(0, BTC, sell(PRICE, ONE));
    world.place(1, BTC, buy(PRICE, ONE)).expect("accepted");
    world.time += 5_001;
    assert_rejected(world.withdraw(owner(1), 1, USDC), RejectCode::StalePrice);
    assert_eq!(world.withdraw(owner(2), 2, USDC), Status::Accepted);
}

#[test]
fn no_more_leaves_than_is_in_the_pool() {
    let mut world = World::trading(2);
    // A gap leaves the short with less than nothing; the long's gain is not all there.
    world.rest(0, BTC, sell(PRICE, 40 * ONE));
    world.place(1, BTC, buy(PRICE, 40 * ONE)).expect("accepted");
    world.set_prices(&[(BTC, 700_000)]);
    let owned = margin::summary_of(&world.x.state, AccountId(1)).withdrawable;
    let there = i128::from(200_000 * USDC);
    assert!(owned > there);
    assert_eq!(limit(&mut world, 1), there);
    assert_eq!(world.withdraw(owner(1), 1, 200_000 * USDC), Status::Accepted);
    assert_eq!(limit(&mut world, 1), 0);
}

#[test]
fn a_full_batch_takes_no_more() {
    let mut world = World::trading(1);
    let leaf = ballast_batch::Withdrawal { id: 0, account: 0, recipient: owner(0), asset: 0, amount: 1 };
    world.x.open = alloc::vec![leaf; 1 << 16];
    let mut x = world.x.clone();
    assert_eq!(super::check_room(&x).map_err(|r| r.code), Err(RejectCode::WithdrawalsFull));
    x.open.pop();
    assert_eq!(super::check_room(&x), Ok(()));
}

/// Whoever moves a price for some minutes could else borrow against what he gained by it, and leave with it.
#[test]
fn a_gain_counts_when_it_has_lasted() {
    let strict = |params| ballast_types::MarketParams { strict_gains: true, ..params };
    let mut world = World::of(alloc::vec![strict(bitcoin()), altcoin()]);
    world.time = 20_000 * AVERAGE_SPAN_MS;
    world.set_prices(&[(BTC, PRICE)]);
    for n in 0..2 {
        assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
    }
    world.trade(0, 1, BTC, PRICE, 10 * ONE);
    let flat = limit(&mut world, 0);
    let steady = |world: &mut World, price: u64, seconds: u64| {
        for _ in 0..seconds {
            world.time += 999;
            world.set_prices(&[(BTC, price)]);
        }
    };
    steady(&mut world, PRICE, 600);
    // Two percent up: 10,000 USDC for ten bitcoins. Of initial margin and the floor a tenth moves with the price.
    let higher = PRICE + PRICE / 50;
    steady(&mut world, higher, 60);
    let soon = limit(&mut world, 0);
    assert!(soon < flat, "{soon} {flat}");
    let summary = world.summary(0);
    // A minute of eleven at the higher price: an eleventh of the gain.
    let counts = summary.equity_initial - summary.settled_balance;
    assert!((800..1_000).contains(&(counts / i128::from(USDC))), "{counts}");
    assert_eq!(world.summary(1).equity_initial, world.summary(1).equity, "a loss counts at once");
    steady(&mut world, higher, 1_200);
    assert_eq!(world.summary(0).equity_initial, world.summary(0).equity);
    assert!(limit(&mut world, 0) > flat);
}
