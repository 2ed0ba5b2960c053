// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @notice Trees over the states of a run (docs/machine.md, "Leaps"): 2^38 leaves, node = `keccak256(left || right)`.
library History {
    /// @notice Levels below the root.
    uint256 internal constant DEPTH = 38;
    /// @notice Levels that are shown at once.
    uint256 internal constant REVEAL = 8;

    /// @notice Levels that a move goes down from `level`: as many as are shown at once, or as many as there are.
    function height(uint256 level) internal pure returns (uint256) {
        return level < REVEAL ? level : REVEAL;
    }

    /// @notice The node over all of `nodes`, whose number is a power of two.
    function root(bytes32[] calldata nodes) internal pure returns (bytes32) {
        bytes32[] memory level = nodes;
        for (uint256 count = nodes.length / 2; count > 0; count /= 2) {
            for (uint256 i = 0; i < count; ++i) {
                level[i] = Hashes.efficientKeccak256(level[2 * i], level[2 * i + 1]);
            }
        }
        return level[0];
    }

    /// @notice The node above `node`, as many levels up as there are siblings.
    /// @param index the number of `node` in its level; its lowest bits count.
    /// @param siblings from there upwards.
    function climb(bytes32 node, uint256 index, bytes32[] calldata siblings) internal pure returns (bytes32) {
        for (uint256 i = 0; i < siblings.length; ++i) {
            node = (index >> i) & 1 == 1
                ? Hashes.efficientKeccak256(siblings[i], node)
                : Hashes.efficientKeccak256(node, siblings[i]);
        }
        return node;
    }
}
