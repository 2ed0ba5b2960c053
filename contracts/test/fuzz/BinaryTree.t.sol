// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {Tree} from "../support/Tree.sol";
import {Test} from "forge-std/Test.sol";

contract BinaryTreeFuzzTest is Test {
    /// @dev External, so that the proof is calldata and reverts can be seen.
    function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 depth, bytes32[] calldata siblings)
        external
        pure
        returns (bool)
    {
        return BinaryTree.verify(root, leaf, index, depth, siblings);
    }

    function testFuzz_agrees_with_the_naive_tree(bytes32[] memory leaves, uint256 index, uint256 depth) public view {
        (leaves, index, depth) = _shape(leaves, index, depth);
        bytes32 leaf = index < leaves.length ? leaves[index] : bytes32(0);
        assertTrue(this.verify(Tree.root(leaves, depth), leaf, index, depth, Tree.proof(leaves, index, depth)));
    }

    /// @dev One bit anywhere: leaf, sibling, root or index.
    function testFuzz_every_bit_matters(bytes32[] memory leaves, uint256 index, uint256 depth, uint256 what, uint8 bit)
        public
        view
    {
        (leaves, index, depth) = _shape(leaves, index, depth);
        bytes32 root = Tree.root(leaves, depth);
        bytes32 leaf = index < leaves.length ? leaves[index] : bytes32(0);
        bytes32[] memory siblings = Tree.proof(leaves, index, depth);

        what = bound(what, 0, depth + 1);
        if (what == depth) root ^= bytes32(2 ** uint256(bit));
        else if (what == depth + 1) leaf ^= bytes32(2 ** uint256(bit));
        else siblings[what] ^= bytes32(2 ** uint256(bit));
        assertFalse(this.verify(root, leaf, index, depth, siblings));
    }

    function testFuzz_another_index_is_another_leaf(uint256 count, uint256 index, uint256 other, uint256 depth)
        public
        view
    {
        depth = bound(depth, 1, 16);
        count = bound(count, 1, depth < 6 ? 2 ** depth : 64);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = Tree.leaf(abi.encode(i));
        }
        index = bound(index, 0, count - 1);
        other = bound(other, 0, (2 ** depth) - 1);
        vm.assume(other != index);
        bytes32[] memory siblings = Tree.proof(leaves, index, depth);
        assertFalse(this.verify(Tree.root(leaves, depth), leaves[index], other, depth, siblings));
    }

    function testFuzz_refuses_every_other_length(uint256 length, uint256 depth) public {
        depth = bound(depth, 0, 32);
        length = bound(length, 0, 64);
        vm.assume(length != depth);
        vm.expectRevert(abi.encodeWithSelector(BinaryTree.WrongProofLength.selector, length, depth));
        this.verify(0, 0, 0, depth, new bytes32[](length));
    }

    function testFuzz_refuses_every_index_beyond(uint256 index, uint256 depth) public {
        depth = bound(depth, 0, 32);
        index = bound(index, 2 ** depth, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(BinaryTree.LeafOutOfRange.selector, index, depth));
        this.verify(0, 0, index, depth, new bytes32[](depth));
    }

    /// @dev A node's children never pass as the bytes of a leaf, nor a leaf's bytes as children.
    function testFuzz_leaf_and_node_never_meet(bytes32 left, bytes32 right, bytes memory leaf) public pure {
        bytes32 node = BinaryTree.nodeHash(left, right);
        assertNotEq(node, BinaryTree.leafHash(leaf));
        assertNotEq(node, BinaryTree.leafHash(bytes.concat(left, right)));
        assertNotEq(node, BinaryTree.leafHash(bytes.concat(hex"01", left, right)));
    }

    /// @dev At most 64 leaves in a tree that holds them.
    function _shape(bytes32[] memory leaves, uint256 index, uint256 depth)
        private
        pure
        returns (bytes32[] memory, uint256, uint256)
    {
        depth = bound(depth, 0, 16);
        uint256 capacity = 2 ** depth;
        uint256 count = leaves.length;
        if (count > 64) count = 64;
        if (count > capacity) count = capacity;
        bytes32[] memory some = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = leaves[i];
        }
        return (some, bound(index, 0, capacity - 1), depth);
    }
}
