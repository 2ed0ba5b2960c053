//! Why the machine halts, other than by `exit`.

/// A fault; its number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// `pc` is not a multiple of 4.
    MisalignedFetch = 240,
    /// `pc` is at or beyond 2^32.
    FetchBeyondMemory = 241,
    /// Unknown instruction.
    UnknownInstruction = 242,
    /// A load or store whose address is no multiple of its size.
    MisalignedAccess = 243,
    /// A load or store at or beyond 2^32.
    AccessBeyondMemory = 244,
    /// Unknown system call.
    UnknownCall = 245,
    /// An argument of a system call is not allowed.
    BadArgument = 246,
    /// `exit` with a code above 239.
    BadExitCode = 247,
    /// EBREAK.
    Breakpoint = 248,
}

impl Fault {
    /// The exit code, 240 to 248.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
