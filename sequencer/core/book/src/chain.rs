//! A first-in-first-out chain of orders whose links lie in the slots themselves: joining the end and leaving
//! from anywhere take constant time and no memory.

use crate::slots::{Link, Links, Slots, Thread};
use ballast_types::Order;

/// The two ends of a chain. Orders join at the end as they arrive, so ids ascend from first to last.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    first: Link,
    last: Link,
}

impl Chain {
    /// No order.
    pub(crate) const EMPTY: Self = Self { first: Link::NONE, last: Link::NONE };

    /// Whether there is no order.
    pub(crate) fn is_empty(&self) -> bool {
        self.first == Link::NONE
    }

    /// Slot of the oldest order.
    pub(crate) fn first(&self) -> Option<u32> {
        self.first.slot()
    }

    /// Slot of the youngest order.
    pub(crate) fn last(&self) -> Option<u32> {
        self.last.slot()
    }

    /// Puts the order of `slot` at the end.
    pub(crate) fn append(&mut self, slots: &mut Slots, thread: Thread, slot: u32) {
        *slots.links_mut(thread, slot) = Links { before: self.last, after: Link::NONE };
        match self.last.slot() {
            Some(last) => slots.links_mut(thread, last).after = Link::to(slot),
            None => self.first = Link::to(slot),
        }
        self.last = Link::to(slot);
    }

    /// Takes the order of `slot`, which is in this chain, out of it.
    pub(crate) fn unlink(&mut self, slots: &mut Slots, thread: Thread, slot: u32) {
        let Links { before, after } = core::mem::replace(slots.links_mut(thread, slot), Links::NONE);
        match before.slot() {
            Some(before) => slots.links_mut(thread, before).after = after,
            None => {
                assert!(
                    self.first == Link::to(slot),
                    "an order without an older one is the first of its chain"
                );
                self.first = after;
            }
        }
        match after.slot() {
            Some(after) => slots.links_mut(thread, after).before = before,
            None => {
                assert!(
                    self.last == Link::to(slot),
                    "an order without a younger one is the last of its chain"
                );
                self.last = before;
            }
        }
    }

    /// The orders from the oldest to the youngest.
    pub(crate) fn iter<'a>(
        &self,
        slots: &'a Slots,
        thread: Thread,
    ) -> impl Iterator<Item = &'a Order> + use<'a> {
        core::iter::successors(self.first(), move |&slot| slots.links(thread, slot).after.slot())
            .map(|slot| slots.order(slot))
    }
}
