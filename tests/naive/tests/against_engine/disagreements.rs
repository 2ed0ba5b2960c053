//! Where the engine once did not do as the protocol says.

use ballast_types::{
    AccountId, CancelFilter, ClientId, MarketId, NewOrder, Operation, OrderId, PriceTicks, Quote, Side,
    SizeLots, TimeInForce,
};

use crate::{inputs, pair::Pair, reports::all_report, settings::ordinary};

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

fn rest(pair: &mut Pair, market: MarketId, side: Side, price: u64, size: u64) {
    let order = NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::PostOnly, ClientId(0));
    pair.operate(AccountId(0), vec![Operation::Place { market, order }]);
}

/// "Following": the whole 50 ms since the average last moved. The touch's average stands still while there is no touch,
/// and then follows with all the time that passed; the engine counted from the last tick.
#[test]
fn a_touch_that_was_gone_counts_from_when_it_went() {
    let mut pair = Pair::new(ordinary());
    inputs::begin(&mut pair);
    let market = MarketId(0);
    rest(&mut pair, market, Side::Buy, 998, 10);
    rest(&mut pair, market, Side::Sell, 1_002, 10);
    all_report(&mut pair, market, 1_000);
    pair.operate(AccountId(0), vec![Operation::CancelAll(CancelFilter::ALL)]);
    for _ in 0..3 {
        pair.time += 3_000;
        all_report(&mut pair, market, 1_000);
    }
    rest(&mut pair, market, Side::Buy, 1_010, 10);
    rest(&mut pair, market, Side::Sell, 1_014, 10);
    all_report(&mut pair, market, 1_000);
    let touch = pair.naive.markets[0].touch.expect("there is one");
    assert!(touch.value > 1_003 << 24, "a quarter of the way in nine seconds: {touch:?}");
}

/// "Premium": so many lots as are needed, rounded up. Where `impact_notional` was no multiple of kappa, the engine took
/// less.
#[test]
fn the_last_lot_of_an_impact_price_is_taken() {
    let mut setting = ordinary();
    // Two lots at 210 and a kappa of 10 are 4,200 u.
    setting.markets[1].impact_notional = Quote(4_201);
    let mut pair = Pair::new(setting);
    inputs::begin(&mut pair);
    let market = MarketId(1);
    rest(&mut pair, market, Side::Buy, 210, 2);
    rest(&mut pair, market, Side::Buy, 203, 1);
    pair.time += 5_000;
    all_report(&mut pair, market, 200);
    let (_, sample) = pair.naive.markets[1].samples.last().expect("it is fresh");
    // (210 + 210 + 203) / 3, rounded down.
    assert_eq!(*sample, 7 * 5_000_000);
}
