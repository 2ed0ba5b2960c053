//! Asks the processor for the memory that commands still to come will look at, while others are carried out.
//!
//! With many books an operation waits for memory longer than it computes: for the order, then for its neighbours and
//! its level, for the order tells where those lie. Whoever knows what comes can ask for each a few commands ahead. All
//! of these are hints. Nothing depends on them, any id and price may be named, and where [`FORESEES`] is false they do
//! nothing.

use crate::{book::Book, slots::Link};
use ballast_types::{OrderId, PriceTicks, Side};

/// Whether the hints of [`Book::foresee`] and the others come to anything on this processor.
pub const FORESEES: bool = cfg!(target_arch = "x86_64");

/// Asks for `items[index]`, which may be out of range.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn ask_for<T>(items: &[T], index: usize) {
    prefetch_index::prefetch_index(items, index);
}

/// Does nothing.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ask_for<T>(_: &[T], _: usize) {}

impl Book {
    /// The order with this id will be looked at.
    #[inline]
    pub fn foresee(&self, id: OrderId) {
        self.slots.foresee(id.slot());
    }

    /// The order with this id, which was foreseen before, will leave: its neighbours and its level change.
    #[inline]
    pub fn foresee_leaving(&self, id: OrderId) {
        if !FORESEES {
            return;
        }
        let Some(slot) = self.slots.find(id) else { return };
        let at = self.slots.at(slot);
        for neighbour in [at.before, at.after].into_iter().filter_map(Link::slot) {
            self.slots.foresee(neighbour);
        }
        self.sides[at.side].foresee(at.level);
        self.taken.foresee(slot);
    }

    /// An order of `side` limited at `price` will enter.
    #[inline]
    pub fn foresee_entry(&self, side: Side, price: PriceTicks) {
        if FORESEES {
            self.slots.foresee(self.taken.lowest_free());
            self.sides[side].foresee_entry(price);
        }
    }
}
