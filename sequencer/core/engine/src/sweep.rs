//! Orders that can never trade again leave the books.

use alloc::vec::Vec;

use ballast_types::{
    Event, MarketId, Millis, OrderId, RejectCode, Rejection, RemovalReason, limits::MAX_SWEPT,
};

use crate::{cancel_order::remove, conditionals::follow, due, exchange::Exchange, facts, standing::Standing};

/// Whether the sweep does something at `time`.
///
/// # Errors
/// [`RejectCode::TooManyItems`]; [`RejectCode::NothingDue`] when no order named is at its end.
pub(crate) fn check(x: &Exchange, time: Millis, orders: &[(MarketId, OrderId)]) -> Result<(), Rejection> {
    if orders.len() > MAX_SWEPT {
        return Err(Rejection::new(RejectCode::TooManyItems, orders.len() as i128, MAX_SWEPT as i128));
    }
    if orders.iter().any(|&(market, order)| end_of(x, time, market, order).is_some()) {
        return Ok(());
    }
    Err(RejectCode::NothingDue.into())
}

/// Removes those of the orders that are at their end; whether they are is a function of the facts, so whoever names
/// them is not trusted. Others, and those that are gone, are passed over.
pub(crate) fn sweep(
    x: &mut Exchange,
    orders: &[(MarketId, OrderId)],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    for &(market, order) in orders.iter().take(MAX_SWEPT) {
        if x.enter_market(market).is_ok()
            && let Some(order) = x.books.at(market).get(order)
        {
            let account = order.account;
            x.load_account(account);
        }
    }
    let now = x.now();
    let from = events.len();
    check(x, now, orders)?;
    for &(market, id) in orders {
        if let Some(reason) = end_of(x, now, market, id) {
            let account = x.books.at(market).get(id).expect("it is at its end").account;
            remove(x, account, market, &[id], reason, events);
        }
    }
    follow(x, from, events);
    Ok(())
}

fn end_of(x: &Exchange, now: Millis, market: MarketId, id: OrderId) -> Option<RemovalReason> {
    if !facts::has_market(&x.state, market) {
        return None;
    }
    let order = x.books.at(market).get(id)?;
    if facts::market(&x.state, market).settlement.is_some() {
        return Some(RemovalReason::Settled);
    }
    due::end_of(&x.state, now, &order, &Standing::of(&x.state, order.account, market))
}
