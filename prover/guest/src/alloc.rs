//! The heap: talc over the memory that the linker script sets aside.

use core::{
    alloc::{GlobalAlloc, Layout},
    ptr,
};

use talc::{TalcCell, source::Manual};

use crate::exit::{self, Exit};

unsafe extern "C" {
    static mut __heap_start: u8;
    static __heap_limit: usize;
}

/// The one allocator of the program.
#[global_allocator]
static HEAP: Heap = Heap(TalcCell::new(Manual));

struct Heap(TalcCell<Manual>);

// SAFETY: the machine has one hardware thread and no interrupts, so the cell is never reached from two places at once.
unsafe impl Sync for Heap {}

/// Makes the heap usable. Called once, before the first allocation.
pub fn claim() {
    let start = &raw mut __heap_start;
    // SAFETY: a word of read-only data that the linker script writes: the address where the heap ends.
    let end = unsafe { __heap_limit };
    // SAFETY: from `start` to `end` lies memory that the linker script keeps for the heap and nothing else touches.
    let claimed = unsafe { HEAP.0.claim(start, end - start.addr()) };
    if claimed.is_none() {
        exit::exit(Exit::OutOfMemory);
    }
}

// SAFETY: talc's, but that no caller ever sees a null pointer: exhaustion stops the program.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the one of `alloc`.
        found(unsafe { self.0.alloc(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the one of `dealloc`.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's contract is the one of `realloc`.
        found(unsafe { self.0.realloc(block, layout, new_size) })
    }
}

fn found(block: *mut u8) -> *mut u8 {
    if ptr::eq(block, ptr::null()) {
        exit::exit(Exit::OutOfMemory);
    }
    block
}
