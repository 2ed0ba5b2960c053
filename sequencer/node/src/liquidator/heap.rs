//! The triggers of the slices of one line, the next to fire on top.

use std::collections::{BinaryHeap, binary_heap::PeekMut};

/// Triggers that a heap holds before it looks for dead ones.
const SMALL: usize = 64;

/// Fires when the worth of a lot falls below `key`. It is dead once its account was armed anew, and has another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trigger {
    /// In millionths of u a lot.
    pub(super) key: i64,
    pub(super) account: u32,
    pub(super) version: u32,
}

/// Triggers of one line, at most half as many dead ones among them as there are live ones, and a few.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    triggers: BinaryHeap<Trigger>,
    /// Length at which the dead ones are taken out.
    full: usize,
}

impl Default for Heap {
    fn default() -> Self {
        Self { triggers: BinaryHeap::new(), full: SMALL }
    }
}

impl Heap {
    /// Adds a trigger. The dead are taken out when as many were added as half of those that were left the last time, so
    /// that each costs a constant time over all.
    pub(super) fn push(&mut self, trigger: Trigger, is_live: impl Fn(&Trigger) -> bool) {
        if self.triggers.len() >= self.full {
            self.triggers.retain(is_live);
            self.fit();
        }
        self.triggers.push(trigger);
    }

    /// Takes the next trigger when it has fired at this worth of a lot; dead ones among them.
    pub(super) fn pop_fired(&mut self, worth: i128) -> Option<Trigger> {
        let top = self.triggers.peek_mut()?;
        (worth < i128::from(top.key)).then(|| PeekMut::pop(top))
    }

    /// Room for half as many again as there are, and no more.
    fn fit(&mut self) {
        let len = self.triggers.len();
        self.full = len + len / 2 + SMALL;
        self.triggers.shrink_to(self.full);
        self.triggers.reserve_exact(self.full - len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_fires_first_and_the_dead_do_not_pile_up() {
        let mut heap = Heap::default();
        for version in 0..10_000 {
            heap.push(Trigger { key: i64::from(version), account: 0, version }, |it| {
                it.version + 10 > version
            });
        }
        assert!(heap.triggers.len() <= 10 + SMALL + SMALL / 2 && heap.triggers.capacity() <= 2 * SMALL);
        assert_eq!(heap.pop_fired(9_999), None);
        assert_eq!(heap.pop_fired(9_998).map(|fired| fired.key), Some(9_999));
        assert_eq!(heap.pop_fired(9_998), None);
    }
}
