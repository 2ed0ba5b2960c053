// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What somebody says that everybody is owed after a freeze. All fields are static, so
/// `keccak256(abi.encode(claim))` is injective; it is the *claim hash*.
struct EscapeClaim {
    /// The last final batch, whose state it was computed from.
    bytes32 batchHash;
    /// Root of the tree of payouts, of depth `Limits.ESCAPE_TREE_DEPTH`.
    bytes32 payoutsRoot;
    /// Number of its leaves in use; they are dense from index 0.
    uint64 payoutCount;
    /// Sum of all amounts, in units of the exchange (1e-6).
    uint64 total;
}

/// @notice A leaf of the tree of payouts; the leaf bytes are `abi.encode(EscapePayout)`.
struct EscapePayout {
    /// Its number, dense from 0, and its place in the tree.
    uint64 index;
    /// Who is paid: the owner of an account, or whom a withdrawal goes to that waited.
    address recipient;
    /// The asset, as registered in the vault.
    uint16 asset;
    /// Amount in units of the exchange (1e-6).
    uint64 amount;
}

/// @notice What is kept of a claim.
struct EscapeProposal {
    /// The claim itself.
    EscapeClaim claim;
    /// Who proposed it and paid the bond; zero where there is no such claim.
    address proposer;
    /// When, unix seconds.
    uint64 proposedAt;
    /// Whether the bond has gone back to the proposer, or on to the verdict.
    bool bondSettled;
}
