//! Who pays what the accounts owe with the lots that they lost: an equal part of every gain (risk.md 5.7, step 2).

use alloc::vec::Vec;

use ballast_risk::ladder::{haircut as share, pro_rata};
use ballast_state::State;
use ballast_types::{AccountId, MarketId, Quote, RejectCode, Rejection};

use super::{
    Changes,
    parties::{Holder, Torn},
};
use crate::standing::Standing;

/// Takes from the gains what the accounts owe with the lots that were closed, and shares it among them.
pub(super) fn haircut(bankrupt: &[Torn], holders: &[Holder], changes: &mut Changes) {
    let debts: Vec<u128> = bankrupt.iter().map(Torn::due).collect();
    let gains: Vec<u128> = holders.iter().map(|holder| holder.gain).collect();
    let paid = share(&gains, debts.iter().sum());
    let received = pro_rata(&debts, paid.iter().sum());
    // Debts and gains are sums of money at the mark, far below 2^127.
    for (holder, paid) in holders.iter().zip(paid) {
        changes.entry(holder.account).or_default().paid += paid.cast_signed();
    }
    for (it, received) in bankrupt.iter().zip(received) {
        changes.entry(it.account).or_default().paid -= received.cast_signed();
    }
}

/// So much of what the account gained with its position paid for others: as if the position had cost that more.
///
/// # Errors
/// [`RejectCode::Overflow`] when the basis would pass 2^60 u: nothing is changed.
pub(super) fn spend(
    state: &mut State,
    account: AccountId,
    market: MarketId,
    amount: u128,
) -> Result<(), Rejection> {
    let mut standing = Standing::of(state, account, market);
    let basis = i128::from(standing.basis.0).checked_add_unsigned(amount);
    standing.basis = basis.and_then(Quote::try_from_i128).ok_or(RejectCode::Overflow)?;
    standing.write(state, market);
    Ok(())
}
