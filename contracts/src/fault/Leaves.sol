// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {LeapWitness} from "../types/MachineState.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @notice The leaves of memory that a witness shows, as a leap changes them, and which of them it touched.
struct Leaves {
    /// Ascending, none twice, below 2^27.
    uint256[] indexes;
    /// What is in them, in the order of `indexes`, each as one number in the byte order of the machine.
    uint256[] numbers;
    /// Which were read or written, in the order of `indexes`.
    bool[] touched;
    /// How many were.
    uint256 touchedCount;
}

using MemoryLeaves for Leaves global;

/// @notice What is done to `Leaves`.
library MemoryLeaves {
    /// @notice The leaves of a witness, none of them touched.
    function ofWitness(LeapWitness calldata witness) internal pure returns (Leaves memory leaves) {
        uint256 count = witness.indexes.length;
        if (witness.leaves.length != count) revert IRiscvStep.LeavesDisordered();
        leaves.indexes = new uint256[](count);
        leaves.numbers = new uint256[](count);
        leaves.touched = new bool[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = witness.indexes[i];
            bool ascends = i == 0 || leaves.indexes[i - 1] < index;
            if (!ascends || index >> MachineLimits.MEMORY_DEPTH != 0) revert IRiscvStep.LeavesDisordered();
            leaves.indexes[i] = index;
            leaves.numbers[i] = uint256(Bytes.reverseBytes32(witness.leaves[i]));
        }
    }

    /// @notice Reads the leaf `index`.
    function get(Leaves memory self, uint256 index) internal pure returns (bytes32) {
        return Bytes.reverseBytes32(bytes32(self.numbers[touch(self, index)]));
    }

    /// @notice Replaces the leaf `index`.
    function set(Leaves memory self, uint256 index, bytes32 value) internal pure {
        self.numbers[touch(self, index)] = uint256(Bytes.reverseBytes32(value));
    }

    /// @notice The place of the leaf `index`, which is touched with this.
    function touch(Leaves memory self, uint256 index) internal pure returns (uint256 place) {
        place = _find(self.indexes, index);
        if (!self.touched[place]) {
            self.touched[place] = true;
            ++self.touchedCount;
        }
    }

    /// @notice What is in the leaves, in their order.
    function values(Leaves memory self) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](self.numbers.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = Bytes.reverseBytes32(bytes32(self.numbers[i]));
        }
    }

    function _find(uint256[] memory indexes, uint256 index) private pure returns (uint256) {
        unchecked {
            // It is at `low` or later, and before `high`, if it is there. Neither is more than the number of indexes.
            (uint256 low, uint256 high) = (0, indexes.length);
            while (low < high) {
                uint256 middle = (low + high) / 2;
                uint256 found = indexes[middle];
                if (found == index) return middle;
                if (found < index) low = middle + 1;
                else high = middle;
            }
        }
        revert IRiscvStep.LeafMissing(index);
    }
}
