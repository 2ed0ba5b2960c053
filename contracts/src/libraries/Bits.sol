// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Bits
/// @notice Counting bits of a word.
library Bits {
    uint256 private constant ONES = type(uint256).max;

    /// @return how many bits of `word` are set. Neighbours are added up: of 2 bits, 4, 8, and then the bytes.
    function count(uint256 word) internal pure returns (uint256) {
        // What two counters of a width come to fits twice the width, and the first line takes no more than there is.
        unchecked {
            word -= (word >> 1) & (ONES / 3);
            word = (word & (ONES / 5)) + ((word >> 2) & (ONES / 5));
            word = (word + (word >> 4)) & (ONES / 17);
            // 256 does not fit a byte: the sums of pairs of bytes are added up in 16 bits.
            word = (word & (ONES / 257)) + ((word >> 8) & (ONES / 257));
            return (word * (ONES / 65535)) >> 240;
        }
    }

    /// @return the bits from `from` on, up to `to` and without it; `from` is at most `to`, which is at most 256.
    function range(uint256 from, uint256 to) internal pure returns (uint256) {
        uint256 below = to == 256 ? ONES : (uint256(1) << to) - 1;
        return from == 256 ? 0 : (below >> from) << from;
    }
}
