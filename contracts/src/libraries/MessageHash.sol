// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The rolling hash of the inbox. It starts at `bytes32(0)` and commits to every message and its order.
library MessageHash {
    /// @notice Hash of one message: kind, time and place on the base layer, and payload.
    function ofMessage(uint8 kind, uint64 l1Block, uint64 l1Time, bytes memory payload)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(kind, l1Block, l1Time, keccak256(payload)));
    }

    /// @notice The rolling hash after one more message.
    function roll(bytes32 rolling, bytes32 messageHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(rolling, messageHash));
    }
}
