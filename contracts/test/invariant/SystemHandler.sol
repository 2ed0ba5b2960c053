// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System} from "../../script/System.sol";
import {TestToken} from "../../script/TestToken.sol";
import {IForcedRequests} from "../../src/interfaces/IForcedRequests.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Deposit} from "../../src/types/Messages.sol";
import {Tip} from "../../src/types/Tip.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Tree} from "../support/Tree.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Drives a system as its users do, with a sequencer that lies about withdrawals, and keeps its own books.
/// @dev No call of it ever reverts: what must be refused is tried and seen to be refused.
abstract contract SystemHandler is CommonBase, StdUtils {
    using SafeCast for uint256;

    bytes private constant DIFF = "diff";
    uint256 private constant DEPTH = 16;

    /// @dev A deposit as the inbox told it.
    struct Queued {
        uint64 messageIndex;
        uint64 l1Block;
        uint64 l1Time;
        Deposit deposit;
    }

    System internal s;
    TestToken internal token;
    address[] internal actors;
    /// @dev All who can have credit.
    address[] internal payees;

    // The books.
    uint256 public deposited;
    uint256 public paid;
    uint256 public donated;
    uint256 public claims;
    uint256 public highestFinalized = 1;
    BatchHeader[] internal headers;
    mapping(uint256 batch => Withdrawal[]) internal withdrawals;
    mapping(uint64 id => uint256) public timesPaid;
    Queued[] internal queued;
    uint64 public nextId;

    // Of forced requests, by number: the message, whether its fee was settled; and wei that was paid, less what was pulled.
    uint64[] public forced;
    mapping(uint256 id => bool) public isSettled;
    uint256 public feesHeld;
    uint256 public settledInTime;
    uint256 public settledLate;

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
        payees = actors;
        payees.push(s.inbox.feeRecipient());
    }

    // --- moves ---

    function deposit(uint256 actorSeed, uint256 amount, uint32 account) external {
        if (_frozen()) return;
        address actor = _actor(actorSeed);
        amount = _bound(amount, 1e6, 1e12);
        token.mint(actor, amount);
        queued.push(
            Queued({
                messageIndex: messages,
                l1Block: vm.getBlockNumber().toUint64(),
                l1Time: vm.getBlockTimestamp().toUint64(),
                deposit: Deposit({asset: 0, owner: actor, account: account, amount: amount.toUint64()})
            })
        );
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
        if (_frozen()) return;
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

    /// @param extra wei above the fee; one time in eight the fee is one wei short.
    function force(uint256 actorSeed, uint256 what, uint32 account, uint64 amount, uint256 extra) external {
        if (_frozen()) return;
        uint256 fee = s.inbox.forcedFee();
        bool short = extra % 8 == 7;
        uint256 value = short ? fee - 1 : fee + extra % 8;
        address actor = _actor(actorSeed);
        vm.deal(actor, value);
        bytes memory call =
            _request(what % 4, uint32(account % 2 ** 28), actor, _bound(amount, 1e6, 2 ** 60).toUint64());

        vm.recordLogs();
        vm.prank(actor);
        // forge-lint: disable-next-line(unchecked-call)
        (bool done,) = address(s.inbox).call{value: value}(call);
        require(done != short, "a fee was judged wrongly");
        if (done) {
            forced.push(messages);
            feesHeld += value;
        }
        _watch();
    }

    /// @dev Tries one batch as a proof: the one that decides settles a fee, once, and any other is refused.
    function settle(uint256 idSeed, uint256 batchSeed) external {
        if (forced.length == 0) return;
        uint64 id = (idSeed % forced.length).toUint64();
        uint256 index = batchSeed % headers.length;
        bool settles = !isSettled[id] && _decides(id, index);

        vm.recordLogs();
        try s.inbox.settleForced(id, headers[index]) {
            require(settles, "a fee was settled that was not to be");
            isSettled[id] = true;
            (, bool late) = abi.decode(vm.getRecordedLogs()[0].data, (uint96, bool));
            require(late == _isLate(id), "a fee went the wrong way");
            if (late) settledLate += 1;
            else settledInTime += 1;
        } catch {
            require(!settles, "a fee was not settled that was to be");
        }
    }

    function pull(uint256 payeeSeed) external {
        address payee = payees[payeeSeed % payees.length];
        uint256 due = s.inbox.credit(payee);
        vm.prank(payee);
        try s.inbox.withdrawCredit(payee) returns (uint256 amount) {
            require(amount == due && due > 0, "another amount than the credit");
            feesHeld -= amount;
        } catch {
            require(due == 0, "a credit was refused");
        }
    }

    // --- for the invariants ---

    /// @dev What the inbox owes: credits, and fees that were not settled.
    function owedByInbox() external view returns (uint256 sum) {
        for (uint256 i = 0; i < payees.length; ++i) {
            sum += s.inbox.credit(payees[i]);
        }
        for (uint64 id = 0; id < forced.length; ++id) {
            if (!isSettled[id]) sum += s.inbox.forcedRecord(id).fee;
        }
    }

    /// @dev How many requests no batch has consumed that are not late, counted one by one.
    function openForced() external view returns (uint256 open) {
        uint64 consumed = headers[headers.length - 1].l1MessageCount;
        for (uint256 id = 0; id < forced.length; ++id) {
            if (forced[id] >= consumed && vm.getBlockTimestamp() <= _due(id.toUint64())) open += 1;
        }
    }

    function forcedCount() external view returns (uint256) {
        return forced.length;
    }

    function batches() external view returns (uint256) {
        return headers.length;
    }

    function header(uint256 index) external view returns (BatchHeader memory) {
        return headers[index];
    }

    // --- hands ---

    function _request(uint256 what, uint32 account, address to, uint64 amount) private pure returns (bytes memory) {
        if (what == 0) return abi.encodeCall(IForcedRequests.forceCancelAll, (account));
        if (what == 1) return abi.encodeCall(IForcedRequests.forceWithdraw, (account, to, 0, amount));
        if (what == 2) return abi.encodeCall(IForcedRequests.forceExit, (account, to));
        return abi.encodeCall(IForcedRequests.forceLiquidate, (account));
    }

    function _frozen() internal view returns (bool) {
        return s.rollup.frozenAt() != 0;
    }

    function _due(uint64 id) private view returns (uint256) {
        return s.inbox.forcedRecord(id).queuedAt + s.inbox.refundAfter();
    }

    /// @dev Whether a batch is the last one by the time the request is due, that time is over, and the batch can be relied
    /// upon.
    function _decides(uint64 id, uint256 index) private view returns (bool) {
        uint256 due = _due(id);
        if (vm.getBlockTimestamp() <= due) return false;
        uint256 last = 0;
        for (uint64 i = 0; i < headers.length; ++i) {
            if (s.rollup.postedAt(i) <= due) last = i;
        }
        return index == last && (_isLate(id) || index < highestFinalized);
    }

    /// @dev By the batch that consumed the request, found from the first on.
    function _isLate(uint64 id) private view returns (bool) {
        uint256 due = _due(id);
        for (uint64 i = 0; i < headers.length; ++i) {
            if (headers[i].l1MessageCount > forced[id]) return s.rollup.postedAt(i) > due;
        }
        return vm.getBlockTimestamp() > due;
    }

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

    function _actor(uint256 seed) internal view returns (address) {
        return actors[seed % actors.length];
    }

    function skip(uint256 time) internal {
        vm.warp(vm.getBlockTimestamp() + time);
    }
}
