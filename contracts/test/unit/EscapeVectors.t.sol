// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {MessageHash} from "../../src/libraries/MessageHash.sol";
import {EscapeClaim, EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Limits} from "../../src/types/Limits.sol";
import {GovernanceMessage, MessageKind} from "../../src/types/Messages.sol";
import {Tree} from "../support/Tree.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Like `VectorsTest`, of the escape and of governance: `test/vectors/escape.json`. `VECTORS=write forge test
/// --match-contract EscapeVectorsTest` writes the file anew.
contract EscapeVectorsTest is Test {
    string private constant FILE = "test/vectors/escape.json";

    function test_the_file_says_the_same() public {
        string memory root = "escape vectors";
        vm.serializeString(root, "claim", _claimJson());
        vm.serializeString(root, "payouts", _payoutsJson());
        string memory json = vm.serializeString(root, "governance", _governanceJson());

        if (keccak256(bytes(vm.envOr("VECTORS", string("check")))) == keccak256("write")) vm.writeJson(json, FILE);
        vm.createDir(".tmp", true);
        vm.writeJson(json, ".tmp/escape.json");
        assertEq(keccak256(bytes(vm.readFile(".tmp/escape.json"))), keccak256(bytes(vm.readFile(FILE))), FILE);
    }

    function _payouts() private pure returns (EscapePayout[] memory ps) {
        ps = new EscapePayout[](3);
        ps[0] = EscapePayout({index: 0, recipient: address(0xA11CE), asset: 0, amount: 1});
        ps[1] = EscapePayout({index: 1, recipient: address(0xB0B), asset: 0, amount: 2 ** 59});
        ps[2] = EscapePayout({index: 2, recipient: address(type(uint160).max), asset: 65535, amount: 5e6});
    }

    function _leaves() private pure returns (bytes32[] memory leaves) {
        EscapePayout[] memory ps = _payouts();
        leaves = new bytes32[](ps.length);
        for (uint256 i = 0; i < ps.length; ++i) {
            leaves[i] = BinaryTree.leafHash(abi.encode(ps[i]));
        }
    }

    function _claim() private pure returns (EscapeClaim memory) {
        return EscapeClaim({
            batchHash: keccak256("batch"),
            payoutsRoot: Tree.root(_leaves(), Limits.ESCAPE_TREE_DEPTH),
            payoutCount: 3,
            total: 2 ** 59 + 5e6 + 1
        });
    }

    function _claimJson() private returns (string memory) {
        EscapeClaim memory c = _claim();
        string memory o = "claim";
        vm.serializeBytes32(o, "batchHash", c.batchHash);
        vm.serializeBytes32(o, "payoutsRoot", c.payoutsRoot);
        vm.serializeUint(o, "payoutCount", c.payoutCount);
        vm.serializeUint(o, "total", c.total);
        vm.serializeBytes(o, "encoded", abi.encode(c));
        return vm.serializeBytes32(o, "hash", keccak256(abi.encode(c)));
    }

    function _payoutsJson() private returns (string memory) {
        EscapePayout[] memory ps = _payouts();
        bytes[] memory encoded = new bytes[](ps.length);
        for (uint256 i = 0; i < ps.length; ++i) {
            encoded[i] = abi.encode(ps[i]);
        }
        string memory o = "payouts";
        vm.serializeUint(o, "depth", Limits.ESCAPE_TREE_DEPTH);
        vm.serializeBytes(o, "encoded", encoded);
        vm.serializeBytes32(o, "leafHashes", _leaves());
        vm.serializeBytes32(o, "proofOfLeaf2", Tree.proof(_leaves(), 2, Limits.ESCAPE_TREE_DEPTH));
        vm.serializeBytes32(o, "emptyRoot", Tree.root(new bytes32[](0), Limits.ESCAPE_TREE_DEPTH));
        return vm.serializeBytes32(o, "root", Tree.root(_leaves(), Limits.ESCAPE_TREE_DEPTH));
    }

    function _governanceJson() private returns (string memory) {
        GovernanceMessage memory m = GovernanceMessage({action: 6, subject: 513, value: 50_000});
        bytes memory payload = abi.encode(m);
        bytes32 hash = MessageHash.ofMessage(MessageKind.GOVERNANCE, 19_000_003, 1_800_000_036, payload);
        string memory o = "governance";
        vm.serializeUint(o, "kind", MessageKind.GOVERNANCE);
        vm.serializeUint(o, "l1Block", 19_000_003);
        vm.serializeUint(o, "l1Time", 1_800_000_036);
        vm.serializeUint(o, "action", m.action);
        vm.serializeUint(o, "subject", m.subject);
        vm.serializeUint(o, "value", m.value);
        vm.serializeBytes(o, "payload", payload);
        vm.serializeBytes32(o, "hash", hash);
        return vm.serializeBytes32(o, "rollingHash", MessageHash.roll(bytes32(0), hash));
    }
}
