//! What happens to an order.

use super::EventView;
use crate::wire::{
    answer::id,
    number::{Amount, Integer},
    removal::removal_reason,
};
use ballast_types::{Event, MarketId, Order, Waits};

pub(super) fn rested_view(market: MarketId, order: &Order) -> EventView {
    EventView::OrderRested {
        market: market.0,
        account: order.account.0,
        order_id: id(order.id),
        client_id: Integer(order.client.0),
        side: order.side.into(),
        price: order.price.0,
        size: order.size.0,
        hidden: order.open().0 - order.size.0,
    }
}

pub(super) fn waits_view(market: MarketId, order: &Order) -> EventView {
    EventView::OrderWaits {
        market: market.0,
        account: order.account.0,
        order_id: id(order.id),
        client_id: Integer(order.client.0),
        side: order.side.into(),
        price: order.price.0,
        size: order.size.0,
        hidden: order.open().0 - order.size.0,
        once: order.waits != Some(Waits::Rest),
        forced: order.is_forced(),
    }
}

pub(super) fn reduced_view(event: &Event) -> EventView {
    let Event::OrderReduced { market, account, order, client, side, price, size, left, reason } = *event
    else {
        unreachable!("called for reductions only")
    };
    EventView::OrderReduced {
        market: market.0,
        account: account.0,
        order_id: id(order),
        client_id: Integer(client.0),
        side: side.into(),
        price: price.0,
        size: size.0,
        left: left.0,
        reason: removal_reason(reason).into(),
    }
}

pub(super) fn removed_view(event: &Event) -> EventView {
    let Event::OrderRemoved { market, account, order, client, side, price, size, reason } = *event else {
        unreachable!("called for removals only")
    };
    EventView::OrderRemoved {
        market: market.0,
        account: account.0,
        order_id: id(order),
        client_id: Integer(client.0),
        side: side.into(),
        price: price.0,
        size: size.0,
        reason: removal_reason(reason).into(),
    }
}

pub(super) fn fill_view(event: &Event) -> EventView {
    let Event::Fill {
        market,
        price,
        size,
        taker_side,
        taker,
        taker_order,
        taker_client,
        taker_fee,
        maker,
        maker_order,
        maker_client,
        maker_fee,
        maker_left,
    } = *event
    else {
        unreachable!("called for fills only")
    };
    EventView::Fill {
        market: market.0,
        price: price.0,
        size: size.0,
        taker_side: taker_side.into(),
        taker: taker.0,
        taker_order_id: id(taker_order),
        taker_client_id: Integer(taker_client.0),
        taker_fee: Amount(taker_fee.0.into()),
        maker: maker.0,
        maker_order_id: id(maker_order),
        maker_client_id: Integer(maker_client.0),
        maker_fee: Amount(maker_fee.0.into()),
        maker_left: maker_left.0,
    }
}
