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
}

impl TakenSlots {
    /// The lowest slot that is not taken.
    pub(crate) fn lowest_free(&self) -> u32 {
        self.tiers.iter().rev().fold(0, |word, tier| {
            let bits = tier.get(word as usize).copied().unwrap_or(0);
            word * WORD_BITS + bits.trailing_ones()
        })
    }

    /// Whether `slot` is taken.
    pub(crate) fn contains(&self, slot: u32) -> bool {
        let word = self.tiers[0].get((slot / WORD_BITS) as usize).copied().unwrap_or(0);
        word >> (slot % WORD_BITS) & 1 == 1
    }

    /// Takes `slot`, which is free.
    pub(crate) fn take(&mut self, slot: u32) {
        assert!(!self.contains(slot), "the slot is free");
        let mut bit = slot;
        for tier in &mut self.tiers {
            let word = (bit / WORD_BITS) as usize;
            if word >= tier.len() {
                tier.resize(word + 1, 0);
            }
            tier[word] |= 1 << (bit % WORD_BITS);
            if tier[word] != u64::MAX {
                break;
            }
            bit /= WORD_BITS;
        }
    }

    /// Frees `slot`, which is taken.
    pub(crate) fn release(&mut self, slot: u32) {
        assert!(self.contains(slot), "the slot is taken");
        let mut bit = slot;
        for tier in &mut self.tiers {
            let word = &mut tier[(bit / WORD_BITS) as usize];
            let was_full = *word == u64::MAX;
            *word &= !(1 << (bit % WORD_BITS));
            if !was_full {
                break;
            }
            bit /= WORD_BITS;
        }
    }

    /// Whether every tier says of the tier below what is true of it.
    pub(crate) fn is_consistent(&self) -> bool {
        self.tiers.windows(2).all(|pair| {
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
