//! Linux on RISC-V as host: `qemu-riscv64` runs the very binary that is disputed.

use core::arch::asm;

use crate::exit::{self, Exit};
use alloy_primitives::B256;
use rust_alloc::{vec, vec::Vec};

const SYS_READ: usize = 63;
const SYS_WRITE: usize = 64;

/// Where the host's bytes arrive.
const STDIN: usize = 0;
/// Where the program's bytes leave.
const STDOUT: usize = 1;

/// The next preimage: its length as u32, little-endian, and its bytes.
pub fn preimage() -> Vec<u8> {
    let mut length = [0; 4];
    read_exact(&mut length);
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    read_exact(&mut bytes);
    bytes
}

/// The next field element.
pub fn element() -> B256 {
    B256::try_from(preimage().as_slice()).unwrap_or_else(|_| exit::exit(Exit::Io))
}

/// Fills `buf` from the standard input; stops the program if the host has no more.
pub fn read_exact(mut buf: &mut [u8]) {
    while !buf.is_empty() {
        let got = read(buf);
        if got == 0 {
            exit::exit(Exit::Io);
        }
        buf = &mut buf[got..];
    }
}

/// Reads what is there, at most `buf.len()` bytes; 0 is the end.
fn read(buf: &mut [u8]) -> usize {
    // SAFETY: `buf` is writable for its whole length, and the call writes no further.
    let done = unsafe { syscall(SYS_READ, STDIN, buf.as_mut_ptr() as usize, buf.len()) };
    checked(done, buf.len())
}

/// Writes all of `buf` to the standard output.
pub fn write_all(mut buf: &[u8]) {
    while !buf.is_empty() {
        // SAFETY: `buf` is readable for its whole length, and the call only reads.
        let done = unsafe { syscall(SYS_WRITE, STDOUT, buf.as_ptr() as usize, buf.len()) };
        match checked(done, buf.len()) {
            0 => exit::exit(Exit::Io),
            done => buf = &buf[done..],
        }
    }
}

/// A byte count that cannot exceed what was asked for; anything else is an error code or a lying host.
fn checked(done: usize, asked: usize) -> usize {
    if done > asked {
        exit::exit(Exit::Io);
    }
    done
}

/// # Safety
/// The memory behind the arguments must be what the call `number` expects.
unsafe fn syscall(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: all registers the call may change are named; memory is assumed clobbered.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") a => result, in("a1") b, in("a2") c, options(nostack))
    };
    result
}
