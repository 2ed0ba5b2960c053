//! What changes the book.

use crate::{
    book::{ARRIVALS, Book},
    queue::Queue,
    slots::{Link, Slot, Slots},
};
use alloc::vec::Vec;
use ballast_types::{Iceberg, Order, OrderId, Quote, SizeLots, limits::MAX_SIZE};

impl Book {
    /// Takes the arrival number for an order that enters. Numbers of orders that never rest are used up too.
    ///
    /// # Panics
    /// When 2^43 numbers were taken.
    pub fn take_arrival(&mut self) -> u64 {
        assert!(self.next_arrival < ARRIVALS, "arrival numbers are used up");
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        arrival
    }

    /// Rests an order at the end of its price's queue, in the slot that its id names: the one that
    /// [`Book::next_slot`] gave when the order entered. Fills in between may have freed lower ones.
    ///
    /// # Panics
    /// When the order breaks the book: its slot is taken or out of range, its arrival number was not taken
    /// from here, is not newer than every order that rested or older than the end of its queue, its price or
    /// size is out of bounds, its iceberg is none that [`Order`] describes or has another arrival number than
    /// its id, or it crosses. The makers that it passed over must have left before.
    #[inline]
    pub fn rest(&mut self, order: &Order) {
        let (slot, arrival) = (order.id.slot(), order.id.arrival());
        assert!(slot < self.maximum, "the slot is one of the book's");
        assert!(self.rest_from <= arrival && arrival < self.next_arrival, "orders rest as they arrive");
        assert!(order.price.is_valid() && order.size.is_valid(), "price and size are in bounds");
        assert!(
            order.iceberg.is_none_or(|iceberg| iceberg.arrival == arrival && is_sound(order, &iceberg)),
            "what is hidden of it is in bounds"
        );
        assert!(!self.sides[order.side.opposite()].is_reached_by(order.price), "what rests does not cross");
        self.touch(slot);
        self.link(order);
        self.rest_from = arrival + 1;
    }

    /// Fills a maker with `size` lots and sets the reserve of what is left of it. Returns the order after: when
    /// nothing of it is open it is gone.
    ///
    /// What it shows is taken first, then what it hides. An iceberg of which the shown part is used up and
    /// something is left shows its next part, which takes an arrival number and goes to the end of the queue.
    /// When arrival numbers are used up the next part keeps the number and the place of the last.
    ///
    /// # Panics
    /// When no such order rests, or `size` is 0 or more than is open of it. Fills come from a plan, so it does.
    #[inline]
    pub fn fill(&mut self, maker: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let slot = self.slots.find(maker).expect("a planned maker rests");
        self.touch(slot);
        let at = self.slots.at_mut(slot);
        at.reserve = reserve_left;
        if at.is_iceberg && size >= at.size {
            return self.fill_hidden(slot, size);
        }
        assert!(size > SizeLots::ZERO && size <= at.size, "a fill is not larger than its maker");
        let left = SizeLots(at.size.0 - size.0);
        let after = Slot { size: left, ..*at };
        if left == SizeLots::ZERO {
            self.unlink(slot);
        } else {
            at.size = left;
            self.sides[after.side].queue_mut(after.level).shrink(size);
        }
        self.slots.assemble(slot, &after)
    }

    /// Shrinks an order, which rests or waits, to `size_left` open lots, without a trade, and sets its reserve. It keeps its place.
    /// Returns the order after.
    ///
    /// What it hides shrinks first: it never shows anything in its place that it did not show before.
    ///
    /// # Panics
    /// When no such order rests, or `size_left` is 0 or more than is open of it.
    pub fn reduce(&mut self, id: OrderId, size_left: SizeLots, reserve_left: Quote) -> Order {
        let slot = self.slots.find(id).expect("an order that shrinks rests");
        let before = self.slots.order(slot);
        let open = before.open();
        assert!(size_left > SizeLots::ZERO && size_left <= open, "an order shrinks and stays");
        self.touch(slot);
        let shown = before.size.min(size_left);
        if before.iceberg.is_some() {
            self.slots.iceberg_mut(slot).hidden = SizeLots(size_left.0 - shown.0);
        }
        let (slots, queue) = self.any_queue_of(slot);
        queue.shrink(before.size);
        queue.grow(shown);
        let at = slots.at_mut(slot);
        at.size = shown;
        at.reserve = reserve_left;
        self.slots.order(slot)
    }

    /// Removes an order, if it rests or waits. Any id may be asked for.
    #[inline]
    pub fn remove(&mut self, id: OrderId) -> Option<Order> {
        let slot = self.slots.find(id)?;
        let order = self.slots.order(slot);
        self.remove_at(slot);
        Some(order)
    }

    /// The pages in which an order rested, left, shrank or was filled since the last call, ascending.
    ///
    /// # Panics
    /// When what was done may still be undone.
    pub fn take_dirty_pages(&mut self) -> Vec<u16> {
        assert!(!self.undo.is_open(), "pages are committed when nothing is undone any more");
        self.dirty.take()
    }

    #[inline]
    fn remove_at(&mut self, slot: u32) {
        self.touch(slot);
        if self.slots.at(slot).is_waiting() { self.unlink_waiting(slot) } else { self.unlink(slot) }
    }

    /// Fills an iceberg with at least what it shows.
    #[cold]
    fn fill_hidden(&mut self, slot: u32, size: SizeLots) -> Order {
        let Order { size: shown, iceberg, .. } = self.slots.order(slot);
        let Iceberg { display, hidden, .. } = iceberg.expect("an iceberg");
        let left = (shown.0 + hidden.0).checked_sub(size.0).expect("a fill is not larger than its maker");
        let next = left.min(display.0);
        self.take_shown(slot, shown);
        self.slots.iceberg_mut(slot).hidden = SizeLots(left - next);
        if next == 0 {
            let after = self.slots.order(slot);
            self.unlink(slot);
            return after;
        }
        self.slots.at_mut(slot).size = SizeLots(next);
        self.queue_of(slot).1.grow(SizeLots(next));
        if self.next_arrival < ARRIVALS {
            let arrival = self.take_arrival();
            self.slots.iceberg_mut(slot).arrival = arrival;
            let Slot { size, before, after, .. } = *self.slots.at(slot);
            let (slots, queue) = self.queue_of(slot);
            queue.unlink(slots, size, before, after);
            queue.insert(slots, slot, queue.last(), Link::NONE);
        }
        self.slots.order(slot)
    }

    /// Takes `size` off what an order shows, and off its level.
    #[inline]
    fn take_shown(&mut self, slot: u32, size: SizeLots) {
        let (slots, queue) = self.queue_of(slot);
        queue.shrink(size);
        slots.at_mut(slot).size.0 -= size.0;
    }

    /// The slots, and the queue that the order of `slot`, which is in a level, is in.
    pub(crate) fn queue_of(&mut self, slot: u32) -> (&mut Slots, &mut Queue) {
        let Slot { side, level, .. } = *self.slots.at(slot);
        let levels = &mut self.sides[side];
        (&mut self.slots, levels.queue_mut(level))
    }

    /// Puts an order younger than all of its price into its slot, which is free, and at the end of its queue.
    #[inline]
    pub(crate) fn link(&mut self, order: &Order) {
        let slot = order.id.slot();
        self.taken.take(slot);
        let (level, queue) = self.sides[order.side].enter(order.price);
        let last = queue.push(slot, order.size);
        self.slots.append(order, level, last);
    }

    /// Takes a resting order out of its slot and its queue.
    #[inline(always)]
    pub(crate) fn unlink(&mut self, slot: u32) {
        let at = self.slots.at_mut(slot);
        at.id = Slot::NOBODY;
        let Slot { side, price, level, size, before, after, .. } = *at;
        let levels = &mut self.sides[side];
        let queue = levels.queue_mut(level);
        queue.unlink(&mut self.slots, size, before, after);
        if queue.is_empty() {
            levels.leave(price, level);
        }
        self.taken.release(slot);
    }
}

/// Whether an order with this iceberg is one that [`Order`] describes.
pub(crate) fn is_sound(order: &Order, iceberg: &Iceberg) -> bool {
    iceberg.display.is_valid()
        && order.size <= iceberg.display
        && iceberg.hidden.0 <= MAX_SIZE - order.size.0
        && order.id.arrival() <= iceberg.arrival
}
