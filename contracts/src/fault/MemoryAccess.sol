// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @notice Numbers in memory: little-endian, of 1, 2, 4 or 8 bytes, at a multiple of their size and so within one leaf.
library MemoryAccess {
    /// @param address_ a multiple of `size` below 2^32.
    function read(Leaves memory leaves, uint256 address_, uint256 size) internal pure returns (uint256) {
        unchecked {
            bytes32 leaf = leaves.get(address_ / MachineLimits.LEAF_BYTES);
            // The eight bytes from the address on, of which those of the number come to lie lowest.
            bytes8 window = bytes8(leaf << (8 * (address_ % MachineLimits.LEAF_BYTES)));
            return uint64(Bytes.reverseBytes8(window)) & ((1 << (8 * size)) - 1);
        }
    }

    /// @param address_ a multiple of `size` below 2^32.
    /// @param value its lowest `size` bytes are written.
    function write(Leaves memory leaves, uint256 address_, uint256 size, uint256 value) internal pure {
        unchecked {
            uint256 place = leaves.touch(address_ / MachineLimits.LEAF_BYTES);
            uint256 shift = 8 * (address_ % MachineLimits.LEAF_BYTES);
            // The first `size` bytes of a leaf.
            bytes32 first = ~bytes32(type(uint256).max >> (8 * size));
            bytes32 number = bytes32(Bytes.reverseBytes8(bytes8(uint64(value)))) & first;
            leaves.values[place] = (leaves.values[place] & ~(first >> shift)) | (number >> shift);
        }
    }
}
