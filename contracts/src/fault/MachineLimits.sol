// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The numbers of the machine. All are law (docs/machine.md); `prover/vm/src/limits.rs` has the same names.
library MachineLimits {
    /// Addresses are below this: 4 GiB.
    uint256 internal constant MEMORY_BYTES = 2 ** 32;
    /// Bytes of a leaf of memory.
    uint256 internal constant LEAF_BYTES = 32;
    /// Depth of the tree over memory: 2^27 leaves.
    uint256 internal constant MEMORY_DEPTH = 27;
    /// A leap ends with the step that makes it cost this many cycles or more.
    uint256 internal constant LEAP_CYCLES = 1024;
    /// A leap ends with the step that makes it touch this many different leaves or more.
    uint256 internal constant LEAP_LEAVES = 64;
    /// The largest preimage that may be read, in bytes.
    uint256 internal constant MAX_PREIMAGE_BYTES = 32_768;
    /// Most bytes that one call reads of a preimage, or hashes.
    uint256 internal constant MAX_CALL_BYTES = 1024;
    /// Field elements of a blob.
    uint256 internal constant BLOB_ELEMENTS = 4096;
    /// The largest code that a program may exit with; greater ones are faults.
    uint256 internal constant MAX_EXIT_CODE = 239;

    /// Cycles of every instruction but a successful system call.
    uint256 internal constant CYCLES = 1;
    /// Cycles of `read_preimage`.
    uint256 internal constant READ_PREIMAGE_CYCLES = 1024;
    /// Cycles of `keccak256`.
    uint256 internal constant KECCAK256_CYCLES = 64;
    /// Cycles of `ecrecover`.
    uint256 internal constant ECRECOVER_CYCLES = 256;
    /// Cycles of `read_blob`.
    uint256 internal constant READ_BLOB_CYCLES = 1024;

    /// What a register can hold: 64 bits.
    uint256 internal constant REGISTER = type(uint64).max;
}
