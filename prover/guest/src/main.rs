//! The RISC-V binary that a dispute executes: the frame around the program library. Every target-specific line of
//! the repository is in this folder.
//!
//! Bare metal, one thread: `_start` sets the stack and the global pointer and calls [`main`]; the heap is in
//! [`mod@alloc`], and [`exit`] says how it ends. Two hosts run the same binary, and [`host`] tells them apart:
//!
//! - The machine of a dispute (docs/machine.md), which says in registers what is to be judged and has preimages by hash.
//! - Linux, where all registers begin as 0. On standard input are a byte that says what is judged, its hash, and then the
//!   preimages in the order in which the program asks for them, each with its length before it (`ballast_oracle::Tape`); on
//!   standard output, with exit code 0, is the state root that the batch leads to, or the root of the claim's payouts.

#![no_std]
#![no_main]

extern crate alloc as rust_alloc;

mod alloc;
mod exit;
mod host;
mod linux;
mod machine;

use alloy_primitives::B256;
use exit::Exit;
use host::Host;

/// What is judged, by its hash: nothing was said, so ask Linux.
const UNSAID: u64 = 0;
/// What is judged, by its hash: a batch.
const BATCH: u64 = 1;
/// What is judged, by its hash: an escape claim.
const CLAIM: u64 = 2;

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

/// The arguments are the registers that the machine starts with: the words of a hash, and what has it.
extern "C" fn main(hash0: u64, hash1: u64, hash2: u64, hash3: u64, subject: u64) -> ! {
    alloc::claim();
    match subject {
        UNSAID => under_linux(),
        _ => on_machine(subject, [hash0, hash1, hash2, hash3]),
    }
}

fn on_machine(subject: u64, words: [u64; 4]) -> ! {
    Host::is_the_machine();
    let mut hash = B256::ZERO;
    hash.chunks_exact_mut(8).zip(words).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
    match judge(subject, hash) {
        Some(_) => exit::exit(Exit::Valid),
        None => exit::exit(Exit::Invalid),
    }
}

fn under_linux() -> ! {
    let mut subject = [0];
    linux::read_exact(&mut subject);
    let mut hash = B256::ZERO;
    linux::read_exact(hash.as_mut_slice());
    match judge(subject[0].into(), hash) {
        Some(root) => {
            linux::write_all(root.as_slice());
            exit::exit(Exit::Valid)
        }
        None => exit::exit(Exit::Invalid),
    }
}

/// The state root that a valid batch leads to, or the root of a valid claim's payouts.
fn judge(subject: u64, hash: B256) -> Option<B256> {
    let (verdict, Host) = match subject {
        BATCH => ballast_program::run(Host, &Host, hash),
        CLAIM => ballast_program::judge_escape(Host, hash),
        _ => exit::exit(Exit::UnknownSubject),
    };
    verdict.ok()
}
