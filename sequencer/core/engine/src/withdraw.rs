//! Money leaves for L1.

use alloc::vec::Vec;

use ballast_batch::Withdrawal;
use ballast_types::{
    AccountId, Address, Event, MarketId, Quote, RejectCode, Rejection, Withdraw,
    limits::{MAX_AMOUNT, MAX_WITHDRAWALS_PER_BATCH, MIN_WITHDRAWAL},
};

use crate::{exchange::Exchange, facts, margin, oracle};

/// Debits the account and puts a leaf into the withdrawal tree of the open batch. At most
/// `max(0, E_out - max(IMR, 10% of notional))` can leave (risk.md 3.7, INV-20), never more than what arrived
/// in the pool and is still there (INV-48), and nothing while the price of a position is not fresh (risk.md 2.3).
pub(crate) fn withdraw(
    x: &mut Exchange,
    command: &Withdraw,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &Withdraw { account, amount, recipient, .. } = command;
    check_form(command)?;
    check_payer(x, account, amount)?;
    check_room(x)?;
    let cash = check_funds(x, account, amount)?;
    let pool = facts::account(&x.state, account).pool;
    let withdrawn = facts::pool(&x.state, pool).withdrawn.checked_add(amount).ok_or(RejectCode::Overflow)?;

    facts::account_mut(&mut x.state, account).cash = cash;
    facts::pool_mut(&mut x.state, pool).withdrawn = withdrawn;
    add_leaf(x, account, recipient, amount, events);
    Ok(())
}

/// Whether a withdrawal could be paid at all, whatever the account holds.
///
/// # Errors
/// [`RejectCode::InvalidAmount`] below the minimum or above any balance; [`RejectCode::InvalidRecipient`].
pub(crate) fn check_form(command: &Withdraw) -> Result<(), Rejection> {
    if command.amount.0 < MIN_WITHDRAWAL {
        return Err(Rejection::new(RejectCode::InvalidAmount, command.amount.0, MIN_WITHDRAWAL));
    }
    if command.amount.0 > MAX_AMOUNT {
        return Err(Rejection::new(RejectCode::InvalidAmount, command.amount.0, MAX_AMOUNT));
    }
    if command.recipient == Address::ZERO {
        return Err(RejectCode::InvalidRecipient.into());
    }
    Ok(())
}

/// Whether anything may leave the account: its prices are fresh, its pool owes nothing, and it is no backstop that holds
/// positions. What leaves is `amount`.
///
/// # Errors
/// Those of a market that is not good for it; [`RejectCode::PoolInDeficit`] with the deficit;
/// [`RejectCode::InsufficientFunds`] with nothing as the limit.
pub(crate) fn check_payer(x: &mut Exchange, account: AccountId, amount: Quote) -> Result<(), Rejection> {
    check_prices(x, account)?;
    check_pool(x, account, amount)
}

/// Whether the account has `amount` to spare, and what its cash is without it.
///
/// # Errors
/// [`RejectCode::Overflow`]; [`RejectCode::InsufficientFunds`] with the most that may leave.
pub(crate) fn check_funds(x: &Exchange, account: AccountId, amount: Quote) -> Result<Quote, Rejection> {
    let owned = facts::account(&x.state, account);
    let cash = owned.cash.checked_sub(amount).ok_or(RejectCode::Overflow)?;
    let held = facts::pool(&x.state, owned.pool).held();
    let withdrawable = margin::summary_of(&x.state, account).withdrawable.min(held);
    if i128::from(amount.0) > withdrawable {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, withdrawable));
    }
    Ok(cash)
}

/// Whether the open batch has a leaf left.
///
/// # Errors
/// [`RejectCode::WithdrawalsFull`]
pub(crate) fn check_room(x: &Exchange) -> Result<(), Rejection> {
    let most = MAX_WITHDRAWALS_PER_BATCH as usize;
    if x.open.len() >= most {
        return Err(Rejection::new(RejectCode::WithdrawalsFull, x.open.len() as i128, most as i128));
    }
    Ok(())
}

/// The next leaf of the open batch's tree; the money has been debited from the pool.
pub(crate) fn add_leaf(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    amount: Quote,
    events: &mut Vec<Event>,
) {
    assert!(x.open.len() < MAX_WITHDRAWALS_PER_BATCH as usize, "room was checked");
    let id = x.state.chain.next_withdrawal;
    x.state.chain.next_withdrawal = id + 1;
    let paid = u64::try_from(amount.0).expect("amounts that leave are positive");
    x.open.push(Withdrawal { id, account: account.0, recipient, asset: USDC, amount: paid });
    events.push(Event::Withdrawn { id, account, recipient, amount });
}

/// The only asset there is.
const USDC: u16 = 0;

/// While the price of a position is not fresh its equity is a guess: only flat accounts are paid.
fn check_prices(x: &mut Exchange, account: AccountId) -> Result<(), Rejection> {
    let held: Vec<MarketId> =
        facts::account(&x.state, account).positions.iter().map(|position| position.market).collect();
    for market in held {
        x.state.venues.load(u32::from(market.0));
        oracle::check_withdrawal(&x.state, market)?;
    }
    Ok(())
}

/// While a pool owes what nobody could pay, whoever came first would be paid by the others. The backstop is there for the
/// positions that it took over.
fn check_pool(x: &Exchange, id: AccountId, amount: Quote) -> Result<(), Rejection> {
    let account = facts::account(&x.state, id);
    let pool = facts::pool(&x.state, account.pool);
    if pool.deficit > Quote::ZERO {
        return Err(Rejection::new(RejectCode::PoolInDeficit, pool.deficit.0, 0));
    }
    if pool.protection.backstop == Some(id) && !account.positions.is_empty() {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, 0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
