// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What the next batch is measured against.
struct Tip {
    /// State root after the last batch.
    bytes32 stateRoot;
    /// Number of batches, genesis included; the index of the next one.
    uint64 batchCount;
    /// Last input of the last batch.
    uint64 lastSeq;
    /// Its time, unix milliseconds.
    uint64 lastTimeMs;
    /// Inbox messages consumed up to there.
    uint64 l1MessageCount;
}
