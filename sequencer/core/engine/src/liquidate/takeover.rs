//! The backstop takes over what it can bear of an account's positions (risk.md 5.6): the same part of each, so that it
//! cannot choose.

use alloc::vec::Vec;

use ballast_risk::{
    Trade,
    ladder::{ForcedFill, Health, rescue_price, takeover_price, zero_price},
};
use ballast_state::{Market, Position, State};
use ballast_types::{
    AccountId, Event, MarketId, Millis, Ppm, PriceTicks, Quote, SizeLots,
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
    let told = backstop_for(x, account)
        .and_then(|backstop| largest(x, account, backstop, Positions::All, Exchange::keep));
    let took = told.is_some();
    events.extend(told.into_iter().flatten());
    took
}

/// Lets the backstop take over the largest part that it can bear of what an account that exits, and was entered, has in a
/// market, at `price`. The fund adds nothing, for that is no worse than the zero price.
pub(crate) fn take_over_exit(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    price: PriceTicks,
    events: &mut Vec<Event>,
) {
    let pool = facts::pool(&x.state, facts::account(&x.state, account).pool);
    let Some(backstop) = pool.protection.backstop.and_then(|backstop| known(x, backstop)) else { return };
    let told = largest(x, account, backstop, Positions::In(market, price), Exchange::keep);
    events.extend(told.into_iter().flatten());
}

/// Which positions of an account are taken over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Positions {
    /// All of an account that is liquidated.
    All,
    /// The one in a market of an account that exits, at this price.
    In(MarketId, PriceTicks),
}

impl Positions {
    fn contain(self, market: MarketId) -> bool {
        match self {
            Self::All => true,
            Self::In(only, _) => only == market,
        }
    }

    /// Halves of its share of a market that the backstop may come to hold: one is for those who are liquidated alone.
    const fn halves(self) -> u64 {
        match self {
            Self::All => 2,
            Self::In(..) => 1,
        }
    }
}

/// What the backstop pays.
#[derive(Clone, Copy)]
enum Asked {
    Takeover,
    Rescue,
    This(PriceTicks),
}

/// Whether the backstop could take over anything.
pub(super) fn could_take_over(x: &mut Exchange, account: AccountId) -> bool {
    backstop_for(x, account)
        .and_then(|backstop| largest(x, account, backstop, Positions::All, Exchange::undo))
        .is_some()
}

/// Takes over the largest part that can be, and then does with it as it is told; what happened.
fn largest(
    x: &mut Exchange,
    account: AccountId,
    backstop: AccountId,
    which: Positions,
    then: fn(&mut Exchange),
) -> Option<Vec<Event>> {
    (1..=PARTS).rev().find_map(|parts| {
        x.begin_undo();
        let told = attempt(x, account, backstop, which, parts);
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
    if asked { known(x, backstop) } else { None }
}

/// The backstop, made readable, where what it can bear is known.
pub(crate) fn known(x: &mut Exchange, backstop: AccountId) -> Option<AccountId> {
    enter(x, backstop);
    // What it can bear is told by its own marks.
    let owned = facts::account(&x.state, backstop);
    let is_known = |id| oracle::is_believed(&x.state, x.now(), id);
    owned.positions.iter().all(|position| is_known(position.market)).then_some(backstop)
}

/// Trades `parts` sixteenths of each of these positions with the backstop and tells it; `None` where that cannot be, and then
/// what was written is to be taken back.
fn attempt(
    x: &mut Exchange,
    account: AccountId,
    backstop: AccountId,
    which: Positions,
    parts: u64,
) -> Option<Vec<Event>> {
    let before = summary_of(&x.state, backstop).equity;
    let asked = match which {
        Positions::In(_, price) => Asked::This(price),
        Positions::All if summary_of(&x.state, account).equity <= 0 => Asked::Rescue,
        Positions::All => Asked::Takeover,
    };
    let mut told = Vec::new();
    let mut grown = Vec::new();
    for position in facts::account(&x.state, account).positions.clone() {
        let is_settled = facts::market(&x.state, position.market).settlement.is_some();
        if is_settled || !which.contain(position.market) {
            continue;
        }
        // Below 2^46 * 2^4.
        let lots = SizeLots(position.size.abs().0 * parts / PARTS);
        if lots > SizeLots::ZERO {
            let (event, grew) = trade(x, account, backstop, position.market, lots, asked)?;
            told.push(event);
            grown.extend(grew.then_some(position.market));
        }
    }
    if told.is_empty() || !bears(x, backstop, before, &grown, which.halves()) {
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
    asked: Asked,
) -> Option<(Event, bool)> {
    let market = facts::market(&x.state, id);
    let mut owner = Standing::of(&x.state, account, id);
    let mut taker = Standing::of(&x.state, backstop, id);
    let held = taker.size.abs();
    let health = Health::from(&summary_of(&x.state, account));
    let holding = holding(market, owner.size);
    let (side, zero) = (holding.closing(), zero_price(&health, &holding, lots));
    let price = match asked {
        Asked::Takeover => takeover_price(&holding, zero),
        Asked::Rescue => rescue_price(&holding),
        Asked::This(price) => price,
    };
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
/// its place in the market, which is not to shrink in the shock that it is there for (risk.md 5.6, 12). Of that it may fill
/// so many `halves`.
fn bears(x: &Exchange, backstop: AccountId, before: i128, grown: &[MarketId], halves: u64) -> bool {
    let summary = summary_unraised(&x.state, backstop);
    let at_first = day_start(&x.state, x.now(), backstop, before);
    summary.meets_initial()
        && 2 * summary.equity >= at_first
        && facts::trader(&x.state, backstop).books.len() <= MAX_POSITIONS
        && grown.iter().all(|id| {
            let market = facts::market(&x.state, *id);
            let size = facts::held(&x.state, backstop, *id);
            market.params.value(market.mark, size).abs() <= most_of(market, summary.equity, halves)
        })
}

/// Most that a backstop with this equity may hold of a market when it may fill so many `halves` of its share, in u.
fn most_of(market: &Market, equity: i128, halves: u64) -> i128 {
    let share = market.params.class.backstop_share(market.params.initial_margin);
    mul_div_floor(equity, (share * halves / 2).into(), PPM.into())
}

/// Whether the backstop holds more than 80% of what it may of a market, or has lost as much of what it may lose in a day, half of
/// what it had before the first takeover. It and its markets are known. Source: risk.md 5.7.
pub(crate) fn is_strained(state: &State, now: Millis, backstop: AccountId) -> bool {
    let equity = summary_unraised(state, backstop).equity;
    let at_first = day_start(state, now, backstop, equity);
    let fills = |position: &Position| {
        let market = facts::market(state, position.market);
        market.settlement.is_none()
            && 10 * market.params.value(market.mark, position.size).abs() > 8 * most_of(market, equity, 2)
    };
    20 * (at_first - equity) > 8 * at_first || facts::account(state, backstop).positions.iter().any(fills)
}

/// The backstop's equity before the first takeover of this day, when it is `now` before this one.
fn day_start(state: &State, time: Millis, backstop: AccountId, now: i128) -> i128 {
    let pool = facts::pool(state, facts::account(state, backstop).pool);
    if pool.protection.takeover_day == fund::day_of(time) {
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
