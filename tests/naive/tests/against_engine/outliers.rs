//! What lives that end hardly ever meet: pools of many, and who is too rich for his cash.

use ballast_naive::Stage;
use ballast_types::{
    AccountId, AssetId, ClientId, Event, MarketId, Millis, NewOrder, Nonce, Operation, Outcome, PoolId,
    PriceTicks, Quote, RejectCode, Side, SizeLots, Status, SystemCommand, TimeInForce, UserCommand, Withdraw,
    event::Cover,
    limits::{FUND_ACCOUNT, MAX_AMOUNT, MINUTE_MS, NEW_ACCOUNT, SETTLEMENT_GRACE_MS, SETTLEMENT_MS},
};

use crate::{
    inputs::{deposit, owner},
    paced::pace,
    pair::Pair,
    reports::{all_report, calm, tell},
    settings::{Setting, huge, paced, settling},
};

const MARKET: MarketId = MarketId(0);
const WINNER: AccountId = AccountId(0);
const LOSER: AccountId = AccountId(1);
const DATE: u64 = 1_700_000_040_000 + 64 * MINUTE_MS;

fn dated() -> Setting {
    settling(huge(), [Millis(DATE), Millis(0), Millis(0)])
}

/// The winner has `cash`, the loser 2^52, and sells him 2^44 lots at 1,000; the market settles at twice that, and its grace is over.
fn settled(cash: i64) -> Pair {
    settled_in(dated(), cash)
}

fn settled_in(setting: Setting, cash: i64) -> Pair {
    let mut pair = Pair::new(setting);
    deposit(&mut pair, owner(0), NEW_ACCOUNT, cash);
    deposit(&mut pair, owner(1), NEW_ACCOUNT, 1 << 52);
    for (market, price) in [(MARKET, 1_000), (MarketId(1), 200)] {
        all_report(&mut pair, market, price);
    }
    for (account, side) in [(WINNER, Side::Buy), (LOSER, Side::Sell)] {
        let (price, size) = (PriceTicks(1_000), SizeLots(1 << 44));
        let order = NewOrder::plain(side, price, size, TimeInForce::Gtc, ClientId(0));
        pair.operate(account, vec![Operation::Place { market: MARKET, order }]);
    }
    for left in [3, 2, 1] {
        pair.time = DATE - left * MINUTE_MS;
        let reports = calm(&pair.naive, pair.time, MARKET, 2_000);
        tell(&mut pair, &reports);
    }
    pair.time = DATE;
    assert_eq!(pair.system(SystemCommand::Settle { market: MARKET }).status, Status::Accepted);
    assert_eq!(pair.naive.markets[0].settled.map(|it| it.price), Some(2_000));
    pair.time += SETTLEMENT_GRACE_MS;
    pair
}

fn cash(pair: &mut Pair, accounts: &[AccountId]) -> Outcome {
    pair.system(SystemCommand::SettlePositions { market: MARKET, accounts: accounts.to_vec() })
}

/// The pool comes to owe for a day, and is resolved; how many inputs it takes to look at all.
fn resolve(pair: &mut Pair) -> usize {
    assert_eq!(cash(pair, &[LOSER]).status, Status::Accepted);
    assert_eq!(pair.system(SystemCommand::Liquidate { account: LOSER }).status, Status::Accepted);
    assert!(pair.naive.pools[0].deficit > 0);
    let pool = PoolId(0);
    pair.time += SETTLEMENT_MS - 1;
    assert!(matches!(pair.system(SystemCommand::Resolve { pool }).status, Status::Rejected(_)));
    pair.time += 1;
    assert_eq!(pair.system(SystemCommand::Resolve { pool }).status, Status::Accepted);
    let mut steps = 0;
    while matches!(pair.naive.pools[0].stage, Stage::Settling(_)) {
        assert_eq!(pair.system(SystemCommand::Resolve { pool }).status, Status::Accepted);
        steps += 1;
    }
    assert!(matches!(pair.system(SystemCommand::Resolve { pool }).status, Status::Rejected(_)));
    steps
}

fn withdraw(pair: &mut Pair, amount: i64) -> Outcome {
    let nonces = &pair.naive.accounts[WINNER.0 as usize].nonces.used;
    let nonce = Nonce(nonces.last().map_or(0, |highest| highest + 1));
    let (expires, amount) = (Millis(pair.time), Quote(amount));
    let withdraw =
        Withdraw { account: WINNER, nonce, expires, asset: AssetId::USDC, amount, recipient: owner(0) };
    pair.command(owner(0), UserCommand::Withdraw(withdraw))
}

/// Every input looks at 256 accounts, and the one that looks at the last ends it.
#[test]
fn a_pool_of_many_is_resolved_in_steps() {
    for (accounts, steps) in [(255, 1), (256, 1), (257, 2)] {
        let mut pair = settled(1 << 58);
        while pair.naive.accounts.len() < accounts {
            deposit(&mut pair, owner(2), NEW_ACCOUNT, 1);
        }
        assert_eq!(resolve(&mut pair), steps, "{accounts} accounts");
    }
}

/// Who waits in a paced pool is paid neither while it owes nor while it is being resolved, and goes on to be when that is over.
#[test]
fn who_waits_is_paid_when_the_pool_was_resolved() {
    let least = pace((1, 1_000_000_000), (1, 1_000_000_000));
    let mut pair = settled_in(paced(dated(), [least, least], true), 1 << 58);
    let outcome = withdraw(&mut pair, 1 << 44);
    assert!(matches!(outcome.events[..], [Event::WithdrawalQueued { .. }]), "{outcome:?}");
    let pool = PoolId(0);
    let waits = |pair: &Pair| pair.naive.pools[0].pacing.as_ref().map(|it| it.queued());
    assert_eq!(cash(&mut pair, &[LOSER]).status, Status::Accepted);
    assert_eq!(pair.system(SystemCommand::Liquidate { account: LOSER }).status, Status::Accepted);
    for input in [None, None, Some(SystemCommand::Resolve { pool })] {
        pair.time += SETTLEMENT_MS / 2;
        input.map(|input| pair.system(input));
        all_report(&mut pair, MarketId(1), 200);
        assert_eq!(waits(&pair), Some(1 << 44));
    }
    assert!(matches!(pair.naive.pools[0].stage, Stage::Settling(_)));
    assert_eq!(pair.system(SystemCommand::Resolve { pool }).status, Status::Accepted);
    assert!(matches!(pair.naive.pools[0].stage, Stage::Resolved(_)));
    pair.time += 1;
    all_report(&mut pair, MarketId(1), 200);
    assert!(waits(&pair) < Some(1 << 44));
    for name in ["nobody is released as the pool may not pay", "released after the pool was resolved"] {
        assert!(pair.seen.times(name) > 0, "{name}");
    }
}

/// A fund that holds as much as was owed paid three tenths of it at once, and pays the rest after a day: the pool stays open. Half
/// as much is not enough.
#[test]
fn a_fund_pays_all_that_it_holds_before_its_pool_ends() {
    for (part, stays) in [(1, true), (2, false)] {
        let mut pair = settled(1 << 58);
        assert_eq!(cash(&mut pair, &[LOSER]).status, Status::Accepted);
        let owed = i64::try_from(-pair.naive.accounts[1].cash).expect("money");
        deposit(&mut pair, owner(2), FUND_ACCOUNT, owed / part);
        assert_eq!(pair.system(SystemCommand::Liquidate { account: LOSER }).status, Status::Accepted);
        let (deficit, fund) = (pair.naive.pools[0].deficit, pair.naive.pools[0].fund());
        assert!(deficit > 0 && fund > 0);
        pair.time += SETTLEMENT_MS;
        let told = pair.system(SystemCommand::Resolve { pool: PoolId(0) }).events;
        let u = i64::try_from(deficit.min(fund)).expect("money");
        let account = AccountId(FUND_ACCOUNT);
        assert_eq!(told[0], Event::DeficitCovered { account, by: Cover::Fund, amount: Quote(u) });
        assert_eq!((pair.naive.pools[0].stage == Stage::Open, told.len() == 1), (stays, stays));
    }
}

/// All that there is, is his and the loser's, and he won more than the loser had: he keeps the position until there is room
/// for what it is worth, and is paid as if it were cash.
#[test]
fn who_could_not_hold_what_it_is_worth_keeps_it() {
    let mut pair = settled(MAX_AMOUNT - (1 << 52));
    let refused = cash(&mut pair, &[WINNER]);
    assert!(matches!(refused.status, Status::Rejected(it) if it.code == RejectCode::NothingDue));
    assert_eq!(cash(&mut pair, &[WINNER, LOSER]).events.len(), 1);
    assert_eq!(pair.system(SystemCommand::Liquidate { account: LOSER }).status, Status::Accepted);
    let pool = PoolId(0);
    pair.time += SETTLEMENT_MS;
    for _ in 0..2 {
        assert_eq!(pair.system(SystemCommand::Resolve { pool }).status, Status::Accepted);
    }
    let ratio = match pair.naive.pools[0].stage {
        Stage::Resolved(ratio) => ratio,
        other => panic!("{other:?}"),
    };
    assert!(ratio < 1_000_000_000);
    assert!(!pair.naive.accounts[0].positions.is_empty());
    assert!(pair.naive.withdrawable(WINNER) > i128::from(MAX_AMOUNT));

    let outcome = withdraw(&mut pair, 1 << 59);
    assert!(
        matches!(outcome.events[..], [Event::Withdrawn { amount, .. }] if i128::from(amount.0) == (1 << 59) * ratio / 1_000_000_000)
    );
    assert_eq!(cash(&mut pair, &[WINNER]).status, Status::Accepted);
    let rest = i64::try_from(pair.naive.withdrawable(WINNER)).expect("it fits now");
    assert!(matches!(withdraw(&mut pair, rest + 1).status, Status::Rejected(_)));
    assert_eq!(withdraw(&mut pair, rest).status, Status::Accepted);
    assert_eq!(pair.naive.accounts[0].cash, 0);
}
