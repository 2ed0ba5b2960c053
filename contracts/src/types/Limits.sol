// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated from sequencer/core/types/src/limits.rs by tests/tests/solidity_limits.rs. Do not edit.
pragma solidity 0.8.37;

library Limits {
    uint256 internal constant WITHDRAWAL_TREE_DEPTH = 16;
    uint256 internal constant MAX_WITHDRAWALS_PER_BATCH = 65536;
    uint256 internal constant MAX_INPUTS_PER_BATCH = 1048576;
    uint256 internal constant MAX_INPUT_CHUNKS = 256;
    uint256 internal constant SECTION_COUNT = 7;
    uint256 internal constant MAX_BATCH_FUTURE_MS = 60000;
    uint256 internal constant MAX_ACCOUNTS = 268435456;
    uint256 internal constant MAX_ASSETS = 8;
    uint256 internal constant NEW_ACCOUNT = 4294967295;
    uint256 internal constant MAX_AMOUNT = 1152921504606846976;
    uint256 internal constant MIN_WITHDRAWAL = 1000000;
    uint256 internal constant ESCAPE_TREE_DEPTH = 32;
    uint256 internal constant INPUT_TREE_DEPTH = 16;
    uint256 internal constant INPUT_CHUNK_BYTES = 24576;
}
