//! Hints name anything, and do nothing that can be seen.

use super::{order, rest};
use crate::Book;
use ballast_types::{
    Order, OrderId, PriceTicks, Side, Waits,
    limits::{MAX_ORDERS_PER_BOOK, MAX_PRICE},
};

#[test]
fn whatever_is_named_nothing_comes_of_it() {
    let mut book = Book::new();
    let gone = rest(&mut book, 1, Side::Buy, 99, 1);
    let rests = [rest(&mut book, 1, Side::Buy, 100, 4), rest(&mut book, 2, Side::Sell, MAX_PRICE, 6)];
    book.remove(gone);
    let waits = OrderId::new(book.take_arrival(), book.next_slot().expect("room"));
    book.wait(&Order { waits: Some(Waits::Rest), ..order(waits, 3, Side::Sell, 50, 1) });
    let before: alloc::vec::Vec<Order> = book.orders().collect();

    let unknown = [OrderId(0), OrderId(u64::MAX), OrderId::new(1, MAX_ORDERS_PER_BOOK - 1)];
    for book in [&book, &Book::new()] {
        for id in unknown.into_iter().chain(rests).chain([gone, waits]) {
            book.foresee(id);
            book.foresee_leaving(id);
        }
        for (side, price) in
            [(Side::Buy, 0), (Side::Sell, 100), (Side::Buy, u64::MAX), (Side::Sell, MAX_PRICE)]
        {
            book.foresee_entry(side, PriceTicks(price));
        }
    }
    assert!(book.orders().eq(before));
    book.check().expect("sound");
}
