// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System} from "../../script/System.sol";
import {TestToken} from "../../script/TestToken.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Tip} from "../../src/types/Tip.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Tree} from "../support/Tree.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Drives a system as its users do, with a sequencer that lies about withdrawals, and keeps its own books.
/// @dev No call of it ever reverts: what must be refused is tried and seen to be refused.
contract SystemHandler is CommonBase, StdUtils {
    using SafeCast for uint256;

    bytes private constant DIFF = "diff";
    uint256 private constant DEPTH = 16;

    System internal s;
    TestToken internal token;
    address[] internal actors;

    // The books.
    uint256 public deposited;
    uint256 public paid;
    uint256 public donated;
    uint256 public claims;
    uint256 public highestFinalized = 1;
    BatchHeader[] internal headers;
    mapping(uint256 batch => Withdrawal[]) internal withdrawals;
    mapping(uint64 id => uint256) public timesPaid;
    uint64 public nextId;

    // What a watcher of the logs knows.
    uint64 public messages;
    bytes32[] public rolling;

    constructor(System memory s_, TestToken token_, BatchHeader memory genesis) {
        s = s_;
        token = token_;
        headers.push(genesis);
        rolling.push(bytes32(0));
        for (uint256 i = 0; i < 4; ++i) {
            actors.push(vm.addr(0xAC7000 + i));
        }
    }

    // --- moves ---

    function deposit(uint256 actorSeed, uint256 amount, uint32 account) external {
        address actor = _actor(actorSeed);
        amount = _bound(amount, 1e6, 1e12);
        token.mint(actor, amount);
        vm.prank(actor);
        token.approve(address(s.vault), amount);

        vm.recordLogs();
        vm.prank(actor);
        deposited += s.vault.deposit(0, amount, actor, account);
        _watch();
    }

    function donate(uint256 amount) external {
        amount = _bound(amount, 1, 1e9);
        token.mint(address(s.vault), amount);
        donated += amount;
    }

    /// @param lie one time in four the batch withdraws more than there is; one time in four it repeats old ids.
    function post(uint256 count, uint256 seed, uint256 lie, uint256 elapsed) external {
        skip(_bound(elapsed, 0, 1 days));
        uint256 index = headers.length;
        _plan(index, _bound(count, 0, 5), seed, lie % 4);
        BatchHeader memory h = _header(index, seed);

        vm.recordLogs();
        vm.prank(s.rollup.sequencer());
        s.rollup.postBatch(h, DIFF);
        _watch();
        headers.push(h);
    }

    /// @dev Tries a batch that does not follow the last one.
    function postOutOfOrder(uint256 which) external {
        BatchHeader memory h = headers[which % headers.length];
        vm.prank(s.rollup.sequencer());
        try s.rollup.postBatch(h, DIFF) {
            revert("an old batch was posted again");
        } catch {}
    }

    function finalize(uint64 upTo, uint256 elapsed) external {
        skip(_bound(elapsed, 0, 1 days));
        uint256 count = s.rollup.finalize(_bound(upTo, 0, headers.length).toUint64());
        require(count >= highestFinalized, "finality went back");
        highestFinalized = count;
    }

    function claim(uint256 batchSeed, uint256 leafSeed) external {
        uint256 index = batchSeed % headers.length;
        uint256 count = withdrawals[index].length;
        if (count == 0) return;
        uint256 leaf = leafSeed % count;
        Withdrawal memory w = withdrawals[index][leaf];
        bool due = index < highestFinalized && timesPaid[w.id] == 0 && w.amount <= deposited - paid;

        try s.withdrawals.claim(headers[index], w, leaf, _proof(index, leaf)) {
            require(due, "paid what was not due");
            timesPaid[w.id] += 1;
            paid += w.amount;
            claims += 1;
        } catch {
            require(!due, "refused what was due");
        }
    }

    /// @dev Tries to get one unit more, or somebody else's money, out of a leaf.
    function claimForged(uint256 batchSeed, uint256 leafSeed, uint256 what) external {
        uint256 index = batchSeed % headers.length;
        uint256 count = withdrawals[index].length;
        if (count == 0) return;
        uint256 leaf = leafSeed % count;
        Withdrawal memory w = withdrawals[index][leaf];
        if (what % 3 == 0) w.amount += 1;
        if (what % 3 == 1) w.recipient = address(this);
        if (what % 3 == 2) w.id += 1_000_000;
        try s.withdrawals.claim(headers[index], w, leaf, _proof(index, leaf)) {
            revert("paid a forged withdrawal");
        } catch {}
    }

    // --- for the invariants ---

    function batches() external view returns (uint256) {
        return headers.length;
    }

    function header(uint256 index) external view returns (BatchHeader memory) {
        return headers[index];
    }

    // --- hands ---

    function _plan(uint256 index, uint256 count, uint256 seed, uint256 lie) private {
        uint256 share = count == 0 ? 0 : (deposited - paid) / (count * 4);
        for (uint256 i = 0; i < count; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 amount = lie == 1 ? deposited + 1 + r % 1e6 : r % (share + 1);
            uint64 id = lie == 2 && nextId > 0 ? (r % nextId).toUint64() : nextId++;
            withdrawals[index].push(
                Withdrawal({
                    id: id, account: (r % 100).toUint32(), recipient: _actor(r), asset: 0, amount: amount.toUint64()
                })
            );
        }
    }

    function _header(uint256 index, uint256 seed) private view returns (BatchHeader memory h) {
        Tip memory t = s.rollup.tip();
        BatchHeader memory previous = headers[index - 1];
        h.index = index.toUint64();
        h.previousHash = keccak256(abi.encode(previous));
        h.previousStateRoot = previous.stateRoot;
        h.sectionRoots[0] = keccak256(abi.encode(seed));
        bytes32[7] memory r = h.sectionRoots;
        h.stateRoot = keccak256(bytes.concat(hex"02", r[0], r[1], r[2], r[3], r[4], r[5], r[6]));
        h.firstSeq = t.lastSeq + 1;
        h.lastSeq = h.firstSeq + (seed % 1000).toUint64();
        h.firstTimeMs = t.lastTimeMs;
        h.lastTimeMs = (vm.getBlockTimestamp() * 1000).toUint64();
        // Any prefix not shorter than the last.
        uint256 most = t.l1MessageCount + h.lastSeq - h.firstSeq;
        h.l1MessageCount = _bound(seed, t.l1MessageCount, messages < most ? messages : most).toUint64();
        h.l1MessageHash = rolling[h.l1MessageCount];
        h.inputChunks = 1;
        h.withdrawalsRoot = Tree.root(_leaves(index), DEPTH);
        h.withdrawalCount = withdrawals[index].length.toUint32();
        h.diffHash = keccak256(DIFF);
        h.dataHash = keccak256(abi.encodePacked(uint8(1), h.diffHash));
        h.programHash = s.rollup.programHash();
    }

    /// @dev Rolls the messages forward from the logs alone.
    function _watch() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInbox.MessageQueued.selector) continue;
            require(uint256(logs[i].topics[1]) == messages, "messages are not dense");
            (uint64 l1Block, uint64 l1Time, bytes memory payload,) =
                abi.decode(logs[i].data, (uint64, uint64, bytes, bytes32));
            bytes32 message = keccak256(abi.encode(uint256(logs[i].topics[2]), l1Block, l1Time, keccak256(payload)));
            rolling.push(keccak256(abi.encode(rolling[messages], message)));
            messages += 1;
        }
    }

    function _proof(uint256 index, uint256 leaf) private view returns (bytes32[] memory) {
        return Tree.proof(_leaves(index), leaf, DEPTH);
    }

    function _leaves(uint256 index) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](withdrawals[index].length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = Tree.leaf(abi.encode(withdrawals[index][i]));
        }
    }

    function _actor(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }

    function skip(uint256 time) private {
        vm.warp(vm.getBlockTimestamp() + time);
    }
}
