//! What belongs together or not at all.

use super::{EVERYBODY, order, plan, rest};
use crate::Book;
use alloc::vec::Vec;
use ballast_types::{Iceberg, Millis, Order, OrderId, Quote, Side, SizeLots, limits::ORDERS_PER_PAGE};

/// Everything that a book answers, with the queue of asks as a plan meets it.
fn answers(book: &Book) -> (Vec<Order>, Vec<OrderId>, Vec<u16>, [u64; 3]) {
    book.check().expect("sound");
    let queue = plan(book, Side::Buy, 999, u64::MAX, EVERYBODY).fills.iter().map(|fill| fill.maker).collect();
    let counts = [book.next_arrival(), book.pages().into(), book.next_slot().map_or(0, u64::from)];
    (book.orders().collect(), queue, book.dirty.clone().take(), counts)
}

#[test]
fn what_is_undone_never_was() {
    let mut book = Book::new();
    let ids: Vec<_> = (0..20).map(|n| rest(&mut book, n, Side::Sell, 101 + u64::from(n % 3), 5)).collect();
    book.take_dirty_pages();
    book.remove(ids[1]);
    let before = answers(&book);

    book.begin_undo();
    for &id in &ids[2..17] {
        book.fill(id, SizeLots(2), Quote(1));
        book.remove(id);
    }
    book.reduce(ids[18], SizeLots(1), Quote(1));
    for _ in 0..40 {
        rest(&mut book, 7, Side::Buy, 100, 1);
    }
    book.fill(ids[0], SizeLots(5), Quote(0));
    book.remove(ids[19]);
    assert_ne!(answers(&book), before);
    book.undo();
    assert_eq!(answers(&book), before);

    book.begin_undo();
    book.undo();
    assert_eq!(answers(&book), before);
}

/// Slots of orders with a last time, a hidden part, both or neither, each taken by every other kind meanwhile.
#[test]
fn what_few_orders_have_comes_back_with_them() {
    let kinds = [(false, false), (true, false), (false, true), (true, true)];
    let join = |book: &mut Book, slot: u32, (ends, hides): (bool, bool)| {
        let arrival = book.take_arrival();
        let plain = order(OrderId::new(arrival, slot), 3, Side::Sell, 101, 5);
        let iceberg = Iceberg { display: SizeLots(5), hidden: SizeLots(7), arrival };
        let good_until = ends.then_some(Millis(1_000 + arrival));
        book.rest(&Order { good_until, iceberg: hides.then_some(iceberg), ..plain });
        plain.id
    };
    for one in kinds {
        for other in kinds {
            let mut book = Book::new();
            let slot = book.next_slot().expect("there is room");
            let id = join(&mut book, slot, one);
            let before = answers(&book);
            book.begin_undo();
            book.remove(id);
            join(&mut book, slot, other);
            assert_ne!(answers(&book), before);
            book.undo();
            assert_eq!(answers(&book), before, "{one:?} after {other:?}");
        }
    }
}

#[test]
fn what_is_kept_stays() {
    let mut book = Book::new();
    book.begin_undo();
    let kept = rest(&mut book, 1, Side::Sell, 101, 5);
    book.keep();
    let before = answers(&book);
    book.begin_undo();
    book.remove(kept);
    book.undo();
    assert_eq!(answers(&book), before, "only what was done since the last beginning is undone");
    assert_eq!(book.take_dirty_pages(), [0]);
}

#[test]
fn pages_that_came_into_use_go_again() {
    let mut book = Book::new();
    book.begin_undo();
    for _ in 0..3 * ORDERS_PER_PAGE {
        rest(&mut book, 1, Side::Buy, 101, 5);
    }
    assert_eq!(book.pages(), 3);
    book.undo();
    assert_eq!((book.pages(), book.next_arrival(), book.best(Side::Buy)), (0, 0, None));
    assert_eq!(rest(&mut book, 1, Side::Buy, 101, 5), OrderId::new(0, 0));
}

#[test]
#[should_panic(expected = "what is undone does not nest")]
fn a_mark_is_not_forgotten() {
    let mut book = Book::new();
    book.begin_undo();
    book.begin_undo();
}

#[test]
#[should_panic(expected = "pages are committed when nothing is undone any more")]
fn pages_are_not_committed_before_the_decision() {
    let mut book = Book::new();
    book.begin_undo();
    book.take_dirty_pages();
}
