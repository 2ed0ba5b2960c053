//! What belongs together or not at all: a log of what slots held, played back from its end.
//!
//! Each step of the log is a slot as it was before a change. Played back in reverse, every order finds the
//! neighbours that it had, so that queues come back exactly. What the log is for may be long: it grows with the
//! changes since its mark and keeps its memory for the next.

use crate::{
    book::Book,
    slots::{Rare, Slot},
};
use alloc::vec::Vec;
use ballast_types::limits::ORDERS_PER_PAGE;

/// The log, open between a mark and the decision.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    mark: Option<Mark>,
    steps: Vec<Step>,
}

impl Undo {
    /// Whether what is done now may still be undone.
    pub(crate) fn is_open(&self) -> bool {
        self.mark.is_some()
    }
}

/// What of a book lies in no slot.
#[derive(Clone, Copy, Debug)]
struct Mark {
    pages: u32,
    dirty_pages: usize,
    next_arrival: u64,
    rest_from: u64,
}

/// A slot before a change.
#[derive(Clone, Copy, Debug)]
struct Step {
    slot: u32,
    held: Slot,
    rare: Rare,
}

impl Book {
    /// Begins what [`Book::undo`] takes back as a whole. Until it or [`Book::keep`] each change costs a copy of the
    /// slots that it touches.
    ///
    /// # Panics
    /// When this was begun before and neither undone nor kept.
    pub fn begin_undo(&mut self) {
        assert!(!self.undo.is_open(), "what is undone does not nest");
        self.undo.mark = Some(Mark {
            pages: self.pages(),
            dirty_pages: self.dirty.len(),
            next_arrival: self.next_arrival,
            rest_from: self.rest_from,
        });
    }

    /// Whether what is done now may still be undone.
    #[must_use]
    pub fn may_undo(&self) -> bool {
        self.undo.is_open()
    }

    /// Keeps all that was done since [`Book::begin_undo`].
    ///
    /// # Panics
    /// When that was not called.
    pub fn keep(&mut self) {
        self.undo.mark.take().expect("what is kept was begun");
        self.undo.steps.clear();
    }

    /// Takes back all that was done since [`Book::begin_undo`]: the book answers everything as it did then.
    ///
    /// # Panics
    /// When that was not called.
    pub fn undo(&mut self) {
        let mark = self.undo.mark.take().expect("what is undone was begun");
        while let Some(step) = self.undo.steps.pop() {
            self.put_back(&step);
        }
        self.slots.shorten(mark.pages);
        self.dirty.shorten(mark.dirty_pages);
        self.next_arrival = mark.next_arrival;
        self.rest_from = mark.rest_from;
    }

    /// Before what `slot` holds changes, or its page comes into use: marks the page, and notes what the slot holds
    /// while that may be undone.
    #[inline]
    pub(crate) fn touch(&mut self, slot: u32) {
        if self.undo.is_open() {
            self.note(slot);
        }
        self.dirty.mark(slot / ORDERS_PER_PAGE);
    }

    #[cold]
    fn note(&mut self, slot: u32) {
        let held = if slot < self.slots.len() { *self.slots.at(slot) } else { Slot::FREE };
        self.undo.steps.push(Step { slot, held, rare: self.slots.rare(slot) });
    }

    /// Makes a slot hold what it held.
    fn put_back(&mut self, step: &Step) {
        let &Step { slot, held, rare } = step;
        match self.slots.at(slot) {
            at if at.is_free() => {}
            at if at.is_waiting() => self.unlink_waiting(slot),
            _ => self.unlink(slot),
        }
        if held.is_free() {
            return;
        }
        self.taken.take(slot);
        if held.is_rare() {
            let iceberg = held.is_iceberg.then_some(rare.iceberg);
            self.slots.put_rare(slot, held.expires.then_some(rare.good_until), iceberg);
        }
        let level = if held.is_waiting() { held.level } else { self.sides[held.side].enter(held.price).0 };
        *self.slots.at_mut(slot) = Slot { level, ..held };
        let (slots, queue) = self.any_queue_of(slot);
        queue.insert(slots, slot, held.before, held.after);
    }
}
