//! All orders of an account leave, in one market or in all.

use alloc::{vec, vec::Vec};

use ballast_types::{AccountId, Event, MarketId, OrderId, Rejection};

use crate::{cancel_order::cancel, exchange::Exchange, facts};

/// Cancels every order of the account in `market`, or in every market that it has orders in; markets and ids
/// ascend. That there is none is no mistake.
///
/// # Errors
/// [`ballast_types::RejectCode::UnknownMarket`]
pub(crate) fn cancel_all(
    x: &mut Exchange,
    account: AccountId,
    step: u8,
    market: Option<MarketId>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let markets = match market {
        Some(market) => vec![market],
        None => markets_with_orders(x, account),
    };
    let mut orders: Vec<(MarketId, Vec<OrderId>)> = Vec::with_capacity(markets.len());
    for market in markets {
        x.enter_market(market)?;
        orders.push((market, x.books.at(market).orders_of(account).collect()));
    }
    let count: usize = orders.iter().map(|(_, ids)| ids.len()).sum();
    let count = u32::try_from(count).expect("an account's orders are bounded");
    events.push(Event::AllCancelled { step, count });
    for (market, ids) in orders {
        cancel(x, account, market, &ids, events);
    }
    Ok(())
}

fn markets_with_orders(x: &Exchange, account: AccountId) -> Vec<MarketId> {
    let trader = facts::trader(&x.state, account);
    trader.books.iter().filter(|book| book.orders > 0).map(|book| book.market).collect()
}

#[cfg(test)]
mod tests;
