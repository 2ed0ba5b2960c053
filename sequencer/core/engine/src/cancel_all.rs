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
    let orders = own_orders_of(x, account, filter.market, wanted)?;
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
    if facts::trader(&x.state, account).seldom.cancel_at != at {
        facts::trader_mut(&mut x.state, account).seldom.cancel_at = at;
    }
    events.push(Event::CancelScheduled { step, account, at });
    Ok(())
}

/// Cancels all orders of the account, when the time that was set for it has come. Before that, whoever meets one of
/// them sees it go (see [`crate::due`]).
pub(crate) fn cancel_if_due(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    let now = x.now();
    if facts::trader(&x.state, account).seldom.cancel_at.is_none_or(|at| at > now) {
        return;
    }
    let (orders, waiting) = all_of(x, account, false);
    facts::trader_mut(&mut x.state, account).seldom.cancel_at = None;
    events.push(Event::ScheduledCancel { account, count: count(&orders, &waiting) });
    remove_all(x, account, &orders, &waiting, RemovalReason::Scheduled, events);
}

/// Takes every order of an account that is liquidated out of the books, those that wait for a condition last, but not
/// those that are forced and wait. Whether there was one.
pub(crate) fn cancel_for_liquidation(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let (orders, waiting) = all_of(x, account, false);
    remove_all(x, account, &orders, &waiting, RemovalReason::Liquidation, events);
    count(&orders, &waiting) > 0
}

/// Takes every order of an account that exits out of the books, those that are forced among them, and those that wait for a
/// condition last.
pub(crate) fn cancel_for_exit(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    let (orders, waiting) = all_of(x, account, true);
    remove_all(x, account, &orders, &waiting, RemovalReason::Exit, events);
}

/// Takes the forced order of an account that exits out of the book of a market, if one waits there.
pub(crate) fn cancel_forced(x: &mut Exchange, account: AccountId, market: MarketId, events: &mut Vec<Event>) {
    let forced = orders_of(x, account, Some(market), Order::is_forced).expect("the market was entered");
    remove_all(x, account, &forced, &[], RemovalReason::Exit, events);
}

/// Orders of an account by market.
type Orders = Vec<(MarketId, Vec<OrderId>)>;

/// All orders of an account, and those that wait for a condition; `forced` ones where they are wanted, too.
fn all_of(x: &mut Exchange, account: AccountId, forced: bool) -> (Orders, Vec<ConditionalId>) {
    let orders = orders_of(x, account, None, |order| forced || !order.is_forced());
    (orders.expect("the account's markets exist"), waiting_of(x, account, |_| true))
}

/// Those that are forced are not for their account to cancel.
fn own_orders_of(
    x: &mut Exchange,
    account: AccountId,
    market: Option<MarketId>,
    wanted: impl Fn(&Order) -> bool,
) -> Result<Orders, Rejection> {
    orders_of(x, account, market, |order| !order.is_forced() && wanted(order))
}

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
        ids.retain(|id| book.get(*id).is_some_and(|order| wanted(&order)));
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
