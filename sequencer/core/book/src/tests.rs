//! Rules of the book one by one, then all of them at once against the specification.

mod against_naive;
mod corruption;
mod foreseeing;
mod icebergs;
mod impact;
mod restoring;
mod undoing;

use crate::{Book, Level, Offer, Plan, PlannedFill};
use alloc::vec::Vec;
use ballast_types::{
    AccountId, ClientId, KeyNumber, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    limits::{MAX_FILLS_PER_ORDER, MAX_ORDERS_PER_BOOK, MAX_SIZE, ORDERS_PER_PAGE},
};

const EVERYBODY: fn(&Offer) -> bool = |_| false;

impl Book {
    /// A book that is full with `maximum` orders.
    pub(crate) fn with_maximum(maximum: u32) -> Self {
        Self::empty(0, 0, maximum)
    }
}

fn order(id: OrderId, account: u32, side: Side, price: u64, size: u64) -> Order {
    Order {
        id,
        account: AccountId(account),
        key: KeyNumber(account + 7),
        side,
        price: PriceTicks(price),
        size: SizeLots(size),
        reserve: Quote(1_000),
        client: ClientId(id.arrival()),
        reduce_only: false,
        good_until: None,
        iceberg: None,
        waits: None,
    }
}

fn rest(book: &mut Book, account: u32, side: Side, price: u64, size: u64) -> OrderId {
    let slot = book.next_slot().expect("the book is not full");
    let id = OrderId::new(book.take_arrival(), slot);
    book.rest(&order(id, account, side, price, size));
    book.check().expect("sound");
    id
}

fn plan(book: &Book, side: Side, limit: u64, size: u64, skip: impl FnMut(&Offer) -> bool) -> Plan {
    let mut plan = Plan::default();
    book.plan(side, PriceTicks(limit), SizeLots(size), skip, &mut plan);
    plan
}

fn fill(maker: OrderId, price: u64, size: u64) -> PlannedFill {
    PlannedFill { maker, price: PriceTicks(price), size: SizeLots(size) }
}

#[test]
fn better_prices_trade_first_and_older_orders_before_younger() {
    let mut book = Book::new();
    let worse = rest(&mut book, 1, Side::Sell, 102, 5);
    let older = rest(&mut book, 2, Side::Sell, 101, 5);
    let younger = rest(&mut book, 3, Side::Sell, 101, 5);
    rest(&mut book, 4, Side::Sell, 104, 5);

    let bought = plan(&book, Side::Buy, 103, 12, EVERYBODY);
    assert_eq!(bought.fills, [fill(older, 101, 5), fill(younger, 101, 5), fill(worse, 102, 2)]);
    assert_eq!((bought.filled, bought.left, bought.truncated), (SizeLots(12), SizeLots(0), false));

    let more = plan(&book, Side::Buy, 103, 100, EVERYBODY);
    assert_eq!((more.filled, more.left, more.truncated), (SizeLots(15), SizeLots(85), false));
    assert!(plan(&book, Side::Buy, 100, 1, EVERYBODY).fills.is_empty());
    assert!(plan(&book, Side::Sell, 1, 1, EVERYBODY).fills.is_empty(), "no bids");
}

#[test]
fn bids_trade_from_the_highest_down() {
    let mut book = Book::new();
    let low = rest(&mut book, 1, Side::Buy, 99, 1);
    let high = rest(&mut book, 1, Side::Buy, 100, 1);
    assert_eq!(plan(&book, Side::Sell, 99, 9, EVERYBODY).fills, [fill(high, 100, 1), fill(low, 99, 1)]);
    assert_eq!(plan(&book, Side::Sell, 100, 9, EVERYBODY).fills, [fill(high, 100, 1)]);
    assert_eq!(book.best(Side::Buy), Some(PriceTicks(100)));
    assert_eq!(book.best(Side::Sell), None);
}

#[test]
fn a_plan_that_is_dropped_leaves_no_trace() {
    let mut book = Book::new();
    let maker = rest(&mut book, 1, Side::Sell, 101, 5);
    book.take_dirty_pages();

    // Fill or kill: 6 lots cannot be had, so the engine drops the plan.
    let killed = plan(&book, Side::Buy, 101, 6, EVERYBODY);
    assert_eq!((killed.filled, killed.left), (SizeLots(5), SizeLots(1)));
    assert_eq!(book.get(maker).map(|o| o.size), Some(SizeLots(5)));
    assert_eq!((book.len(), book.next_arrival()), (1, 1));
    assert_eq!(book.take_dirty_pages(), []);
}

#[test]
fn a_plan_forgets_what_it_held() {
    let mut book = Book::new();
    let ask = rest(&mut book, 1, Side::Sell, 101, 5);
    let mut plan =
        Plan { fills: [fill(ask, 7, 7)].into(), filled: SizeLots(7), left: SizeLots(7), ..Plan::default() };
    plan.truncated = true;
    book.plan(Side::Buy, PriceTicks(101), SizeLots(5), EVERYBODY, &mut plan);
    let met = Plan { fills: [fill(ask, 101, 5)].into(), filled: SizeLots(5), ..Plan::default() };
    assert_eq!(plan, met);
    book.plan(Side::Buy, PriceTicks(101), SizeLots(0), EVERYBODY, &mut plan);
    assert_eq!(plan, Plan::default());
}

#[test]
fn a_plan_ends_at_the_maximum_of_fills() {
    let mut book = Book::new();
    let maximum = MAX_FILLS_PER_ORDER as u64;
    for _ in 0..maximum {
        rest(&mut book, 1, Side::Sell, 101, 1);
    }
    let all = plan(&book, Side::Buy, 101, maximum + 1, EVERYBODY);
    assert_eq!(
        (all.left, all.truncated),
        (SizeLots(1), false),
        "nobody else stood ready, so the rest may rest"
    );

    let last = rest(&mut book, 2, Side::Sell, 102, 1);
    let exact = plan(&book, Side::Buy, 102, maximum, EVERYBODY);
    assert_eq!((exact.left, exact.truncated), (SizeLots(0), false));
    let cut = plan(&book, Side::Buy, 102, maximum + 1, EVERYBODY);
    assert_eq!((cut.fills.len() as u64, cut.left, cut.truncated), (maximum, SizeLots(1), true));
    let below = plan(&book, Side::Buy, 101, maximum + 1, EVERYBODY);
    assert!(!below.truncated, "the limit does not reach the next maker");
    let skipped = plan(&book, Side::Buy, 102, maximum + 1, |offer| offer.order.id == last);
    assert!(!skipped.truncated, "the next maker is passed over");
}

#[test]
fn makers_passed_over_do_not_count() {
    let mut book = Book::new();
    for _ in 0..MAX_FILLS_PER_ORDER {
        rest(&mut book, 1, Side::Sell, 101, 1);
    }
    let other = rest(&mut book, 2, Side::Sell, 101, 4);
    let mut asked = 0;
    let plan = plan(&book, Side::Buy, 101, 3, |offer| {
        asked += 1;
        offer.order.account == AccountId(1)
    });
    assert_eq!((plan.fills, plan.left), ([fill(other, 101, 3)].into(), SizeLots(0)));
    assert_eq!(asked, MAX_FILLS_PER_ORDER + 1, "each once, and nobody after the size is met");
}

#[test]
fn fills_shrink_a_maker_and_then_remove_it() {
    let mut book = Book::new();
    let maker = rest(&mut book, 1, Side::Buy, 100, 10);
    rest(&mut book, 1, Side::Buy, 100, 1);
    let after = book.fill(maker, SizeLots(4), Quote(600));
    assert_eq!((after.size, after.reserve), (SizeLots(6), Quote(600)));
    assert_eq!(book.get(maker), Some(after));
    assert_eq!(book.depth(Side::Buy, 9), [Level { price: PriceTicks(100), size: 7, orders: 2 }]);
    assert_eq!(plan(&book, Side::Sell, 100, 1, EVERYBODY).fills, [fill(maker, 100, 1)], "it keeps its place");

    let gone = book.fill(maker, SizeLots(6), Quote(0));
    assert_eq!((gone.id, gone.size, gone.reserve), (maker, SizeLots(0), Quote(0)));
    assert_eq!((book.get(maker), book.len()), (None, 1));
    book.check().expect("sound");
}

#[test]
fn an_order_leaves_from_the_middle_of_a_level() {
    let mut book = Book::new();
    let ids: Vec<_> = (0..5).map(|n| rest(&mut book, n % 2, Side::Sell, 101, 1)).collect();
    for (gone, left) in [(2, [0, 1, 3, 4].as_slice()), (0, &[1, 3, 4]), (4, &[1, 3]), (1, &[3]), (3, &[])] {
        assert_eq!(book.remove(ids[gone]).map(|o| o.id), Some(ids[gone]));
        assert_eq!(book.remove(ids[gone]), None, "it is gone");
        book.check().expect("sound");
        let fills: Vec<_> = plan(&book, Side::Buy, 101, 9, EVERYBODY).fills.iter().map(|f| f.maker).collect();
        assert_eq!(fills, left.iter().map(|&n| ids[n]).collect::<Vec<_>>());
    }
    assert_eq!((book.best(Side::Sell), book.is_empty()), (None, true));
}

#[test]
fn unknown_ids_are_no_orders() {
    let mut book = Book::new();
    let id = rest(&mut book, 1, Side::Buy, 100, 1);
    book.take_dirty_pages();
    let unknown = [
        OrderId::new(id.arrival() + 1, id.slot()),
        OrderId::new(id.arrival(), 1),
        OrderId::new(id.arrival(), MAX_ORDERS_PER_BOOK),
        OrderId::new(id.arrival(), OrderId::NO_SLOT),
        OrderId(u64::MAX),
    ];
    for id in unknown {
        assert_eq!(book.get(id), None);
        assert_eq!(book.remove(id), None);
    }
    assert_eq!(book.take_dirty_pages(), []);
}

#[test]
fn the_lowest_free_slot_is_used_again() {
    let mut book = Book::new();
    let ids: Vec<_> = (0..40).map(|_| rest(&mut book, 1, Side::Buy, 100, 1)).collect();
    assert_eq!(ids.iter().map(|id| id.slot()).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    for slot in [33, 7, 20] {
        book.remove(ids[slot]);
    }
    let slots = [(); 4].map(|()| rest(&mut book, 1, Side::Buy, 100, 1).slot());
    assert_eq!(slots, [7, 20, 33, 40]);
    assert_eq!(book.pages(), 3);
    let served = plan(&book, Side::Sell, 100, 99, EVERYBODY).fills;
    assert!(served.is_sorted_by_key(|fill| fill.maker), "the oldest come first whatever the slots");
}

#[test]
fn an_order_rests_in_the_slot_it_entered_with() {
    let mut book = Book::new();
    let maker = rest(&mut book, 1, Side::Sell, 101, 1);
    let slot = book.next_slot().expect("free");
    let id = OrderId::new(book.take_arrival(), slot);
    book.fill(maker, SizeLots(1), Quote(0));
    assert_eq!(book.next_slot(), Some(0), "the fill freed a lower one");
    book.rest(&order(id, 2, Side::Buy, 101, 4));
    assert_eq!((book.get(id).map(|o| o.size), book.next_slot()), (Some(SizeLots(4)), Some(0)));
    book.check().expect("sound");
}

#[test]
fn a_full_book_has_no_slot() {
    let mut book = Book::with_maximum(20);
    let ids: Vec<_> = (0..20).map(|n| rest(&mut book, n, Side::Sell, 100 + u64::from(n), 1)).collect();
    assert_eq!((book.next_slot(), book.len(), book.pages()), (None, 20, 2));
    // An order that finds no slot may still trade.
    let id = OrderId::new(book.take_arrival(), OrderId::NO_SLOT);
    assert_eq!((book.get(id), book.next_arrival()), (None, 21));
    assert_eq!(plan(&book, Side::Buy, 100, 1, EVERYBODY).fills, [fill(ids[0], 100, 1)]);
    book.fill(ids[0], SizeLots(1), Quote(0));
    assert_eq!(book.next_slot(), Some(0));
}

#[test]
fn pages_hold_their_slots_and_tell_when_they_change() {
    let mut book = Book::new();
    let page = ORDERS_PER_PAGE as usize;
    let ids: Vec<_> = (0..3 * page).map(|_| rest(&mut book, 1, Side::Buy, 100, 2)).collect();
    assert_eq!(book.take_dirty_pages(), [0, 1, 2]);
    assert_eq!(book.take_dirty_pages(), []);

    book.remove(ids[2 * page]);
    book.fill(ids[3], SizeLots(1), Quote(5));
    assert_eq!(book.take_dirty_pages(), [0, 2]);
    assert_eq!(book.page(0).len(), page);
    assert_eq!((book.page(0)[3].size, book.page(0)[3].reserve), (SizeLots(1), Quote(5)));
    assert!(book.page(2).iter().map(|o| o.id).eq(ids[2 * page + 1..].iter().copied()));

    for &id in &ids[page..2 * page] {
        book.remove(id);
    }
    assert_eq!((book.take_dirty_pages(), book.page(1)), ([1].into(), Vec::new()));
    assert_eq!((book.pages(), book.page(3), book.page(u16::MAX)), (3, Vec::new(), Vec::new()));
}

#[test]
fn a_level_may_be_larger_than_any_order() {
    let mut book = Book::new();
    for _ in 0..3 {
        rest(&mut book, 1, Side::Buy, 1, MAX_SIZE);
    }
    let level = Level { price: PriceTicks(1), size: 3 * u128::from(MAX_SIZE), orders: 3 };
    assert_eq!(book.depth(Side::Buy, usize::MAX), [level]);
    assert_eq!(book.depth(Side::Buy, 0), []);
}

#[test]
#[should_panic(expected = "what rests does not cross")]
fn an_order_that_crosses_does_not_rest() {
    let mut book = Book::new();
    rest(&mut book, 1, Side::Sell, 100, 1);
    rest(&mut book, 2, Side::Buy, 100, 1);
}

#[test]
#[should_panic(expected = "orders rest as they arrive")]
fn an_order_does_not_rest_behind_a_younger_one() {
    let mut book = Book::new();
    let late = OrderId::new(book.take_arrival(), 1);
    rest(&mut book, 1, Side::Sell, 100, 1);
    book.rest(&order(late, 1, Side::Sell, 100, 1));
}

#[test]
#[should_panic(expected = "the slot is free")]
fn a_slot_holds_one_order() {
    let mut book = Book::new();
    let taken = rest(&mut book, 1, Side::Sell, 100, 1).slot();
    let id = OrderId::new(book.take_arrival(), taken);
    book.rest(&order(id, 1, Side::Sell, 100, 1));
}

#[test]
#[should_panic(expected = "a fill is not larger than its maker")]
fn a_fill_is_not_larger_than_its_maker() {
    let mut book = Book::new();
    let maker = rest(&mut book, 1, Side::Sell, 100, 1);
    book.fill(maker, SizeLots(2), Quote(0));
}
