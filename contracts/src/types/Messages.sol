// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The kinds of inbox messages. Each has exactly one contract that may queue it, but the third, which is queued for
/// whoever pays its fee.
library MessageKind {
    /// @dev Payload: `abi.encode(Deposit)`. Queued by the vault.
    uint8 internal constant DEPOSIT = 1;
    /// @dev Payload: `abi.encode(BatchPosted)`. Queued by the rollup.
    uint8 internal constant BATCH_POSTED = 2;
    /// @dev Payload: `abi.encode(ForcedRequest)`. Queued for its sender.
    uint8 internal constant FORCED = 3;
    /// @dev Payload: `abi.encode(GovernanceMessage)`. Queued by governance.
    uint8 internal constant GOVERNANCE = 4;
}

/// @notice What can be asked for through the inbox.
library ForcedKind {
    /// @dev Cancel all orders of the account.
    uint8 internal constant CANCEL_ALL = 0;
    /// @dev Withdraw from it.
    uint8 internal constant WITHDRAW = 1;
    /// @dev Close its positions and pay it out.
    uint8 internal constant EXIT = 2;
    /// @dev Liquidate it, if it is to be.
    uint8 internal constant LIQUIDATE = 3;
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

/// @notice Something is asked of the exchange without its leave. What comes of it is for the engine to say.
struct ForcedRequest {
    /// One of `ForcedKind`.
    uint8 request;
    /// Who sent it: the caller of the inbox, so that no signature is needed.
    address sender;
    /// The account that it is about.
    uint32 account;
    /// Who is to be paid; zero where nobody is.
    address recipient;
    /// The asset of a withdrawal, as registered in the vault; 0 where there is none.
    uint16 asset;
    /// Amount in units of the exchange (1e-6); zero where there is none.
    uint64 amount;
}

/// @notice Governance wants a parameter changed, or somebody else to sign. Whether it may, by how much and from when, is for the engine to say.
struct GovernanceMessage {
    /// What is to change.
    uint8 action;
    /// Of which market or pool, or at which place.
    uint16 subject;
    /// To what, or which account's owner is to sign.
    uint64 value;
}
