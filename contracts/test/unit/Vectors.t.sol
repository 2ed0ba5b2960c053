// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHash} from "../../src/libraries/BatchHash.sol";
import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {MessageHash} from "../../src/libraries/MessageHash.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {BatchPosted, Deposit, ForcedKind, ForcedRequest, MessageKind} from "../../src/types/Messages.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Tree} from "../support/Tree.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The encodings that Rust must reproduce to the byte. `test/vectors/abi.json` holds them; a difference is a
/// change of the protocol. `VECTORS=write forge test --match-contract VectorsTest` writes the file anew.
contract VectorsTest is Test {
    string private constant FILE = "test/vectors/abi.json";
    uint256 private constant DEPTH = 16;

    // Checked once with cast, an implementation of its own; written down here so that no regeneration passes unseen.
    bytes32 private constant HEADER_HASH = 0xb386c12c7a5db7d32eec1b6823a140a03158144a745dc0d35fd7d16e422d429e;
    bytes32 private constant STATE_ROOT = 0x8688e32a27076076c21ee99cf0c2319c453c75f14083a5dc5d94b9dbe9685c89;
    bytes32 private constant ROLLING_HASH = 0x784518bf351fbe71d27c5a6e6eb2706524817200aeb332c0d5d71ecc6c4df867;
    bytes32 private constant FORCED_ROLLING_HASH = 0x9b1b31b05de84d3a4c8fdac22db0182f0ecc90d118c72134f2edca4866b967d7;
    bytes32 private constant WITHDRAWALS_ROOT = 0xe37ff356f04c22fdb6ef31dbdab9333cd0fb0b70ebe50117c228a17a05344107;
    bytes32 private constant EMPTY_ROOT = 0xa9942b0fabdf9bf32241f8245eb26737ffbd91822ac484ae857fc35d21fb652f;

    function test_the_hashes_are_what_they_always_were() public pure {
        assertEq(BatchHash.ofHeader(_header()), HEADER_HASH, "header");
        assertEq(BatchHash.ofSections(_header().sectionRoots), STATE_ROOT, "state root");
        (,, bytes32[] memory rolling) = _messages();
        assertEq(rolling[1], ROLLING_HASH, "rolling hash");
        assertEq(rolling[2], FORCED_ROLLING_HASH, "rolling hash after a forced request");
        assertEq(Tree.root(_leaves(_withdrawals()), DEPTH), WITHDRAWALS_ROOT, "withdrawals root");
        assertEq(Tree.root(new bytes32[](0), DEPTH), EMPTY_ROOT, "empty root");
    }

    function test_the_file_says_the_same() public {
        string memory root = "vectors";
        vm.serializeString(root, "header", _headerJson());
        vm.serializeString(root, "stateRoot", _stateRootJson());
        vm.serializeString(root, "dataHash", _dataHashJson());
        vm.serializeString(root, "messages", _messagesJson());
        string memory json = vm.serializeString(root, "withdrawals", _withdrawalsJson());

        if (keccak256(bytes(vm.envOr("VECTORS", string("check")))) == keccak256("write")) vm.writeJson(json, FILE);
        // Printed by the same hand, so that text may be compared.
        vm.createDir(".tmp", true);
        vm.writeJson(json, ".tmp/abi.json");
        assertEq(keccak256(bytes(vm.readFile(".tmp/abi.json"))), keccak256(bytes(vm.readFile(FILE))), FILE);
    }

    // --- the cases ---

    function _header() private pure returns (BatchHeader memory h) {
        h.index = 5;
        h.previousHash = keccak256("previous hash");
        h.previousStateRoot = keccak256("previous state root");
        for (uint256 i = 0; i < 7; ++i) {
            h.sectionRoots[i] = keccak256(abi.encodePacked("section ", vm.toString(i)));
        }
        h.stateRoot = BatchHash.ofSections(h.sectionRoots);
        h.firstSeq = 1001;
        h.lastSeq = 2000;
        h.firstTimeMs = 1_800_000_000_123;
        h.lastTimeMs = 1_800_000_012_456;
        h.promiseHash = keccak256("promise");
        h.l1MessageCount = 2;
        (,, bytes32[] memory rolling) = _messages();
        h.l1MessageHash = rolling[1];
        h.inputsRoot = keccak256("inputs");
        h.inputChunks = 17;
        h.withdrawalsRoot = Tree.root(_leaves(_withdrawals()), DEPTH);
        h.withdrawalCount = 3;
        h.diffHash = keccak256("diff");
        h.dataHash = BatchHash.ofBlobs(_blobs());
        h.programHash = keccak256("program");
    }

    function _blobs() private pure returns (bytes32[] memory blobs) {
        blobs = new bytes32[](2);
        blobs[0] = 0x0101010101010101010101010101010101010101010101010101010101010101;
        blobs[1] = 0x01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    }

    function _deposit() private pure returns (Deposit memory) {
        return Deposit({asset: 0, owner: address(0xA11CE), account: type(uint32).max, amount: 123_456_789});
    }

    function _posted() private pure returns (BatchPosted memory) {
        return BatchPosted({
            index: 1, batchHash: keccak256("batch"), l1Block: 19_000_001, prevrandao: uint256(keccak256("randao"))
        });
    }

    function _forced() private pure returns (ForcedRequest memory) {
        return ForcedRequest({
            request: ForcedKind.WITHDRAW,
            sender: address(0xA11CE),
            account: 7,
            recipient: address(0xB0B),
            asset: 3,
            amount: 987_654_321
        });
    }

    function _messages()
        private
        pure
        returns (bytes[] memory payloads, bytes32[] memory hashes, bytes32[] memory rolling)
    {
        payloads = new bytes[](3);
        hashes = new bytes32[](3);
        rolling = new bytes32[](3);
        payloads[0] = abi.encode(_deposit());
        payloads[1] = abi.encode(_posted());
        payloads[2] = abi.encode(_forced());
        hashes[0] = MessageHash.ofMessage(MessageKind.DEPOSIT, 19_000_000, 1_800_000_000, payloads[0]);
        hashes[1] = MessageHash.ofMessage(MessageKind.BATCH_POSTED, 19_000_001, 1_800_000_012, payloads[1]);
        rolling[0] = MessageHash.roll(bytes32(0), hashes[0]);
        rolling[1] = MessageHash.roll(rolling[0], hashes[1]);
        hashes[2] = MessageHash.ofMessage(MessageKind.FORCED, 19_000_002, 1_800_000_024, payloads[2]);
        rolling[2] = MessageHash.roll(rolling[1], hashes[2]);
    }

    function _withdrawals() private pure returns (Withdrawal[] memory ws) {
        ws = new Withdrawal[](3);
        ws[0] = Withdrawal({id: 40, account: 0, recipient: address(0xA11CE), asset: 0, amount: 1});
        ws[1] = Withdrawal({id: 41, account: 7, recipient: address(0xB0B), asset: 0, amount: 2 ** 60});
        ws[2] = Withdrawal({
            id: 42, account: type(uint32).max - 1, recipient: address(type(uint160).max), asset: 65535, amount: 5e6
        });
    }

    function _leaves(Withdrawal[] memory ws) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](ws.length);
        for (uint256 i = 0; i < ws.length; ++i) {
            leaves[i] = BinaryTree.leafHash(abi.encode(ws[i]));
        }
    }

    // --- the file ---

    function _headerJson() private returns (string memory) {
        BatchHeader memory h = _header();
        string memory o = "header";
        vm.serializeUint(o, "index", h.index);
        vm.serializeBytes32(o, "previousHash", h.previousHash);
        vm.serializeBytes32(o, "previousStateRoot", h.previousStateRoot);
        vm.serializeBytes32(o, "stateRoot", h.stateRoot);
        vm.serializeBytes32(o, "sectionRoots", _list(h.sectionRoots));
        vm.serializeUint(o, "firstSeq", h.firstSeq);
        vm.serializeUint(o, "lastSeq", h.lastSeq);
        vm.serializeUint(o, "firstTimeMs", h.firstTimeMs);
        vm.serializeUint(o, "lastTimeMs", h.lastTimeMs);
        vm.serializeBytes32(o, "promiseHash", h.promiseHash);
        vm.serializeUint(o, "l1MessageCount", h.l1MessageCount);
        vm.serializeBytes32(o, "l1MessageHash", h.l1MessageHash);
        vm.serializeBytes32(o, "inputsRoot", h.inputsRoot);
        vm.serializeUint(o, "inputChunks", h.inputChunks);
        vm.serializeBytes32(o, "withdrawalsRoot", h.withdrawalsRoot);
        vm.serializeUint(o, "withdrawalCount", h.withdrawalCount);
        vm.serializeBytes32(o, "diffHash", h.diffHash);
        vm.serializeBytes32(o, "dataHash", h.dataHash);
        vm.serializeBytes32(o, "programHash", h.programHash);
        vm.serializeBytes(o, "encoded", abi.encode(h));
        return vm.serializeBytes32(o, "hash", BatchHash.ofHeader(h));
    }

    function _stateRootJson() private returns (string memory) {
        string memory o = "stateRoot";
        vm.serializeBytes32(o, "sectionRoots", _list(_header().sectionRoots));
        return vm.serializeBytes32(o, "root", BatchHash.ofSections(_header().sectionRoots));
    }

    function _dataHashJson() private returns (string memory) {
        string memory o = "dataHash";
        vm.serializeBytes32(o, "versionedHashes", _blobs());
        vm.serializeBytes32(o, "ofBlobs", BatchHash.ofBlobs(_blobs()));
        vm.serializeBytes(o, "calldata", bytes("the diff"));
        return vm.serializeBytes32(o, "ofCalldata", this.ofCalldata(bytes("the diff")));
    }

    function _messagesJson() private returns (string memory) {
        (bytes[] memory payloads, bytes32[] memory hashes, bytes32[] memory rolling) = _messages();
        string memory d = "deposit";
        vm.serializeUint(d, "kind", MessageKind.DEPOSIT);
        vm.serializeUint(d, "l1Block", 19_000_000);
        vm.serializeUint(d, "l1Time", 1_800_000_000);
        vm.serializeUint(d, "asset", _deposit().asset);
        vm.serializeAddress(d, "owner", _deposit().owner);
        vm.serializeUint(d, "account", _deposit().account);
        vm.serializeUint(d, "amount", _deposit().amount);
        vm.serializeBytes(d, "payload", payloads[0]);
        vm.serializeBytes32(d, "hash", hashes[0]);
        d = vm.serializeBytes32(d, "rollingHash", rolling[0]);

        string memory p = "batchPosted";
        vm.serializeUint(p, "kind", MessageKind.BATCH_POSTED);
        vm.serializeUint(p, "l1Block", 19_000_001);
        vm.serializeUint(p, "l1Time", 1_800_000_012);
        vm.serializeUint(p, "index", _posted().index);
        vm.serializeBytes32(p, "batchHash", _posted().batchHash);
        vm.serializeBytes32(p, "prevrandao", bytes32(_posted().prevrandao));
        vm.serializeBytes(p, "payload", payloads[1]);
        vm.serializeBytes32(p, "hash", hashes[1]);
        p = vm.serializeBytes32(p, "rollingHash", rolling[1]);

        string memory f = "forcedRequest";
        vm.serializeUint(f, "kind", MessageKind.FORCED);
        vm.serializeUint(f, "l1Block", 19_000_002);
        vm.serializeUint(f, "l1Time", 1_800_000_024);
        vm.serializeUint(f, "request", _forced().request);
        vm.serializeAddress(f, "sender", _forced().sender);
        vm.serializeUint(f, "account", _forced().account);
        vm.serializeAddress(f, "recipient", _forced().recipient);
        vm.serializeUint(f, "asset", _forced().asset);
        vm.serializeUint(f, "amount", _forced().amount);
        vm.serializeBytes(f, "payload", payloads[2]);
        vm.serializeBytes32(f, "hash", hashes[2]);
        f = vm.serializeBytes32(f, "rollingHash", rolling[2]);

        string memory o = "messages";
        vm.serializeString(o, "deposit", d);
        vm.serializeString(o, "forcedRequest", f);
        return vm.serializeString(o, "batchPosted", p);
    }

    function _withdrawalsJson() private returns (string memory) {
        Withdrawal[] memory ws = _withdrawals();
        bytes32[] memory leaves = _leaves(ws);
        bytes[] memory encoded = new bytes[](ws.length);
        for (uint256 i = 0; i < ws.length; ++i) {
            encoded[i] = abi.encode(ws[i]);
        }
        string memory o = "withdrawals";
        vm.serializeUint(o, "depth", DEPTH);
        vm.serializeBytes(o, "encoded", encoded);
        vm.serializeBytes32(o, "leafHashes", leaves);
        vm.serializeBytes32(o, "proofOfLeaf2", Tree.proof(leaves, 2, DEPTH));
        vm.serializeBytes32(o, "emptyRoot", Tree.root(new bytes32[](0), DEPTH));
        return vm.serializeBytes32(o, "root", Tree.root(leaves, DEPTH));
    }

    /// @dev External, so that the data is calldata.
    function ofCalldata(bytes calldata data) external pure returns (bytes32) {
        return BatchHash.ofCalldata(keccak256(data));
    }

    function _list(bytes32[7] memory from) private pure returns (bytes32[] memory list) {
        list = new bytes32[](7);
        for (uint256 i = 0; i < 7; ++i) {
            list[i] = from[i];
        }
    }
}
