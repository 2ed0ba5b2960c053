//! What an account owes is paid by selling what it holds to the backstop of its pool, at what it counts for (risk.md 5.9).

use alloc::vec::Vec;

use ballast_state::Holding;
use ballast_types::{AccountId, AssetId, Event, Quote, Units};

use super::pledge;
use crate::{
    exchange::Exchange,
    facts,
    liquidate::known_backstop,
    margin::{summary_of, summary_unraised},
    oracle,
};

/// Parts of what is to be sold that are tried, from all of it down.
const PARTS: u64 = 16;

/// Sells what pays the account's debt, where it owes too much: of one asset after the other as much as the backstop bears.
/// Whether anything was sold. The account was entered.
pub(crate) fn sell(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    summary_of(&x.state, account).owes_too_much() && sell_all_owed(x, account, events)
}

/// The same, however little the account owes.
pub(crate) fn sell_all_owed(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let Some(backstop) = buyer(x, account) else { return false };
    let from = events.len();
    let held: Vec<Holding> = facts::account(&x.state, account).holdings.iter().collect();
    for Holding { asset, amount } in held {
        let debt = summary_of(&x.state, account).debt();
        let Some(pledge) = pledge(&x.state, asset)
            .filter(|it| debt > 0 && it.days > 0 && oracle::is_sure(&x.state, x.now(), it.terms.market))
        else {
            continue;
        };
        let most = pledge.to_sell(amount, debt);
        let sold = (1..=PARTS).rev().find_map(|parts| {
            let part = u128::from(most.0) * u128::from(parts) / u128::from(PARTS);
            attempt(x, account, backstop, asset, Units(part as u64))
        });
        events.extend(sold);
    }
    events.len() > from
}

/// Whether anything could be sold.
pub(crate) fn could_sell(x: &mut Exchange, account: AccountId) -> bool {
    x.begin_undo();
    let could = sell(x, account, &mut Vec::new());
    x.undo();
    could
}

/// The backstop, made readable, where what its positions are worth is known.
fn buyer(x: &mut Exchange, account: AccountId) -> Option<AccountId> {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    let backstop = pool.protection.backstop.filter(|backstop| *backstop != account)?;
    if pool.is_ending() { None } else { known_backstop(x, backstop) }
}

/// So much of an asset changes hands, where the backstop bears it: it could withdraw what it pays, and what it holds is at most
/// half of its equity afterwards.
fn attempt(
    x: &mut Exchange,
    account: AccountId,
    backstop: AccountId,
    asset: AssetId,
    sold: Units,
) -> Option<Event> {
    let spare = summary_unraised(&x.state, backstop).withdrawable;
    let [owned, buyer] = [account, backstop].map(|id| facts::account(&x.state, id));
    let held = owned.holdings.of(asset);
    let left = held.checked_sub(sold)?;
    let bought = buyer.holdings.of(asset).checked_add(sold)?;
    let proceeds = pledge(&x.state, asset)?.proceeds(held, sold);
    if proceeds < 1 || proceeds > spare {
        return None;
    }
    let proceeds = Quote::try_from_i128(proceeds)?;
    let (cash, paid) = (owned.cash.checked_add(proceeds)?, buyer.cash.checked_sub(proceeds)?);
    x.begin_undo();
    let owned = facts::account_mut(&mut x.state, account);
    owned.cash = cash;
    owned.holdings.set(asset, left);
    let buyer = facts::account_mut(&mut x.state, backstop);
    buyer.cash = paid;
    buyer.holdings.set(asset, bought);
    let summary = summary_unraised(&x.state, backstop);
    if 2 * summary.backing.value > summary.equity {
        x.undo();
        return None;
    }
    x.keep();
    Some(Event::CollateralSold { account, asset, amount: sold, proceeds })
}
