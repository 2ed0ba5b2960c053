//! An order leaves because its trader says so.

use alloc::vec::Vec;

use ballast_types::{
    AccountId, ClientId, Event, MarketId, Order, OrderId, RejectCode, Rejection, RemovalReason, SizeLots,
};

use crate::{conditionals, exchange::Exchange, standing::Standing};

/// Cancels one order. Never refused to who owns it: not for stale prices, not for lack of margin.
///
/// # Errors
/// [`RejectCode::UnknownMarket`], [`RejectCode::UnknownOrder`].
pub(crate) fn cancel_order(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    id: OrderId,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.enter_market(market)?;
    let order = own_order(x, account, market, id)?;
    remove(x, account, market, &[order.id], RemovalReason::Cancelled, events);
    Ok(())
}

/// Cancels the open order, or the conditional one, that the account gave this number.
///
/// # Errors
/// [`RejectCode::UnknownMarket`], [`RejectCode::UnknownOrder`] with the number.
pub(crate) fn cancel_client(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    client: ClientId,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.enter_market(market)?;
    if let Some(id) = x.books.at(market).by_client(account, client) {
        remove(x, account, market, &[id], RemovalReason::Cancelled, events);
        return Ok(());
    }
    let waits = conditionals::by_client(&x.state, account, market, client);
    let id = waits.filter(|_| client != ClientId(0));
    let id = id.ok_or_else(|| Rejection::new(RejectCode::UnknownOrder, client.0, 0))?;
    conditionals::remove(x, account, id, RemovalReason::Cancelled, events);
    Ok(())
}

/// The account's order `id`, if it is in the book of `market`, which was entered, and not forced on it.
///
/// # Errors
/// [`RejectCode::UnknownOrder`] with the id, also when it is another's: whose it is is not told.
pub(crate) fn own_order(
    x: &Exchange,
    account: AccountId,
    market: MarketId,
    id: OrderId,
) -> Result<Order, Rejection> {
    match x.books.at(market).get(id) {
        Some(order) if order.account == account && !order.is_forced() => Ok(order),
        _ => Err(Rejection::new(RejectCode::UnknownOrder, id.0, 0)),
    }
}

/// Takes the account's orders `ids`, which rest in `market`, out of the book and out of its standing.
pub(crate) fn remove(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    ids: &[OrderId],
    reason: RemovalReason,
    events: &mut Vec<Event>,
) {
    let mut standing = Standing::of(&x.state, account, market);
    for &id in ids {
        let order = x.books.at_mut(market).remove(id).expect("the order was found");
        assert_eq!(order.account, account, "the orders are the account's");
        standing.release(&order);
        events.push(removed(market, &order, reason));
    }
    standing.write(&mut x.state, market);
    x.sync_venue(market);
}

/// The event of an order that left `market`.
pub(crate) fn removed(market: MarketId, order: &Order, reason: RemovalReason) -> Event {
    Event::OrderRemoved {
        market,
        account: order.account,
        order: order.id,
        client: order.client,
        side: order.side,
        price: order.price,
        size: order.open(),
        reason,
    }
}

/// The event of an order of `market` that lost `size` lots and is now `after`.
pub(crate) fn reduced(market: MarketId, after: &Order, size: SizeLots, reason: RemovalReason) -> Event {
    Event::OrderReduced {
        market,
        account: after.account,
        order: after.id,
        client: after.client,
        side: after.side,
        price: after.price,
        size,
        left: after.open(),
        reason,
    }
}
