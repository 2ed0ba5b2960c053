//! The check of the book finds what it is there to find.

use super::rest;
use crate::{
    Book,
    slots::{Link, Thread},
};
use ballast_types::{AccountId, PriceTicks, Side, SizeLots};

/// Three asks of account 1 at 101 in slots 0 to 2, a bid of account 2 at 99 in slot 3, slots 4 to 15 free.
fn sound() -> Book {
    let mut book = Book::new();
    for _ in 0..3 {
        rest(&mut book, 1, Side::Sell, 101, 5);
    }
    rest(&mut book, 2, Side::Buy, 99, 5);
    book
}

#[test]
fn every_kind_of_corruption_is_found() {
    type Corruption = fn(&mut Book);
    let corruptions: &[(&str, Corruption)] = &[
        ("the size of a level is wrong", |b| b.slots.order_mut(1).size = SizeLots(4)),
        ("a price or size is out of bounds", |b| b.slots.order_mut(1).size = SizeLots(0)),
        ("an order is in the chain of others", |b| b.slots.order_mut(1).price = PriceTicks(102)),
        ("an order is in the chain of others", |b| b.slots.order_mut(1).account = AccountId(2)),
        ("an account with orders has no chain", |b| b.slots.order_mut(3).account = AccountId(3)),
        ("an order is not in the slot that its id names", |b| b.slots.order_mut(1).id.0 += 1),
        ("the free slots are not those without an order", |b| b.taken.release(1)),
        ("the free slots are not those without an order", |b| b.taken.take(4)),
        ("a slot beyond the pages is taken", |b| b.taken.take(16)),
        ("the number of orders is wrong", |b| b.len += 1),
        ("an order rests that did not come to rest", |b| b.rest_from -= 1),
        ("an order rests that did not arrive", |b| b.next_arrival -= 1),
        ("an order lies beyond the maximum", |b| b.maximum = 3),
        ("the links of a chain do not lead back", |b| {
            b.slots.links_mut(Thread::Price, 2).before = Link::NONE;
        }),
        ("the end of a chain is not its last order", |b| {
            b.slots.links_mut(Thread::Price, 1).after = Link::NONE;
        }),
        ("a chain is not sorted by arrival", |b| b.slots.links_mut(Thread::Price, 2).after = Link::to(0)),
        ("a chain leads to a free slot", |b| b.slots.links_mut(Thread::Account, 2).after = Link::to(9)),
        ("an account has two chains", |b| {
            b.slots.links_mut(Thread::Account, 0).before = Link::to(9);
            b.slots.links_mut(Thread::Account, 1).before = Link::NONE;
        }),
        ("not every order is in the queue of its price", |b| {
            let bid = *b.slots.order(3);
            b.bids.leave(&mut b.slots, &bid);
        }),
        ("not every order is in the chain of its account", |b| {
            *b.slots.links_mut(Thread::Account, 3) =
                crate::slots::Links { before: Link::to(3), after: Link::NONE };
        }),
        ("the book is crossed", |b| {
            let mut bid = *b.slots.order(3);
            b.bids.leave(&mut b.slots, &bid);
            bid.price = PriceTicks(101);
            *b.slots.order_mut(3) = bid;
            b.bids.join(&mut b.slots, &bid);
        }),
    ];
    assert_eq!(sound().check(), Ok(()));
    for (finding, corrupt) in corruptions {
        let mut book = sound();
        corrupt(&mut book);
        assert_eq!(book.check(), Err(*finding));
    }
}
