//! How much of what an account holds may leave it: what it does not need as margin.

use ballast_risk::{Backing, Summary};
use ballast_state::Holding;
use ballast_types::{AccountId, AssetId, Rejection, Units};

use super::pledge;
use crate::{exchange::Exchange, facts, margin::summary_of, oracle, withdraw};

/// Most of an asset that may leave an account that was entered, of `asked`, which it holds.
///
/// All of it, whatever its price, where it is no margin, or the account has neither position nor order nor debt. Else what
/// leaves must leave equity for initial margin as a withdrawal of USDC must, and no more owed than may be.
///
/// # Errors
/// Those of a market of its positions, or that is the price of the asset, whose price is not good for it.
pub(crate) fn most(
    x: &mut Exchange,
    account: AccountId,
    asset: AssetId,
    asked: Units,
) -> Result<Units, Rejection> {
    let is_idle =
        facts::trader(&x.state, account).books.is_empty() && summary_of(&x.state, account).debt() == 0;
    if is_idle || pledge(&x.state, asset).is_none_or(|pledge| pledge.days == 0) {
        return Ok(asked);
    }
    withdraw::check_prices(x, account)?;
    let Some(pledge) = pledge(&x.state, asset) else { return Ok(asked) };
    let held = facts::account(&x.state, account).holdings.of(asset);
    oracle::check_withdrawal(&x.state, pledge.terms.market)?;
    let summary = known_summary(x, account);
    let may_leave = |units| {
        let left = held.checked_sub(Units(units)).expect("no more is asked for than is held");
        let then = summary.with_instead(pledge.backing(held), pledge.backing(left));
        let is_sound = !then.is_below_maintenance() && !then.owes_too_much();
        is_sound && then.equity_initial >= then.withdrawal_floor()
    };
    Ok(Units(largest(asked.0, may_leave)))
}

/// How the account stands without what it holds at a price that is not good for it: a little of such an asset keeps nothing else.
fn known_summary(x: &Exchange, account: AccountId) -> Summary {
    let holdings = facts::account(&x.state, account).holdings.iter();
    holdings.fold(summary_of(&x.state, account), |summary, Holding { asset, amount }| {
        match pledge(&x.state, asset) {
            Some(unknown) if oracle::check_withdrawal(&x.state, unknown.terms.market).is_err() => {
                summary.with_instead(unknown.backing(amount), Backing::NONE)
            }
            _ => summary,
        }
    })
}

/// The largest number up to `most` of which this holds, as far as halving finds it: where what is left falls, so does what it
/// counts for. 0 where there is none.
fn largest(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    if holds(most) {
        return most;
    }
    let (mut low, mut high) = (0, most);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}
