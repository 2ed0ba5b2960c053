//! Positions of bankrupt accounts that nobody takes over are torn up at the mark against those who hold the other side,
//! and what the accounts owe is paid: by the fund, by the backstop, and by a part of the gains of the other side (risk.md
//! 5.7). Lots need a holder and debts a payer: two quantities, settled apart.

mod check;
mod haircut;
mod parties;
mod pool;
mod tear_up;

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_risk::ladder::gain_spent;
use ballast_types::{AccountId, Event, Lots, MarketId, Millis, PriceTicks, Quote, RejectCode, Rejection};

use crate::{
    cancel_all::cancel_for_liquidation,
    conditionals::follow,
    exchange::Exchange,
    facts,
    liquidate::{as_of, cover, cover_from_backstop, cover_from_fund, spare_of_backstop, tell},
    margin::summary_of,
};
pub(crate) use check::{are_all, check_form};
use parties::{Holder, Torn};
pub use pool::{Largest, Sides, gains_due, largest_of_pool};
pub(crate) use pool::{check_haircut, haircut};

/// One round in one market. Everything is decided on what holders were before it.
///
/// # Errors
/// In this order: [`RejectCode::UnknownMarket`], [`RejectCode::TooManyItems`], [`RejectCode::UnsortedPrices`],
/// [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`] when a price is not fresh, one of `accounts` is not left
/// over, or `holders` are not all; [`RejectCode::Overflow`].
pub(crate) fn deleverage(
    x: &mut Exchange,
    market: MarketId,
    accounts: &[AccountId],
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_form(x, market, accounts, holders)?;
    check::enter(x, market, accounts, holders);
    check::check(x, market, accounts, holders)?;
    let from = events.len();
    x.begin_undo();
    match round(x, market, accounts, holders, events) {
        Ok(()) => {
            x.keep();
            follow(x, from, events);
            Ok(())
        }
        Err(rejection) => {
            x.undo();
            events.truncate(from);
            Err(rejection)
        }
    }
}

/// Whether [`deleverage`] would be taken at `time`, but for bounds that a trade may break. Nothing is changed.
#[must_use]
pub fn can_deleverage(
    x: &mut Exchange,
    time: Millis,
    market: MarketId,
    accounts: &[AccountId],
    holders: &[AccountId],
) -> bool {
    as_of(x, time, |x| {
        check_form(x, market, accounts, holders).is_ok() && check::check(x, market, accounts, holders).is_ok()
    })
}

/// What a round changes of a party: its lots, and what it pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    lots: i64,
    paid: i128,
}

/// By account.
type Changes = BTreeMap<AccountId, Change>;

fn round(
    x: &mut Exchange,
    market: MarketId,
    accounts: &[AccountId],
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    for account in accounts {
        tell(x, *account, events);
        cancel_for_liquidation(x, *account, events);
    }
    let mut bankrupt: Vec<_> = accounts.iter().map(|id| Torn::of(&x.state, *id, market)).collect();
    pay_debts(x, market, &mut bankrupt, events);
    let holders: Vec<_> = holders.iter().map(|id| Holder::of(&x.state, *id, market)).collect();
    let mut changes = Changes::new();
    tear_up::net(&mut bankrupt, &holders, &mut changes);
    tear_up::tear_up(&mut bankrupt, &holders, &mut changes);
    haircut::haircut(&bankrupt, &holders, &mut changes);
    let mark = facts::market(&x.state, market).mark;
    carry_out(x, market, mark, &changes, events)?;
    for account in accounts {
        cover(x, *account, events);
    }
    Ok(())
}

/// Tears up what an account that exits, and does not owe, has in a market against `holders`, as far as they are still on the
/// other side: first against those who have equity, at `price`; then against the others, at the mark, and it pays of its gain
/// what they owe with the lots.
///
/// # Errors
/// [`RejectCode::Overflow`]: what was written is to be taken back.
pub(crate) fn tear_up_exit(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    price: PriceTicks,
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let held = |id| facts::held(&x.state, id, market);
    let size = held(account);
    let opposite = holders.iter().filter(|holder| held(**holder).0.signum() == -size.0.signum());
    let (solvent, others): (Vec<_>, Vec<_>) =
        opposite.map(|id| Holder::of(&x.state, *id, market)).partition(|holder| holder.is_solvent);
    let (mut torn, mut changes) = ([Torn::exiting(account, size)], Changes::new());
    tear_up::tear_up(&mut torn, &solvent, &mut changes);
    carry_out(x, market, price, &changes, events)?;
    if torn[0].left == 0 {
        return Ok(());
    }
    let mark = facts::market(&x.state, market).mark;
    let exiting = Holder::of(&x.state, account, market);
    let mut owing: Vec<_> = others.iter().map(|it| Torn::of(&x.state, it.account, market)).collect();
    let mut changes = Changes::new();
    tear_up::against(&mut torn, &mut owing, &others, &mut changes);
    haircut::haircut(&owing, &[exiting], &mut changes);
    carry_out(x, market, mark, &changes, events)
}

/// The fund pays what the accounts owe of this market within its claim, and then the backstop up to a quarter of what it has in
/// USDC.
fn pay_debts(x: &mut Exchange, market: MarketId, bankrupt: &mut [Torn], events: &mut Vec<Event>) {
    for it in &mut *bankrupt {
        it.debt -= cover_from_fund(x, it.account, Some(market), it.debt, events);
    }
    let pool = facts::market(&x.state, market).pool;
    let backstop = facts::pool(&x.state, pool).protection.backstop;
    let is_party = |id| bankrupt.iter().any(|it| it.account == id);
    let Some(backstop) = backstop.filter(|backstop| !is_party(*backstop)) else { return };
    let quarter = summary_of(&x.state, backstop).equity_in_usdc().max(0).div_euclid(4);
    let spare = spare_of_backstop(x, bankrupt[0].account);
    let mut left = quarter.unsigned_abs().min(spare);
    for it in bankrupt {
        let paid = cover_from_backstop(x, it.account, left.min(it.debt), events);
        left -= paid;
        it.debt -= paid;
    }
}

/// Makes the changes facts and tells them. Nobody pays a fee, and nothing counts for anybody's volume.
///
/// # Errors
/// [`RejectCode::Overflow`]: what was written is to be taken back.
fn carry_out(
    x: &mut Exchange,
    id: MarketId,
    price: PriceTicks,
    changes: &Changes,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    tear_up::trade(x, id, price, changes)?;
    for (account, change) in changes.iter().filter(|(_, change)| **change != Change::default()) {
        let owned = facts::account_mut(&mut x.state, *account);
        let paid = Quote::try_from_i128(change.paid).ok_or(RejectCode::Overflow)?;
        owned.cash = owned.cash.checked_sub(paid).ok_or(RejectCode::Overflow)?;
        let left = facts::held(&x.state, *account, id).abs().0;
        let held = left + change.lots.unsigned_abs();
        haircut::spend(
            &mut x.state,
            *account,
            id,
            gain_spent(change.paid.max(0).unsigned_abs(), left, held),
        )?;
        events.push(Event::Deleveraged {
            market: id,
            account: *account,
            size: Lots(change.lots),
            price,
            paid,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
