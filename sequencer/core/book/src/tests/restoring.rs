//! What `restore` takes, and what it refuses.

use super::{EVERYBODY, order, plan, rest};
use crate::{Book, RestoreError, book::ARRIVALS, slots::MAX_PAGES};
use alloc::vec::Vec;
use ballast_types::{
    Iceberg, Order, OrderId, Side, SizeLots,
    limits::{MAX_PRICE, MAX_SIZE, ORDERS_PER_PAGE},
};

fn ask(arrival: u64, slot: u32) -> Order {
    order(OrderId::new(arrival, slot), 1, Side::Sell, 100, 1)
}

fn iceberg(order: Order, display: u64, hidden: u64, arrival: u64) -> Order {
    let (display, hidden) = (SizeLots(display), SizeLots(hidden));
    Order { iceberg: Some(Iceberg { display, hidden, arrival }), ..order }
}

fn refusal(orders: &[Order], next_arrival: u64, pages: u32) -> Option<RestoreError> {
    Book::restore(orders.iter().copied(), next_arrival, pages).err()
}

#[test]
fn nothing_is_a_book() {
    let book = Book::restore([], 7, 3).expect("valid");
    assert_eq!((book.len(), book.next_arrival(), book.pages(), book.next_slot()), (0, 7, 3, Some(0)));
    book.check().expect("sound");
}

#[test]
fn queues_come_back_by_arrival_and_not_by_slot() {
    let mut book = Book::restore([ask(9, 0), ask(4, 20), ask(6, 3)], 10, 2).expect("valid");
    book.check().expect("sound");
    let ids: Vec<_> = plan(&book, Side::Buy, 100, 9, EVERYBODY).fills.iter().map(|fill| fill.maker).collect();
    assert_eq!(ids, [ask(4, 20).id, ask(6, 3).id, ask(9, 0).id]);
    assert_eq!(book.take_dirty_pages(), []);
    assert_eq!(rest(&mut book, 1, Side::Buy, 99, 1), OrderId::new(10, 1));
    assert_eq!(book.pages(), 2, "the pages ever in use are a fact of their own");
}

#[test]
fn icebergs_come_back_by_the_arrival_of_what_they_show() {
    let book = Book::restore([iceberg(ask(4, 0), 3, 7, 8), ask(6, 1), ask(9, 2)], 10, 1).expect("valid");
    book.check().expect("sound");
    let ids: Vec<_> = plan(&book, Side::Buy, 100, 3, EVERYBODY).fills.iter().map(|fill| fill.maker).collect();
    assert_eq!(ids, [ask(6, 1).id, ask(4, 0).id, ask(9, 2).id]);
}

#[test]
fn facts_that_are_no_book_are_refused() {
    let (a, b) = (ask(1, 0), ask(2, 1));
    let bid = Order { side: Side::Buy, ..b };
    let id = b.id;
    let price = |ticks| Order { price: ballast_types::PriceTicks(ticks), ..b };
    let size = |lots| Order { size: SizeLots(lots), ..b };
    for (orders, next_arrival, pages, error) in [
        (&[a, b] as &[Order], 3, MAX_PAGES + 1, RestoreError::TooManyPages(MAX_PAGES + 1)),
        (&[a, b], 3, u32::MAX, RestoreError::TooManyPages(u32::MAX)),
        (&[a, b], ARRIVALS + 1, 1, RestoreError::ArrivalOutOfRange(ARRIVALS + 1)),
        (&[a, b], u64::MAX, 1, RestoreError::ArrivalOutOfRange(u64::MAX)),
        (&[a, b], 2, 1, RestoreError::NotArrived(id)),
        (&[a, b], 0, 1, RestoreError::NotArrived(a.id)),
        (&[a], 3, 0, RestoreError::TooManyOrders),
        (&[ask(1, ORDERS_PER_PAGE)], 3, 1, RestoreError::SlotOutOfRange(ask(1, ORDERS_PER_PAGE).id)),
        (
            &[ask(1, OrderId::NO_SLOT)],
            3,
            MAX_PAGES,
            RestoreError::SlotOutOfRange(ask(1, OrderId::NO_SLOT).id),
        ),
        (&[ask(2, 0), ask(1, 0)], 3, 1, RestoreError::SlotTaken(ask(2, 0).id)),
        (&[ask(1, 1), ask(1, 0)], 3, 1, RestoreError::ArrivalTaken(ask(1, 1).id)),
        (&[a, a], 3, 1, RestoreError::ArrivalTaken(a.id)),
        (&[a, price(0)], 3, 1, RestoreError::PriceOutOfRange(id)),
        (&[a, price(MAX_PRICE + 1)], 3, 1, RestoreError::PriceOutOfRange(id)),
        (&[a, size(0)], 3, 1, RestoreError::SizeOutOfRange(id)),
        (&[a, size(MAX_SIZE + 1)], 3, 1, RestoreError::SizeOutOfRange(id)),
        (&[a, bid], 3, 1, RestoreError::Crossed),
        (&[a, iceberg(b, 1, 1, 3)], 3, 1, RestoreError::NotArrived(id)),
        (&[iceberg(a, 1, 1, 2), b], 3, 1, RestoreError::ArrivalTaken(id)),
        (&[iceberg(a, 1, 1, 4), iceberg(b, 1, 1, 4)], 5, 1, RestoreError::ArrivalTaken(id)),
        (&[iceberg(ask(1, 1), 1, 1, 3), a], 5, 1, RestoreError::ArrivalTaken(ask(1, 1).id)),
        (&[iceberg(a, 1, 1, 3), iceberg(ask(1, 1), 1, 1, 4)], 5, 1, RestoreError::ArrivalTaken(ask(1, 1).id)),
        (&[iceberg(a, 1, 1, 3), ask(3, 1)], 5, 1, RestoreError::ArrivalTaken(ask(3, 1).id)),
        (&[iceberg(a, 1, 1, 3), iceberg(ask(3, 1), 1, 1, 4)], 5, 1, RestoreError::ArrivalTaken(ask(3, 1).id)),
        (&[a, iceberg(b, 0, 1, 2)], 3, 1, RestoreError::IcebergOutOfRange(id)),
        (&[a, iceberg(size(2), 1, 1, 2)], 3, 1, RestoreError::IcebergOutOfRange(id)),
        (&[a, iceberg(b, MAX_SIZE + 1, 1, 2)], 3, 1, RestoreError::IcebergOutOfRange(id)),
        (&[a, iceberg(b, 1, MAX_SIZE, 2)], 3, 1, RestoreError::IcebergOutOfRange(id)),
        (&[a, iceberg(b, 1, u64::MAX, 2)], 3, 1, RestoreError::IcebergOutOfRange(id)),
        (&[ask(0, 0), iceberg(b, 1, 1, 1)], 3, 1, RestoreError::IcebergOutOfRange(id)),
    ] {
        assert_eq!(refusal(orders, next_arrival, pages), Some(error));
    }
    assert_eq!(refusal(&[a, iceberg(b, MAX_SIZE, MAX_SIZE - 1, 2)], 3, 1), None);
    assert_eq!(refusal(&[iceberg(a, 1, 1, 4), iceberg(b, 1, 0, 3)], 5, 1), None);
    assert_eq!(refusal(&[a, price(MAX_PRICE)], 3, 1), None);
    assert_eq!(refusal(&[size(MAX_SIZE), a], ARRIVALS, MAX_PAGES), None);
}

#[test]
fn a_list_longer_than_the_slots_is_not_read_to_its_end() {
    let endless = core::iter::repeat(ask(1, 0));
    assert_eq!(Book::restore(endless, 3, 1).err(), Some(RestoreError::TooManyOrders));
}
