//! An account that exits and has no position is paid out.

use alloc::vec::Vec;

use ballast_types::{AccountId, Event, Quote, limits::MIN_WITHDRAWAL};

use super::{due, end};
use crate::{
    cancel_all::cancel_for_exit,
    collateral,
    exchange::Exchange,
    facts, holdings,
    margin::summary_of,
    pacing::Place,
    withdraw::{self, Leaving},
};

/// Pays the account out, when it has no position and its pool can pay.
pub(super) fn pay_if_out(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    let owned = facts::account(&x.state, account);
    if owned.positions.is_empty() && due::can_pay(x, owned.pool) {
        pay(x, account, events);
    }
}

/// Pays the account out, which its pool can, and what it holds besides in kind, but for what pays its debts or stands for them. Cash
/// that cannot leave stays, and it no longer exits.
pub(super) fn pay(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    cancel_for_exit(x, account, events);
    let recipient = facts::trader(&x.state, account).seldom.exit.expect("it exits");
    if summary_of(&x.state, account).debt() > 0 {
        collateral::sell_all_owed(x, account, events);
    }
    let paid = leaving(x, account)
        .filter(|leaving| withdraw::pay(x, account, recipient, leaving, Place::Exit, events).is_ok());
    holdings::leave_with_all(x, account, recipient, events);
    end(x, account, paid.map_or(Quote::ZERO, |leaving| leaving.paid), events);
}

/// All its cash, or what the pool has of it, where that is worth a withdrawal.
fn leaving(x: &Exchange, account: AccountId) -> Option<Leaving> {
    let owned = facts::account(&x.state, account);
    let amount = Quote::try_from_i128(withdraw::most_of(x, account).min(owned.cash.0.into()))?;
    if amount.0 < MIN_WITHDRAWAL {
        return None;
    }
    withdraw::check_funds(x, account, amount, Quote::ZERO).ok()
}
