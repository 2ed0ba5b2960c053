//! The insurance fund of a pool: what comes in, and what it may pay (risk.md 5.8).

use ballast_risk::ladder::{Claims, split_penalty};
use ballast_state::{Pool, State};
use ballast_types::{MarketId, Millis, PoolId, Ppm, Quote, RejectCode, Rejection, limits::FUND_DAY_MS};

use crate::facts;

/// Most that one payment for `market` may be now, in u. A silo's fund is there for what is traded in it, so on a day all of it
/// may go; what bounds a payment is its peak.
pub(crate) fn claim(state: &State, market: MarketId) -> i128 {
    let listed = facts::market(state, market);
    let of_class = listed.params.class.liquidation().fund_share;
    let share = if listed.pool == PoolId(0) { of_class } else { Ppm(1_000_000) };
    Claims { paid_today: paid_today(state, market), ..claims(state, listed.pool) }.claimable(share)
}

/// Most that one payment for no market in particular may be now, in u.
pub(crate) fn claim_at_large(state: &State, pool: PoolId) -> i128 {
    claims(state, pool).bearable()
}

/// Whether the fund holds what it should.
pub(crate) fn is_full(state: &State, pool: PoolId) -> bool {
    let ledger = facts::pool(state, pool);
    ledger.fund >= ledger.protection.target
}

/// Whether the fund has paid much for the market today, at least a twentieth of its target, and may pay less than a tenth of
/// that again.
pub(crate) fn is_spent_on(state: &State, market: MarketId) -> bool {
    let paid = paid_today(state, market);
    let target = facts::pool(state, facts::market(state, market).pool).protection.target;
    paid > 0 && 20 * paid >= i128::from(target.0) && 10 * claim(state, market) < paid
}

/// Whether the fund is as far below its peak as it may be, or nearly so, for whatever markets it paid: at least a twentieth of
/// its target, and it may pay less than a tenth of that again.
pub(crate) fn is_spent(state: &State, pool: PoolId) -> bool {
    let claims = claims(state, pool);
    let (paid, target) = (claims.peak - claims.balance, facts::pool(state, pool).protection.target);
    paid > 0 && 20 * paid >= i128::from(target.0) && 10 * claims.bearable() < paid
}

/// Whether it is more than 15% below its peak of the last 8 to 16 hours, whatever brought it there (risk.md 5.7).
pub(crate) fn is_drawn_down(state: &State, now: Millis, pool: PoolId) -> bool {
    let ledger = facts::pool(state, pool);
    let peak = i128::from(ledger.protection.history.at(now, ledger.fund).highest().0);
    let balance = i128::from(ledger.fund.0);
    100 * (peak - balance) > 15 * peak
}

/// The fund pays `amount`, which may be claimed, for a market or for none.
///
/// # Panics
/// When it is more than the fund holds: a caller's bug.
pub(crate) fn pay(state: &mut State, pool: PoolId, market: Option<MarketId>, amount: Quote) {
    if let Some(market) = market {
        let paid = paid_today(state, market) + i128::from(amount.0);
        let day = day(state);
        let strain = &mut facts::venue_mut(state, market).strain;
        // What is paid in a day is at most what the fund held and what came to it.
        (strain.day, strain.paid) = (day, Quote::try_from_i128(paid).unwrap_or(strain.paid));
    }
    let left = facts::pool(state, pool).fund.checked_sub(amount).expect("a payment is within the claim");
    set_balance(state, pool, left);
}

/// The fund pays what the pool owes, all that it holds if need be and whatever may be claimed; gives what it paid.
pub(crate) fn pay_deficit(state: &mut State, pool: PoolId) -> Quote {
    let Pool { fund, deficit, .. } = *facts::pool(state, pool);
    let amount = fund.min(deficit);
    if amount > Quote::ZERO {
        pay(state, pool, None, amount);
        set_deficit(state, pool, deficit.checked_sub(amount).expect("it is part of the deficit"));
    }
    amount
}

/// `amount`, at least 0, comes into the fund: what the pool owes is paid first.
///
/// # Errors
/// [`RejectCode::Overflow`] when the fund would pass 2^60 u: nothing is changed.
pub(crate) fn earn(state: &mut State, pool: PoolId, amount: Quote) -> Result<(), Rejection> {
    let ledger = facts::pool(state, pool);
    let owed = amount.min(ledger.deficit);
    let rest = amount.checked_sub(owed).expect("it is part of the amount");
    let fund = ledger.fund.checked_add(rest).ok_or(RejectCode::Overflow)?;
    let deficit = ledger.deficit.checked_sub(owed).expect("it is part of the deficit");
    if owed > Quote::ZERO {
        set_deficit(state, pool, deficit);
    }
    if rest > Quote::ZERO {
        set_balance(state, pool, fund);
    }
    Ok(())
}

/// Fees and deficit of a pool when `amount` comes to its fees: what it owes is paid first. Rebates beyond fees, an
/// `amount` below zero, are of the fees.
///
/// # Errors
/// [`RejectCode::Overflow`] when the fees would pass 2^60 u.
pub(crate) fn with_fees(ledger: &Pool, amount: i128) -> Result<(Quote, Quote), Rejection> {
    let owed = amount.clamp(0, ledger.deficit.0.into());
    let after = |before: Quote, change| Quote::try_from_i128(i128::from(before.0) + change);
    let fees = after(ledger.fees, amount - owed).ok_or(RejectCode::Overflow)?;
    Ok((fees, after(ledger.deficit, -owed).ok_or(RejectCode::Overflow)?))
}

/// `amount` is given to the fund, and counts as if it had been there when the day began: it may be claimed at once.
///
/// # Errors
/// As [`earn`].
pub(crate) fn give(state: &mut State, pool: PoolId, amount: Quote) -> Result<(), Rejection> {
    let before = facts::pool(state, pool).fund;
    earn(state, pool, amount)?;
    let ledger = facts::pool_mut(state, pool);
    let given = ledger.fund.checked_sub(before).expect("it came in");
    let start = &mut ledger.protection.history.day_start;
    *start = start.checked_add(given).unwrap_or(*start);
    Ok(())
}

/// Moves the fund by what the fills of one forced order come to: penalties less what the fund added.
/// Penalties that are left over go in part to the backstop while the fund holds its target, if it can be credited so much.
/// Source: risk.md 5.5.
///
/// # Errors
/// [`RejectCode::Overflow`] when the fund would pass 2^60 u: nothing is changed.
pub(crate) fn settle(state: &mut State, market: MarketId, sum: i128) -> Result<(), Rejection> {
    check_settle(state, market, sum)?;
    let pool = facts::market(state, market).pool;
    if sum < 0 {
        pay(state, pool, Some(market), Quote::try_from_i128(-sum).ok_or(RejectCode::Overflow)?);
    } else {
        let passed = pass_to_backstop(state, pool, sum);
        earn(state, pool, Quote::try_from_i128(sum - passed).ok_or(RejectCode::Overflow)?)?;
    }
    Ok(())
}

/// Whether [`settle`] can be done with `sum`.
///
/// # Errors
/// [`RejectCode::Overflow`]
pub(crate) fn check_settle(state: &State, market: MarketId, sum: i128) -> Result<(), Rejection> {
    let fund = facts::pool(state, facts::market(state, market).pool).fund;
    let fits = Quote::try_from_i128(i128::from(fund.0) + sum).is_some();
    if fits { Ok(()) } else { Err(RejectCode::Overflow.into()) }
}

/// Credits the backstop with its part of penalties of `sum` u, and gives it.
fn pass_to_backstop(state: &mut State, pool: PoolId, sum: i128) -> i128 {
    let ledger = facts::pool(state, pool);
    let (fund, protection) = (i128::from(ledger.fund.0), ledger.protection);
    let Some(backstop) = protection.backstop else { return 0 };
    let passed = split_penalty(sum, fund, protection.target.0.into()).1;
    let cash = Quote::try_from_i128(i128::from(facts::account(state, backstop).cash.0) + passed);
    let Some(cash) = cash.filter(|_| passed > 0) else { return 0 };
    facts::account_mut(state, backstop).cash = cash;
    passed
}

/// What the pool owes becomes `deficit`; since when is known from 0 on.
pub(crate) fn set_deficit(state: &mut State, pool: PoolId, deficit: Quote) {
    let now = state.chain.time;
    let ledger = facts::pool_mut(state, pool);
    if deficit == Quote::ZERO {
        ledger.resolution.owes_since = Millis(0);
    } else if ledger.deficit == Quote::ZERO {
        ledger.resolution.owes_since = now;
    }
    ledger.deficit = deficit;
}

/// Writes what [`with_fees`] said.
pub(crate) fn set_fees(state: &mut State, pool: PoolId, (fees, deficit): (Quote, Quote)) {
    set_deficit(state, pool, deficit);
    facts::pool_mut(state, pool).fees = fees;
}

fn set_balance(state: &mut State, pool: PoolId, balance: Quote) {
    let now = state.chain.time;
    let ledger = facts::pool_mut(state, pool);
    let history = &mut ledger.protection.history;
    *history = history.at(now, ledger.fund).with(balance);
    ledger.fund = balance;
}

fn claims(state: &State, pool: PoolId) -> Claims {
    let ledger = facts::pool(state, pool);
    let history = ledger.protection.history.at(state.chain.time, ledger.fund);
    Claims {
        balance: ledger.fund.0.into(),
        day_start: history.day_start.0.into(),
        paid_today: 0,
        peak: history.highest().0.into(),
    }
}

fn paid_today(state: &State, market: MarketId) -> i128 {
    let strain = facts::venue(state, market).strain;
    if strain.day == day(state) { strain.paid.0.into() } else { 0 }
}

/// The day of the input, counted from the Unix epoch.
pub(crate) fn day(state: &State) -> u32 {
    day_of(state.chain.time)
}

/// The day of a time.
pub(crate) fn day_of(time: Millis) -> u32 {
    u32::try_from(time.0 / FUND_DAY_MS).unwrap_or(u32::MAX)
}
