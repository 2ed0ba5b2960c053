//! An account whose owner forced its exit is closed, market by market, and paid out: nobody's leave is asked, and whoever is
//! closed with it is paid for that.

mod book;
mod check;
mod count;
mod due;
mod pay;
mod price;

use alloc::vec::Vec;

use ballast_types::{AccountId, Address, Event, Lots, MarketId, PriceTicks, Quote, RejectCode, Rejection};

use crate::{
    cancel_all::{cancel_for_exit, cancel_forced},
    conditionals::follow,
    deleverage,
    exchange::Exchange,
    facts, liquidate, settlement, withdraw,
};
pub use check::can_exit;
pub(crate) use check::check_form;
use check::{Step, next_step};
pub(crate) use count::moved;
pub use due::{due_exit, is_closable};
pub(crate) use due::{load as load_due, tick};
use price::{bears, price};

/// The account, which is loaded, begins to exit: it has no orders any more, and when it has no position it is paid out if it
/// can be.
///
/// # Errors
/// [`RejectCode::NothingDue`] when it exits already; [`RejectCode::InvalidRecipient`];
/// [`RejectCode::BackstopOnlyReduces`] of a backstop.
pub(crate) fn begin(
    x: &mut Exchange,
    account: AccountId,
    recipient: Address,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    if facts::trader(&x.state, account).seldom.exit.is_some() {
        return Err(RejectCode::NothingDue.into());
    }
    withdraw::check_recipient(recipient)?;
    let pool = facts::account(&x.state, account).pool;
    if facts::pool(&x.state, pool).protection.backstop == Some(account) {
        return Err(RejectCode::BackstopOnlyReduces.into());
    }
    cancel_for_exit(x, account, events);
    facts::trader_mut(&mut x.state, account).seldom.cancel_at = None;
    count::begin(&mut x.state, account, recipient);
    pay::pay_if_out(x, account, events);
    Ok(())
}

/// Closes what an account that exits has in a market, as far as that is possible, and pays it out when nothing is left.
///
/// # Errors
/// In this order: [`RejectCode::UnknownAccount`], [`RejectCode::UnknownMarket`], [`RejectCode::TooManyItems`],
/// [`RejectCode::UnsortedPrices`], [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`] when the account does not exit,
/// cannot be paid out or be closed there, `holders` are not all, or no lot was closed; [`RejectCode::Overflow`].
pub(crate) fn exit(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.load_account(account);
    check_form(x, account, market, holders)?;
    check::enter(x, account, market, holders);
    match next_step(x, x.now(), account, market, holders)? {
        Step::IsOver => end(x, account, Quote::ZERO, events),
        Step::Pay => pay::pay(x, account, events),
        Step::Cash => cash(x, account, market, events)?,
        Step::Close => close(x, account, market, holders, events)?,
    }
    Ok(())
}

/// # Errors
/// [`RejectCode::NothingDue`] when no lot was closed; [`RejectCode::Overflow`]. Nothing happened then.
fn close(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let from = events.len();
    x.begin_undo();
    if let Err(rejection) = close_lots(x, account, market, holders, events) {
        x.undo();
        events.truncate(from);
        return Err(rejection);
    }
    x.keep();
    follow(x, from, events);
    pay::pay_if_out(x, account, events);
    Ok(())
}

/// What was written is to be taken back when it fails.
fn close_lots(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let lots = facts::held(&x.state, account, market);
    events.push(Event::Exiting { account, market, lots });
    cancel_forced(x, account, market, events);
    let asked = price(x, account, market);
    book::close(x, account, market, events);
    if still(x, account, market, asked) {
        liquidate::take_over_exit(x, account, market, asked, events);
    }
    if still(x, account, market, asked) {
        deleverage::tear_up_exit(x, account, market, asked, holders, events)?;
    }
    if facts::held(&x.state, account, market) == lots { Err(RejectCode::NothingDue.into()) } else { Ok(()) }
}

/// Whether something is left that the account can pay to have closed at `asked`.
fn still(x: &Exchange, account: AccountId, market: MarketId, asked: PriceTicks) -> bool {
    facts::held(&x.state, account, market) != Lots::ZERO && bears(x, account, market, asked)
}

/// The account's position in a market that settled becomes cash.
///
/// # Errors
/// [`RejectCode::NothingDue`] when it could not hold so much.
fn cash(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    settlement::cash_in(&mut x.state, account, market, events);
    if events.is_empty() {
        return Err(RejectCode::NothingDue.into());
    }
    pay::pay_if_out(x, account, events);
    Ok(())
}

/// The account no longer exits; `amount` of its cash was paid.
fn end(x: &mut Exchange, account: AccountId, amount: Quote, events: &mut Vec<Event>) {
    let recipient = count::end(&mut x.state, account);
    events.push(Event::ExitEnded { account, recipient, amount });
}

#[cfg(test)]
mod tests;
