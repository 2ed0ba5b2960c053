//! Part of a position is closed on the book: an order that only closes, at the worst price that the account and the fund
//! can bear.

use alloc::vec::Vec;

use ballast_risk::ladder::{Health, Holding, affordable_limit, fillable_price, zero_price};
use ballast_types::{
    AccountId, ClientId, Event, KeyNumber, MarketId, NewOrder, PriceTicks, SelfTrade, Side, SizeLots,
    TimeInForce,
};

use super::ForcedOrder;
use crate::{
    exchange::Exchange,
    facts, fund,
    place_order::{Placement, force_order},
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
    let claim = fund::claim(&x.state, market);
    let zero = zero_price(health, holding, lots);
    let limit = affordable_limit(holding, fillable_price(health, holding), zero, lots, claim);
    let forced = ForcedOrder::new(holding.params.class.liquidation().penalty, claim);
    let ask = Placement { forced: Some(forced), ..closing(account, market, holding.closing(), limit, lots) };
    if !force_order(x, &ask, events) {
        return None;
    }
    let left = facts::position(facts::account(&x.state, account), market).map_or(0, |left| left.size.abs().0);
    let closed = SizeLots(holding.size.abs().0 - left);
    let now = x.now();
    facts::venue_mut(&mut x.state, market).breakers.note_forced(now, closed);
    Some(closed)
}

/// An order that only closes, once, for the owner of the account.
pub(super) fn closing(
    account: AccountId,
    market: MarketId,
    side: Side,
    price: PriceTicks,
    size: SizeLots,
) -> Placement {
    let order = NewOrder {
        side,
        price,
        size,
        time_in_force: TimeInForce::Ioc,
        good_until: None,
        reduce_only: true,
        self_trade: SelfTrade::CancelMaker,
        display: None,
        client: ClientId(0),
    };
    Placement { account, key: KeyNumber(0), step: 0, market, order, instead_of: None, forced: None }
}
