//! Part of a position is closed on the book: an order that only closes, at the worst price that the account and the fund
//! can bear.

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, Holding, affordable_limit, fillable_price, zero_price};
use ballast_types::{AccountId, Event, KeyNumber, MarketId, SizeLots};

use super::ForcedOrder;
use crate::{
    exchange::Exchange,
    facts,
    place_order::{Placement, closing, force_order},
};

/// Closes `lots` of the account's position in a market that matches continuously, as far as others trade; what was closed,
/// if anybody was met.
pub(super) fn close(
    x: &mut Exchange,
    account: AccountId,
    market: MarketId,
    health: &Health,
    holding: &Holding<'_>,
    lots: SizeLots,
    events: &mut Vec<Event>,
) -> Option<SizeLots> {
    let ask = forced_order(x, account, market, health, holding, lots);
    if !force_order(x, &ask, events) {
        return None;
    }
    let left = facts::held(&x.state, account, market).abs();
    let closed = SizeLots(holding.size.abs().0 - left.0);
    let now = x.now();
    facts::venue_mut(&mut x.state, market).breakers.note_forced(now, closed);
    Some(closed)
}

/// An order that closes `lots` of the position, once: at the fillable price, or the worst that account and fund can bear.
pub(super) fn forced_order(
    x: &Exchange,
    account: AccountId,
    market: MarketId,
    health: &Health,
    holding: &Holding<'_>,
    lots: SizeLots,
) -> Placement {
    let forced = ForcedOrder::new(&x.state, market);
    let (fillable, zero) = (fillable_price(health, holding), zero_price(health, holding, lots));
    let limit = affordable_limit(holding, fillable, zero, lots, forced.claim);
    let order = closing(holding.closing(), limit, lots);
    let forced = Some(forced);
    Placement { account, key: KeyNumber(0), step: 0, market, order, instead_of: None, forced, exits: false }
}
