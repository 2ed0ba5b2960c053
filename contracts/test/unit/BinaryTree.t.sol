// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {Tree} from "../support/Tree.sol";
import {Test} from "forge-std/Test.sol";

contract BinaryTreeTest is Test {
    /// @dev External, so that the proof is calldata and reverts can be seen.
    function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 depth, bytes32[] calldata siblings)
        external
        pure
        returns (bool)
    {
        return BinaryTree.verify(root, leaf, index, depth, siblings);
    }

    function test_hashes_by_the_rule() public pure {
        assertEq(BinaryTree.leafHash("abc"), keccak256(hex"00616263"));
        assertEq(BinaryTree.leafHash(""), keccak256(hex"00"));
        bytes32 l = keccak256("l");
        bytes32 r = keccak256("r");
        assertEq(BinaryTree.nodeHash(l, r), keccak256(bytes.concat(hex"01", l, r)));
    }

    function test_proves_every_leaf_and_the_empty_ones() public view {
        for (uint256 count = 0; count <= 9; ++count) {
            bytes32[] memory leaves = _some(count);
            bytes32 root = Tree.root(leaves, 4);
            for (uint256 i = 0; i < 16; ++i) {
                bytes32 leaf = i < count ? leaves[i] : bytes32(0);
                assertTrue(this.verify(root, leaf, i, 4, Tree.proof(leaves, i, 4)));
                assertFalse(this.verify(root, keccak256("wrong"), i, 4, Tree.proof(leaves, i, 4)));
            }
        }
    }

    function test_a_tree_of_depth_zero_is_its_leaf() public view {
        assertTrue(this.verify(keccak256("x"), keccak256("x"), 0, 0, new bytes32[](0)));
        assertFalse(this.verify(keccak256("x"), keccak256("y"), 0, 0, new bytes32[](0)));
    }

    function test_refuses_a_proof_of_another_length() public {
        bytes32[] memory leaves = _some(4);
        bytes32 root = Tree.root(leaves, 2);
        for (uint256 length = 0; length < 5; ++length) {
            if (length == 2) continue;
            vm.expectRevert(abi.encodeWithSelector(BinaryTree.WrongProofLength.selector, length, 2));
            this.verify(root, leaves[0], 0, 2, new bytes32[](length));
        }
    }

    /// @dev Without the bound, `index + 2^depth` would be a second name of the same leaf.
    function test_refuses_a_second_name_of_a_leaf() public {
        bytes32[] memory leaves = _some(4);
        bytes32 root = Tree.root(leaves, 2);
        bytes32[] memory proof = Tree.proof(leaves, 1, 2);
        assertTrue(this.verify(root, leaves[1], 1, 2, proof));

        uint256[3] memory others = [uint256(4), 1 + 4, 1 + (1 << 255)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(BinaryTree.LeafOutOfRange.selector, others[i], 2));
            this.verify(root, leaves[1], others[i], 2, proof);
        }
    }

    /// @dev The classic second preimage: the two children of a node, presented as one leaf.
    function test_a_node_is_no_leaf() public view {
        bytes32[] memory leaves = _some(4);
        bytes32 root = Tree.root(leaves, 2);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = BinaryTree.nodeHash(leaves[2], leaves[3]);

        bytes32 asLeaf = BinaryTree.leafHash(bytes.concat(leaves[0], leaves[1]));
        assertFalse(this.verify(root, asLeaf, 0, 1, proof));
        bytes32 taggedAsLeaf = BinaryTree.leafHash(bytes.concat(hex"01", leaves[0], leaves[1]));
        assertFalse(this.verify(root, taggedAsLeaf, 0, 1, proof));
    }

    function _some(uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = Tree.leaf(abi.encode(i));
        }
    }
}
