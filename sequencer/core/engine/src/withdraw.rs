//! Money leaves for L1.

use alloc::vec::Vec;

use ballast_batch::Withdrawal;
use ballast_state::Pool;
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
    check_prices(x, account)?;
    check_pool(x, command)?;
    check_room(x)?;
    let owned = facts::account(&x.state, account);
    let (pool, cash) = (owned.pool, owned.cash.checked_sub(amount).ok_or(RejectCode::Overflow)?);
    let Pool { credited, withdrawn, .. } = *facts::pool(&x.state, pool);
    let in_pool = i128::from(credited.0) - i128::from(withdrawn.0);
    let withdrawable = margin::summary_of(&x.state, account).withdrawable.min(in_pool);
    if i128::from(amount.0) > withdrawable {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, withdrawable));
    }
    let withdrawn = withdrawn.checked_add(amount).expect("what left had arrived (INV-48)");

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
///
/// # Errors
/// [`RejectCode::PoolInDeficit`] with the deficit; [`RejectCode::InsufficientFunds`] with nothing as the limit.
fn check_pool(x: &Exchange, command: &Withdraw) -> Result<(), Rejection> {
    let account = facts::account(&x.state, command.account);
    let pool = facts::pool(&x.state, account.pool);
    if pool.deficit > Quote::ZERO {
        return Err(Rejection::new(RejectCode::PoolInDeficit, pool.deficit.0, 0));
    }
    if pool.protection.backstop == Some(command.account) && !account.positions.is_empty() {
        return Err(Rejection::new(RejectCode::InsufficientFunds, command.amount.0, 0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
