// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Binary Merkle trees of fixed depth, leaves addressed by index.
/// @dev leaf = `keccak256(0x00 || bytes)`, node = `keccak256(0x01 || left || right)`, empty leaf = `bytes32(0)`; empty
/// subtrees follow by the node rule. The leading byte keeps a leaf from passing as a node and a node as a leaf, the
/// fixed depth keeps a proof from being shortened or lengthened, and the bound on the index gives every leaf one name.
library BinaryTree {
    /// @notice `index` does not fit a tree of `depth` levels.
    error LeafOutOfRange(uint256 index, uint256 depth);

    /// @notice A proof holds exactly one sibling a level.
    error WrongProofLength(uint256 length, uint256 depth);

    /// @notice Hash of the bytes of a leaf. Never the empty leaf.
    function leafHash(bytes memory leaf) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), leaf));
    }

    /// @notice Hash of the two children of a node.
    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    /// @notice Whether the leaf hash `leaf` stands at `index` in the tree of `depth` levels under `root`.
    /// @param siblings the sibling of each node on the path, from the leaf upwards; all of them, empty ones too.
    function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 depth, bytes32[] calldata siblings)
        internal
        pure
        returns (bool)
    {
        if (siblings.length != depth) revert WrongProofLength(siblings.length, depth);
        if (index >> depth != 0) revert LeafOutOfRange(index, depth);

        bytes32 node = leaf;
        for (uint256 level = 0; level < depth; ++level) {
            bytes32 sibling = siblings[level];
            bool isRight = (index >> level) & 1 == 1;
            node = isRight ? nodeHash(sibling, node) : nodeHash(node, sibling);
        }
        return node == root;
    }
}
