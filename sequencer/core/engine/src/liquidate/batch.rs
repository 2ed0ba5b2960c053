//! In a market that matches in batches a forced order of the account waits for the next clearing.

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, Holding};
use ballast_types::{AccountId, Event, MarketId, SizeLots};

use super::book::forced_order;
use crate::{exchange::Exchange, place_order::force_waiting};

/// Lets an order that closes `lots` wait, where none does; what waits then, if one came.
pub(super) fn close(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    health: &Health,
    holding: &Holding<'_>,
    lots: SizeLots,
    events: &mut Vec<Event>,
) -> Option<SizeLots> {
    let book = x.books.at(market);
    let mut own = book.of_account(account).into_iter().filter_map(|id| book.get(id));
    if own.any(|order| order.is_forced()) {
        return None;
    }
    let ask = forced_order(x, account, market, health, holding, lots);
    force_waiting(x, &ask, events).then_some(lots)
}
