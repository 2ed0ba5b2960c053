//! The check of the book finds what it is there to find.

use super::rest;
use crate::{Book, slots::Link};
use ballast_types::{Iceberg, Order, OrderId, PriceTicks, Side, SizeLots};

/// Three asks of account 1 at 101 in slots 0 to 2, a bid of account 2 at 99 in slot 3, an iceberg at 102 in slot
/// 4, slots 5 to 15 free, and arrival number 5 taken for nothing.
fn sound() -> Book {
    let mut book = Book::new();
    for _ in 0..3 {
        rest(&mut book, 1, Side::Sell, 101, 5);
    }
    rest(&mut book, 2, Side::Buy, 99, 5);
    let id = OrderId::new(book.take_arrival(), 4);
    let iceberg = Iceberg { display: SizeLots(2), hidden: SizeLots(3), arrival: id.arrival() };
    book.rest(&Order { iceberg: Some(iceberg), ..super::order(id, 1, Side::Sell, 102, 2) });
    book.take_arrival();
    book
}

#[test]
fn every_kind_of_corruption_is_found() {
    type Corruption = fn(&mut Book);
    let corruptions: &[(&str, Corruption)] = &[
        ("the size of a level is wrong", |b| b.slots.at_mut(1).size = SizeLots(4)),
        ("a price or size is out of bounds", |b| b.slots.at_mut(1).size = SizeLots(0)),
        ("an order is in the queue of others", |b| b.slots.at_mut(1).price = PriceTicks(102)),
        ("an order is in the queue of others", |b| b.slots.at_mut(1).side = Side::Buy),
        ("an order does not find its level", |b| b.slots.at_mut(1).level += 1),
        ("an order is not in the slot that its id names", |b| b.slots.at_mut(1).id.0 += 1),
        ("the free slots are not those without an order", |b| b.taken.release(1)),
        ("the free slots are not those without an order", |b| b.taken.take(5)),
        ("a slot beyond the pages is taken", |b| b.taken.take(16)),
        ("an order rests that did not come to rest", |b| b.rest_from -= 1),
        ("an order rests that did not arrive", |b| b.rest_from += 2),
        ("a part is shown that did not arrive", |b| b.slots.iceberg_mut(4).arrival = 6),
        ("a hidden part is out of bounds", |b| b.slots.iceberg_mut(4).display = SizeLots(1)),
        ("a hidden part is out of bounds", |b| b.slots.iceberg_mut(4).arrival = 3),
        ("an order lies beyond the maximum", |b| b.maximum = 3),
        ("the links of a queue do not lead back", |b| b.slots.at_mut(2).before = Link::NONE),
        ("the end of a queue is not its last order", |b| b.slots.at_mut(1).after = Link::NONE),
        ("a queue is not sorted by arrival", |b| b.slots.at_mut(2).after = Link::to(0)),
        ("a queue leads to a free slot", |b| b.slots.at_mut(2).after = Link::to(9)),
        ("the number of orders of a level is wrong", |b| {
            b.queue_of(2).1.push(2, SizeLots(0));
        }),
        ("the size of a level is wrong", |b| b.queue_of(2).1.grow(SizeLots(1 << 63))),
        ("not every order is in the queue of its price", |b| {
            let level = b.slots.at(3).level;
            let (slots, queue) = b.queue_of(3);
            queue.unlink(slots, SizeLots(5), Link::NONE, Link::NONE);
            b.sides[Side::Buy].leave(PriceTicks(99), level);
        }),
        ("a block of levels is in use for nothing", |b| {
            let (slots, queue) = b.queue_of(3);
            queue.unlink(slots, SizeLots(5), Link::NONE, Link::NONE);
        }),
        ("the best level is another", |b| {
            let level = b.slots.at(0).level;
            b.sides[Side::Sell].leave(PriceTicks(101), level);
        }),
        ("the book is crossed", |b| {
            let level = b.slots.at(3).level;
            let (slots, queue) = b.queue_of(3);
            queue.unlink(slots, SizeLots(5), Link::NONE, Link::NONE);
            b.sides[Side::Buy].leave(PriceTicks(99), level);
            let level = b.sides[Side::Buy].enter(PriceTicks(101)).0;
            (b.slots.at_mut(3).level, b.slots.at_mut(3).price) = (level, PriceTicks(101));
            let (slots, queue) = b.queue_of(3);
            queue.insert(slots, 3, Link::NONE, Link::NONE);
        }),
    ];
    assert_eq!(sound().check(), Ok(()));
    for (finding, corrupt) in corruptions {
        let mut book = sound();
        corrupt(&mut book);
        assert_eq!(book.check(), Err(*finding));
    }
}
