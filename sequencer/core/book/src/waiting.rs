//! Orders that wait for a clearing: they have a slot, an id and a page like any other, but no level. Nothing meets
//! them but [`Book::fill_waiting`], and no depth shows them.

use crate::{
    book::{ARRIVALS, Book},
    change::is_sound,
    queue::Queue,
    slots::{Link, Slot, Slots},
};
use alloc::vec::Vec;
use ballast_types::{Order, OrderId, Quote, SizeLots, Waits};

impl Book {
    /// Number of orders that wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.waiting.orders()
    }

    /// The orders that wait, in the order in which they came.
    #[must_use]
    pub fn waiting_orders(&self) -> Vec<Order> {
        let mut orders = Vec::with_capacity(self.waiting.orders() as usize);
        let mut next = self.waiting.first();
        while let Some(slot) = next.slot() {
            orders.push(self.slots.order(slot));
            next = self.slots.at(slot).after;
        }
        orders
    }

    /// Lets an order wait, as [`Order::waits`] says, in the slot that its id names. It may cross.
    ///
    /// # Panics
    /// When the order breaks the book, as under [`Book::rest`], or does not wait.
    pub fn wait(&mut self, order: &Order) {
        let (slot, arrival) = (order.id.slot(), order.id.arrival());
        let waits = order.waits.expect("the order waits");
        assert!(slot < self.maximum, "the slot is one of the book's");
        assert!(self.rest_from <= arrival && arrival < self.next_arrival, "orders wait as they arrive");
        assert!(order.price.is_valid() && order.size.is_valid(), "price and size are in bounds");
        assert!(
            order.iceberg.is_none_or(|iceberg| iceberg.arrival == arrival && is_sound(order, &iceberg)),
            "what is hidden of it is in bounds"
        );
        self.touch(slot);
        self.link_waiting(order, waits);
        self.rest_from = arrival + 1;
    }

    /// Fills an order that waits with `size` lots, of what it shows and hides alike, and sets the reserve of what is
    /// left of it. Returns the order after: when nothing of it is open it is gone. What is left of an iceberg shows
    /// its display, or all of it, and keeps its arrival number.
    ///
    /// # Panics
    /// When no such order waits, or `size` is 0 or more than is open of it.
    pub fn fill_waiting(&mut self, id: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let slot = self.slots.find(id).expect("an order that is filled waits");
        let before = self.slots.order(slot);
        let open = before.open();
        assert!(before.waits.is_some() && size > SizeLots::ZERO && size <= open, "a fill fits its order");
        self.touch(slot);
        let left = SizeLots(open.0 - size.0);
        let shown = before.iceberg.map_or(left, |iceberg| left.min(iceberg.display));
        if before.iceberg.is_some() {
            self.slots.iceberg_mut(slot).hidden = SizeLots(left.0 - shown.0);
        }
        self.waiting.shrink(before.size);
        self.waiting.grow(shown);
        let at = self.slots.at_mut(slot);
        (at.size, at.reserve) = (shown, reserve_left);
        let after = self.slots.order(slot);
        if left == SizeLots::ZERO {
            self.unlink_waiting(slot);
        }
        after
    }

    /// Whether an order that waits would cross, were it to rest; `false` when it does not wait.
    #[must_use]
    pub fn would_cross(&self, order: &Order) -> bool {
        self.sides[order.side.opposite()].is_reached_by(order.price)
    }

    /// Rests an order that waits, in its slot and with the priority of its arrival. Returns it as it rests.
    ///
    /// # Panics
    /// When no such order waits, or it crosses.
    pub fn enter(&mut self, id: OrderId) -> Order {
        let slot = self.slots.find(id).expect("an order that enters waits");
        let order = self.slots.order(slot);
        assert!(order.waits.is_some() && !self.would_cross(&order), "what rests does not cross");
        self.touch(slot);
        let Slot { before, after, .. } = *self.slots.at(slot);
        self.waiting.unlink(&mut self.slots, order.size, before, after);
        let level = self.sides[order.side].enter(order.price).0;
        self.slots.at_mut(slot).level = level;
        let (before, after) = self.place_of(slot);
        let (slots, queue) = self.queue_of(slot);
        queue.insert(slots, slot, before, after);
        self.slots.order(slot)
    }

    /// The slots, and the queue that the order of `slot` is in: that of its price, or of those that wait.
    pub(crate) fn any_queue_of(&mut self, slot: u32) -> (&mut Slots, &mut Queue) {
        if self.slots.at(slot).is_waiting() {
            return (&mut self.slots, &mut self.waiting);
        }
        self.queue_of(slot)
    }

    /// Between whom the order of `slot`, which is in no queue, belongs in that of its price: icebergs that were met
    /// since it came are younger.
    fn place_of(&mut self, slot: u32) -> (Link, Link) {
        let priority = self.slots.priority(slot);
        let (slots, queue) = self.queue_of(slot);
        let (mut before, mut after) = (queue.last(), Link::NONE);
        while let Some(last) = before.slot()
            && slots.priority(last) > priority
        {
            after = before;
            before = slots.at(last).before;
        }
        (before, after)
    }

    /// Puts an order younger than all that wait into its slot, which is free, and behind them.
    pub(crate) fn link_waiting(&mut self, order: &Order, waits: Waits) {
        let slot = order.id.slot();
        debug_assert!(order.id.arrival() < ARRIVALS);
        self.taken.take(slot);
        let last = self.waiting.push(slot, order.size);
        self.slots.append(order, Slot::level_of(waits), last);
    }

    /// Takes an order that waits out of its slot and from among those that do.
    pub(crate) fn unlink_waiting(&mut self, slot: u32) {
        let at = self.slots.at_mut(slot);
        at.id = Slot::NOBODY;
        let Slot { size, before, after, .. } = *at;
        self.waiting.unlink(&mut self.slots, size, before, after);
        self.taken.release(slot);
    }
}
