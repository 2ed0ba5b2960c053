//! Which leaves a leap has touched, and memory that tells.

use super::{op::translate, run::Code};
use crate::{
    leaves::{Leaf, Leaves, Missing},
    memory::{DECODED, Memory, PAGE_LEAVES},
};

/// The different leaves that a leap has touched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// A bit a leaf, by the place of the page.
    touched: Vec<u128>,
    /// Places with a bit.
    places: Vec<u32>,
    /// How many leaves.
    pub(super) count: usize,
}

impl Watch {
    /// Forgets the leaves; `pages` take room now.
    pub(super) fn reset(&mut self, pages: usize) {
        for place in self.places.drain(..) {
            self.touched[place as usize] = 0;
        }
        self.count = 0;
        self.touched.resize(pages, 0);
    }

    /// Counts a leaf, once.
    #[inline]
    pub(super) fn touch(&mut self, place: u32, leaf: usize) {
        let bits = self.touched[place as usize];
        let bit = 1 << (leaf % 128);
        if bits & bit == 0 {
            if bits == 0 {
                self.places.push(place);
            }
            self.touched[place as usize] = bits | bit;
            self.count += 1;
        }
    }
}

/// Memory as the reference step sees it from within the fast machine: what it touches is noted, and what it writes is
/// decoded anew.
pub(super) struct Watched<'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) watch: &'a mut Watch,
    pub(super) code: &'a Code,
    pub(super) leap: bool,
}

impl Watched<'_> {
    fn touch(&mut self, index: u32) -> u32 {
        let place = self.memory.take(index / PAGE_LEAVES);
        if self.leap {
            if self.watch.touched.len() <= place as usize {
                self.watch.touched.resize(place as usize + 1, 0);
            }
            self.watch.touch(place, (index % PAGE_LEAVES) as usize);
        }
        place
    }
}

impl Leaves for Watched<'_> {
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing> {
        self.touch(index);
        self.memory.leaf(index)
    }

    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing> {
        let place = self.touch(index);
        self.memory.set_leaf(index, leaf)?;
        if self.memory.flags[place as usize] & DECODED != 0 {
            let page = self.code[place as usize].as_ref().expect("its instructions are kept");
            let first = (index % PAGE_LEAVES) as usize * 8;
            for (at, word) in (first..).zip(leaf.as_chunks::<4>().0) {
                page[at].set(translate(u32::from_le_bytes(*word), at));
            }
        } else if !self.leap {
            self.memory.mark_all(place);
        }
        Ok(())
    }
}
