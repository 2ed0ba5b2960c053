// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IForcedRequests} from "../interfaces/IForcedRequests.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IStressClock} from "../interfaces/IStressClock.sol";
import {IVerdict, VerdictStatus} from "../interfaces/IVerdict.sol";
import {BatchHash} from "../libraries/BatchHash.sol";
import {Deadline} from "../libraries/Deadline.sol";
import {BatchHeader} from "../types/BatchHeader.sol";
import {ForcedRecord} from "../types/Forced.sol";
import {Limits} from "../types/Limits.sol";
import {BatchPosted as BatchPostedMessage} from "../types/Messages.sol";
import {RollupTerms} from "../types/RollupTerms.sol";
import {Tip} from "../types/Tip.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Rollup
/// @notice See `IRollup`, which also holds every assumption.
contract Rollup is IRollup {
    using BatchHash for BatchHeader;

    /// @dev What is kept of every batch.
    struct Batch {
        bytes32 hash;
        uint64 postedAt;
    }

    /// @dev Longer than any time for which a request may be in time; more would be no bound.
    uint64 private constant MAX_FORCED_DEADLINE = 30 days;

    /// @inheritdoc IRollup
    IInbox public immutable inbox;
    /// @inheritdoc IRollup
    address public immutable sequencer;
    /// @inheritdoc IRollup
    uint64 public immutable challengeWindow;
    /// @inheritdoc IRollup
    bytes32 public immutable programHash;
    /// @inheritdoc IRollup
    IVerdict public immutable verdict;
    /// @inheritdoc IRollup
    uint64 public immutable forcedDeadline;
    /// @inheritdoc IRollup
    IStressClock public immutable clock;

    Tip private _tip;

    /// @inheritdoc IRollup
    uint64 public finalizedCount;
    /// @inheritdoc IRollup
    uint64 public lastPostedAt;
    /// @inheritdoc IRollup
    uint64 public frozenAt;

    /// @dev By index, dense below `_tip.batchCount`.
    mapping(uint64 index => Batch) private _batches;

    /// @inheritdoc IRollup
    mapping(bytes32 hash => bool) public isRejected;

    /// @param genesis batch 0. Its program hash says nothing here; its hash is what batch 1 builds on.
    /// @param genesisData the diff of its exit sections against nothing.
    constructor(IInbox inbox_, RollupTerms memory terms, BatchHeader memory genesis, bytes memory genesisData) {
        if (terms.sequencer == address(0)) revert ZeroAddress();
        if (inbox_.rollup() != address(this)) revert WrongInbox(address(inbox_));
        if (terms.challengeWindow == 0) revert NoChallengeWindow();
        if (address(terms.verdict).code.length == 0) revert NoVerdict(address(terms.verdict));
        uint64 refundAfter = IForcedRequests(address(inbox_)).refundAfter();
        if (terms.forcedDeadline < refundAfter || terms.forcedDeadline > MAX_FORCED_DEADLINE) {
            revert InvalidForcedDeadline(terms.forcedDeadline, refundAfter, MAX_FORCED_DEADLINE);
        }
        Deadline.check(terms.clock, terms.challengeWindow);
        Deadline.check(terms.clock, terms.forcedDeadline);
        _checkGenesis(genesis);
        _checkSections(genesis);
        _checkCommitment(genesis.diffHash, genesis.dataHash, keccak256(genesisData));

        inbox = inbox_;
        sequencer = terms.sequencer;
        challengeWindow = terms.challengeWindow;
        forcedDeadline = terms.forcedDeadline;
        programHash = terms.programHash;
        verdict = terms.verdict;
        clock = terms.clock;

        finalizedCount = 1;
        bytes32 hash = _append(genesis);
        emit GenesisData(genesisData);
        emit BatchPosted(0, hash, genesis, new bytes32[](0));
    }

    /// @inheritdoc IRollup
    function postBatch(BatchHeader calldata header, bytes calldata data) external {
        if (msg.sender != sequencer) revert NotSequencer(msg.sender);
        _checkLive();
        _checkChain(header);
        _checkClock(header);
        _checkMessages(header);
        _checkContents(header);
        bytes32[] memory blobHashes = _checkData(header, data);

        bytes32 hash = _append(header);
        emit BatchPosted(header.index, hash, header, blobHashes);

        inbox.queueBatchPosted(
            BatchPostedMessage({
                index: header.index,
                batchHash: hash,
                l1Block: SafeCast.toUint64(block.number),
                prevrandao: block.prevrandao
            })
        );
    }

    /// @inheritdoc IRollup
    function finalize(uint64 upTo) external returns (uint64 count) {
        count = finalizedCount;
        uint64 end = _tip.batchCount;
        while (count < end && count <= upTo && _stands(count)) {
            emit BatchFinalized(count, _batches[count].hash);
            ++count;
        }
        finalizedCount = count;
    }

    /// @inheritdoc IRollup
    function reject(uint64 index, BatchHeader calldata previous) external {
        bytes32 hash = _batch(index).hash;
        if (index < finalizedCount) revert AlreadyFinal(index);
        VerdictStatus status = verdict.ofBatch(index, hash);
        if (status != VerdictStatus.INVALID) revert NotInvalid(index, status);
        bytes32 given = previous.ofHeader();
        bytes32 expected = _batches[index - 1].hash;
        if (given != expected) revert WrongPreviousHash(given, expected);

        isRejected[hash] = true;
        emit BatchRejected(index, hash, _tip.batchCount - index);
        _moveTip(previous);
        _freezeIfLate();
    }

    /// @inheritdoc IRollup
    function freeze(uint64 requestId) external {
        _checkLive();
        ForcedRecord memory record = _forced().forcedRecord(requestId);
        uint64 consumed = _tip.l1MessageCount;
        if (record.messageIndex < consumed) revert RequestConsumed(requestId, record.messageIndex, consumed);
        uint256 due = _due(record.queuedAt);
        if (!_isPast(due)) revert RequestInTime(requestId, due);
        _freeze();
        emit FrozenByRequest(requestId, due);
    }

    /// @inheritdoc IRollup
    function freezeSilent() external {
        _checkLive();
        uint256 due = _due(lastPostedAt);
        if (!_isPast(due)) revert NotSilent(due);
        _freeze();
        emit FrozenBySilence(lastPostedAt);
    }

    /// @inheritdoc IRollup
    function tip() external view returns (Tip memory) {
        return _tip;
    }

    /// @inheritdoc IRollup
    function batchCount() external view returns (uint64) {
        return _tip.batchCount;
    }

    /// @inheritdoc IRollup
    function batchHash(uint64 index) external view returns (bytes32) {
        return _batch(index).hash;
    }

    /// @inheritdoc IRollup
    function postedAt(uint64 index) external view returns (uint64) {
        return _batch(index).postedAt;
    }

    /// @inheritdoc IRollup
    function windowEnd(uint64 index) external view returns (uint256) {
        return _windowEnd(_batch(index));
    }

    /// @inheritdoc IRollup
    function forcedDue(uint64 requestId) external view returns (uint256) {
        return _due(_forced().forcedRecord(requestId).queuedAt);
    }

    /// @inheritdoc IRollup
    function silentDue() external view returns (uint256) {
        return _due(lastPostedAt);
    }

    /// @inheritdoc IRollup
    function isFinal(uint64 index) external view returns (bool) {
        return index < finalizedCount;
    }

    /// @inheritdoc IRollup
    function isSettled() external view returns (bool) {
        return frozenAt != 0 && finalizedCount == _tip.batchCount;
    }

    /// @dev Appends a batch, now.
    function _append(BatchHeader memory header) private returns (bytes32 hash) {
        hash = header.ofHeader();
        lastPostedAt = SafeCast.toUint64(block.timestamp);
        _batches[header.index] = Batch({hash: hash, postedAt: lastPostedAt});
        _moveTip(header);
    }

    /// @dev Makes `header` the last batch; those after it are no more.
    function _moveTip(BatchHeader memory header) private {
        _tip = Tip({
            stateRoot: header.stateRoot,
            batchCount: header.index + 1,
            lastSeq: header.lastSeq,
            lastTimeMs: header.lastTimeMs,
            l1MessageCount: header.l1MessageCount
        });
    }

    function _freeze() private {
        frozenAt = SafeCast.toUint64(block.timestamp);
    }

    /// @dev Freezes when the oldest request that no posted batch has consumed is past the deadline.
    function _freezeIfLate() private {
        if (frozenAt != 0) return;
        IForcedRequests forced = _forced();
        uint64 id = forced.firstForcedFrom(_tip.l1MessageCount);
        if (id == forced.forcedCount()) return;
        uint256 due = _due(forced.forcedRecord(id).queuedAt);
        if (!_isPast(due)) return;
        _freeze();
        emit FrozenByRequest(id, due);
    }

    function _checkLive() private view {
        if (frozenAt != 0) revert Frozen(frozenAt);
    }

    /// @dev The batch continues the last one: index, hash, state and inputs.
    function _checkChain(BatchHeader calldata header) private view {
        uint64 index = _tip.batchCount;
        if (header.index != index) revert WrongIndex(header.index, index);

        bytes32 previousHash = _batches[index - 1].hash;
        if (header.previousHash != previousHash) revert WrongPreviousHash(header.previousHash, previousHash);

        bytes32 stateRoot = _tip.stateRoot;
        if (header.previousStateRoot != stateRoot) {
            revert WrongPreviousStateRoot(header.previousStateRoot, stateRoot);
        }

        // Wider than the fields, so that a last input of `type(uint64).max` is an ordinary dead end.
        uint256 firstSeq = uint256(_tip.lastSeq) + 1;
        if (header.firstSeq != firstSeq) revert WrongFirstSeq(header.firstSeq, firstSeq);
        if (header.lastSeq < header.firstSeq) revert NoInputs(header.firstSeq, header.lastSeq);

        uint256 inputs = uint256(header.lastSeq) - header.firstSeq + 1;
        if (inputs > Limits.MAX_INPUTS_PER_BATCH) revert TooManyInputs(inputs, Limits.MAX_INPUTS_PER_BATCH);
    }

    /// @dev Time does not go back, and does not run ahead of the base layer's by more than the tolerance.
    function _checkClock(BatchHeader calldata header) private view {
        uint64 earliest = _tip.lastTimeMs;
        if (header.firstTimeMs < earliest) revert TimeWentBack(header.firstTimeMs, earliest);
        if (header.lastTimeMs < header.firstTimeMs) revert TimeWentBack(header.lastTimeMs, header.firstTimeMs);

        uint256 latest = block.timestamp * 1000 + Limits.MAX_BATCH_FUTURE_MS;
        if (header.lastTimeMs > latest) revert TimeInFuture(header.lastTimeMs, latest);
    }

    /// @dev The batch consumed a prefix of the inbox, no shorter than the last batch did. Each message is an input, and
    /// the last input is none: it seals the batch.
    function _checkMessages(BatchHeader calldata header) private view {
        uint64 count = header.l1MessageCount;
        uint64 atLeast = _tip.l1MessageCount;
        uint64 atMost =
            SafeCast.toUint64(Math.min(inbox.messageCount(), uint256(atLeast) + header.lastSeq - header.firstSeq));
        if (count < atLeast || count > atMost) revert WrongL1MessageCount(count, atLeast, atMost);

        bytes32 rolling = inbox.rollingHashAt(count);
        if (header.l1MessageHash != rolling) revert WrongL1MessageHash(header.l1MessageHash, rolling);
    }

    /// @dev The batch is well formed and judged by our program.
    function _checkContents(BatchHeader calldata header) private view {
        if (header.programHash != programHash) revert WrongProgram(header.programHash, programHash);
        if (header.inputChunks == 0) revert NoInputChunks();
        if (header.inputChunks > Limits.MAX_INPUT_CHUNKS) {
            revert TooManyInputChunks(header.inputChunks, Limits.MAX_INPUT_CHUNKS);
        }
        if (header.withdrawalCount > Limits.MAX_WITHDRAWALS_PER_BATCH) {
            revert TooManyWithdrawals(header.withdrawalCount, Limits.MAX_WITHDRAWALS_PER_BATCH);
        }
        _checkSections(header);
    }

    /// @dev The batch commits to the data of this very transaction, and calldata to the diff. What blobs hold is for a
    /// proof to say.
    /// @return blobHashes all blobs of the transaction; none when the diff is in `data`.
    function _checkData(BatchHeader calldata header, bytes calldata data)
        private
        view
        returns (bytes32[] memory blobHashes)
    {
        if (data.length != 0) {
            _checkCommitment(header.diffHash, header.dataHash, keccak256(data));
            return blobHashes;
        }
        blobHashes = BatchHash.blobHashes();
        if (blobHashes.length == 0) revert NoData();
        bytes32 expected = BatchHash.ofBlobs(blobHashes);
        if (header.dataHash != expected) revert WrongDataHash(header.dataHash, expected);
    }

    /// @dev A header with these hashes commits to a diff that is told in calldata and has the hash `told`.
    function _checkCommitment(bytes32 diffHash, bytes32 dataHash, bytes32 told) private pure {
        if (diffHash != told) revert WrongDiffHash(diffHash, told);
        bytes32 expected = BatchHash.ofCalldata(told);
        if (dataHash != expected) revert WrongDataHash(dataHash, expected);
    }

    /// @dev What the base layer counts on from here begins at zero.
    function _checkGenesis(BatchHeader memory genesis) private pure {
        bool fresh = genesis.index == 0 && genesis.lastSeq == 0 && genesis.lastTimeMs == 0
            && genesis.l1MessageCount == 0 && genesis.l1MessageHash == 0 && genesis.withdrawalCount == 0;
        if (!fresh) {
            revert NotGenesis(
                genesis.index,
                genesis.lastSeq,
                genesis.lastTimeMs,
                genesis.l1MessageCount,
                genesis.l1MessageHash,
                genesis.withdrawalCount
            );
        }
    }

    function _checkSections(BatchHeader memory header) private pure {
        bytes32 expected = BatchHash.ofSections(header.sectionRoots);
        if (header.stateRoot != expected) revert WrongStateRoot(header.stateRoot, expected);
    }

    /// @dev Whether a batch is right, as far as L1 will ever know: by the verdict, or by the time nobody disputed it.
    function _stands(uint64 index) private view returns (bool) {
        Batch storage batch = _batches[index];
        VerdictStatus status = verdict.ofBatch(index, batch.hash);
        // Windows are days; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        bool waited = _windowEnd(batch) <= block.timestamp;
        return status == VerdictStatus.VALID || (status == VerdictStatus.UNDISPUTED && waited);
    }

    /// @dev From when on an undisputed batch may be taken for right.
    function _windowEnd(Batch storage batch) private view returns (uint256) {
        return Deadline.end(clock, batch.postedAt, challengeWindow);
    }

    /// @dev The last second in which something is not late that should follow within the deadline.
    function _due(uint64 since) private view returns (uint256) {
        return Deadline.end(clock, since, forcedDeadline);
    }

    function _isPast(uint256 due) private view returns (bool) {
        // Deadlines are days; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp > due;
    }

    /// @dev The part of the inbox that takes forced requests.
    function _forced() private view returns (IForcedRequests) {
        return IForcedRequests(address(inbox));
    }

    function _batch(uint64 index) private view returns (Batch storage) {
        uint64 count = _tip.batchCount;
        if (index >= count) revert UnknownBatch(index, count);
        return _batches[index];
    }
}
