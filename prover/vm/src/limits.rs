//! The numbers of the machine. All are law (docs/machine.md).

/// Addresses are below this: 4 GiB.
pub const MEMORY_BYTES: u64 = 1 << 32;
/// Bytes of a leaf of memory.
pub const LEAF_BYTES: u64 = 32;
/// Depth of the tree over memory: 2^27 leaves.
pub const MEMORY_DEPTH: u8 = 27;
/// A leap ends with the step that makes it cost this many cycles or more.
pub const LEAP_CYCLES: u64 = 1024;
/// A leap ends with the step that makes it touch this many different leaves or more.
pub const LEAP_LEAVES: usize = 64;
/// Depth of the tree over the states of a run: 2^38 leaves.
pub const HISTORY_DEPTH: u8 = 38;
/// The largest preimage that may be read, in bytes.
pub const MAX_PREIMAGE_BYTES: u64 = 32_768;
/// Most bytes that one call reads of a preimage, or hashes.
pub const MAX_CALL_BYTES: u64 = 1024;
/// Field elements of a blob.
pub const BLOB_ELEMENTS: u64 = 4096;
/// The largest code that a program may exit with; greater ones are faults.
pub const MAX_EXIT_CODE: u64 = 239;

/// Cycles of every instruction but a successful system call.
pub const CYCLES: u64 = 1;
/// Cycles of `read_preimage`.
pub const READ_PREIMAGE_CYCLES: u64 = 1024;
/// Cycles of `keccak256`.
pub const KECCAK256_CYCLES: u64 = 64;
/// Cycles of `ecrecover`.
pub const ECRECOVER_CYCLES: u64 = 256;
/// Cycles of `read_blob`.
pub const READ_BLOB_CYCLES: u64 = 1024;
