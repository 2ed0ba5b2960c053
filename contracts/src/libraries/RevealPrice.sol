// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title RevealPrice
/// @notice What showing a chunk on the base layer costs its sender at most.
/// @dev No chunk takes more gas than is counted here, `test/unit/GasReveal.t.sol`. That leaves room for two more words of the
/// clock's map, of 256 intervals each, to be looked at for stress.
library RevealPrice {
    /// @dev Of a reveal whose chunk has no bytes, rounded up: 21,000 of the transaction, the arguments with a proof of 16
    /// siblings, and what is executed: of one byte 140,385 in all, `snapshots/Gas.json`.
    uint256 internal constant BASE_GAS = 150_000;
    /// @dev The floor price of a byte of calldata that is not 0, EIP-7623. Executing it, and the plain price of calldata, come
    /// to 26.
    uint256 internal constant GAS_PER_BYTE = 40;
    /// @dev Quarters of the base fee that are paid: who builds the block is offered more when blocks are dear.
    uint256 internal constant BASE_FEE_QUARTERS = 5;
    /// @dev What he is offered for a gas besides, in wei.
    uint256 internal constant TIP = 1 gwei;

    /// @notice The price of showing `length` bytes in this block, in wei.
    function ofBytes(uint256 length) internal view returns (uint256) {
        uint256 gas = BASE_GAS + GAS_PER_BYTE * length;
        return gas * (block.basefee * BASE_FEE_QUARTERS / 4 + TIP);
    }
}
