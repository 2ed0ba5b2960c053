//! What a pool owes and nobody could pay, the gains pay that there are anywhere in it, before anybody's principal does
//! (risk.md 5.7, step 2 iii).

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_risk::ladder::{gain, haircut as share, pro_rata};
use ballast_state::{Stage, State};
use ballast_types::{
    AccountId, Event, MarketId, Millis, PoolId, Quote, RejectCode, Rejection, limits::MAX_HOLDERS,
};

use super::{haircut::spend, parties::unrealised};
use crate::{exchange::Exchange, facts, fund, liquidate::as_of, margin::summary_of, oracle::is_sure};

/// Who counts on a side of a market: those with at least `2^class` lots, who are `count`, or where they are more, any `count`
/// of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Largest {
    /// The power of two.
    pub class: u32,
    /// How many.
    pub count: usize,
}

/// Both sides, `true` for the long one, of each market of a pool in which somebody has a position, and who counts there: as
/// many on each, at most [`MAX_HOLDERS`] on all together. Markets and venues are loaded.
#[must_use]
pub fn largest_of_pool(state: &State, pool: PoolId) -> BTreeMap<(MarketId, bool), Largest> {
    let is_open = |id: &MarketId| {
        facts::market(state, *id).pool == pool && !facts::venue(state, *id).holders.is_empty()
    };
    let open: Vec<MarketId> = (0..state.chain.markets).map(MarketId).filter(is_open).collect();
    let most = MAX_HOLDERS / (2 * open.len()).max(1);
    let sides = open.into_iter().flat_map(|id| [(id, false), (id, true)]);
    let largest = |(id, is_long)| {
        let (class, count) = facts::venue(state, id).holders.largest(is_long, most);
        ((id, is_long), Largest { class, count })
    };
    sides.map(largest).collect()
}

/// Gains of `holders` pay what the pool owes, an equal part of each, as far as they go.
///
/// # Errors
/// In this order: [`RejectCode::UnknownPool`], [`RejectCode::TooManyItems`], [`RejectCode::UnsortedPrices`],
/// [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`] when the pool owes nothing or is resolved, a price in it is not
/// sure, `holders` are not those who count, or there are no gains; [`RejectCode::Overflow`].
pub(crate) fn haircut(
    x: &mut Exchange,
    pool: PoolId,
    holders: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_haircut(x, pool, holders)?;
    enter(x, pool, holders);
    let cuts = due(x, pool, holders)?;
    let from = events.len();
    x.begin_undo();
    for (holder, paid) in holders.iter().zip(&cuts).filter(|(_, paid)| **paid > 0) {
        if let Err(rejection) = pay(x, *holder, *paid, events) {
            x.undo();
            events.truncate(from);
            return Err(rejection);
        }
    }
    x.keep();
    let paid = Quote::try_from_i128(cuts.iter().sum::<u128>().cast_signed()).expect("no more than is owed");
    let left = facts::pool(&x.state, pool).deficit.checked_sub(paid).expect("no more than is owed");
    fund::set_deficit(&mut x.state, pool, left);
    Ok(())
}

/// Whether [`haircut`] would be taken at `time`, but for bounds of money. Nothing is changed.
#[must_use]
pub fn can_cut_gains(x: &mut Exchange, time: Millis, pool: PoolId, holders: &[AccountId]) -> bool {
    as_of(x, time, |x| check_haircut(x, pool, holders).is_ok() && due(x, pool, holders).is_ok())
}

/// Whether the list is of good form.
///
/// # Errors
/// As [`haircut`], but for the last two.
pub(crate) fn check_haircut(x: &Exchange, pool: PoolId, holders: &[AccountId]) -> Result<(), Rejection> {
    if !facts::has_pool(&x.state, pool) {
        return Err(Rejection::new(RejectCode::UnknownPool, pool.0, x.state.genesis.pools));
    }
    facts::check_list(&x.state, holders, MAX_HOLDERS)
}

fn enter(x: &mut Exchange, pool: PoolId, holders: &[AccountId]) {
    x.load_pool(pool);
    for market in (0..x.state.chain.markets).map(MarketId) {
        x.enter_market(market).expect("it is listed");
    }
    holders.iter().for_each(|holder| x.load_account(*holder));
}

/// What each of `holders` pays, in u: more than 0 in all.
///
/// # Errors
/// [`RejectCode::NothingDue`]
fn due(x: &Exchange, pool: PoolId, holders: &[AccountId]) -> Result<Vec<u128>, Rejection> {
    let ledger = facts::pool(&x.state, pool);
    let largest = largest_of_pool(&x.state, pool);
    let is_due = ledger.deficit > Quote::ZERO
        && ledger.resolution.stage == Stage::Open
        && largest.keys().all(|(market, _)| is_sure(&x.state, x.now(), *market))
        && are_who_count(&x.state, largest, holders);
    let gains: Vec<u128> =
        if is_due { holders.iter().map(|holder| gain_of(&x.state, *holder)).collect() } else { Vec::new() };
    let cuts = share(&gains, ledger.deficit.0.max(0).unsigned_abs().into());
    if cuts.iter().any(|cut| *cut > 0) { Ok(cuts) } else { Err(RejectCode::NothingDue.into()) }
}

/// Whether everybody who counts on a side is listed, and nobody who counts on none.
fn are_who_count(
    state: &State,
    mut missing: BTreeMap<(MarketId, bool), Largest>,
    holders: &[AccountId],
) -> bool {
    let all_count = holders.iter().all(|holder| {
        let mut counts = false;
        for position in &facts::account(state, *holder).positions {
            let Some(side) = missing.get_mut(&(position.market, position.size.0 > 0)) else { continue };
            if position.size.0.unsigned_abs() >> side.class > 0 {
                side.count = side.count.saturating_sub(1);
                counts = true;
            }
        }
        counts
    });
    all_count && missing.values().all(|side| side.count == 0)
}

/// What the account gained in each of its markets, in u.
fn gains_by_market(state: &State, account: AccountId) -> Vec<(MarketId, u128)> {
    let positions = facts::account(state, account).positions.iter();
    let gained = |id| unrealised(state, account, id).max(0).unsigned_abs();
    positions.map(|position| (position.market, gained(position.market))).collect()
}

fn gain_of(state: &State, account: AccountId) -> u128 {
    let gains: u128 = gains_by_market(state, account).into_iter().map(|(_, gained)| gained).sum();
    gain(gains.cast_signed(), summary_of(state, account).equity)
}

/// The account pays out of its gains.
///
/// # Errors
/// [`RejectCode::Overflow`]: what was written is to be taken back.
fn pay(x: &mut Exchange, account: AccountId, amount: u128, events: &mut Vec<Event>) -> Result<(), Rejection> {
    let (markets, gains): (Vec<MarketId>, Vec<u128>) = gains_by_market(&x.state, account).into_iter().unzip();
    for (market, part) in markets.into_iter().zip(pro_rata(&gains, amount)) {
        spend(&mut x.state, account, market, part)?;
    }
    let paid = Quote::try_from_i128(amount.cast_signed()).ok_or(RejectCode::Overflow)?;
    let owned = facts::account_mut(&mut x.state, account);
    owned.cash = owned.cash.checked_sub(paid).ok_or(RejectCode::Overflow)?;
    events.push(Event::GainsCut { account, paid });
    Ok(())
}

#[cfg(test)]
mod tests;
