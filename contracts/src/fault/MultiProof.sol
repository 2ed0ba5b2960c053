// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @notice One proof of many leaves.
library MultiProof {
    /// @notice The root of memory over leaves and the nodes beside them.
    /// @dev Level by level from the leaves upwards, within a level from left to right: so the order of `siblings` is given, and
    /// each of them is taken once. The depth is fixed: a node never stands for a leaf.
    /// @param indexes ascending, none twice, below 2^27; one at least.
    /// @param nodes the leaves, as many; used up.
    function root(uint256[] memory indexes, bytes32[] memory nodes, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32)
    {
        uint256 count = nodes.length;
        if (count == 0) revert IRiscvStep.LeavesDisordered();
        uint256[] memory known = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            known[i] = indexes[i];
        }
        uint256 taken = 0;
        for (uint256 level = 0; level < MachineLimits.MEMORY_DEPTH; ++level) {
            (count, taken) = _up(known, nodes, count, siblings, taken);
        }
        if (taken != siblings.length) revert IRiscvStep.WrongSiblings(siblings.length);
        return nodes[0];
    }

    /// @dev Replaces the first `count` nodes by their parents, of which there are as many or fewer.
    function _up(
        uint256[] memory indexes,
        bytes32[] memory nodes,
        uint256 count,
        bytes32[] calldata siblings,
        uint256 taken
    ) private pure returns (uint256 parents, uint256) {
        unchecked {
            for (uint256 i = 0; i < count; ++parents) {
                (uint256 index, bytes32 left) = (indexes[i], nodes[i]);
                ++i;
                bytes32 right;
                if (index & 1 == 0 && i < count && indexes[i] == index + 1) {
                    right = nodes[i];
                    ++i;
                } else {
                    if (taken == siblings.length) revert IRiscvStep.WrongSiblings(taken);
                    right = siblings[taken];
                    ++taken;
                    if (index & 1 == 1) (left, right) = (right, left);
                }
                (indexes[parents], nodes[parents]) = (index >> 1, Hashes.efficientKeccak256(left, right));
            }
        }
        return (parents, taken);
    }
}
