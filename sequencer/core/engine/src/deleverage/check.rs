//! Whether a round is due, and whether the list of holders is complete: a market counts them by the size of their
//! positions.

use alloc::collections::BTreeSet;

use ballast_types::{
    AccountId, MarketId, RejectCode, Rejection,
    limits::{MAX_DELEVERAGED, MAX_HOLDERS},
};

use crate::{
    exchange::Exchange,
    facts,
    liquidate::{self, is_fresh, is_left_over},
    oracle::{is_believed, is_sure},
};

/// Whether the lists are of good form.
///
/// # Errors
/// As [`deleverage`](super::deleverage), but for the last two.
pub(crate) fn check_form(
    x: &Exchange,
    market: MarketId,
    accounts: &[AccountId],
    holders: &[AccountId],
) -> Result<(), Rejection> {
    if !facts::has_market(&x.state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, x.state.chain.markets));
    }
    for (list, most) in [(accounts, MAX_DELEVERAGED), (holders, MAX_HOLDERS)] {
        if list.len() > most {
            return Err(Rejection::new(RejectCode::TooManyItems, list.len() as i128, most as i128));
        }
    }
    let ascends = |list: &[AccountId]| list.is_sorted_by(|a, b| a < b);
    let both: BTreeSet<_> = accounts.iter().chain(holders).collect();
    if accounts.is_empty()
        || !ascends(accounts)
        || !ascends(holders)
        || both.len() < accounts.len() + holders.len()
    {
        return Err(RejectCode::UnsortedPrices.into());
    }
    let unknown = accounts.iter().chain(holders).find(|id| !facts::has_account(&x.state, **id));
    match unknown {
        Some(id) => Err(Rejection::new(RejectCode::UnknownAccount, id.0, x.state.chain.accounts)),
        None => Ok(()),
    }
}

/// Makes everybody in the lists readable, which are of good form.
pub(super) fn enter(x: &mut Exchange, market: MarketId, accounts: &[AccountId], holders: &[AccountId]) {
    x.enter_market(market).expect("the form was checked");
    accounts.iter().for_each(|account| liquidate::enter(x, *account));
    holders.iter().for_each(|holder| x.load_account(*holder));
}

/// Whether the round is due.
///
/// # Errors
/// [`RejectCode::NothingDue`]
pub(super) fn check(
    x: &mut Exchange,
    market: MarketId,
    accounts: &[AccountId],
    holders: &[AccountId],
) -> Result<(), Rejection> {
    let is_long = size(x, accounts[0], market) > 0;
    let is_due = is_sure(&x.state, x.now(), market)
        && accounts.iter().all(|account| {
            let size = size(x, *account, market);
            size != 0 && (size > 0) == is_long && is_fresh(x, *account) && are_believed(x, *account)
        })
        && are_all(x, market, !is_long, holders)
        && accounts.iter().all(|account| is_left_over(x, *account));
    if is_due { Ok(()) } else { Err(RejectCode::NothingDue.into()) }
}

fn are_believed(x: &Exchange, account: AccountId) -> bool {
    let positions = &facts::account(&x.state, account).positions;
    positions.iter().all(|position| is_believed(&x.state, x.now(), position.market))
}

/// Whether `holders`, who are loaded, are all who hold at least so much on a side that no more than [`MAX_HOLDERS`] do.
pub(crate) fn are_all(x: &Exchange, market: MarketId, is_long: bool, holders: &[AccountId]) -> bool {
    let (class, count) = facts::venue(&x.state, market).holders.largest(is_long, MAX_HOLDERS);
    count > 0
        && count == holders.len()
        && holders.iter().all(|holder| {
            let size = size(x, *holder, market);
            (size > 0) == is_long && size.unsigned_abs() >> class > 0
        })
}

/// The account's position in the market, in lots with its sign.
fn size(x: &Exchange, account: AccountId, market: MarketId) -> i64 {
    facts::position(facts::account(&x.state, account), market).map_or(0, |position| position.size.0)
}
