//! Whether an account that exits can be closed, or paid out.

use ballast_types::{AccountId, Lots, MarketId, Millis, RejectCode, Rejection, limits::MAX_HOLDERS};

use super::{
    due,
    price::{bears, price},
};
use crate::{
    deleverage::are_all,
    exchange::Exchange,
    facts,
    liquidate::{self, as_of, check_account},
    settlement,
};

/// What is to be done with an account that exits.
pub(super) enum Step {
    /// It could not pay to be closed: it is the ladder's, or its owner asks again.
    IsOver,
    /// Its market settled.
    Cash,
    /// It has no position.
    Pay,
    /// It has a position in the market.
    Close,
}

/// Whether the list is of good form, and the account, which is loaded if it exists, exits.
///
/// # Errors
/// As [`exit`](super::exit()), up to that it exits.
pub(crate) fn check_form(
    x: &Exchange,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
) -> Result<(), Rejection> {
    check_account(x, account)?;
    if !facts::has_market(&x.state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, x.state.chain.markets));
    }
    if holders.len() > MAX_HOLDERS {
        return Err(Rejection::new(RejectCode::TooManyItems, holders.len() as i128, MAX_HOLDERS as i128));
    }
    if !holders.is_sorted_by(|a, b| a < b) || holders.contains(&account) {
        return Err(RejectCode::UnsortedPrices.into());
    }
    holders.iter().try_for_each(|holder| check_account(x, *holder))?;
    if facts::trader(&x.state, account).seldom.exit.is_none() {
        return Err(RejectCode::NothingDue.into());
    }
    Ok(())
}

/// Makes everybody readable, and every market of the account, which all exist.
pub(super) fn enter(x: &mut Exchange, account: AccountId, market: MarketId, holders: &[AccountId]) {
    x.enter_market(market).expect("the form was checked");
    liquidate::enter(x, account);
    holders.iter().for_each(|holder| x.load_account(*holder));
}

/// What is to be done at `time` with an account that exits.
///
/// # Errors
/// [`RejectCode::NothingDue`]
pub(super) fn next_step(
    x: &Exchange,
    time: Millis,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
) -> Result<Step, Rejection> {
    let owned = facts::account(&x.state, account);
    if owned.positions.is_empty() {
        return if due::can_pay(x, owned.pool) { Ok(Step::Pay) } else { Err(RejectCode::NothingDue.into()) };
    }
    let held = facts::held(&x.state, account, market);
    if held == Lots::ZERO {
        return Err(RejectCode::NothingDue.into());
    }
    if settlement::is_cashed(&x.state, time, market) {
        let is_over = settlement::owes_elsewhere(&x.state, account);
        return Ok(if is_over { Step::IsOver } else { Step::Cash });
    }
    if !due::is_closable(&x.state, time, market) || !are_all(x, market, held.0 < 0, holders) {
        return Err(RejectCode::NothingDue.into());
    }
    let bears = bears(x, account, market, price(x, account, market));
    Ok(if bears { Step::Close } else { Step::IsOver })
}

/// Whether `Exit` would be taken at `time`, but for bounds that a trade may break. Nothing is changed. For an exchange that is
/// held whole.
#[must_use]
pub fn can_exit(
    x: &mut Exchange,
    time: Millis,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
) -> bool {
    as_of(x, time, |x| {
        check_form(x, account, market, holders).is_ok()
            && next_step(x, time, account, market, holders).is_ok()
    })
}
