// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A leaf of a batch's withdrawal tree; the leaf bytes are `abi.encode(Withdrawal)`.
struct Withdrawal {
    /// Global number of the withdrawal, dense from 0 over all batches. It is what can be claimed only once.
    uint64 id;
    /// The account that was debited.
    uint32 account;
    /// Who is paid.
    address recipient;
    /// The asset, as registered in the vault.
    uint16 asset;
    /// Amount in units of the exchange (1e-6).
    uint64 amount;
}
