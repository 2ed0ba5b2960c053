//! An order leaves because its trader says so.

use alloc::vec::Vec;

use ballast_types::{AccountId, Event, MarketId, Order, OrderId, RejectCode, Rejection, RemovalReason};

use crate::{exchange::Exchange, standing::Standing};

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
    cancel(x, account, market, &[order.id], events);
    Ok(())
}

/// The account's order `id`, if it rests in `market`, which was entered.
///
/// # Errors
/// [`RejectCode::UnknownOrder`] also when it is another's: whose it is is not told.
pub(crate) fn own_order(
    x: &Exchange,
    account: AccountId,
    market: MarketId,
    id: OrderId,
) -> Result<Order, Rejection> {
    match x.books.at(market).get(id) {
        Some(order) if order.account == account => Ok(*order),
        _ => Err(RejectCode::UnknownOrder.into()),
    }
}

/// Takes the account's orders `ids`, which rest in `market`, out of the book and out of its standing.
pub(crate) fn cancel(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    ids: &[OrderId],
    events: &mut Vec<Event>,
) {
    let mut standing = Standing::of(&x.state, account, market);
    for &id in ids {
        let order = x.books.at_mut(market).remove(id).expect("the order was found");
        assert_eq!(order.account, account, "an account cancels its own");
        standing.release(&order);
        events.push(removed(market, &order, RemovalReason::Cancelled));
    }
    standing.write(&mut x.state, market);
    x.sync_venue(market);
}

/// The event of an order that left `market`.
pub(crate) const fn removed(market: MarketId, order: &Order, reason: RemovalReason) -> Event {
    Event::OrderRemoved {
        market,
        account: order.account,
        order: order.id,
        client: order.client,
        side: order.side,
        price: order.price,
        size: order.size,
        reason,
    }
}
