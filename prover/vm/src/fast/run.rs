//! Where the inner loop stands: in a piece of decoded instructions of one page.

use super::{
    access::locate,
    op::{CodePage, Op, PAGE_OPS},
};
use crate::memory::Memory;
use std::{cell::Cell, slice};

/// Decoded pages, by their place in memory.
pub(super) type Code = [Option<Box<CodePage>>];

/// Instructions that lie in one piece, up to the end of the page. One pointer moves; everything else follows from where it is.
pub(super) struct Run<'a> {
    page: &'a CodePage,
    /// The place of the page in memory.
    pub(super) place: u32,
    /// Its address.
    pub(super) base: u64,
    /// Those behind the current one.
    pub(super) rest: slice::Iter<'a, Cell<Op>>,
    /// How many lie from the first that ran to the end of the page.
    from: usize,
}

impl<'a> Run<'a> {
    /// From the address `pc` on; `None` when nothing there is decoded.
    #[inline(always)]
    pub(super) fn of(code: &'a Code, memory: &Memory, pc: u64) -> Option<Self> {
        let (place, at) = locate::<4>(memory, pc)?;
        let page = code.get(place as usize)?.as_deref()?;
        let mut run = Self { page, place, base: pc - at as u64, rest: [].iter(), from: 0 };
        run.begin(at / 4);
        Some(run)
    }

    /// Goes on with the instruction `at`, which is one of the page.
    #[inline(always)]
    pub(super) fn begin(&mut self, at: usize) {
        self.rest = self.page[at % PAGE_OPS..].iter();
        self.from = self.rest.len();
    }

    /// Where the current instruction stands in its page.
    #[inline(always)]
    pub(super) fn at(&self) -> usize {
        PAGE_OPS - 1 - self.rest.len()
    }

    /// Its address.
    #[inline(always)]
    pub(super) fn pc(&self) -> u64 {
        self.base + 4 * self.at() as u64
    }

    /// How many ran before it.
    #[inline(always)]
    pub(super) fn ran(&self) -> u64 {
        (self.from - 1 - self.rest.len()) as u64
    }

    /// Leaves before the current instruction, as it is for the reference step or not.
    #[inline(always)]
    pub(super) fn before(&self, slow: bool) -> Left {
        Left { pc: self.pc(), ran: self.ran(), slow }
    }

    /// Leaves after the current instruction, which jumps to another page.
    #[inline(always)]
    pub(super) fn to(&self, pc: u64) -> Left {
        Left { pc, ran: self.ran() + 1, slow: false }
    }

    /// Leaves where there is no current instruction: at the end of the page, or before the first.
    #[inline(always)]
    pub(super) fn end(&self) -> Left {
        let left = self.rest.len();
        Left { pc: self.base + 4 * (PAGE_OPS - left) as u64, ran: (self.from - left) as u64, slow: false }
    }
}

/// How a page is left.
pub(super) struct Left {
    /// Where it goes on.
    pub(super) pc: u64,
    /// How many instructions ran since the last jump within the page.
    pub(super) ran: u64,
    /// Whether what comes next is for the reference step.
    pub(super) slow: bool,
}
