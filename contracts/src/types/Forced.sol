// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What forced requests cost, decided at the deployment.
struct ForcedTerms {
    /// Fee of a request while none is open, in wei.
    uint64 baseFee;
    /// So many open requests raise the fee by `baseFee`.
    uint64 feeStep;
    /// Seconds within which a request is to be consumed by a posted batch. Afterwards its fee goes back.
    uint64 refundAfter;
    /// Who gets the fees of requests that were consumed in time.
    address feeRecipient;
    /// What a request costs at most, in wei.
    uint64 maxFee;
}

/// @notice What is kept of a forced request.
struct ForcedRecord {
    /// Its message in the inbox.
    uint64 messageIndex;
    /// When it was queued, unix seconds.
    uint64 queuedAt;
    /// What it cost, in wei.
    uint96 fee;
    /// Whether the fee has gone back to the payer, or on to the recipient of fees.
    bool settled;
    /// Who sent it and paid for it.
    address payer;
}
