//! Which slots are taken, and the lowest that is not, in four steps at most however large the book.

use crate::foresee::ask_for;
use alloc::vec::Vec;

const WORD_BITS: u32 = u64::BITS;
/// 64^4 slots are more than an order id can name.
const TIERS: usize = 4;

/// A set of slots. Bit `i` of tier 0 tells that slot `i` is taken; bit `i` of a higher tier tells that word
/// `i` of the tier below is full. Words that were never written count as empty.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct TakenSlots {
    /// The first word of tier 0 that is not full.
    first_open: u32,
    tiers: [Vec<u64>; TIERS],
}

impl TakenSlots {
    /// The lowest slot that is not taken.
    #[inline]
    pub(crate) fn lowest_free(&self) -> u32 {
        let taken = self.tiers[0].get(self.first_open as usize).map_or(0, |bits| bits.trailing_ones());
        self.first_open << WORD_BITS.ilog2() | taken
    }

    /// A slot will be taken or released.
    #[inline]
    pub(crate) fn foresee(&self, slot: u32) {
        ask_for(&self.tiers[0], (slot / WORD_BITS) as usize);
    }

    /// Number of slots that are taken.
    pub(crate) fn count(&self) -> u32 {
        self.tiers[0].iter().map(|bits| bits.count_ones()).sum()
    }

    /// Whether `slot` is taken.
    pub(crate) fn contains(&self, slot: u32) -> bool {
        let word = self.tiers[0].get((slot / WORD_BITS) as usize).copied().unwrap_or(0);
        word >> (slot % WORD_BITS) & 1 == 1
    }

    /// Takes `slot`, which is free.
    #[inline]
    pub(crate) fn take(&mut self, slot: u32) {
        let word = slot / WORD_BITS;
        let Some(bits) = self.tiers[0].get_mut(word as usize) else {
            self.grow(word);
            return self.take(slot);
        };
        let before = *bits;
        *bits ^= 1 << (slot % WORD_BITS);
        assert!(*bits > before, "the slot is free");
        if *bits == u64::MAX {
            self.note_full(word);
        }
    }

    /// Frees `slot`, which is taken.
    #[inline(always)]
    pub(crate) fn release(&mut self, slot: u32) {
        let word = slot / WORD_BITS;
        let bits = self.tiers[0].get_mut(word as usize).expect("the slot is taken");
        let before = *bits;
        *bits ^= 1 << (slot % WORD_BITS);
        assert!(*bits < before, "the slot is taken");
        if before == u64::MAX {
            self.note_open(word);
        }
    }

    /// Tells the higher tiers that a word of tier 0 became full.
    #[inline]
    fn note_full(&mut self, word: u32) {
        let bits = &mut self.tiers[1][(word / WORD_BITS) as usize];
        *bits |= 1 << (word % WORD_BITS);
        let (full, open) = (*bits == u64::MAX, word / WORD_BITS * WORD_BITS + bits.trailing_ones());
        if full {
            self.note_all_full(word / WORD_BITS);
        } else if word == self.first_open {
            self.first_open = open;
        }
    }

    /// Tells the tiers above the second that a word of that became full.
    #[cold]
    fn note_all_full(&mut self, mut word: u32) {
        for tier in &mut self.tiers[2..] {
            let bits = &mut tier[(word / WORD_BITS) as usize];
            *bits |= 1 << (word % WORD_BITS);
            word /= WORD_BITS;
            if *bits != u64::MAX {
                break;
            }
        }
        self.first_open = self.search();
    }

    /// Tells the higher tiers that a word of tier 0 is full no more.
    #[inline]
    fn note_open(&mut self, mut word: u32) {
        self.first_open = self.first_open.min(word);
        for tier in &mut self.tiers[1..] {
            let bits = &mut tier[(word / WORD_BITS) as usize];
            let was_full = *bits == u64::MAX;
            *bits &= !(1 << (word % WORD_BITS));
            word /= WORD_BITS;
            if !was_full {
                break;
            }
        }
    }

    /// The first word of tier 0 that is not full as the tiers tell it.
    fn search(&self) -> u32 {
        self.tiers[1..].iter().rev().fold(0, |word, tier| {
            let bits = tier.get(word as usize).copied().unwrap_or(0);
            word * WORD_BITS + bits.trailing_ones()
        })
    }

    /// Brings a word of tier 0, and those above it, into use.
    #[cold]
    fn grow(&mut self, mut word: u32) {
        for tier in &mut self.tiers {
            let words = tier.len().max(word as usize + 1);
            tier.resize(words, 0);
            word /= WORD_BITS;
        }
    }

    /// Whether every tier says of the tier below what is true of it, and the first open word is it.
    pub(crate) fn is_consistent(&self) -> bool {
        self.first_open == self.search()
            && self.tiers.windows(2).all(|pair| {
                let words = pair[0].len().max(pair[1].len() * WORD_BITS as usize);
                (0..words).all(|word| {
                    let full = pair[0].get(word).is_some_and(|&bits| bits == u64::MAX);
                    let above = pair[1].get(word / WORD_BITS as usize).copied().unwrap_or(0);
                    (above >> (word as u32 % WORD_BITS) & 1 == 1) == full
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::limits::MAX_ORDERS_PER_BOOK;

    #[test]
    fn the_lowest_free_slot_is_found_in_a_whole_book() {
        let mut taken = TakenSlots::default();
        for slot in 0..MAX_ORDERS_PER_BOOK {
            assert_eq!(taken.lowest_free(), slot);
            taken.take(slot);
        }
        assert_eq!(taken.lowest_free(), MAX_ORDERS_PER_BOOK);
        assert!(taken.is_consistent());
        for slot in [MAX_ORDERS_PER_BOOK - 1, 4_096, 4_095, 64, 63, 0] {
            taken.release(slot);
            assert_eq!(taken.lowest_free(), slot);
        }
        assert!(taken.is_consistent());
        for slot in [0, 63, 64, 4_095, 4_096, MAX_ORDERS_PER_BOOK - 1] {
            assert_eq!(taken.lowest_free(), slot);
            taken.take(slot);
        }
        assert_eq!(taken.lowest_free(), MAX_ORDERS_PER_BOOK);
    }

    #[test]
    fn a_slot_far_ahead_leaves_the_ones_before_it_free() {
        let mut taken = TakenSlots::default();
        taken.take(700_000);
        assert_eq!(taken.lowest_free(), 0);
        assert!(taken.contains(700_000) && !taken.contains(699_999) && !taken.contains(1_000_000));
        assert!(taken.is_consistent());
    }

    #[test]
    #[should_panic(expected = "the slot is free")]
    fn a_slot_is_not_taken_twice() {
        let mut taken = TakenSlots::default();
        taken.take(5);
        taken.take(5);
    }

    #[test]
    #[should_panic(expected = "the slot is taken")]
    fn a_free_slot_is_not_freed() {
        TakenSlots::default().release(5);
    }
}
