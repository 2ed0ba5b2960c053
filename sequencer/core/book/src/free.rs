//! Which slots are taken, and the lowest that is not, in four steps however large the book.

use alloc::vec::Vec;

const WORD_BITS: u32 = u64::BITS;
/// 64^4 slots are more than an order id can name.
const TIERS: usize = 4;

/// A set of slots. Bit `i` of tier 0 tells that slot `i` is taken; bit `i` of a higher tier tells that word
/// `i` of the tier below is full. Words that were never written count as empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenSlots {
    tiers: [Vec<u64>; TIERS],
    lowest_free: u32,
}

impl TakenSlots {
    /// The lowest slot that is not taken.
    pub(crate) fn lowest_free(&self) -> u32 {
        self.lowest_free
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
        assert!(*bits >> (slot % WORD_BITS) & 1 == 0, "the slot is free");
        *bits |= 1 << (slot % WORD_BITS);
        if *bits != u64::MAX {
            if slot == self.lowest_free {
                self.lowest_free = word * WORD_BITS + bits.trailing_ones();
            }
            return;
        }
        let next = self.note_full(word);
        if slot == self.lowest_free {
            self.lowest_free = next;
        }
    }

    /// Frees `slot`, which is taken.
    #[inline]
    pub(crate) fn release(&mut self, slot: u32) {
        let mut word = slot / WORD_BITS;
        let bits = self.tiers[0].get_mut(word as usize).filter(|bits| **bits >> (slot % WORD_BITS) & 1 == 1);
        let bits = bits.expect("the slot is taken");
        let mut was_full = *bits == u64::MAX;
        *bits &= !(1 << (slot % WORD_BITS));
        self.lowest_free = self.lowest_free.min(slot);
        for tier in &mut self.tiers[1..] {
            if !was_full {
                break;
            }
            let bits = &mut tier[(word / WORD_BITS) as usize];
            was_full = *bits == u64::MAX;
            *bits &= !(1 << (word % WORD_BITS));
            word /= WORD_BITS;
        }
    }

    /// Tells the higher tiers that a word of tier 0 became full. Returns the lowest free slot if all before that
    /// word are taken.
    fn note_full(&mut self, mut word: u32) -> u32 {
        let mut tier = 1;
        loop {
            let bits = &mut self.tiers[tier][(word / WORD_BITS) as usize];
            *bits |= 1 << (word % WORD_BITS);
            word /= WORD_BITS;
            if *bits != u64::MAX {
                break;
            }
            tier += 1;
        }
        loop {
            let bits = self.tiers[tier].get(word as usize).copied().unwrap_or(0);
            word = word * WORD_BITS + bits.trailing_ones();
            if tier == 0 {
                return word;
            }
            tier -= 1;
        }
    }

    /// The lowest free slot as the tiers tell it.
    fn search(&self) -> u32 {
        self.tiers.iter().rev().fold(0, |word, tier| {
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

    /// Whether every tier says of the tier below what is true of it, and the lowest free slot is it.
    pub(crate) fn is_consistent(&self) -> bool {
        self.lowest_free == self.search()
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
