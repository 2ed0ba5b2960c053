// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The kinds of inbox messages. Every kind has exactly one contract that may queue it.
library MessageKind {
    /// @dev Payload: `abi.encode(Deposit)`. Queued by the vault.
    uint8 internal constant DEPOSIT = 1;
    /// @dev Payload: `abi.encode(BatchPosted)`. Queued by the rollup.
    uint8 internal constant BATCH_POSTED = 2;
}

/// @notice Collateral has arrived in the vault and is to be credited.
struct Deposit {
    /// The asset, as registered in the vault.
    uint16 asset;
    /// Owner of the account to open, or whoever the depositor says owns `account`; judged by the engine. Never zero.
    address owner;
    /// The account to credit, or `Limits.NEW_ACCOUNT` to open one for `owner`.
    uint32 account;
    /// Amount in units of the exchange (1e-6).
    uint64 amount;
}

/// @notice A batch was posted: how the engine learns the settlement lag, and its source of randomness.
struct BatchPosted {
    /// Index of the batch.
    uint64 index;
    /// Its hash.
    bytes32 batchHash;
    /// The base-layer block that carries it.
    uint64 l1Block;
    /// `block.prevrandao` of that block.
    uint256 prevrandao;
}
