// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Why the machine halts, other than by `exit`: the exit codes of docs/machine.md.
library Fault {
    /// No fault.
    uint8 internal constant NONE = 0;
    /// `pc` is not a multiple of 4.
    uint8 internal constant MISALIGNED_FETCH = 240;
    /// `pc` is at or beyond 2^32.
    uint8 internal constant FETCH_BEYOND_MEMORY = 241;
    /// Unknown instruction.
    uint8 internal constant UNKNOWN_INSTRUCTION = 242;
    /// A load or store whose address is no multiple of its size.
    uint8 internal constant MISALIGNED_ACCESS = 243;
    /// A load or store at or beyond 2^32.
    uint8 internal constant ACCESS_BEYOND_MEMORY = 244;
    /// Unknown system call.
    uint8 internal constant UNKNOWN_CALL = 245;
    /// An argument of a system call is not allowed.
    uint8 internal constant BAD_ARGUMENT = 246;
    /// `exit` with a code above 239.
    uint8 internal constant BAD_EXIT_CODE = 247;
    /// EBREAK.
    uint8 internal constant BREAKPOINT = 248;
}
