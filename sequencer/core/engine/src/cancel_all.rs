//! Many orders of an account leave: because its trader says so, or because the time came that he had set for it.

use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, CancelFilter, Conditional, ConditionalId, Event, KeyNumber, MarketId, Millis, Order, OrderId,
    RejectCode, Rejection, RemovalReason,
};

use crate::{authority, cancel_order::remove, conditionals, exchange::Exchange, facts};

/// Cancels every order of the account that the filter lets through; markets and ids ascend, and conditional orders
/// come last. That there is none is no mistake.
///
/// # Errors
/// [`RejectCode::UnknownMarket`], [`RejectCode::UnknownSession`] when the filter names a key that is not known.
pub(crate) fn cancel_all(
    x: &mut Exchange,
    account: AccountId,
    step: u8,
    filter: &CancelFilter,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let key = match filter.key {
        Some(address) => Some(authority::key_number(&x.state, account, address)?),
        None => None,
    };
    let wanted = |order: &Order| {
        filter.side.is_none_or(|side| order.side == side) && key.is_none_or(|key: KeyNumber| order.key == key)
    };
    let orders = orders_of(x, account, filter.market, wanted)?;
    let waiting = waiting_of(x, account, |waits| {
        filter.market.is_none_or(|market| waits.market == market)
            && filter.side.is_none_or(|side| waits.order.side == side)
            && key.is_none_or(|key| waits.key == key)
    });
    events.push(Event::AllCancelled { step, count: count(&orders, &waiting) });
    remove_all(x, account, &orders, &waiting, RemovalReason::Cancelled, events);
    Ok(())
}

/// Sets the time at which all orders of the account are cancelled, or takes it back.
///
/// # Errors
/// [`RejectCode::InvalidTime`] when it is not ahead.
pub(crate) fn schedule_cancel(
    x: &mut Exchange,
    account: AccountId,
    step: u8,
    at: Option<Millis>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let now = x.now();
    if let Some(at) = at.filter(|at| *at <= now) {
        return Err(Rejection::new(RejectCode::InvalidTime, at.0, now.0));
    }
    if facts::trader(&x.state, account).cancel_at != at {
        facts::trader_mut(&mut x.state, account).cancel_at = at;
    }
    events.push(Event::CancelScheduled { step, account, at });
    Ok(())
}

/// Cancels all orders of the account, when the time that was set for it has come. Before that, whoever meets one of
/// them sees it go (see [`crate::due`]).
pub(crate) fn cancel_if_due(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    let now = x.now();
    if facts::trader(&x.state, account).cancel_at.is_none_or(|at| at > now) {
        return;
    }
    let orders = orders_of(x, account, None, |_| true).expect("the account's markets exist");
    let waiting = waiting_of(x, account, |_| true);
    facts::trader_mut(&mut x.state, account).cancel_at = None;
    events.push(Event::ScheduledCancel { account, count: count(&orders, &waiting) });
    remove_all(x, account, &orders, &waiting, RemovalReason::Scheduled, events);
}

/// Takes every order of an account that is liquidated out of the books, those that wait for a condition last, but not
/// those that are forced and wait. Whether there was one.
pub(crate) fn cancel_for_liquidation(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let orders = orders_of(x, account, None, |_| true).expect("the account's markets exist");
    let waiting = waiting_of(x, account, |_| true);
    remove_all(x, account, &orders, &waiting, RemovalReason::Liquidation, events);
    count(&orders, &waiting) > 0
}

/// Orders of an account by market.
type Orders = Vec<(MarketId, Vec<OrderId>)>;

/// Those that are forced are not for their account to cancel.
fn orders_of(
    x: &mut Exchange,
    account: AccountId,
    market: Option<MarketId>,
    wanted: impl Fn(&Order) -> bool,
) -> Result<Orders, Rejection> {
    let markets = match market {
        Some(market) => vec![market],
        None => markets_with_orders(x, account),
    };
    let mut orders = Vec::with_capacity(markets.len());
    for market in markets {
        x.enter_market(market)?;
        let book = x.books.at(market);
        let mut ids = book.of_account(account);
        ids.retain(|id| book.get(*id).is_some_and(|order| !order.is_forced() && wanted(&order)));
        orders.push((market, ids));
    }
    Ok(orders)
}

fn markets_with_orders(x: &Exchange, account: AccountId) -> Vec<MarketId> {
    let trader = facts::trader(&x.state, account);
    trader.books.iter().filter(|book| book.orders > 0).map(|book| book.market).collect()
}

fn waiting_of(x: &Exchange, account: AccountId, wanted: impl Fn(&Conditional) -> bool) -> Vec<ConditionalId> {
    let waiting = conditionals::of(&x.state, account).iter();
    waiting.filter(|waits| wanted(waits)).map(|waits| waits.id).collect()
}

fn count(orders: &Orders, waiting: &[ConditionalId]) -> u32 {
    let count = orders.iter().map(|(_, ids)| ids.len()).sum::<usize>() + waiting.len();
    u32::try_from(count).expect("an account's orders are bounded")
}

fn remove_all(
    x: &mut Exchange,
    account: AccountId,
    orders: &Orders,
    waiting: &[ConditionalId],
    reason: RemovalReason,
    events: &mut Vec<Event>,
) {
    // Those that wait go first, lest they wake up when an order of their group goes; what is told of them comes last.
    let mut told = Vec::with_capacity(waiting.len());
    for id in waiting {
        conditionals::remove(x, account, *id, reason, &mut told);
    }
    for (market, ids) in orders {
        remove(x, account, *market, ids, reason, events);
    }
    events.append(&mut told);
}

#[cfg(test)]
mod tests;
