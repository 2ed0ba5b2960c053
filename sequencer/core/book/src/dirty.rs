//! Pages whose orders changed since they were last committed.

use alloc::vec::Vec;

/// A set of pages that is cheap to add to and is emptied as a whole.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct DirtyPages {
    /// Bit `i` tells that page `i` is in `pages`.
    marks: Vec<u64>,
    /// Each page once, in the order of their first change.
    pages: Vec<u16>,
}

impl DirtyPages {
    /// Adds a page, below 2^16.
    #[inline]
    pub(crate) fn mark(&mut self, page: u32) {
        match self.marks.get((page / 64) as usize) {
            Some(word) if word >> (page % 64) & 1 == 1 => {}
            _ => self.add(page),
        }
    }

    /// Adds a page that is not in the set.
    #[cold]
    fn add(&mut self, page: u32) {
        let word = (page / 64) as usize;
        if word >= self.marks.len() {
            self.marks.resize(word + 1, 0);
        }
        self.marks[word] |= 1 << (page % 64);
        self.pages.push(page as u16);
    }

    /// Pages in the set.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// Takes out again all pages but the first `len` that came in.
    pub(crate) fn shorten(&mut self, len: usize) {
        for page in self.pages.drain(len..) {
            self.marks[usize::from(page) / 64] &= !(1 << (page % 64));
        }
    }

    /// Empties the set; the pages that were in it ascend.
    pub(crate) fn take(&mut self) -> Vec<u16> {
        let mut pages = core::mem::take(&mut self.pages);
        for page in &pages {
            self.marks[usize::from(*page) / 64] &= !(1 << (page % 64));
        }
        pages.sort_unstable();
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_that_came_last_go_out_again() {
        let mut dirty = DirtyPages::default();
        [700, 3].into_iter().for_each(|page| dirty.mark(page));
        let len = dirty.len();
        [3, 64, 700, 5].into_iter().for_each(|page| dirty.mark(page));
        dirty.shorten(len);
        dirty.mark(64);
        assert_eq!(dirty.take(), [3, 64, 700]);
    }

    #[test]
    fn pages_come_once_and_ascending() {
        let mut dirty = DirtyPages::default();
        for page in [700, 3, 65_535, 3, 0, 64, 700] {
            dirty.mark(page);
        }
        assert_eq!(dirty.take(), [0, 3, 64, 700, u16::MAX]);
        assert_eq!(dirty.take(), []);
        dirty.mark(3);
        assert_eq!(dirty.take(), [3]);
    }
}
