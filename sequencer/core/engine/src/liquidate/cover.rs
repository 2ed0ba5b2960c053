//! An account owes and has nothing left: the fund pays within its bounds, then the backstop, then what the pool earned in
//! fees, and the rest is the pool's deficit (risk.md 5.7).

use alloc::vec::Vec;

use ballast_types::{AccountId, Cover, Event, MarketId, Quote, limits::MAX_AMOUNT};

use crate::{exchange::Exchange, facts, fund, margin::summary_of};

/// Covers what an account without a position owes beyond what it holds counts for; whether anybody paid. Afterwards its equity is 0,
/// unless the pool's deficit has no room.
pub(crate) fn cover(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let owned = facts::account(&x.state, account);
    if !owned.positions.is_empty() || owned.cash >= Quote::ZERO {
        return false;
    }
    let (pool, from) = (owned.pool, events.len());
    cover_from_fund(x, account, None, u128::MAX, events);
    let spare = spare_of_backstop(x, account);
    cover_from_backstop(x, account, spare, events);
    cover_from_fees(x, account, events);
    let left = owes(x, account, u128::MAX);
    let deficit = facts::pool(&x.state, pool).deficit;
    if let Some(deficit) = deficit.checked_add(left).filter(|_| left > Quote::ZERO) {
        fund::set_deficit(&mut x.state, pool, deficit);
        credit(x, account, left, Cover::Pool, events);
    }
    events.len() > from
}

/// The fund pays what the account owes at the marks, at most `most` and within its claim for `market`, or for none; gives
/// what it paid.
pub(crate) fn cover_from_fund(
    x: &mut Exchange,
    account: AccountId,
    market: Option<MarketId>,
    most: u128,
    events: &mut Vec<Event>,
) -> u128 {
    let pool = facts::account(&x.state, account).pool;
    let claim = match market {
        Some(market) => fund::claim(&x.state, market),
        None => fund::claim_at_large(&x.state, pool),
    };
    let amount = owes(x, account, most.min(claim.unsigned_abs()));
    if amount == Quote::ZERO {
        return 0;
    }
    fund::pay(&mut x.state, pool, market, amount);
    credit(x, account, amount, Cover::Fund, events)
}

/// The backstop pays what the account owes at the marks, at most `most`; gives what it paid.
pub(crate) fn cover_from_backstop(
    x: &mut Exchange,
    account: AccountId,
    most: u128,
    events: &mut Vec<Event>,
) -> u128 {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    let amount = owes(x, account, most);
    let Some(backstop) = pool.protection.backstop.filter(|_| amount > Quote::ZERO) else { return 0 };
    let Some(cash) = facts::account(&x.state, backstop).cash.checked_sub(amount) else { return 0 };
    facts::account_mut(&mut x.state, backstop).cash = cash;
    credit(x, account, amount, Cover::Backstop, events)
}

/// The pool pays what the account owes of the fees that it has.
fn cover_from_fees(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    let pool = facts::account(&x.state, account).pool;
    let earned = facts::pool(&x.state, pool).fees;
    let amount = owes(x, account, earned.0.max(0).unsigned_abs().into());
    if amount > Quote::ZERO {
        let left = earned.checked_sub(amount).expect("it is part of the fees");
        facts::pool_mut(&mut x.state, pool).fees = left;
        credit(x, account, amount, Cover::Fees, events);
    }
}

/// What the backstop has in USDC above its maintenance margin, where it can pay for `account`; 0 without one.
pub(crate) fn spare_of_backstop(x: &mut Exchange, account: AccountId) -> u128 {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    let Some(backstop) = pool.protection.backstop.filter(|backstop| *backstop != account) else { return 0 };
    x.load_account(backstop);
    let summary = summary_of(&x.state, backstop);
    (summary.equity_in_usdc() - summary.maintenance).max(0).unsigned_abs()
}

/// What the account owes at the marks, at most `most`, and no more than its cash can be credited with.
fn owes(x: &Exchange, account: AccountId, most: u128) -> Quote {
    let room = i128::from(MAX_AMOUNT) - i128::from(facts::account(&x.state, account).cash.0);
    let debt = (-summary_of(&x.state, account).equity).clamp(0, MAX_AMOUNT.into()).min(room);
    let amount = debt.unsigned_abs().min(most).cast_signed();
    Quote::try_from_i128(amount).expect("it is at most the largest amount")
}

fn credit(x: &mut Exchange, account: AccountId, amount: Quote, by: Cover, events: &mut Vec<Event>) -> u128 {
    let owned = facts::account_mut(&mut x.state, account);
    owned.cash = owned.cash.checked_add(amount).expect("there was room for what it owes");
    events.push(Event::DeficitCovered { account, by, amount });
    amount.0.unsigned_abs().into()
}
