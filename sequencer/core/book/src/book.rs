//! The book and all that can be asked of it.

use crate::{dirty::DirtyPages, free::TakenSlots, levels::Sides, queue::Queue, slots::Slots, undo::Undo};
use alloc::vec::Vec;
use ballast_types::{
    Order, OrderId, PriceTicks, Side,
    limits::{MAX_ORDERS_PER_BOOK, ORDER_SLOT_BITS},
};

/// First arrival number that an order id cannot hold.
pub(crate) const ARRIVALS: u64 = 1 << (u64::BITS - ORDER_SLOT_BITS);

/// All orders of one side and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Their price.
    pub price: PriceTicks,
    /// Sum of their shown sizes, in lots; at most 2^66.
    pub size: u128,
    /// Their number.
    pub orders: u32,
}

/// The resting orders of one market, by price, then by time, and those that wait for a clearing. What every order
/// looks at lies close together.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Book {
    pub(crate) sides: Sides,
    pub(crate) taken: TakenSlots,
    pub(crate) slots: Slots,
    pub(crate) dirty: DirtyPages,
    /// Arrival number of the next order.
    pub(crate) next_arrival: u64,
    /// Smallest arrival number that may still come to rest: one above the last that did.
    pub(crate) rest_from: u64,
    /// Orders that may rest.
    pub(crate) maximum: u32,
    pub(crate) undo: Undo,
    /// The orders that wait, in the order in which they came.
    pub(crate) waiting: Queue,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// A book that never saw an order.
    #[must_use]
    pub fn new() -> Self {
        Self::empty(0, 0, MAX_ORDERS_PER_BOOK)
    }

    /// A book without orders of which `pages` pages were in use before.
    pub(crate) fn empty(next_arrival: u64, pages: u32, maximum: u32) -> Self {
        assert!(next_arrival <= ARRIVALS && maximum <= MAX_ORDERS_PER_BOOK);
        Self {
            slots: Slots::with_pages(pages),
            taken: TakenSlots::default(),
            sides: Sides::new(),
            waiting: Queue::EMPTY,
            dirty: DirtyPages::default(),
            undo: Undo::default(),
            maximum,
            next_arrival,
            rest_from: 0,
        }
    }

    /// Arrival number of the next order, or of the next part that an iceberg shows.
    #[must_use]
    pub fn next_arrival(&self) -> u64 {
        self.next_arrival
    }

    /// Pages that were ever in use: all orders lie in pages below.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.slots.pages()
    }

    /// Number of orders, those that wait among them. It is counted, which takes time in proportion to the pages.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.taken.count()
    }

    /// Whether no order rests or waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.count() == 0
    }

    /// Best price of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<PriceTicks> {
        let levels = &self.sides[side];
        levels.best().map(|place| levels.price(place.rank))
    }

    /// The best `max_levels` levels of a side, best first, with what they show.
    #[must_use]
    pub fn depth(&self, side: Side, max_levels: usize) -> Vec<Level> {
        self.sides[side]
            .best_first()
            .take(max_levels)
            .map(|(price, queue)| Level { price, size: queue.lots(), orders: queue.orders() })
            .collect()
    }

    /// The order with this id, if it rests or waits. Any id may be asked for.
    #[must_use]
    #[inline]
    pub fn get(&self, id: OrderId) -> Option<Order> {
        self.slots.find(id).map(|slot| self.slots.order(slot))
    }

    /// The order that lies in a slot, if one does. Any slot may be asked for.
    #[must_use]
    pub fn in_slot(&self, slot: u32) -> Option<Order> {
        (slot < self.slots.len() && !self.slots.at(slot).is_free()).then(|| self.slots.order(slot))
    }

    /// All orders by slot, those that wait among them.
    pub fn orders(&self) -> impl Iterator<Item = Order> {
        self.slots.iter()
    }

    /// The orders of a page by slot; none when the page was never in use.
    #[must_use]
    pub fn page(&self, page: u16) -> Vec<Order> {
        self.slots.page(page).collect()
    }

    /// The lowest free slot, where the order that enters now would rest; `None` when the book is full.
    #[must_use]
    pub fn next_slot(&self) -> Option<u32> {
        let slot = self.taken.lowest_free();
        (slot < self.maximum).then_some(slot)
    }
}
