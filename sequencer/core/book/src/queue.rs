//! The orders of one side and price, in the order in which they are served. The links lie in the slots: joining
//! the end and leaving from anywhere take constant time and no memory.

use crate::slots::{Link, Slots};
use ballast_types::{
    SizeLots,
    limits::{MAX_ORDERS_PER_BOOK, MAX_SIZE},
};

/// Bits of a slot.
const SLOT_BITS: u32 = MAX_ORDERS_PER_BOOK.ilog2();
const SLOT: u64 = (1 << SLOT_BITS) - 1;
/// Bits of a number of orders, which may be all of a book.
const ORDERS_BITS: u32 = SLOT_BITS + 1;
const ORDERS: u64 = (1 << ORDERS_BITS) - 1;
/// Bits of a sum of sizes beyond the 64th: all of a book, 2^20 times 2^46.
const LOTS_HIGH_BITS: u32 = 3;
const LOTS_HIGH: u64 = (1 << LOTS_HIGH_BITS) - 1;

const LOTS_HIGH_AT: u32 = SLOT_BITS;
const ORDERS_AT: u32 = LOTS_HIGH_AT + LOTS_HIGH_BITS;
const LAST_AT: u32 = ORDERS_AT + ORDERS_BITS;

const _: () = {
    assert!(MAX_ORDERS_PER_BOOK.is_power_of_two() && LAST_AT + SLOT_BITS == u64::BITS);
    assert!((MAX_ORDERS_PER_BOOK as u128 * MAX_SIZE as u128) >> u64::BITS <= LOTS_HIGH as u128);
};

/// A queue, empty or not, in 16 bytes, so that four share a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    /// Sum of the shown sizes modulo 2^64.
    lots_low: u64,
    /// From the lowest bit: the slot of the first order, the sum of the shown sizes divided by 2^64, the number
    /// of orders, and the slot of the last. 0 exactly when there is no order.
    rest: u64,
}

impl Queue {
    /// No order.
    pub(crate) const EMPTY: Self = Self { lots_low: 0, rest: 0 };

    /// Whether there is no order.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest == 0
    }

    /// Number of orders.
    pub(crate) fn orders(&self) -> u32 {
        (self.rest >> ORDERS_AT & ORDERS) as u32
    }

    /// Sum of the shown sizes, in lots.
    pub(crate) fn lots(&self) -> u128 {
        u128::from(self.rest >> LOTS_HIGH_AT & LOTS_HIGH) << u64::BITS | u128::from(self.lots_low)
    }

    /// The order served first.
    pub(crate) fn first(&self) -> Link {
        if self.is_empty() { Link::NONE } else { Link::to((self.rest & SLOT) as u32) }
    }

    /// The order served last.
    pub(crate) fn last(&self) -> Link {
        if self.is_empty() { Link::NONE } else { Link::to((self.rest >> LAST_AT) as u32) }
    }

    /// Counts `orders` and `size` more.
    #[inline]
    fn count(&mut self, orders: u64, size: SizeLots) {
        let (low, carry) = self.lots_low.overflowing_add(size.0);
        self.lots_low = low;
        self.rest += (orders << ORDERS_AT) + (u64::from(carry) << LOTS_HIGH_AT);
    }

    /// Counts `orders` and `size` less.
    #[inline]
    fn discount(&mut self, orders: u64, size: SizeLots) {
        let (low, borrow) = self.lots_low.overflowing_sub(size.0);
        self.lots_low = low;
        self.rest -= (orders << ORDERS_AT) + (u64::from(borrow) << LOTS_HIGH_AT);
    }

    /// Counts `size` more for an order of this queue.
    pub(crate) fn grow(&mut self, size: SizeLots) {
        self.count(0, size);
    }

    /// Counts `size` less for an order of this queue.
    #[inline]
    pub(crate) fn shrink(&mut self, size: SizeLots) {
        self.discount(0, size);
    }

    /// Puts an order of this slot and size at the end. Returns the one before it, which does not know yet.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32, size: SizeLots) -> Link {
        if self.is_empty() {
            let ends = u64::from(slot) | u64::from(slot) << LAST_AT;
            *self = Self { lots_low: size.0, rest: ends | 1 << ORDERS_AT };
            return Link::NONE;
        }
        let last = self.last();
        self.set_last(slot);
        self.count(1, size);
        last
    }

    /// Puts the order of `slot`, in no queue, between two neighbours or ends of this one.
    pub(crate) fn insert(&mut self, slots: &mut Slots, slot: u32, before: Link, after: Link) {
        let at = slots.at_mut(slot);
        (at.before, at.after) = (before, after);
        let size = at.size;
        match before.slot() {
            Some(before) => slots.at_mut(before).after = Link::to(slot),
            None => self.set_first(slot),
        }
        match after.slot() {
            Some(after) => slots.at_mut(after).before = Link::to(slot),
            None => self.set_last(slot),
        }
        self.count(1, size);
    }

    /// Takes an order with this size and these neighbours, which is in this queue, out of it.
    #[inline(always)]
    pub(crate) fn unlink(&mut self, slots: &mut Slots, size: SizeLots, before: Link, after: Link) {
        match (before.slot(), after.slot()) {
            (Some(older), Some(younger)) => {
                slots.at_mut(older).after = after;
                slots.at_mut(younger).before = before;
            }
            (None, Some(younger)) => {
                slots.at_mut(younger).before = before;
                self.set_first(younger);
            }
            (Some(older), None) => {
                slots.at_mut(older).after = after;
                self.set_last(older);
            }
            (None, None) => {
                let alone = self.orders() == 1 && self.lots() == size.0.into();
                assert!(alone, "an order without neighbours is alone in its queue");
                *self = Self::EMPTY;
                return;
            }
        }
        self.discount(1, size);
    }

    fn set_first(&mut self, slot: u32) {
        self.rest = self.rest & !SLOT | u64::from(slot);
    }

    fn set_last(&mut self, slot: u32) {
        self.rest = self.rest << SLOT_BITS >> SLOT_BITS | u64::from(slot) << LAST_AT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_queue_there_can_be_is_counted_to_the_lot() {
        let mut queue = Queue::EMPTY;
        let mut last = Link::NONE;
        for slot in 0..MAX_ORDERS_PER_BOOK {
            assert_eq!(queue.push(slot, SizeLots(MAX_SIZE)), last);
            last = Link::to(slot);
        }
        assert_eq!((queue.orders(), queue.lots()), (MAX_ORDERS_PER_BOOK, 1 << 66));
        assert_eq!((queue.first(), queue.last()), (Link::to(0), last));
        for _ in 1..MAX_ORDERS_PER_BOOK {
            queue.discount(1, SizeLots(MAX_SIZE));
        }
        assert_eq!((queue.orders(), queue.lots()), (1, MAX_SIZE.into()));
        assert_eq!((queue.first(), queue.last()), (Link::to(0), last), "counting leaves the ends alone");
    }
}
