//! The backstop takes over what it can bear of an account's positions (risk.md 5.6): the same part of each, so that it
//! cannot choose.

use alloc::vec::Vec;

use ballast_risk::{
    Trade,
    ladder::{ForcedFill, Health, rescue_price, takeover_price, zero_price},
};
use ballast_types::{
    AccountId, Event, MarketId, Ppm, Quote, SizeLots,
    limits::{MAX_POSITIONS, PPM},
    math::mul_div_floor,
};

use super::{enter, is_fresh};
use crate::{
    exchange::Exchange,
    facts, fund,
    margin::{holding, summary_of, summary_unraised},
    oracle,
    standing::Standing,
    totals::Totals,
};

/// Parts of a position that are tried, from all of it down.
const PARTS: u64 = 16;

/// Lets the backstop take over the largest part that it and the fund can bear; whether it took any.
pub(super) fn take_over(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let told = largest(x, account, Exchange::keep);
    let took = told.is_some();
    events.extend(told.into_iter().flatten());
    took
}

/// Whether the backstop could take over anything.
pub(super) fn could_take_over(x: &mut Exchange, account: AccountId) -> bool {
    largest(x, account, Exchange::undo).is_some()
}

/// Takes over the largest part that can be, and then does with it as it is told; what happened.
fn largest(x: &mut Exchange, account: AccountId, then: fn(&mut Exchange)) -> Option<Vec<Event>> {
    let backstop = backstop_for(x, account)?;
    (1..=PARTS).rev().find_map(|parts| {
        x.begin_undo();
        let told = attempt(x, account, backstop, parts);
        if told.is_some() {
            then(x)
        } else {
            x.undo()
        }
        told
    })
}

/// The backstop of the account's pool, made readable, where it may be asked: the account is at level 2 or 3, and its
/// markets are fresh, or it has less than a third of its maintenance margin.
fn backstop_for(x: &mut Exchange, account: AccountId) -> Option<AccountId> {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    let backstop = pool.protection.backstop.filter(|backstop| *backstop != account)?;
    let health = Health::from(&summary_of(&x.state, account));
    let asked =
        health.maintenance > 0 && health.is_below(2, 3) && (is_fresh(x, account) || health.is_below(1, 3));
    if !asked {
        return None;
    }
    enter(x, backstop);
    // What it can bear is told by its own marks.
    let owned = facts::account(&x.state, backstop);
    let is_known = |id| oracle::is_believed(&x.state, x.now(), id);
    owned.positions.iter().all(|position| is_known(position.market)).then_some(backstop)
}

/// Trades `parts` sixteenths of every position with the backstop and tells it; `None` where that cannot be, and then
/// what was written is to be taken back.
fn attempt(x: &mut Exchange, account: AccountId, backstop: AccountId, parts: u64) -> Option<Vec<Event>> {
    let before = summary_of(&x.state, backstop).equity;
    let bankrupt = summary_of(&x.state, account).equity <= 0;
    let mut told = Vec::new();
    let mut grown = Vec::new();
    for position in facts::account(&x.state, account).positions.clone() {
        if facts::market(&x.state, position.market).settlement.is_some() {
            continue;
        }
        // Below 2^46 * 2^4.
        let lots = SizeLots(position.size.abs().0 * parts / PARTS);
        if lots > SizeLots::ZERO {
            let (event, grew) = trade(x, account, backstop, position.market, lots, bankrupt)?;
            told.push(event);
            grown.extend(grew.then_some(position.market));
        }
    }
    if told.is_empty() || !bears(x, backstop, before, &grown) {
        return None;
    }
    remember(x, backstop, before)?;
    Some(told)
}

/// One position, or part of it, changes hands; whether the backstop's grew by it.
fn trade(
    x: &mut Exchange,
    account: AccountId,
    backstop: AccountId,
    id: MarketId,
    lots: SizeLots,
    bankrupt: bool,
) -> Option<(Event, bool)> {
    let market = facts::market(&x.state, id);
    let mut owner = Standing::of(&x.state, account, id);
    let mut taker = Standing::of(&x.state, backstop, id);
    let held = taker.size.abs();
    let health = Health::from(&summary_of(&x.state, account));
    let holding = holding(market, owner.size);
    let (side, zero) = (holding.closing(), zero_price(&health, &holding, lots));
    let price = if bankrupt { rescue_price(&holding) } else { takeover_price(&holding, zero) };
    let settlement = ForcedFill { side, price, size: lots, zero }.settle(&market.params, Ppm(0));
    if -settlement.fund > fund::claim(&x.state, id) {
        return None;
    }
    let fee = Quote::try_from_i128(settlement.fund)?;
    owner.settle(market, &Trade { side, price, size: lots, fee }).ok()?;
    taker.settle(market, &Trade { side: side.opposite(), price, size: lots, fee: Quote::ZERO }).ok()?;
    if !taker.is_bounded() {
        return None;
    }
    let totals = Totals::after(&x.state, id, core::iter::empty(), [&owner, &taker].into_iter()).ok()?;
    let pool = market.pool;
    let added = Quote::ZERO.checked_sub(fee)?;
    owner.write(&mut x.state, id);
    taker.write(&mut x.state, id);
    totals.write(&mut x.state, id);
    if added > Quote::ZERO {
        fund::pay(&mut x.state, pool, Some(id), added);
    }
    let event = Event::TakenOver { account, market: id, side, size: lots, price, fund: added };
    Some((event, taker.size.abs() > held))
}

/// Whether the backstop, whose equity was `before`, can bear what it took: it has initial margin, holds no more than its
/// share of each market in which it `grown`, and has not lost half of what it had when the day's first takeover came. Its
/// margin goes by the fractions in force, for that is what its positions may cost it; its share by the floors, for it is
/// its place in the market, which is not to shrink in the shock that it is there for (risk.md 5.6, 12).
fn bears(x: &Exchange, backstop: AccountId, before: i128, grown: &[MarketId]) -> bool {
    let summary = summary_unraised(&x.state, backstop);
    let at_first = day_start(x, backstop, before);
    let owned = facts::account(&x.state, backstop);
    summary.meets_initial()
        && 2 * summary.equity >= at_first
        && facts::trader(&x.state, backstop).books.len() <= MAX_POSITIONS
        && grown.iter().all(|id| {
            let market = facts::market(&x.state, *id);
            let size = facts::position(owned, *id).map_or(ballast_types::Lots::ZERO, |held| held.size);
            let share = market.params.class.backstop_share(market.params.initial_margin);
            let most = mul_div_floor(summary.equity, share.into(), PPM.into());
            market.params.value(market.mark, size).abs() <= most
        })
}

/// The backstop's equity before the first takeover of this day, when it is `now` before this one.
fn day_start(x: &Exchange, backstop: AccountId, now: i128) -> i128 {
    let pool = facts::pool(&x.state, facts::account(&x.state, backstop).pool);
    if pool.protection.takeover_day == fund::day(&x.state) {
        pool.protection.takeover_equity.0.into()
    } else {
        now
    }
}

/// Remembers what the backstop had before the day's first takeover. `None` where that is out of bounds.
fn remember(x: &mut Exchange, backstop: AccountId, before: i128) -> Option<()> {
    let day = fund::day(&x.state);
    let pool = facts::account(&x.state, backstop).pool;
    if facts::pool(&x.state, pool).protection.takeover_day != day {
        let equity = Quote::try_from_i128(before)?;
        let protection = &mut facts::pool_mut(&mut x.state, pool).protection;
        (protection.takeover_day, protection.takeover_equity) = (day, equity);
    }
    Some(())
}
