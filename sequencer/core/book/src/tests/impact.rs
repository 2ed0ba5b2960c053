//! What a notional would trade at on average.

use super::{order, rest};
use crate::Book;
use ballast_types::{
    Iceberg, Order, OrderId, Side, SizeLots, Waits,
    limits::{MAX_PRICE, MAX_SIZE},
};

/// Bids of 10 at 100 and 5 at 98, asks of 10 at 101 and 5 at 104.
fn book() -> Book {
    let mut book = Book::new();
    rest(&mut book, 1, Side::Buy, 98, 5);
    rest(&mut book, 1, Side::Buy, 100, 4);
    rest(&mut book, 2, Side::Buy, 100, 6);
    rest(&mut book, 1, Side::Sell, 101, 10);
    rest(&mut book, 1, Side::Sell, 104, 5);
    book
}

fn impact(book: &Book, side: Side, notional: u128) -> Option<u64> {
    book.impact(side, notional).map(|price| price.0)
}

#[test]
fn within_the_best_level_it_is_its_price() {
    assert_eq!([0, 1, 999, 1_000].map(|notional| impact(&book(), Side::Buy, notional)), [Some(100); 4]);
    assert_eq!([0, 1, 1_010].map(|notional| impact(&book(), Side::Sell, notional)), [Some(101); 3]);
}

#[test]
fn beyond_it_the_average_is_rounded_away_from_the_spread() {
    // 10 lots at 100 and 1 at 98, needed for one tick more: 1,098 / 11 = 99.8.
    assert_eq!(impact(&book(), Side::Buy, 1_001), Some(99));
    // 10 at 101 and 2 at 104: 1,218 / 12 = 101.5.
    assert_eq!(impact(&book(), Side::Sell, 1_010 + 105), Some(102));
}

#[test]
fn what_is_not_there_has_no_price() {
    assert_eq!(impact(&Book::new(), Side::Buy, 0), None);
    assert_eq!([1_490, 1_491].map(|notional| impact(&book(), Side::Buy, notional)), [Some(99), None]);
    assert_eq!([1_530, 1_531].map(|notional| impact(&book(), Side::Sell, notional)), [Some(102), None]);
}

#[test]
fn neither_what_is_hidden_nor_what_waits_is_depth() {
    let mut book = Book::new();
    let arrival = book.take_arrival();
    let iceberg = Iceberg { display: SizeLots(2), hidden: SizeLots(98), arrival };
    let id = OrderId::new(arrival, 0);
    book.rest(&Order { iceberg: Some(iceberg), ..order(id, 1, Side::Sell, 100, 2) });
    let id = OrderId::new(book.take_arrival(), 1);
    book.wait(&Order { waits: Some(Waits::Rest), ..order(id, 1, Side::Sell, 100, 50) });
    assert_eq!([200, 201].map(|notional| impact(&book, Side::Sell, notional)), [Some(100), None]);
}

#[test]
fn the_largest_orders_fit() {
    let mut book = Book::new();
    for _ in 0..1_000 {
        rest(&mut book, 1, Side::Buy, MAX_PRICE, MAX_SIZE);
    }
    let all = 1_000_u128 << 86;
    assert_eq!([all, u128::MAX].map(|notional| impact(&book, Side::Buy, notional)), [Some(MAX_PRICE), None]);
}
