//! Assets beside USDC, in custody: they leave in kind whenever their owner says so, whatever pools and paces are, and whatever prices
//! where they are no margin that is [needed](crate::collateral).

use alloc::vec::Vec;

use ballast_state::{Custody, Holding, State};
use ballast_types::{
    AccountId, Address, AssetId, Event, Quote, RejectCode, Rejection, Units, Withdraw,
    limits::{MAX_AMOUNT, MAX_WITHDRAWALS_PER_BATCH},
};

use crate::{collateral, exchange::Exchange, facts, withdraw};

/// The amount of an asset beside USDC.
///
/// # Errors
/// [`RejectCode::UnknownAsset`] when genesis did not list the asset, [`RejectCode::InvalidAmount`] unless it is 1 to 2^60.
pub(crate) fn check_amount(state: &State, asset: AssetId, amount: Quote) -> Result<Units, Rejection> {
    if facts::asset(state, asset).is_none() {
        return Err(Rejection::new(RejectCode::UnknownAsset, asset.0, 0));
    }
    let bound = if amount.0 < 1 { 1 } else { MAX_AMOUNT };
    amount.units().ok_or_else(|| Rejection::new(RejectCode::InvalidAmount, amount.0, bound))
}

/// The account gives what it was asked for.
///
/// # Errors
/// As [`check_amount`]; [`RejectCode::InsufficientFunds`] with the amount and what is held, or what of it may leave; those of
/// [`collateral::most`] and [`leave`].
pub(crate) fn withdraw(
    x: &mut Exchange,
    command: &Withdraw,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &Withdraw { account, asset, amount, recipient, .. } = command;
    let amount = check_amount(&x.state, asset, amount)?;
    let held = facts::account(&x.state, account).holdings.of(asset);
    if amount > held {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, held.0));
    }
    let most = collateral::most(x, account, asset, amount)?;
    if amount > most {
        return Err(Rejection::new(RejectCode::InsufficientFunds, amount.0, most.0));
    }
    leave(x, account, recipient, (asset, amount), events)
}

/// As [`withdraw`], of what L1 forces: where `amount` is above what the account holds, or what of it may leave, all of
/// that leaves.
///
/// # Errors
/// As [`check_amount`], [`collateral::most`] and [`leave`]; [`RejectCode::InsufficientFunds`] with the amount and nothing, where that
/// is nothing.
pub(crate) fn withdraw_most(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    (asset, amount): (AssetId, Quote),
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let asked = check_amount(&x.state, asset, amount)?;
    let nothing = Rejection::new(RejectCode::InsufficientFunds, asked.0, 0);
    let held = asked.min(facts::account(&x.state, account).holdings.of(asset));
    if held == Units::ZERO {
        return Err(nothing);
    }
    let taken = collateral::most(x, account, asset, held)?;
    if taken == Units::ZERO {
        return Err(nothing);
    }
    leave(x, account, recipient, (asset, taken), events)
}

/// So much of an asset that is listed, which the account holds and margin does not need, leaves it.
///
/// # Errors
/// [`RejectCode::InvalidAmount`] below the asset's minimum, where
/// that would not be all that is held; [`RejectCode::WithdrawalsFull`].
fn leave(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    (asset, amount): (AssetId, Units),
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let held = facts::account(&x.state, account).holdings.of(asset);
    let minimum = facts::asset(&x.state, asset).expect("it is listed").minimum;
    if amount < minimum && amount < held {
        return Err(Rejection::new(RejectCode::InvalidAmount, amount.0, minimum.0));
    }
    withdraw::check_room(x)?;
    pay(x, account, recipient, (asset, amount), events);
    Ok(())
}

/// All that the account, which has no position, holds leaves it, however little it is, but for what stands for what it owes. That the
/// open batch has room was checked.
pub(crate) fn leave_with_all(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    events: &mut Vec<Event>,
) {
    let held: Vec<_> = facts::account(&x.state, account).holdings.iter().collect();
    for Holding { asset, amount } in held {
        let leaves = collateral::most(x, account, asset, amount).unwrap_or(Units::ZERO);
        if leaves > Units::ZERO {
            pay(x, account, recipient, (asset, leaves), events);
        }
    }
}

/// Whether the open batch has room for the cash of an account, and for as much as it may hold of everything.
pub(crate) fn has_room_for_all(x: &Exchange) -> bool {
    x.open.len() + x.state.genesis.assets.len() < MAX_WITHDRAWALS_PER_BATCH as usize
}

/// So much of what the account holds is debited and becomes a leaf.
fn pay(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    (asset, amount): (AssetId, Units),
    events: &mut Vec<Event>,
) {
    let holdings = &mut facts::account_mut(&mut x.state, account).holdings;
    let left = holdings.of(asset).checked_sub(amount).expect("no more leaves than is held");
    holdings.set(asset, left);
    let withdrawn = debited(facts::custody(&x.state, asset), amount);
    facts::custody_mut(&mut x.state, asset).withdrawn = withdrawn;
    withdraw::add_leaf(x, account, recipient, (asset, amount.into()), events);
}

/// What left of an asset when so much more of what arrived has.
pub(crate) fn debited(custody: &Custody, amount: Units) -> Units {
    let withdrawn = custody.withdrawn.checked_add(amount);
    withdrawn.filter(|withdrawn| *withdrawn <= custody.credited).expect("what left had arrived (INV-95)")
}

#[cfg(test)]
mod tests;
