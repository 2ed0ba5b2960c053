//! The system calls: the numbers of Linux on RISC-V, so that `qemu-riscv64` runs the very binary that is disputed.

use core::arch::asm;

use crate::exit::{self, Exit};

const SYS_READ: usize = 63;
const SYS_WRITE: usize = 64;
const SYS_EXIT: usize = 93;

/// Where the host's bytes arrive.
pub const STDIN: usize = 0;
/// Where the program's bytes leave.
pub const STDOUT: usize = 1;

/// Fills `buf` from `fd`; stops the program if the host has no more.
pub fn read_exact(fd: usize, mut buf: &mut [u8]) {
    while !buf.is_empty() {
        let got = read(fd, buf);
        if got == 0 {
            exit::exit(Exit::Io);
        }
        buf = &mut buf[got..];
    }
}

/// Reads what is there, at most `buf.len()` bytes; 0 is the end.
pub fn read(fd: usize, buf: &mut [u8]) -> usize {
    // SAFETY: `buf` is writable for its whole length, and the call writes no further.
    let done = unsafe { syscall(SYS_READ, fd, buf.as_mut_ptr() as usize, buf.len()) };
    checked(done, buf.len())
}

/// Writes all of `buf` to `fd`.
pub fn write_all(fd: usize, mut buf: &[u8]) {
    while !buf.is_empty() {
        // SAFETY: `buf` is readable for its whole length, and the call only reads.
        let done = unsafe { syscall(SYS_WRITE, fd, buf.as_ptr() as usize, buf.len()) };
        match checked(done, buf.len()) {
            0 => exit::exit(Exit::Io),
            done => buf = &buf[done..],
        }
    }
}

/// Stops with `code`.
pub fn exit(code: u8) -> ! {
    // SAFETY: the call takes no pointer and does not return.
    unsafe { asm!("ecall", in("a7") SYS_EXIT, in("a0") usize::from(code), options(noreturn, nostack)) }
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
