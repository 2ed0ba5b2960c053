//! An order as it stands in the book.

use ballast_types::{Iceberg, NewOrder, Order, OrderId, Quote, SizeLots};

use super::Placement;

/// What is open of an order, with nothing reserved or hidden.
pub(super) const fn open_order(ask: &Placement, order: &NewOrder, id: OrderId, open: SizeLots) -> Order {
    let NewOrder { side, price, client, reduce_only, good_until, .. } = *order;
    let Placement { account, key, .. } = *ask;
    Order {
        id,
        account,
        key,
        side,
        price,
        size: open,
        reserve: Quote::ZERO,
        client,
        reduce_only,
        good_until,
        iceberg: None,
        waits: None,
    }
}

/// The order with what it hides, where it shows less than it has.
pub(super) fn hiding(order: Order, display: Option<SizeLots>) -> Order {
    let Some(display) = display.filter(|display| *display < order.size) else { return order };
    let hidden = SizeLots(order.size.0 - display.0);
    let iceberg = Some(Iceberg { display, hidden, arrival: order.id.arrival() });
    Order { size: display, iceberg, ..order }
}
