// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {MachineLimits} from "./MachineLimits.sol";

/// @notice Numbers in memory: little-endian, of 1, 2, 4 or 8 bytes, at a multiple of their size and so within one leaf.
library MemoryAccess {
    uint256 private constant LEAF_BYTES = MachineLimits.LEAF_BYTES;

    /// @param address_ a multiple of `size` below 2^32.
    function read(Leaves memory leaves, uint256 address_, uint256 size) internal pure returns (uint256) {
        unchecked {
            uint256 number = leaves.numbers[leaves.touch(address_ / LEAF_BYTES)];
            return (number >> _shift(address_)) & _mask(size);
        }
    }

    /// @param address_ a multiple of `size` below 2^32.
    /// @param value its lowest `size` bytes are written.
    function write(Leaves memory leaves, uint256 address_, uint256 size, uint256 value) internal pure {
        unchecked {
            uint256 place = leaves.touch(address_ / LEAF_BYTES);
            (uint256 mask, uint256 shift) = (_mask(size), _shift(address_));
            leaves.numbers[place] = (leaves.numbers[place] & ~(mask << shift)) | ((value & mask) << shift);
        }
    }

    /// @dev Where in the number that its leaf is the byte at an address begins.
    function _shift(uint256 address_) private pure returns (uint256) {
        unchecked {
            return 8 * (address_ % LEAF_BYTES);
        }
    }

    /// @dev The lowest `size` bytes.
    function _mask(uint256 size) private pure returns (uint256) {
        unchecked {
            return (uint256(1) << (8 * size)) - 1;
        }
    }
}
