//! Orders that show little of themselves.

use super::{EVERYBODY, fill, order, plan, rest};
use crate::{Book, Level, Offer, Part, book::ARRIVALS};
use alloc::vec::Vec;
use ballast_types::{
    Iceberg, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    limits::{MAX_FILLS_PER_ORDER, MAX_SIZE},
};

/// An ask at 101 that shows `display` of `open`.
fn rest_iceberg(book: &mut Book, account: u32, open: u64, display: u64) -> OrderId {
    let slot = book.next_slot().expect("the book is not full");
    let arrival = book.take_arrival();
    let id = OrderId::new(arrival, slot);
    let shown = open.min(display);
    let iceberg = Iceberg { display: SizeLots(display), hidden: SizeLots(open - shown), arrival };
    book.rest(&Order { iceberg: Some(iceberg), ..order(id, account, Side::Sell, 101, shown) });
    book.check().expect("sound");
    id
}

/// What an order shows, what it hides, and its priority.
fn parts(order: Option<Order>) -> (u64, u64, u64) {
    let order = order.expect("it rests");
    (order.size.0, order.open().0 - order.size.0, order.priority())
}

fn makers(book: &Book, size: u64) -> Vec<OrderId> {
    plan(book, Side::Buy, 200, size, EVERYBODY).fills.iter().map(|fill| fill.maker).collect()
}

#[test]
fn everything_shown_at_a_price_trades_before_anything_hidden() {
    let mut book = Book::new();
    let first = rest_iceberg(&mut book, 1, 10, 2);
    let plain = rest(&mut book, 2, Side::Sell, 101, 3);
    let second = rest_iceberg(&mut book, 3, 5, 4);
    let worse = rest(&mut book, 4, Side::Sell, 102, 1);

    let bought = plan(&book, Side::Buy, 102, 99, EVERYBODY);
    let shown = [fill(first, 101, 2), fill(plain, 101, 3), fill(second, 101, 4)];
    let hidden = [fill(first, 101, 8), fill(second, 101, 1)];
    assert_eq!(bought.fills, [&shown[..], &hidden, &[fill(worse, 102, 1)]].concat());
    let partly = plan(&book, Side::Buy, 102, 12, EVERYBODY);
    assert_eq!(partly.fills[3..], [fill(first, 101, 3)]);
    assert_eq!(partly.left, SizeLots::ZERO);
    assert_eq!(book.depth(Side::Sell, 1), [Level { price: PriceTicks(101), size: 9, orders: 3 }]);
}

#[test]
fn an_iceberg_shows_its_next_part_at_the_end_of_the_queue() {
    let mut book = Book::new();
    let iceberg = rest_iceberg(&mut book, 1, 5, 2);
    let plain = rest(&mut book, 2, Side::Sell, 101, 1);
    assert_eq!(makers(&book, 3), [iceberg, plain]);

    book.fill(iceberg, SizeLots(1), Quote(4));
    assert_eq!(parts(book.get(iceberg)), (1, 3, 0), "what is shown is not used up");
    let after = book.fill(iceberg, SizeLots(1), Quote(3));
    assert_eq!((parts(Some(after)), after.reserve), ((2, 1, 2), Quote(3)));
    assert_eq!((book.get(iceberg), book.next_arrival()), (Some(after), 3));
    assert_eq!(makers(&book, 3), [plain, iceberg]);
    assert_eq!(rest(&mut book, 3, Side::Sell, 101, 1).arrival(), 3);

    // Through what is shown into what is not.
    book.fill(iceberg, SizeLots(2), Quote(1));
    assert_eq!(parts(book.get(iceberg)), (1, 0, 4), "the last part is smaller");
    book.check().expect("sound");
    let gone = book.fill(iceberg, SizeLots(1), Quote(0));
    assert_eq!((gone.open(), book.get(iceberg), book.next_arrival()), (SizeLots(0), None, 5));
    book.check().expect("sound");
}

#[test]
fn a_fill_may_reach_far_into_what_is_hidden() {
    let mut book = Book::new();
    let iceberg = rest_iceberg(&mut book, 1, 20, 3);
    book.fill(iceberg, SizeLots(11), Quote(9));
    assert_eq!(parts(book.get(iceberg)), (3, 6, 1), "one arrival number, however many parts it was");
    book.fill(iceberg, SizeLots(9), Quote(0));
    assert!(book.is_empty());
    book.check().expect("sound");
}

#[test]
fn each_part_is_asked_about_once_and_none_of_a_maker_passed_over() {
    let mut book = Book::new();
    let first = rest_iceberg(&mut book, 1, 6, 2);
    let second = rest_iceberg(&mut book, 2, 6, 2);
    let third = rest_iceberg(&mut book, 3, 2, 2);
    let mut asked = Vec::new();
    let bought = plan(&book, Side::Buy, 101, 99, |&Offer { order, part, size }| {
        asked.push((order.id, part, size.0));
        order.id == first
    });
    let shown = [(first, Part::Shown, 2), (second, Part::Shown, 2), (third, Part::Shown, 2)];
    assert_eq!(asked, [&shown[..], &[(second, Part::Hidden, 4)]].concat());
    assert_eq!(bought.fills, [fill(second, 101, 2), fill(third, 101, 2), fill(second, 101, 4)]);

    let only_shown = plan(&book, Side::Buy, 101, 99, |offer| offer.part == Part::Hidden);
    assert_eq!(only_shown.filled, SizeLots(6));
}

#[test]
fn both_parts_count_towards_the_maximum_of_fills() {
    let mut book = Book::new();
    for _ in 0..MAX_FILLS_PER_ORDER / 2 {
        rest_iceberg(&mut book, 1, 2, 1);
    }
    let all = plan(&book, Side::Buy, 101, 999, EVERYBODY);
    assert_eq!((all.fills.len(), all.truncated), (MAX_FILLS_PER_ORDER, false));
    rest_iceberg(&mut book, 1, 1, 1);
    let cut = plan(&book, Side::Buy, 101, 999, EVERYBODY);
    assert_eq!((cut.fills.len(), cut.truncated), (MAX_FILLS_PER_ORDER, true));
}

#[test]
fn an_order_that_shrinks_keeps_its_place() {
    let mut book = Book::new();
    let iceberg = rest_iceberg(&mut book, 1, 10, 4);
    let plain = rest(&mut book, 2, Side::Sell, 101, 5);
    rest(&mut book, 2, Side::Sell, 101, 1);
    book.take_dirty_pages();
    for (left, shown, hidden) in [(9, 4, 5), (9, 4, 5), (6, 4, 2), (3, 3, 0), (1, 1, 0)] {
        let after = book.reduce(iceberg, SizeLots(left), Quote(7));
        assert_eq!((parts(Some(after)), after.reserve), ((shown, hidden, 0), Quote(7)));
        assert_eq!(book.depth(Side::Sell, 1)[0].size, u128::from(shown) + 6);
        book.check().expect("sound");
    }
    assert_eq!(book.reduce(plain, SizeLots(2), Quote(1)).size, SizeLots(2));
    assert_eq!(makers(&book, 3), [iceberg, plain]);
    assert_eq!((book.next_arrival(), book.take_dirty_pages()), (3, [0].into()));
    book.check().expect("sound");
}

#[test]
#[should_panic(expected = "an order shrinks and stays")]
fn an_order_does_not_shrink_to_nothing() {
    let mut book = Book::new();
    let id = rest(&mut book, 1, Side::Sell, 101, 5);
    book.reduce(id, SizeLots(0), Quote(0));
}

#[test]
#[should_panic(expected = "a fill is not larger than its maker")]
fn a_fill_is_not_larger_than_shown_and_hidden() {
    let mut book = Book::new();
    let id = rest_iceberg(&mut book, 1, 5, 2);
    book.fill(id, SizeLots(6), Quote(0));
}

#[test]
#[should_panic(expected = "what is hidden of it is in bounds")]
fn an_iceberg_shows_no_more_than_it_may() {
    let mut book = Book::new();
    let id = OrderId::new(book.take_arrival(), 0);
    let iceberg = Iceberg { display: SizeLots(2), hidden: SizeLots(MAX_SIZE - 3), arrival: 0 };
    book.rest(&Order { iceberg: Some(iceberg), ..order(id, 1, Side::Sell, 101, 3) });
}

#[test]
fn without_arrival_numbers_the_next_part_keeps_its_place() {
    let one = order(OrderId::new(3, 0), 1, Side::Sell, 101, 2);
    let iceberg = Iceberg { display: SizeLots(2), hidden: SizeLots(3), arrival: 3 };
    let orders = [Order { iceberg: Some(iceberg), ..one }, order(OrderId::new(4, 1), 1, Side::Sell, 101, 1)];
    let mut book = Book::restore(orders, ARRIVALS - 1, 1).expect("valid");
    book.fill(one.id, SizeLots(2), Quote(1));
    assert_eq!(parts(book.get(one.id)), (2, 1, ARRIVALS - 1), "the last number");
    assert_eq!(makers(&book, 1), [orders[1].id]);
    book.fill(orders[1].id, SizeLots(1), Quote(0));
    book.fill(one.id, SizeLots(2), Quote(1));
    assert_eq!((parts(book.get(one.id)), book.next_arrival()), ((1, 0, ARRIVALS - 1), ARRIVALS));
    book.check().expect("sound");
}
