//! Money goes to another account of its owner: the only way from pool to pool (risk.md 8.2).

use alloc::vec::Vec;

use ballast_state::Flow;
use ballast_types::{
    AccountId, Event, PoolId, Quote, RejectCode, Rejection, Transfer,
    limits::{MAX_ACCOUNTS, MAX_AMOUNT, NEW_ACCOUNT, OPENING_FEE},
};

use crate::{
    exchange::Exchange,
    facts, fund,
    open_account::{has_room, open_account},
    pacing, withdraw,
};

/// Moves what could be withdrawn to another account of the same owner, or to a new one that it is opened for. To the source
/// it is a withdrawal (risk.md 3.7), to the pools the one thing that happens to two of them (INV-62).
pub(crate) fn transfer(
    x: &mut Exchange,
    command: &Transfer,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &Transfer { account, to, pool, amount, .. } = command;
    check_form(command)?;
    check_target(x, command)?;
    withdraw::check_payer(x, account, amount)?;
    // Who moves margin to where he needs it takes nothing from anybody.
    if facts::account(&x.state, account).pool != pool {
        withdraw::check_pause(x, account)?;
    }
    let least = if is_new(command.to) { Quote(OPENING_FEE) } else { Quote::ZERO };
    let leaving = withdraw::check_funds(x, account, amount, least)?;
    let amount = leaving.paid;
    let paid = Transfer { amount, ..*command };
    let arrival = check_arrival(x, &paid)?;
    let flow = check_pace(x, &paid)?;

    leaving.write(x, account);
    if let Some((left, came)) = arrival.transferred {
        let from = facts::account(&x.state, account).pool;
        if let Some(flow) = flow {
            pacing::keep(&mut x.state, from, &flow.without(amount));
        }
        pacing::arrive(x, pool, amount);
        facts::pool_mut(&mut x.state, from).transferred = left;
        facts::pool_mut(&mut x.state, pool).transferred = came;
    }
    let (to, fee) = if is_new(to) {
        let owner = facts::account(&x.state, account).owner;
        fund::set_fees(&mut x.state, pool, arrival.earned);
        let opened = open_account(&mut x.state, owner, pool, arrival.cash);
        pacing::begin(x, opened);
        (opened, Quote(OPENING_FEE))
    } else {
        facts::account_mut(&mut x.state, to).cash = arrival.cash;
        (to, Quote::ZERO)
    };
    events.push(Event::Transferred { account, to, pool, amount, fee });
    Ok(())
}

/// Whether it could be carried out at all, whatever accounts there are.
///
/// # Errors
/// [`RejectCode::InvalidAmount`] below 1 u, or what a new account costs, or above any balance;
/// [`RejectCode::InvalidRecipient`] when the account pays itself.
pub(crate) fn check_form(command: &Transfer) -> Result<(), Rejection> {
    let least = if is_new(command.to) { OPENING_FEE } else { 1 };
    if command.amount.0 < least {
        return Err(Rejection::new(RejectCode::InvalidAmount, command.amount.0, least));
    }
    if command.amount.0 > MAX_AMOUNT {
        return Err(Rejection::new(RejectCode::InvalidAmount, command.amount.0, MAX_AMOUNT));
    }
    if command.to == command.account {
        return Err(RejectCode::InvalidRecipient.into());
    }
    Ok(())
}

const fn is_new(to: AccountId) -> bool {
    to.0 == NEW_ACCOUNT
}

/// Whether the account that is to be paid can be opened, or is one of the same owner in the pool that was signed for.
///
/// # Errors
/// [`RejectCode::UnknownPool`], [`RejectCode::PoolInResolution`], [`RejectCode::TooManyAccounts`], [`RejectCode::UnknownAccount`],
/// [`RejectCode::ForeignAccount`].
fn check_target(x: &mut Exchange, command: &Transfer) -> Result<(), Rejection> {
    let &Transfer { account, to, pool, .. } = command;
    if !facts::has_pool(&x.state, pool) {
        return Err(Rejection::new(RejectCode::UnknownPool, pool.0, x.state.genesis.pools));
    }
    x.load_pool(pool);
    if facts::pool(&x.state, pool).is_ending() {
        return Err(Rejection::new(RejectCode::PoolInResolution, pool.0, 0));
    }
    if is_new(to) {
        let full = Rejection::new(RejectCode::TooManyAccounts, x.state.chain.accounts, MAX_ACCOUNTS);
        return if has_room(&x.state) { Ok(()) } else { Err(full) };
    }
    if !facts::has_account(&x.state, to) {
        return Err(Rejection::new(RejectCode::UnknownAccount, to.0, x.state.chain.accounts));
    }
    x.load_account(to);
    let target = facts::account(&x.state, to);
    if target.owner != facts::account(&x.state, account).owner {
        return Err(RejectCode::ForeignAccount.into());
    }
    if target.pool != pool {
        return Err(Rejection::new(RejectCode::UnknownPool, pool.0, target.pool.0));
    }
    Ok(())
}

/// What is on the other side when the money has come.
struct Arrival {
    /// Cash of the account that is paid.
    cash: Quote,
    /// What was transferred of the source's pool and of the other, where they differ.
    transferred: Option<(Quote, Quote)>,
    /// Fees and deficit of its pool.
    earned: (Quote, Quote),
}

/// # Errors
/// [`RejectCode::Overflow`]
fn check_arrival(x: &Exchange, command: &Transfer) -> Result<Arrival, Rejection> {
    let &Transfer { account, to, pool, amount, .. } = command;
    let before = if is_new(to) { Quote(-OPENING_FEE) } else { facts::account(&x.state, to).cash };
    let cash = before.checked_add(amount).ok_or(RejectCode::Overflow)?;
    let source = facts::account(&x.state, account).pool;
    let transferred = if source == pool { None } else { Some(moved(x, source, pool, amount)?) };
    let fee = if is_new(to) { OPENING_FEE } else { 0 };
    let earned = fund::with_fees(facts::pool(&x.state, pool), fee.into())?;
    Ok(Arrival { cash, transferred, earned })
}

/// What the source's pool lets out, if it is paced and another than the target's. A transfer never waits, and never passes
/// who does.
///
/// # Errors
/// [`RejectCode::WithdrawalPaced`] with the amount and the most that may go.
fn check_pace(x: &Exchange, command: &Transfer) -> Result<Option<Flow>, Rejection> {
    let source = facts::account(&x.state, command.account).pool;
    let Some(flow) = pacing::flow(&x.state, source, x.now()).filter(|_| source != command.pool) else {
        return Ok(None);
    };
    let available = if pacing::is_free(&x.state, source) { flow.available() } else { 0 };
    if i128::from(command.amount.0) > available {
        return Err(Rejection::new(RejectCode::WithdrawalPaced, command.amount.0, available));
    }
    Ok(Some(flow))
}

/// What was transferred of both pools afterwards. What leaves the first was there, so that it cannot pass its bound.
fn moved(x: &Exchange, from: PoolId, to: PoolId, amount: Quote) -> Result<(Quote, Quote), Rejection> {
    let left = facts::pool(&x.state, from).transferred.checked_sub(amount).ok_or(RejectCode::Overflow)?;
    let came = facts::pool(&x.state, to).transferred.checked_add(amount).ok_or(RejectCode::Overflow)?;
    Ok((left, came))
}

#[cfg(test)]
mod tests;
