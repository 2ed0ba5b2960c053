//! The heap: a bump allocator over the memory that the linker script sets aside.
//!
//! The guest runs once and stops, so nothing is given back. No byte is handed out twice, hence every block is as
//! zero as the loader left it.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ptr,
};

use crate::exit::{self, Exit};

unsafe extern "C" {
    static __heap_start: u8;
    static __heap_limit: usize;
}

/// The one allocator of the program.
#[global_allocator]
static HEAP: Bump = Bump { next: Cell::new(0) };

/// The next free address, or 0 before the first allocation.
struct Bump {
    next: Cell<usize>,
}

// SAFETY: the machine has one hardware thread and no interrupts, so `next` is never reached from two places at once.
unsafe impl Sync for Bump {}

// SAFETY: `alloc` returns blocks that lie in the heap, are aligned as asked, and overlap no block returned before,
// because `next` only grows and always ends past the last block. Exhaustion stops the program, so no caller ever
// sees a null pointer or a block beyond the heap.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.next().next_multiple_of(layout.align());
        self.take_up_to(start.saturating_add(layout.size()));
        ptr::with_exposed_provenance_mut(start)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the one of `alloc`; heap memory is zero until first handed out.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if new_size <= layout.size() {
            return block;
        }
        if block.addr() + layout.size() == self.next.get() {
            // The newest block grows where it stands: a vector that is filled costs no copies.
            self.take_up_to(block.addr().saturating_add(new_size));
            return block;
        }
        // SAFETY: the caller guarantees that `new_size` rounded up to the alignment does not overflow `isize`; the new
        // block is at least `layout.size()` bytes and cannot overlap the old one.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            ptr::copy_nonoverlapping(block, moved, layout.size());
            moved
        }
    }
}

impl Bump {
    fn next(&self) -> usize {
        match self.next.get() {
            0 => (&raw const __heap_start).expose_provenance(),
            next => next,
        }
    }

    fn take_up_to(&self, end: usize) {
        // SAFETY: a word of read-only data that the linker script writes: the address where the heap ends.
        if end > unsafe { __heap_limit } {
            exit::exit(Exit::OutOfMemory);
        }
        self.next.set(end);
    }
}
