//! Money leaves for L1, or another asset.

use alloc::vec::Vec;

use ballast_batch::Withdrawal;
use ballast_state::{Pool, Queued, Stage, State};
use ballast_types::{
    AccountId, Address, AssetId, Event, MarketId, Quote, RejectCode, Rejection, Withdraw,
    limits::{MAX_AMOUNT, MAX_WITHDRAWALS_PER_BATCH, MIN_WITHDRAWAL},
};

use crate::{
    exchange::Exchange,
    facts, fund, holdings, margin, oracle,
    pacing::{self, Place, Way},
};

/// Debits the account and puts a leaf into the withdrawal tree of the open batch, or what it paid into the queue of its pool.
/// At most
/// `max(0, E_out - max(IMR, 10% of notional))` can leave (risk.md 3.7, INV-20), never more than what arrived
/// in the pool and is still there (INV-48), and nothing while the price of a position is not fresh (risk.md 2.3). Another asset
/// leaves in kind, see [`holdings`].
pub(crate) fn withdraw(
    x: &mut Exchange,
    command: &Withdraw,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &Withdraw { account, asset, amount, recipient, .. } = command;
    check_form(&x.state, command)?;
    if asset != AssetId::USDC {
        return holdings::withdraw(x, command, events);
    }
    check_way_out(x, account, amount)?;
    let leaving = check_funds(x, account, amount, Quote::ZERO)?;
    pay(x, account, recipient, &leaving, Place::Asked, events)
}

/// As [`withdraw`], of what L1 forces: where `amount` is above the most that may leave, that leaves.
///
/// # Errors
/// As [`check_way_out`] and [`check_funds`]; [`RejectCode::WithdrawalsFull`]; [`RejectCode::InsufficientFunds`] with the amount
/// and the most that may leave, where that is below 1 USDC; [`RejectCode::Overflow`].
pub(crate) fn withdraw_most(
    x: &mut Exchange,
    account: AccountId,
    amount: Quote,
    recipient: Address,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_way_out(x, account, amount)?;
    let most = most_of(x, account);
    let taken = most.min(amount.0.into());
    let taken = Quote::try_from_i128(taken).filter(|taken| taken.0 >= MIN_WITHDRAWAL);
    let taken = taken.ok_or_else(|| Rejection::new(RejectCode::InsufficientFunds, amount.0, most))?;
    let leaving = check_funds(x, account, taken, Quote::ZERO)?;
    pay(x, account, recipient, &leaving, Place::Forced, events)
}

/// What leaves the account, which was checked, goes by the ways of its pool.
///
/// # Errors
/// [`RejectCode::Overflow`] when the pool could not count it; those of [`pacing::way`]. Nothing changed then.
pub(crate) fn pay(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    leaving: &Leaving,
    place: Place,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let (pool, paid) = (facts::account(&x.state, account).pool, leaving.paid);
    let withdrawn = facts::pool(&x.state, pool).withdrawn.checked_add(paid).ok_or(RejectCode::Overflow)?;
    let way = pacing::way(x, account, paid, place)?;

    leaving.write(x, account);
    facts::pool_mut(&mut x.state, pool).withdrawn = withdrawn;
    match way {
        Way::Leaves => add_leaf(x, account, recipient, usdc(paid), events),
        Way::LeavesBy(flow) => {
            pacing::keep(&mut x.state, pool, &flow.without(paid));
            add_leaf(x, account, recipient, usdc(paid), events);
        }
        Way::SmallExit(day, flow) => {
            pacing::keep(&mut x.state, pool, &flow.without_by_day(paid));
            facts::trader_mut(&mut x.state, account).exit_day = Some(day);
            add_leaf(x, account, recipient, usdc(paid), events);
        }
        Way::Waits => pacing::wait(x, pool, Queued { account, recipient, amount: paid }, events),
    }
    Ok(())
}

/// Whether a withdrawal could be paid at all, whatever the account holds.
///
/// # Errors
/// [`RejectCode::UnknownAsset`]; [`RejectCode::InvalidAmount`] below the minimum, of another asset than USDC below 1, or above any
/// balance; [`RejectCode::InvalidRecipient`].
pub(crate) fn check_form(state: &State, command: &Withdraw) -> Result<(), Rejection> {
    let &Withdraw { asset, amount, recipient, .. } = command;
    if asset == AssetId::USDC {
        check_amount(amount)?;
    } else {
        holdings::check_amount(state, asset, amount)?;
    }
    check_recipient(recipient)
}

/// # Errors
/// [`RejectCode::InvalidAmount`] below the minimum or above any balance.
pub(crate) fn check_amount(amount: Quote) -> Result<(), Rejection> {
    if amount.0 < MIN_WITHDRAWAL {
        return Err(Rejection::new(RejectCode::InvalidAmount, amount.0, MIN_WITHDRAWAL));
    }
    if amount.0 > MAX_AMOUNT {
        return Err(Rejection::new(RejectCode::InvalidAmount, amount.0, MAX_AMOUNT));
    }
    Ok(())
}

/// # Errors
/// [`RejectCode::InvalidRecipient`]
pub(crate) fn check_recipient(recipient: Address) -> Result<(), Rejection> {
    if recipient == Address::ZERO {
        return Err(RejectCode::InvalidRecipient.into());
    }
    Ok(())
}

/// Whether anything may leave the account: its prices are fresh, its pool owes nothing, and it is no backstop that holds
/// positions. What leaves is `amount`.
///
/// # Errors
/// Those of a market that is not good for it; [`RejectCode::PoolInResolution`] with the pool; [`RejectCode::PoolInDeficit`] with the deficit;
/// [`RejectCode::InsufficientFunds`] with nothing as the limit.
pub(crate) fn check_payer(x: &mut Exchange, account: AccountId, amount: Quote) -> Result<(), Rejection> {
    check_prices(x, account)?;
    check_pool(x, account, amount)
}

/// Whether anything leaves the account's pool now: not while somebody in it owes what nobody has paid yet.
///
/// # Errors
/// [`RejectCode::WithdrawalsPaused`] with the time and when that ends.
pub(crate) fn check_pause(x: &Exchange, account: AccountId) -> Result<(), Rejection> {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    if pool.is_paused(x.now()) {
        return Err(Rejection::new(RejectCode::WithdrawalsPaused, x.now().0, pool.pause.until.0));
    }
    Ok(())
}

/// As [`check_payer`] and [`check_pause`], and whether the open batch has room where nothing may wait for the next.
///
/// # Errors
/// As [`check_payer`] and [`check_pause`]; [`RejectCode::WithdrawalsFull`].
fn check_way_out(x: &mut Exchange, account: AccountId, amount: Quote) -> Result<(), Rejection> {
    check_payer(x, account, amount)?;
    check_pause(x, account)?;
    if pacing::is_paced(&x.state, facts::account(&x.state, account).pool) { Ok(()) } else { check_room(x) }
}

/// What leaves an account, and its pool.
pub(crate) struct Leaving {
    /// What comes out on the other side: all of it, but where the pool was resolved.
    pub(crate) paid: Quote,
    /// Cash of the account afterwards.
    cash: Quote,
    /// Fees and deficit of the pool afterwards, where they bear what is not paid.
    borne: Option<(Quote, Quote)>,
}

impl Leaving {
    /// Debits the account.
    pub(crate) fn write(&self, x: &mut Exchange, account: AccountId) {
        let owned = facts::account_mut(&mut x.state, account);
        owned.cash = self.cash;
        let pool = owned.pool;
        if let Some(borne) = self.borne {
            fund::set_fees(&mut x.state, pool, borne);
        }
    }
}

/// Whether the account has `amount` to spare, and what becomes of it. At least `least` u are to be paid, and 1.
///
/// # Errors
/// [`RejectCode::InsufficientFunds`] when nothing would be paid, with nothing as the limit; [`RejectCode::InvalidAmount`]
/// with what would be and `least`; [`RejectCode::Overflow`]; [`RejectCode::InsufficientFunds`] with the most that may leave.
pub(crate) fn check_funds(
    x: &Exchange,
    account: AccountId,
    amount: Quote,
    least: Quote,
) -> Result<Leaving, Rejection> {
    let owned = facts::account(&x.state, account);
    let pool = facts::pool(&x.state, owned.pool);
    let paid = pool.paid(amount);
    if paid < Quote(1) {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, 0));
    }
    if paid < least {
        return Err(Rejection::new(RejectCode::InvalidAmount, paid.0, least.0));
    }
    let cash = owned.cash.checked_sub(amount).ok_or(RejectCode::Overflow)?;
    let most = most_of(x, account);
    if i128::from(amount.0) > most || i128::from(paid.0) > pool.held() {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, most));
    }
    let borne = if paid < amount { Some(bear(pool, amount, paid)?) } else { None };
    Ok(Leaving { paid, cash, borne })
}

/// Most that may leave the account, in u.
pub(crate) fn most_of(x: &Exchange, account: AccountId) -> i128 {
    let withdrawable = margin::summary_of(&x.state, account).withdrawable;
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    // A pool that was resolved has what it pays for all that may be withdrawn.
    if pool.ratio().is_some() { withdrawable } else { withdrawable.min(pool.held()) }
}

/// Fees and deficit of a pool of whose `amount` only a part is paid: the rest is what the pool owed, and the rounding stays.
fn bear(pool: &Pool, amount: Quote, paid: Quote) -> Result<(Quote, Quote), Rejection> {
    let rest = amount.checked_sub(paid).ok_or(RejectCode::Overflow)?;
    let owed = rest.min(pool.deficit);
    let rounding = rest.checked_sub(owed).ok_or(RejectCode::Overflow)?;
    let deficit = pool.deficit.checked_sub(owed).ok_or(RejectCode::Overflow)?;
    Ok((pool.fees.checked_add(rounding).ok_or(RejectCode::Overflow)?, deficit))
}

/// Whether the open batch has a leaf left.
///
/// # Errors
/// [`RejectCode::WithdrawalsFull`]
pub(crate) fn check_room(x: &Exchange) -> Result<(), Rejection> {
    if has_room(x) {
        return Ok(());
    }
    Err(Rejection::new(RejectCode::WithdrawalsFull, x.open.len() as i128, MAX_WITHDRAWALS_PER_BATCH))
}

/// Whether the open batch has a leaf left.
pub(crate) fn has_room(x: &Exchange) -> bool {
    x.open.len() < MAX_WITHDRAWALS_PER_BATCH as usize
}

/// So much USDC.
const fn usdc(amount: Quote) -> (AssetId, Quote) {
    (AssetId::USDC, amount)
}

/// The next leaf of the open batch's tree, of so much of an asset, which has been debited.
pub(crate) fn add_leaf(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    (asset, amount): (AssetId, Quote),
    events: &mut Vec<Event>,
) {
    let id = number(x, account, recipient, (asset, amount));
    events.push(Event::Withdrawn { id, account, recipient, asset, amount, ticket: None });
}

/// As [`add_leaf`], of what waited with `ticket`.
pub(crate) fn add_released(x: &mut Exchange, paid: &Queued, ticket: u64, events: &mut Vec<Event>) {
    let &Queued { account, recipient, amount } = paid;
    let (asset, ticket) = (AssetId::USDC, Some(ticket));
    let id = number(x, account, recipient, (asset, amount));
    events.push(Event::Withdrawn { id, account, recipient, asset, amount, ticket });
}

/// Puts a leaf into the open batch's tree; gives its number.
fn number(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    (asset, amount): (AssetId, Quote),
) -> u64 {
    assert!(has_room(x), "room was checked");
    let id = x.state.chain.next_withdrawal;
    x.state.chain.next_withdrawal = id + 1;
    let amount = u64::try_from(amount.0).expect("amounts that leave are positive");
    x.open.push(Withdrawal { id, account: account.0, recipient, asset: asset.0, amount });
    id
}

/// While the price of a position is not fresh its equity is a guess: only flat accounts are paid.
///
/// # Errors
/// Those of a market that is not good for it.
pub(crate) fn check_prices(x: &mut Exchange, account: AccountId) -> Result<(), Rejection> {
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
    if let Stage::Settling { .. } = pool.resolution.stage {
        return Err(Rejection::new(RejectCode::PoolInResolution, account.pool.0, 0));
    }
    if pool.deficit > Quote::ZERO && !pool.is_ending() {
        return Err(Rejection::new(RejectCode::PoolInDeficit, pool.deficit.0, 0));
    }
    if pool.protection.backstop == Some(id) && !account.positions.is_empty() {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, 0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
