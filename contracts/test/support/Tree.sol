// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A whole Merkle tree, built level by level, the plainest way: the specification `BinaryTree` is held against.
/// @dev Shares no code with it on purpose.
library Tree {
    /// @notice Root of the tree of `depth` levels whose first leaves are `leaves`.
    function root(bytes32[] memory leaves, uint256 depth) internal pure returns (bytes32) {
        bytes32[] memory level = leaves;
        bytes32 empty = bytes32(0);
        for (uint256 i = 0; i < depth; ++i) {
            level = _up(level, empty);
            empty = _node(empty, empty);
        }
        return level.length == 0 ? empty : level[0];
    }

    /// @notice Siblings of leaf `index`, from the leaf upwards.
    function proof(bytes32[] memory leaves, uint256 index, uint256 depth)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        siblings = new bytes32[](depth);
        bytes32[] memory level = leaves;
        bytes32 empty = bytes32(0);
        for (uint256 i = 0; i < depth; ++i) {
            uint256 sibling = (index >> i) ^ 1;
            siblings[i] = sibling < level.length ? level[sibling] : empty;
            level = _up(level, empty);
            empty = _node(empty, empty);
        }
    }

    /// @notice Hash of a leaf.
    function leaf(bytes memory data) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"00", data));
    }

    function _up(bytes32[] memory level, bytes32 empty) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] = _node(level[2 * i], 2 * i + 1 < level.length ? level[2 * i + 1] : empty);
        }
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(bytes.concat(hex"01", left, right));
    }
}
