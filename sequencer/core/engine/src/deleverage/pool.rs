//! What a pool owes and nobody could pay, gains of the largest positions in it pay, before a resolution takes of everybody's
//! principal (risk.md 5.7, step 2 iii).

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

/// By market and side, `true` the long one.
pub type Sides = BTreeMap<(MarketId, bool), Largest>;

/// Who counts at `time` in the markets of a pool that are sure, of each side as many as there is room for: at most
/// [`MAX_HOLDERS`] together. Markets and venues are loaded.
#[must_use]
pub fn largest_of_pool(state: &State, time: Millis, pool: PoolId) -> Sides {
    largest_within(state, time, pool, MAX_HOLDERS)
}

fn largest_within(state: &State, time: Millis, pool: PoolId, room: usize) -> Sides {
    let number = |id: MarketId, is_long: bool| -> usize {
        facts::venue(state, id).holders.side(is_long).iter().map(|holders| *holders as usize).sum()
    };
    let markets = (0..state.chain.markets).map(MarketId);
    let sure = markets.filter(|id| facts::market(state, *id).pool == pool && is_sure(state, time, *id));
    let sides = sure.flat_map(|id| [false, true].map(|is_long| ((id, is_long), number(id, is_long))));
    let held: BTreeMap<_, _> = sides.filter(|(_, number)| *number > 0).collect();
    let fits = |most: &usize| held.values().map(|number| number.min(most)).sum::<usize>() <= room;
    let most = (1..=room).rev().find(fits).unwrap_or(1);
    let largest = |(id, is_long)| {
        let (class, count) = facts::venue(state, id).holders.largest(is_long, most);
        ((id, is_long), Largest { class, count })
    };
    held.into_keys().map(largest).collect()
}

/// Gains of `holders` pay what the pool owes, an equal part of each, as far as they go.
///
/// # Errors
/// In this order: [`RejectCode::UnknownPool`], [`RejectCode::TooManyItems`], [`RejectCode::UnsortedPrices`],
/// [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`] when the pool owes nothing or is resolved, `holders` are not those
/// who count, or there are no gains; [`RejectCode::Overflow`].
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
    let left = facts::pool(&x.state, pool).deficit.checked_sub(sum(&cuts)).expect("no more than is owed");
    fund::set_deficit(&mut x.state, pool, left);
    Ok(())
}

/// What [`haircut`] would take at `time`, but for bounds of money; 0 where it would not be taken. Nothing is changed.
#[must_use]
pub fn gains_due(x: &mut Exchange, time: Millis, pool: PoolId, holders: &[AccountId]) -> Quote {
    as_of(x, time, |x| {
        let cuts = check_haircut(x, pool, holders).and_then(|()| due(x, pool, holders));
        cuts.map_or(Quote::ZERO, |cuts| sum(&cuts))
    })
}

fn sum(cuts: &[u128]) -> Quote {
    Quote::try_from_i128(cuts.iter().sum::<u128>().cast_signed()).expect("no more than is owed")
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
    for market in 0..x.state.chain.markets {
        x.state.markets.load(market.into());
        if facts::market(&x.state, MarketId(market)).pool == pool {
            x.state.venues.load(market.into());
        }
    }
    holders.iter().for_each(|holder| x.load_account(*holder));
}

/// What each of `holders` pays, in u: more than 0 in all.
///
/// # Errors
/// [`RejectCode::NothingDue`]
fn due(x: &Exchange, pool: PoolId, holders: &[AccountId]) -> Result<Vec<u128>, Rejection> {
    let ledger = facts::pool(&x.state, pool);
    let owes = ledger.deficit > Quote::ZERO && ledger.resolution.stage == Stage::Open;
    if !owes || !are_who_count(&x.state, largest_of_pool(&x.state, x.now(), pool), holders) {
        return Err(RejectCode::NothingDue.into());
    }
    let gains: Vec<u128> = holders.iter().map(|holder| gain_of(x, *holder)).collect();
    let cuts = share(&gains, ledger.deficit.0.unsigned_abs().into());
    if cuts.iter().any(|cut| *cut > 0) { Ok(cuts) } else { Err(RejectCode::NothingDue.into()) }
}

/// Whether everybody who counts on a side is listed, and nobody who counts on none.
fn are_who_count(state: &State, mut missing: Sides, holders: &[AccountId]) -> bool {
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

/// What the account gained in each of its markets, in u; a loss is below 0.
fn gained(state: &State, account: AccountId) -> Vec<(MarketId, i128)> {
    let positions = facts::account(state, account).positions.iter();
    positions.map(|position| (position.market, unrealised(state, account, position.market))).collect()
}

/// What may be taken of its gains, in u: nothing while one of its prices is not sure.
fn gain_of(x: &Exchange, account: AccountId) -> u128 {
    let gained = gained(&x.state, account);
    if !gained.iter().all(|(market, _)| is_sure(&x.state, x.now(), *market)) {
        return 0;
    }
    let all = gained.iter().map(|(_, gained)| gained).sum();
    gain(all, summary_of(&x.state, account).equity_in_usdc())
}

/// The account pays out of its gains.
///
/// # Errors
/// [`RejectCode::Overflow`]: what was written is to be taken back.
fn pay(x: &mut Exchange, account: AccountId, amount: u128, events: &mut Vec<Event>) -> Result<(), Rejection> {
    let gained = gained(&x.state, account);
    let gains: Vec<u128> = gained.iter().map(|(_, gained)| gained.max(&0).unsigned_abs()).collect();
    for ((market, _), part) in gained.iter().zip(pro_rata(&gains, amount)) {
        spend(&mut x.state, account, *market, part)?;
    }
    let paid = Quote::try_from_i128(amount.cast_signed()).ok_or(RejectCode::Overflow)?;
    let owned = facts::account_mut(&mut x.state, account);
    owned.cash = owned.cash.checked_sub(paid).ok_or(RejectCode::Overflow)?;
    events.push(Event::GainsCut { account, paid });
    Ok(())
}

#[cfg(test)]
mod tests;
