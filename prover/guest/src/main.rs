//! The RISC-V binary that a dispute executes: the frame around the program library. Every target-specific line of
//! the repository is in this folder.
//!
//! Bare metal, one thread: `_start` sets the stack and the global pointer and calls [`main`]; the heap is in
//! [`mod@alloc`], the host is reached through [`io`], and [`exit`] says how it ends.
//!
//! Input: the hash of a batch, then the preimages in the order in which the program asks for them, each with its
//! length before it (`ballast_oracle::Tape`). Output, with exit code 0: the state root that the batch leads to.

#![no_std]
#![no_main]

extern crate alloc as rust_alloc;

mod alloc;
mod exit;
mod io;

use alloy_primitives::B256;
use ballast_auth::K256;
use ballast_oracle::{Hint, Oracle};
use exit::Exit;
use rust_alloc::{vec, vec::Vec};

core::arch::global_asm!(
    ".section .text._start",
    ".globl _start",
    "_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "la sp, __stack_top",
    "li fp, 0",
    "call {main}",
    main = sym main,
);

/// Preimages from the host. The program checks each against the hash it asked for.
struct Host;

impl Oracle for Host {
    fn preimage(&mut self, _hash: B256, _hint: Hint) -> Vec<u8> {
        let mut length = [0; 4];
        io::read_exact(io::STDIN, &mut length);
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        io::read_exact(io::STDIN, &mut bytes);
        bytes
    }
}

extern "C" fn main() -> ! {
    alloc::claim();
    let mut batch = B256::ZERO;
    io::read_exact(io::STDIN, batch.as_mut_slice());
    let (verdict, Host) = ballast_program::run(Host, &K256, batch);
    match verdict {
        Ok(state_root) => {
            io::write_all(io::STDOUT, state_root.as_slice());
            exit::exit(Exit::Valid)
        }
        Err(_) => exit::exit(Exit::Invalid),
    }
}
