//! An account below its maintenance margin is liquidated by a step (risk.md 5): its orders leave, the backstop takes over
//! what it can bear, and part of a position is closed on the book. What is left waits for the next step, or for a
//! [tear-up](crate::deleverage).

mod batch;
mod book;
mod cover;
mod forced;
mod pause;
mod size;
mod takeover;

use alloc::vec::Vec;

use ballast_risk::{
    Summary,
    ladder::{Health, Holding, Level},
};
use ballast_types::{AccountId, Event, MarketId, Millis, OracleState, RejectCode, Rejection, SizeLots};

use crate::{
    batching, breakers::halt, cancel_all::cancel_for_liquidation, collateral, conditionals::follow,
    exchange::Exchange, facts, margin::summary_of, oracle,
};
pub(crate) use cover::{cover, cover_from_backstop, cover_from_fund, spare_of_backstop};
pub(crate) use forced::ForcedOrder;
pub(crate) use takeover::{is_strained as is_backstop_strained, known as known_backstop, take_over_exit};

/// Whether the account is to be liquidated at `time`; whether anything can be done is not looked at. For an exchange that
/// is held whole, or an account that was entered.
///
/// # Errors
/// [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`].
pub(crate) fn check(x: &Exchange, time: Millis, account: AccountId) -> Result<(), Rejection> {
    check_account(x, account)?;
    if is_due(x, time, account) { Ok(()) } else { Err(RejectCode::NothingDue.into()) }
}

/// Whether what the account's positions are worth is believed, and it lacks margin or owes too much. What it holds at a price
/// that is not believed counts twice, so that nobody is liquidated by it, nor safe behind a little of it.
fn is_due(x: &Exchange, time: Millis, id: AccountId) -> bool {
    let positions = &facts::account(&x.state, id).positions;
    let is_known = positions.iter().all(|position| oracle::is_believed(&x.state, time, position.market));
    let (summary, doubt) = (summary_of(&x.state, id), collateral::doubt(x, time, id));
    // Who owes without a position needs nothing, and has less.
    let is_below = summary.equity + doubt < summary.maintenance;
    is_known && (is_below || doubt == 0 && summary.owes_too_much())
}

/// Whether [`liquidate`] would do anything at `time`. Nothing is changed. For whoever names accounts: what would come to
/// nothing need not be an input.
#[must_use]
pub fn can_liquidate(x: &mut Exchange, time: Millis, account: AccountId) -> bool {
    as_of(x, time, |x| {
        check(x, time, account).is_ok()
            && (collateral::could_sell(x, account)
                || summary_of(&x.state, account).is_below_maintenance() && could_act(x, account))
    })
}

/// Whether any other step could be taken of an account that is below maintenance.
fn could_act(x: &mut Exchange, account: AccountId) -> bool {
    has_orders(x, account)
        || takeover::could_take_over(x, account)
        || could_close(x, account)
        || pause::could_pause(x, account)
        || facts::account(&x.state, account).positions.is_empty()
}

/// Whether all that is left for the account at `time` is a [tear-up](crate::deleverage). Nothing is changed.
#[must_use]
pub fn can_only_be_torn_up(x: &mut Exchange, time: Millis, account: AccountId) -> bool {
    as_of(x, time, |x| {
        check(x, time, account).is_ok()
            && !facts::account(&x.state, account).positions.is_empty()
            && is_fresh(x, account)
            && is_left_over(x, account)
    })
}

/// What would be so if an input of `time` came now.
pub(crate) fn as_of<T>(x: &mut Exchange, time: Millis, look: impl FnOnce(&mut Exchange) -> T) -> T {
    let now = core::mem::replace(&mut x.state.chain.time, time);
    let seen = look(x);
    x.state.chain.time = now;
    seen
}

/// Whether the account has orders that a liquidation cancels.
fn has_orders(x: &Exchange, account: AccountId) -> bool {
    let trader = facts::trader(&x.state, account);
    let mut books = trader.books.iter().filter(|book| book.orders > 0);
    trader.seldom.contingent.is_some()
        || books.any(|book| {
            let book = x.books.at(book.market);
            let mut orders = book.of_account(account).into_iter().filter_map(|id| book.get(id));
            orders.any(|order| !order.is_forced())
        })
}

/// Whether part of a position could be closed.
fn could_close(x: &mut Exchange, account: AccountId) -> bool {
    x.begin_undo();
    let could = close_in_part(x, account, &mut Vec::new());
    x.undo();
    could
}

/// # Errors
/// [`RejectCode::UnknownAccount`].
pub(crate) fn check_account(x: &Exchange, account: AccountId) -> Result<(), Rejection> {
    if facts::has_account(&x.state, account) {
        return Ok(());
    }
    Err(Rejection::new(RejectCode::UnknownAccount, account.0, x.state.chain.accounts))
}

/// Takes the account one step down the ladder.
///
/// # Errors
/// [`RejectCode::UnknownAccount`]; [`RejectCode::NothingDue`] when it is not to be liquidated, or nothing can be done now.
pub(crate) fn liquidate(
    x: &mut Exchange,
    account: AccountId,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_account(x, account)?;
    enter(x, account);
    check(x, x.now(), account)?;
    let from = events.len();
    let is_below = summary_of(&x.state, account).is_below_maintenance();
    let mut acted = false;
    if is_below {
        tell(x, account, events);
        acted |= cancel_for_liquidation(x, account, events);
    }
    acted |= collateral::sell(x, account, events);
    acted |= takeover::take_over(x, account, events);
    acted |= close_in_part(x, account, events);
    acted |= cover(x, account, events);
    acted |= pause::pause(x, account, events);
    if !acted {
        events.truncate(from);
        return Err(RejectCode::NothingDue.into());
    }
    follow(x, from, events);
    Ok(())
}

/// Whether a forced order of the account, which waits, is still to trade: its position is to be closed in part, at prices
/// that are agreed on. The account and its markets are made readable.
pub(crate) fn is_forced_now(x: &mut Exchange, account: AccountId) -> bool {
    enter(x, account);
    let summary = summary_of(&x.state, account);
    check(x, x.now(), account).is_ok() && summary.is_below_maintenance() && summary.equity > 0
}

/// Makes the account readable, and every market in which it has something, with its book.
pub(crate) fn enter(x: &mut Exchange, account: AccountId) {
    x.load_account(account);
    if let Some(backstop) = facts::pool(&x.state, facts::account(&x.state, account).pool).protection.backstop
    {
        x.load_account(backstop);
    }
    for market in markets(x, account) {
        x.enter_market(market).expect("the account's markets are listed");
    }
    collateral::load(&mut x.state, account);
}

/// The markets in which the account has a position or an order, ascending.
fn markets(x: &Exchange, account: AccountId) -> Vec<MarketId> {
    facts::trader(&x.state, account).books.iter().map(|book| book.market).collect()
}

/// Tells that the account is liquidated, and how it stands.
pub(crate) fn tell(x: &Exchange, account: AccountId, events: &mut Vec<Event>) {
    let Summary { equity, maintenance, .. } = summary_of(&x.state, account);
    let level = level_number(&Health { equity, maintenance });
    events.push(Event::Liquidated { account, level, equity, maintenance });
}

/// How far down an account below maintenance is (risk.md 5.1); or one that is torn up as it has nothing left and, where all
/// it holds is cash, needs nothing.
fn level_number(health: &Health) -> u8 {
    if health.equity <= 0 {
        return 3;
    }
    match ballast_risk::ladder::level(health.equity, health.maintenance, health.maintenance) {
        Level::Healthy | Level::PreLiquidation | Level::Liquidation => 1,
        Level::CloseOut => 2,
        Level::Bankrupt => 3,
    }
}

/// Whether the account can only be torn up: it is bankrupt, and nobody takes it over. It was entered.
pub(crate) fn is_left_over(x: &mut Exchange, account: AccountId) -> bool {
    let doubt = collateral::doubt(x, x.now(), account);
    summary_of(&x.state, account).equity + doubt <= 0 && !takeover::could_take_over(x, account)
}

/// Closes part of one of the account's positions, where it is below maintenance and not bankrupt: of the largest of which
/// anything can be closed now.
fn close_in_part(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let summary = summary_of(&x.state, account);
    if !summary.is_below_maintenance() || summary.equity <= 0 {
        return false;
    }
    let health = Health::from(&summary);
    let markets = size::markets(&x.state, account);
    markets.into_iter().any(|market| close_part_of(x, account, market, &health, events))
}

/// Closes what can be closed now of the account's position in a market, which it has.
fn close_part_of(
    x: &mut Exchange,
    account: AccountId,
    id: MarketId,
    health: &Health,
    events: &mut Vec<Event>,
) -> bool {
    let market = facts::market(&x.state, id);
    let (params, mark, maintenance) = (market.params.clone(), market.mark, market.maintenance);
    let held = facts::position(facts::account(&x.state, account), id).expect("it has one here").size;
    let holding = Holding { params: &params, maintenance, mark, size: held };
    let slice = size::slice(x, account, id, health, &holding);
    if slice.lots == SizeLots::ZERO || halt::is_on(&x.state, id) {
        return false;
    }
    let closed = if batching::matches_in_batches(&x.state, x.now(), id) {
        batch::close(x, account, id, health, &holding, slice.lots, events)
    } else {
        book::close(x, account, id, health, &holding, slice.lots, events)
    };
    if let Some(lots) = closed {
        size::count(x, account, id, &slice, lots.0);
    }
    closed.is_some()
}

/// Whether every market in which the account has a position has a price that its publishers agree on.
pub(crate) fn is_fresh(x: &Exchange, account: AccountId) -> bool {
    let fresh = |market| oracle::oracle_state(facts::market(&x.state, market), x.now()) == OracleState::Fresh;
    facts::account(&x.state, account).positions.iter().all(|position| fresh(position.market))
}

#[cfg(test)]
mod tests;
