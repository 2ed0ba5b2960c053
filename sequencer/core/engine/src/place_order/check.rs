//! What speaks against an order: its form, its market, the room there is, and its account's margin.

use ballast_risk::transition_allowed;
use ballast_state::{Market, State};
use ballast_types::{
    AccountId, ClientId, MarketId, Millis, NewOrder, OrderId, PriceTicks, RejectCode, Rejection, Side,
    SizeLots, TimeInForce,
    limits::{
        MAX_AMOUNT, MAX_FILLS_PER_ORDER, MAX_OPEN_ORDERS, MAX_ORDERS_PER_BOOK, MAX_POSITIONS, ORDER_SLOT_BITS,
    },
};

use super::Placement;
use crate::{
    batching, breakers, conditionals, exchange::Exchange, facts, margin, oracle, resting::Resting,
    settlement, standing::Standing,
};

/// What can be said of an order before the book is asked. `before` is its account without the order that
/// gives way.
pub(super) fn check_order(state: &State, ask: &Placement, before: &Standing) -> Result<(), Rejection> {
    let market = facts::market(state, ask.market);
    check_pool(state, ask.account, ask.market)?;
    settlement::check_open(state, ask.market)?;
    check_backstop(state, ask)?;
    check_form(&ask.order, state.chain.time)?;
    if ask.order.time_in_force == TimeInForce::Fok && batching::is_on(state, ask) {
        return Err(Rejection::new(RejectCode::InvalidOption, TimeInForce::Fok as u8, 0));
    }
    let NewOrder { side, price, size, reduce_only, .. } = ask.order;
    check_notional(market, price, size)?;
    if !market.fresh_mark.is_valid() {
        return Err(RejectCode::NoPrice.into());
    }
    check_band(market, price)?;
    if reduce_only && before.closable(side) == SizeLots::ZERO {
        return Err(Rejection::new(RejectCode::NothingToClose, before.size.0, side.signed(size).0));
    }
    let only_shrinks = only_shrinks(before, &ask.order);
    oracle::check_order(state, ask.market, only_shrinks)?;
    breakers::check_order(state, ask.market, only_shrinks)?;
    if !only_shrinks {
        check_marks(state, ask)?;
    }
    check_positions(state, ask)
}

/// Whether the market is of the account's pool: for it there is no other.
pub(crate) fn check_pool(state: &State, account: AccountId, market: MarketId) -> Result<(), Rejection> {
    if facts::market(state, market).pool == facts::account(state, account).pool {
        return Ok(());
    }
    Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets))
}

/// The backstop's positions grow by takeovers alone (risk.md 5.6).
fn check_backstop(state: &State, ask: &Placement) -> Result<(), Rejection> {
    let pool = facts::pool(state, facts::account(state, ask.account).pool);
    if pool.protection.backstop == Some(ask.account) && !ask.order.reduce_only {
        return Err(RejectCode::BackstopOnlyReduces.into());
    }
    Ok(())
}

/// Whoever has a position where there is no price takes no more risk anywhere: what he has is a guess.
fn check_marks(state: &State, ask: &Placement) -> Result<(), Rejection> {
    let positions = &facts::account(state, ask.account).positions;
    positions.iter().try_for_each(|held| oracle::check_order(state, held.market, false))
}

/// Whether the order, all open orders of its side with it, could only shrink the position. Those that only close
/// are no longer counted when they have: beside them no other order is as certain.
fn only_shrinks(before: &Standing, order: &NewOrder) -> bool {
    let NewOrder { side, size, reduce_only, .. } = *order;
    let enters = if reduce_only { size.min(before.closable(side)) } else { size };
    before.only_shrinks_by(side, enters) && (reduce_only || before.reducing == 0)
}

/// Bounds, and what goes with what. `now` is the time of the input.
pub(crate) fn check_form(order: &NewOrder, now: Millis) -> Result<(), Rejection> {
    let NewOrder { price, size, time_in_force, good_until, display, .. } = *order;
    if !price.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidPrice, price.0, 0));
    }
    if !size.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidSize, size.0, 0));
    }
    let rests = !matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
    if !rests && (good_until.is_some() || display.is_some()) {
        return Err(Rejection::new(RejectCode::InvalidOption, time_in_force as u8, 0));
    }
    if let Some(display) = display.filter(|display| *display == SizeLots::ZERO || *display > size) {
        return Err(Rejection::new(RejectCode::InvalidOption, display.0, size.0));
    }
    if let Some(until) = good_until.filter(|until| *until < now) {
        return Err(Rejection::new(RejectCode::InvalidTime, until.0, now.0));
    }
    Ok(())
}

/// A notional is at most 2^60 u (risk.md 1.1).
pub(crate) fn check_notional(market: &Market, price: PriceTicks, size: SizeLots) -> Result<(), Rejection> {
    if market.params.notional(price, size).is_some() {
        return Ok(());
    }
    let notional = market.params.value(price, Side::Buy.signed(size));
    Err(Rejection::new(RejectCode::NotionalTooLarge, notional, MAX_AMOUNT))
}

/// The band of risk.md 6.2 around the index.
pub(super) fn check_band(market: &Market, price: PriceTicks) -> Result<(), Rejection> {
    let (low, high) = market.params.order_band_around(market.index);
    if price < low {
        return Err(Rejection::new(RejectCode::OutsideBand, price.0, low.0));
    }
    if price > high {
        return Err(Rejection::new(RejectCode::OutsideBand, price.0, high.0));
    }
    Ok(())
}

fn check_positions(state: &State, ask: &Placement) -> Result<(), Rejection> {
    let books = &facts::trader(state, ask.account).books;
    let elsewhere = books.iter().filter(|book| book.market != ask.market).count();
    if elsewhere >= MAX_POSITIONS {
        return Err(Rejection::new(
            RejectCode::TooManyPositions,
            elsewhere as i128 + 1,
            MAX_POSITIONS as i128,
        ));
    }
    Ok(())
}

/// Whether the trader's own number for the order is free: so a resubmitted order is not placed twice while the
/// first is open or waits for its condition. `except` is the open order that gives way.
pub(crate) fn check_client(
    state: &State,
    book: &Resting,
    account: AccountId,
    market: MarketId,
    client: ClientId,
    except: Option<OrderId>,
) -> Result<(), Rejection> {
    if client == ClientId(0) {
        return Ok(());
    }
    let open = book.by_client(account, client).filter(|open| Some(*open) != except).map(|open| open.0);
    let waits = || conditionals::by_client(state, account, market, client).map(|waits| waits.0);
    match open.or_else(waits) {
        Some(other) => Err(Rejection::new(RejectCode::DuplicateClientId, client.0, other)),
        None => Ok(()),
    }
}

/// Whether the book has numbers left for one more order and for every iceberg that it may meet: the ids have bits
/// for so many and no more.
pub(super) fn check_arrivals(book: &Resting) -> Result<(), Rejection> {
    let numbers = 1_u64 << (u64::BITS - ORDER_SLOT_BITS);
    let arrival = book.next_arrival();
    if arrival + MAX_FILLS_PER_ORDER as u64 >= numbers {
        return Err(Rejection::new(RejectCode::BookFull, arrival, numbers));
    }
    Ok(())
}

/// Whether one more order may rest, of this account and in this book.
pub(super) fn check_room(x: &Exchange, ask: &Placement, taker: &Standing) -> Result<(), Rejection> {
    if taker.open_orders >= MAX_OPEN_ORDERS {
        return Err(Rejection::new(RejectCode::TooManyOpenOrders, taker.open_orders + 1, MAX_OPEN_ORDERS));
    }
    let book = x.books.at(ask.market);
    if book.next_slot().is_none() && ask.instead_of.is_none() {
        return Err(Rejection::new(RejectCode::BookFull, MAX_ORDERS_PER_BOOK, MAX_ORDERS_PER_BOOK));
    }
    Ok(())
}

/// INV-7: after the order its account has the initial margin (risk.md 3.5), or the transition rule of risk.md
/// 3.10 lets it pass: it takes no more risk and its account is no less healthy, nor left to liquidation. Orders
/// rest on that rule only where they can do nothing but shrink the position, or need no more margin than before:
/// a book is not to be filled on credit. `before` is the account without the order that gives way.
pub(super) fn check_margin(
    state: &State,
    ask: &Placement,
    before: &Standing,
    after: &Standing,
) -> Result<(), Rejection> {
    if margin::meets_initial(state, ask.market, after) {
        return Ok(());
    }
    let [was, summary] = [before, after].map(|it| margin::summary_with(state, ask.market, it));
    let NewOrder { side, size, reduce_only, .. } = ask.order;
    let eased = summary.initial <= was.initial || reduce_only || before.only_shrinks_by(side, size);
    if eased
        && !was.is_below_maintenance()
        && transition_allowed(&was, &summary, [(before.reach(), after.reach())])
    {
        return Ok(());
    }
    Err(Rejection::new(RejectCode::InsufficientMargin, summary.equity_initial, summary.initial))
}
