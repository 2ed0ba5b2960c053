// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A memory of the machine in which a few leaves are not zero.
struct SparseMemory {
    /// Ascending, none twice.
    uint256[] indexes;
    bytes32[] leaves;
}

using SparseMemories for SparseMemory global;

/// @notice The tree over it, the plainest way: the specification that `MultiProof` is held against.
/// @dev Shares no code with it on purpose.
library SparseMemories {
    uint256 private constant DEPTH = 27;

    /// @notice Root of the whole tree.
    function root(SparseMemory memory self) internal pure returns (bytes32) {
        return node(self, DEPTH, 0);
    }

    /// @notice The node `index` from the left, so many levels above the leaves.
    function node(SparseMemory memory self, uint256 level, uint256 index) internal pure returns (bytes32) {
        for (uint256 i = 0; i < self.indexes.length; ++i) {
            if (self.indexes[i] >> level != index) continue;
            if (level == 0) return self.leaves[i];
            return _parent(node(self, level - 1, 2 * index), node(self, level - 1, 2 * index + 1));
        }
        bytes32 empty = bytes32(0);
        for (uint256 i = 0; i < level; ++i) {
            empty = _parent(empty, empty);
        }
        return empty;
    }

    /// @notice What is in a leaf.
    function leaf(SparseMemory memory self, uint256 index) internal pure returns (bytes32) {
        return node(self, 0, index);
    }

    /// @notice The nodes that a witness of the leaves `shown` (ascending) needs, in their order.
    function siblings(SparseMemory memory self, uint256[] memory shown) internal pure returns (bytes32[] memory found) {
        bytes32[] memory all = new bytes32[](DEPTH * shown.length);
        uint256 count = 0;
        for (uint256 level = 0; level < DEPTH; ++level) {
            for (uint256 i = 0; i < shown.length; ++i) {
                uint256 above = shown[i] >> level;
                bool isRepeated = i > 0 && shown[i - 1] >> level == above;
                if (isRepeated || _isAbove(shown, level, above ^ 1)) continue;
                all[count++] = node(self, level, above ^ 1);
            }
        }
        found = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            found[i] = all[i];
        }
    }

    function _isAbove(uint256[] memory shown, uint256 level, uint256 index) private pure returns (bool) {
        for (uint256 i = 0; i < shown.length; ++i) {
            if (shown[i] >> level == index) return true;
        }
        return false;
    }

    function _parent(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(bytes.concat(left, right));
    }
}
