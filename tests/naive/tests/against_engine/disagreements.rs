//! Where the engine once did not do as the protocol says.

use ballast_types::{
    AccountId, ClientId, MarketId, NewOrder, Operation, OrderId, PriceTicks, Side, SizeLots, TimeInForce,
};

use crate::{inputs, pair::Pair, settings::ordinary};

fn iceberg(size: u64) -> NewOrder {
    NewOrder {
        display: Some(SizeLots(5)),
        ..NewOrder::plain(Side::Sell, PriceTicks(1_000), SizeLots(size), TimeInForce::Gtc, ClientId(0))
    }
}

/// Rests an iceberg of 15 lots that shows 5, and replaces it by itself with `size`.
fn shrink_iceberg_to(size: u64) {
    let mut pair = Pair::new(ordinary());
    inputs::begin(&mut pair);
    let market = MarketId(0);
    pair.operate(AccountId(0), vec![Operation::Place { market, order: iceberg(15) }]);
    let order: OrderId = pair.naive.markets[0].orders[0].id;
    pair.operate(AccountId(0), vec![Operation::Replace { market, order, new: iceberg(size) }]);
}

#[test]
fn an_iceberg_shrinks_in_place() {
    shrink_iceberg_to(6);
}

/// "Replace": side, price, display and the rest are the same, and the size is 1 to what is open. The engine placed a
/// new order instead, behind the others.
#[test]
fn an_iceberg_that_shrinks_to_its_display_loses_its_place() {
    shrink_iceberg_to(5);
}

/// "Nothing else is checked." The engine refused the display, which is larger than the size (1012).
#[test]
fn an_iceberg_cannot_shrink_below_its_display() {
    shrink_iceberg_to(4);
}
