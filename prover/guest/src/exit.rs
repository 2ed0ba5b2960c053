//! How the program ends. The code is the program's verdict and part of the protocol.

use core::{arch::asm, panic::PanicInfo};

/// The call that ends a program, of Linux and of the machine.
const EXIT: usize = 93;

/// The verdict, or why there is none.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Exit {
    /// The batch or the claim is valid.
    Valid = 0,
    /// It is not valid.
    Invalid = 1,
    /// A panic: a defect of ours, never a state that an input can reach.
    Panic = 101,
    /// The host closed a channel or refused a system call.
    Io = 102,
    /// The heap is used up.
    OutOfMemory = 103,
    /// The program does not judge what it was asked to.
    UnknownSubject = 104,
}

/// Stops with a verdict or a reason.
pub fn exit(why: Exit) -> ! {
    // SAFETY: the call takes no pointer and does not return.
    unsafe { asm!("ecall", in("a7") EXIT, in("a0") why as usize, options(noreturn, nostack)) }
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    // No message: formatting would pull the float printer and a few hundred kilobytes of text into every dispute.
    // The same input run natively says what is wrong.
    exit(Exit::Panic)
}
