use alloc::vec::Vec;

use ballast_types::{
    AccountId, Collateral, Event, ForcedRequest, L1Payload, Millis, Outcome, PoolId, Ppm, PriceTicks, Quote,
    RejectCode, Rejection, Side, Status, TimeInForce, Units, limits::MAX_AMOUNT,
};

use crate::{
    can_liquidate, facts,
    world::{ALT, BTC, ETH, ONE, PRICE, USDC, WBTC, World, order, owner},
};

/// A bitcoin in units.
const COIN: i64 = 1_000_000;
const DAY: u64 = 86_400_000;

/// A lot is a hundred-thousandth of a bitcoin; a tenth does not count.
fn terms() -> Collateral {
    Collateral {
        market: BTC,
        units_per_lot: Units(10),
        haircut: Ppm(100_000),
        size_factor: Ppm(0),
        since: Millis(0),
        most: Quote(MAX_AMOUNT),
        total: Units(1_000 * COIN as u64),
    }
}

/// Accounts 1 and 2 with 100,000 USDC each, the backstop, account 0, with so many; bitcoins are margin.
fn world(backstop: i64) -> World {
    let mut world = World::protected(2, backstop * USDC, 1_000_000 * USDC, 1_000_000 * USDC);
    world.pledge(terms());
    world
}

/// Account 1 holds a bitcoin, 45,000 USDC as equity, and lost nearly all its money: it bought 100,000 ALT lots at 10 USDC that
/// are worth less, and closed some of them. What it owes is `debt` USDC.
fn indebted(backstop: i64, debt: i64) -> World {
    let mut world = world(backstop);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let state = &mut world.x.state;
    let cash = facts::account(state, AccountId(1)).cash.0;
    // What it lost the fund has.
    facts::account_mut(state, AccountId(1)).cash = Quote(-debt * USDC);
    facts::pool_mut(state, PoolId(0)).fees.0 += cash + debt * USDC;
    let changes = crate::commit(&mut world.x);
    world.leaves.take(&changes);
    world
}

fn sold(amount: i64, proceeds: i64) -> Vec<Event> {
    let (account, asset) = (AccountId(1), WBTC);
    alloc::vec![Event::CollateralSold {
        account,
        asset,
        amount: Units(amount as u64),
        proceeds: Quote(proceeds)
    }]
}

fn refused(outcome: &Outcome) -> Rejection {
    match outcome.status {
        Status::Rejected(rejection) => rejection,
        Status::Accepted => panic!("it was accepted: {outcome:?}"),
    }
}

fn usdc(amount: i64) -> i128 {
    i128::from(amount * USDC)
}

#[test]
fn a_bitcoin_is_margin_for_nine_tenths_and_no_cash() {
    let mut world = world(1_000_000);
    let before = world.summary(1);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let _ = world.deposit_in_kind(ETH, owner(1), 1, COIN);
    let after = world.summary(1);
    assert_eq!(after.equity - before.equity, usdc(45_000));
    assert_eq!(after.equity_initial - before.equity_initial, usdc(42_500));
    assert_eq!((after.withdrawable, after.equity_out), (before.withdrawable, before.equity_out));
    assert_eq!((after.debt(), after.backing.debt_limit()), (0, usdc(22_500)));
}

#[test]
fn orders_rest_on_it() {
    let mut world = world(1_000_000);
    let from = world.log.len();
    let before = world.leaves.clone();
    // 4% of 2.5 million are 100,000 USDC, and fees come on top.
    let more = order(Side::Buy, PRICE, 51 * ONE, TimeInForce::Gtc);
    let refusal = world.place(1, BTC, more).expect_err("it has too little");
    assert_eq!(refusal.code, RejectCode::InsufficientMargin);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    assert!(world.place(1, BTC, more).is_ok());
    world.check_lazy(&before, from);
}

#[test]
fn it_counts_for_more_with_each_day() {
    let mut world = world(1_000_000);
    let since = Millis(world.time + DAY / 2);
    world.pledge(Collateral { since, ..terms() });
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let mut values = Vec::new();
    for days in [0, 1, 2, 29, 30, 31] {
        world.x.state.chain.time = Millis(since.0 + days * DAY);
        values.push(world.summary(1).backing.value / usdc(1));
    }
    assert_eq!(values, [0, 1_500, 3_000, 43_500, 45_000, 45_000]);
}

#[test]
fn who_owes_more_than_half_of_it_sells_what_pays_that() {
    let mut world = indebted(1_000_000, 22_500);
    assert_eq!(refused(&world.liquidate(1)).code, RejectCode::NothingDue, "half may be owed");
    let mut world = indebted(1_000_000, 22_501);
    let (before, from) = (world.leaves.clone(), world.log.len());
    let (equity, backstop) = (world.summary(1).equity, world.summary(0));
    assert!(can_liquidate(&mut world.x, Millis(world.time), AccountId(1)));
    let outcome = world.liquidate(1);
    // A unit is worth 0.045 USDC: 500,022.2 pay it, and 2 u more are a unit.
    assert_eq!(outcome.events, sold(500_023, 22_501_035_000));
    assert_eq!((world.cash(1), world.holds(1, WBTC)), (35_000, 499_977));
    assert_eq!((world.summary(1).equity, world.summary(1).debt()), (equity, 0));
    assert_eq!((world.cash(0), world.holds(0, WBTC)), (977_498_965_000, 500_023));
    assert_eq!(world.summary(0).equity, backstop.equity);
    assert!(!can_liquidate(&mut world.x, Millis(world.time), AccountId(1)), "it owes nothing");
    world.check_lazy(&before, from);
}

#[test]
fn an_account_below_maintenance_sells_whatever_it_owes_before_it_loses_a_position() {
    let mut world = world(1_000_000);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    // 45 bitcoins need 45,000 USDC; it has 100,000 and 45,000, and loses 112,500 of them.
    world.trade(1, 2, BTC, PRICE, 45 * ONE);
    world.set_prices(&[(BTC, PRICE - PRICE / 50)]);
    world.set_prices(&[(BTC, PRICE - PRICE / 25)]);
    world.set_prices(&[(BTC, PRICE - PRICE / 20)]);
    let was = world.summary(1);
    assert!(was.is_below_maintenance() && was.debt() > 0, "{was:?}");
    let outcome = world.liquidate(1);
    let told: Vec<_> = outcome.events.iter().map(core::mem::discriminant).collect();
    let first = sold(0, 0).remove(0);
    assert!(matches!(outcome.events[0], Event::Liquidated { .. }));
    assert_eq!(told[1], core::mem::discriminant(&first), "{outcome:?}");
    assert_eq!(world.summary(1).debt(), 0);
}

#[test]
fn a_backstop_buys_what_it_can_pay_and_holds_no_more_than_half() {
    // Half of 30,000 USDC and what it gets: 16 parts would be 22,501 of 30,000.
    let mut world = indebted(30_000, 22_501);
    let outcome = world.liquidate(1);
    let [Event::CollateralSold { amount, proceeds, .. }] = outcome.events[..] else { panic!("{outcome:?}") };
    assert_eq!(amount.0, 500_023 * 10 / 16);
    let backstop = world.summary(0);
    assert!(2 * backstop.backing.value <= backstop.equity && proceeds.0 > 14_000 * USDC);
    // With nothing it buys nothing, and the debt waits.
    let mut world = indebted(0, 22_501);
    assert_eq!(refused(&world.liquidate(1)).code, RejectCode::NothingDue);
    assert!(world.summary(1).owes_too_much());
}

#[test]
fn what_is_needed_as_margin_does_not_leave() {
    let mut world = world(1_000_000);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let from = world.log.len();
    let before = world.leaves.clone();
    // A tenth of 2.5 million may not be withdrawn below: 142,500 less 125,000 may be missing, of 0.0425 a unit.
    world.trade(1, 2, BTC, PRICE, 25 * ONE);
    let free = world.summary(1);
    let most = (free.equity_initial - free.withdrawal_floor()) / 42_500;
    let refusal = refused(&world.withdraw_in_kind(owner(1), 1, WBTC, COIN));
    assert_eq!(refusal.code, RejectCode::InsufficientFunds);
    assert!((refusal.limit - most).abs() <= 1, "{refusal:?}, {most}");
    let allowed = i64::try_from(refusal.limit).expect("a small number");
    assert_eq!(refused(&world.withdraw_in_kind(owner(1), 1, WBTC, allowed + 1)).limit, refusal.limit);
    assert_eq!(world.withdraw_in_kind(owner(1), 1, WBTC, allowed).status, Status::Accepted);
    let after = world.summary(1);
    assert!(after.equity_initial >= after.withdrawal_floor());
    // What is none leaves whatever becomes of the rest.
    let _ = world.deposit_in_kind(ETH, owner(1), 1, COIN);
    assert_eq!(world.withdraw_in_kind(owner(1), 1, ETH, COIN).status, Status::Accepted);
    world.check_lazy(&before, from);
}

#[test]
fn who_owes_leaves_with_what_does_not_stand_for_it() {
    let mut world = indebted(1_000_000, 4_500);
    // 9,000 USDC have to stay for 4,500 that are owed: a fifth.
    let refusal = refused(&world.withdraw_in_kind(owner(1), 1, WBTC, COIN));
    assert_eq!((refusal.code, refusal.limit), (RejectCode::InsufficientFunds, 800_000));
    assert_eq!(world.withdraw_in_kind(owner(1), 1, WBTC, 800_000).status, Status::Accepted);
    assert_eq!(refused(&world.liquidate(1)).code, RejectCode::NothingDue);
}

#[test]
fn who_exits_sells_what_he_owes_and_leaves_with_the_rest() {
    let mut world = indebted(1_000_000, 4_500);
    let (before, from) = (world.leaves.clone(), world.log.len());
    let outcome = world.force(ForcedRequest::Exit, 1, 0);
    world.check_lazy(&before, from);
    let told: Vec<_> =
        outcome.events.iter().filter(|event| matches!(event, Event::CollateralSold { .. })).collect();
    assert_eq!(told, sold(100_001, 4_500_045_000).iter().collect::<Vec<_>>());
    assert_eq!((world.holds(1, WBTC), world.cash(1)), (0, 45_000));
    // Without anybody who buys it stays with what stands for it.
    let mut world = indebted(0, 4_500);
    let _ = world.force(ForcedRequest::Exit, 1, 0);
    assert_eq!((world.holds(1, WBTC), world.cash(1)), (200_000, -4_500 * USDC));
}

#[test]
fn a_deposit_beyond_what_may_be_held_goes_back() {
    let mut world = world(1_000_000);
    world.pledge(Collateral { total: Units(5), ..terms() });
    assert!(matches!(world.deposit_in_kind(WBTC, owner(1), 1, 5).events[..], [Event::Deposited { .. }]));
    assert!(matches!(world.deposit_in_kind(WBTC, owner(1), 1, 1).events[..], [Event::Withdrawn { .. }]));
    assert_eq!(world.withdraw_in_kind(owner(1), 1, WBTC, 5).status, Status::Accepted);
    assert!(matches!(world.deposit_in_kind(WBTC, owner(1), 1, 1).events[..], [Event::Deposited { .. }]));
}

#[test]
fn a_price_that_is_not_believed_liquidates_nobody_and_protects_nobody() {
    let mut world = world(1_000_000);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    // The index of bitcoin jumps; what the account has in ALT is lost meanwhile.
    let lose = |world: &mut World, cash: i64| {
        facts::account_mut(&mut world.x.state, AccountId(1)).cash = Quote(cash * USDC);
    };
    facts::venue_mut(&mut world.x.state, BTC).pricing.jumped = Some(Millis(world.time));
    for (cash, is_due) in [(-44_999, false), (-45_001, false), (-89_999, false), (-90_001, true)] {
        lose(&mut world, cash);
        let is = can_liquidate(&mut world.x, Millis(world.time), AccountId(1));
        assert_eq!(is, is_due, "{cash}");
    }
}

#[test]
fn the_price_is_the_lower_of_index_and_its_average() {
    let mut world = world(1_000_000);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let value = |world: &World| world.summary(1).backing.value / usdc(1);
    assert_eq!(value(&world), 45_000, "before a minute was over the index alone");
    let mut told = Vec::new();
    for minute in 1..=61 {
        world.time += 60_000;
        let rises = if minute > 1 { PRICE + PRICE / 500 } else { PRICE };
        world.set_prices(&[(BTC, rises), (ALT, 1_000)]);
        let average = facts::market(&world.x.state, BTC).hour_average;
        told.push(average.0);
        assert_eq!(
            value(&world),
            i128::from(45_000 * average.0.min(rises) / PRICE).min(value(&world)),
            "{minute}"
        );
    }
    // The rise counts as slowly as it becomes the average of an hour.
    assert!(told.is_sorted() && told[1] < PRICE + 600 && told[60] == PRICE + PRICE / 500, "{told:?}");
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    assert_eq!(value(&world), 45_000, "a fall at once");
    assert_eq!(facts::market(&world.x.state, ALT).hour_average, PriceTicks(0), "it is the price of nothing");
}

/// Pool 0 owes 10,000 USDC that nobody pays, and account 1 what it holds stands for.
#[test]
fn what_other_assets_stand_for_is_missing_in_a_resolution() {
    let mut world = indebted(0, 4_500);
    let state = &mut world.x.state;
    let pool = facts::pool_mut(state, PoolId(0));
    let nobodys = pool.fees.0 + pool.fund.0;
    (pool.fees, pool.fund, pool.deficit) = (Quote(0), Quote(0), Quote(10_000 * USDC));
    pool.resolution.owes_since = Millis(world.time);
    facts::account_mut(state, AccountId(2)).cash.0 += nobodys + 10_000 * USDC;
    let changes = crate::commit(&mut world.x);
    world.leaves.take(&changes);
    let (before, from) = (world.leaves.clone(), world.log.len());
    world.time += DAY;
    let _ = world.resolve(PoolId(0));
    let _ = world.resolve(PoolId(0));
    let ledger = world.pool();
    assert_eq!(ledger.debts, Quote(4_500 * USDC));
    let owned = i128::from(world.cash(2));
    assert_eq!(ledger.held(), owned - usdc(14_500), "of what 2 has this is missing");
    let ratio = ledger.ratio().expect("it was resolved");
    assert_eq!(i128::from(ratio), ledger.held() * 1_000_000_000 / owned);
    // The market that is its price ended: nothing leaves until the debt is paid, and no more than that comes in.
    assert_eq!(refused(&world.withdraw_in_kind(owner(1), 1, WBTC, COIN)).limit, 0);
    assert_eq!(refused(&world.liquidate(1)).code, RejectCode::NothingDue);
    for (amount, left) in [(4_501, 4_500), (500, 4_000), (4_000, 0)] {
        let _ = world.deposit(owner(1), 1, amount * USDC);
        assert_eq!((world.cash(1), world.pool().debts), (-left * USDC, Quote(left * USDC)));
    }
    assert_eq!(world.withdraw_in_kind(owner(1), 1, WBTC, COIN).status, Status::Accepted);
    assert_eq!(world.withdraw(owner(2), 2, i64::try_from(owned).expect("a small amount")), Status::Accepted);
    world.check_lazy(&before, from);
}

#[test]
fn haircuts_rise_slowly_for_who_holds_and_at_once_for_who_wants_more() {
    let mut world = World::following(alloc::vec![0; 720], alloc::vec![0]);
    world.pledge(terms());
    world.time = 800 * 3_600_000;
    let haircuts = |world: &World| {
        let market = facts::market(&world.x.state, BTC);
        (market.haircut.0, market.haircut_initial.0)
    };
    let mut seen = Vec::from([haircuts(&world)]);
    for price in [PRICE, PRICE, PRICE - PRICE / 20, PRICE - PRICE / 20, PRICE - PRICE / 20] {
        let events = world.end_hour(&[(BTC, price)]);
        let mut told = events.iter().filter_map(|event| match event {
            Event::CollateralPriced { haircut, haircut_initial, .. } => Some((haircut.0, haircut_initial.0)),
            _ => None,
        });
        assert_eq!(told.next_back().or(seen.last().copied()), Some(haircuts(&world)), "every change is told");
        seen.push(haircuts(&world));
    }
    let [_, _, calm, fallen, after, later] = seen[..] else { panic!("{seen:?}") };
    assert_eq!((fallen.0, after.0, later.0), (calm.0 + 2_500, calm.0 + 5_000, calm.0 + 7_500), "{seen:?}");
    assert!(fallen.1 > 40_000, "{seen:?}");
    assert!([(fallen, after), (after, later)].iter().all(|(was, is)| was.1 - is.1 <= 416), "{seen:?}");
}

/// Scenario S9 of risk.md 11.1: the others say what it is worth.
#[test]
fn a_print_that_one_publisher_alone_saw_liquidates_nobody() {
    let mut world = indebted(1_000_000, 22_000);
    let value = world.summary(1).backing.value;
    for _ in 0..3 {
        world.time += 1_000;
        for (publisher, price) in [(0, PRICE), (1, PRICE * 65 / 100), (2, PRICE)] {
            let outcome = world.report(publisher, world.time, &[(BTC, price)]);
            assert_eq!(outcome.status, Status::Accepted);
            assert_eq!(world.summary(1).backing.value, value);
            assert_eq!(refused(&world.liquidate(1)).code, RejectCode::NothingDue);
        }
    }
}

/// A batch that began with it made the program that judges it panic.
#[test]
fn a_withdrawal_in_kind_looked_at_a_market_that_nobody_had_read() {
    let mut world = world(1_000_000);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    world.trade(1, 2, ALT, 1_000, 100);
    for forced in [false, true] {
        let (before, from) = (world.leaves.clone(), world.log.len());
        let outcome = if forced {
            world.l1(L1Payload::Forced {
                request: ForcedRequest::Withdraw,
                sender: owner(1),
                account: AccountId(1),
                recipient: owner(99),
                asset: WBTC,
                amount: Quote(COIN / 2),
            })
        } else {
            world.withdraw_in_kind(owner(1), 1, WBTC, COIN / 2)
        };
        assert_eq!(outcome.status, Status::Accepted);
        world.check_lazy(&before, from);
    }
}
