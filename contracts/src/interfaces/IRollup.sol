// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";
import {Tip} from "../types/Tip.sol";
import {IInbox} from "./IInbox.sol";
import {IStressClock} from "./IStressClock.sol";
import {IVerdict, VerdictStatus} from "./IVerdict.sol";

/// @title Rollup
/// @notice The chain of batches: who may extend it, what a well-formed batch is, and from when on it is final.
///
/// The contract checks what hashes, counters and clocks can show. Whether a batch is *valid* is for the program
/// `programHash` to say, for whoever disputes it within the challenge window, and for the verdict.
///
/// A batch is posted, and then it is *final*, or it is *rejected* with all that follow it. Anybody may *freeze* the
/// exchange, for ever, when whoever runs it passes over a forced request, or posts nothing, for `forcedDeadline`. From then
/// on no batch is posted; those that were go their way as before. When all of them are final the exchange is *settled*,
/// and `IEscape` pays everybody.
///
/// Windows and deadlines stand still while the base layer is stressed, as far as that is proven when they are looked at, and
/// never take more than twice their length: see `IStressClock`. What happened before the proof stays.
/// @dev Genesis is batch 0: it is final from the start, and its withdrawals are none. Final batches are never touched
/// again, by nobody. In whatever order freeze and rejections come, they lead to the same: neither needs the other not to
/// have happened, and settled is what nothing can change any more.
interface IRollup {
    /// @notice A batch was appended; the log alone is enough to rebuild its header. Also emitted for genesis.
    /// @param index its number.
    /// @param batchHash `keccak256(abi.encode(header))`.
    /// @param header the header itself.
    /// @param blobHashes versioned hashes of the blobs with the diff; empty when the diff is in calldata.
    event BatchPosted(uint64 indexed index, bytes32 indexed batchHash, BatchHeader header, bytes32[] blobHashes);

    /// @notice A batch can no longer be disputed.
    /// @param index its number.
    /// @param batchHash `keccak256(abi.encode(header))`.
    event BatchFinalized(uint64 indexed index, bytes32 indexed batchHash);

    /// @notice The state of genesis, for whoever rebuilds the state from the base layer alone. Emitted once.
    /// @param data the diff of its exit sections against nothing; its hash is the `diffHash` of batch 0.
    event GenesisData(bytes data);

    /// @notice A batch was found invalid, and dropped with all that follow it.
    /// @param index its number; that of the next one that is posted.
    /// @param batchHash `keccak256(abi.encode(header))`.
    /// @param dropped how many batches were dropped, itself included.
    event BatchRejected(uint64 indexed index, bytes32 indexed batchHash, uint64 dropped);

    /// @notice The exchange is frozen, as a forced request was passed over.
    /// @param requestId its number.
    /// @param due the last second at which it was in time, unix seconds.
    event FrozenByRequest(uint64 indexed requestId, uint256 due);

    /// @notice The exchange is frozen, as no batch was posted.
    /// @param lastPostedAt when the last one was, unix seconds.
    event FrozenBySilence(uint64 lastPostedAt);

    /// @notice An address that must be given is zero.
    error ZeroAddress();

    /// @notice The inbox listens to another rollup.
    error WrongInbox(address inbox);

    /// @notice A challenge window of zero would make every batch final at once.
    error NoChallengeWindow();

    /// @notice There is no contract to judge batches.
    error NoVerdict(address verdict);

    /// @notice The deadline is shorter than that after which fees of forced requests go back, or so long that it is none.
    error InvalidForcedDeadline(uint64 given, uint64 atLeast, uint64 atMost);

    /// @notice A genesis header starts all counters that the base layer keeps at zero.
    error NotGenesis(
        uint64 index,
        uint64 lastSeq,
        uint64 lastTimeMs,
        uint64 l1MessageCount,
        bytes32 l1MessageHash,
        uint32 withdrawalCount
    );

    /// @notice Only the sequencer posts batches.
    error NotSequencer(address caller);

    /// @notice Batches are posted in order.
    error WrongIndex(uint64 given, uint64 expected);

    /// @notice The batch builds on another predecessor.
    error WrongPreviousHash(bytes32 given, bytes32 expected);

    /// @notice The batch starts from another state.
    error WrongPreviousStateRoot(bytes32 given, bytes32 expected);

    /// @notice The state root is not made of the section roots.
    error WrongStateRoot(bytes32 given, bytes32 expected);

    /// @notice The batch leaves out inputs, or repeats some.
    error WrongFirstSeq(uint64 given, uint256 expected);

    /// @notice A batch has at least one input.
    error NoInputs(uint64 firstSeq, uint64 lastSeq);

    /// @notice A batch has more inputs than anybody must be able to judge.
    error TooManyInputs(uint256 given, uint256 limit);

    /// @notice Time never goes back, within a batch or from one to the next.
    error TimeWentBack(uint64 givenMs, uint64 earliestMs);

    /// @notice The batch ends too far in the future.
    error TimeInFuture(uint64 givenMs, uint256 latestMs);

    /// @notice The batch unconsumes messages, or consumes ones that do not exist, or more than it has inputs besides its
    /// seal.
    error WrongL1MessageCount(uint64 given, uint64 atLeast, uint64 atMost);

    /// @notice The batch consumed other messages than the inbox holds.
    error WrongL1MessageHash(bytes32 given, bytes32 expected);

    /// @notice The batch names another judge.
    error WrongProgram(bytes32 given, bytes32 expected);

    /// @notice Inputs fill at least one chunk.
    error NoInputChunks();

    /// @notice The inputs are longer than anybody must be able to hold.
    error TooManyInputChunks(uint32 given, uint256 limit);

    /// @notice The withdrawals do not fit the tree.
    error TooManyWithdrawals(uint32 given, uint256 limit);

    /// @notice The diff is neither in calldata nor in blobs of this transaction.
    error NoData();

    /// @notice The diff in calldata is not the one of the header.
    error WrongDiffHash(bytes32 given, bytes32 expected);

    /// @notice The batch commits to other data than the transaction carries.
    error WrongDataHash(bytes32 given, bytes32 expected);

    /// @notice There are only `count` batches.
    error UnknownBatch(uint64 index, uint64 count);

    /// @notice The exchange is frozen.
    error Frozen(uint64 frozenAt);

    /// @notice A posted batch has consumed the request: it was among the first `consumed` messages.
    error RequestConsumed(uint64 requestId, uint64 messageIndex, uint64 consumed);

    /// @notice The request is in time until `due`.
    error RequestInTime(uint64 requestId, uint256 due);

    /// @notice A batch was posted lately: there is time until `due`.
    error NotSilent(uint256 due);

    /// @notice The batch is final.
    error AlreadyFinal(uint64 index);

    /// @notice The verdict does not say that the batch is invalid.
    error NotInvalid(uint64 index, VerdictStatus status);

    /// @notice Where messages come from and posted batches are announced.
    function inbox() external view returns (IInbox);

    /// @notice The only account that posts batches.
    function sequencer() external view returns (address);

    /// @notice Seconds between posting and finality, before they are stretched.
    function challengeWindow() external view returns (uint64);

    /// @notice The program that judges batches.
    function programHash() external view returns (bytes32);

    /// @notice Says which batches are right.
    function verdict() external view returns (IVerdict);

    /// @notice Seconds for which a forced request may be passed over, and no batch be posted, before anybody may freeze the
    /// exchange, before they are stretched. At least `IForcedRequests.refundAfter`, at most 30 days.
    function forcedDeadline() external view returns (uint64);

    /// @notice Says how long the base layer was stressed.
    function clock() external view returns (IStressClock);

    /// @notice When the exchange was frozen, unix seconds; 0 while it is not.
    function frozenAt() external view returns (uint64);

    /// @notice When a batch was posted last, whatever became of it, unix seconds. The time of the deployment before the
    /// first.
    function lastPostedAt() external view returns (uint64);

    /// @notice Whether the exchange is frozen and all posted batches are final: nothing here changes any more.
    function isSettled() external view returns (bool);

    /// @notice What the next batch is measured against.
    function tip() external view returns (Tip memory);

    /// @notice Number of batches, genesis included.
    function batchCount() external view returns (uint64);

    /// @notice Number of final batches, genesis included; batches below it are final.
    function finalizedCount() external view returns (uint64);

    /// @notice Hash of a batch. Reverts for an unknown one.
    function batchHash(uint64 index) external view returns (bytes32);

    /// @notice When a batch was posted, unix seconds. Reverts for an unknown one.
    function postedAt(uint64 index) external view returns (uint64);

    /// @notice From when on an undisputed batch may be taken for right, unix seconds, as far as is proven now. Reverts for an unknown
    /// one.
    function windowEnd(uint64 index) external view returns (uint256);

    /// @notice The last second in which passing a forced request over freezes nothing, unix seconds, as far as is proven now.
    /// Reverts for an unknown one.
    function forcedDue(uint64 requestId) external view returns (uint256);

    /// @notice The last second in which silence freezes nothing, unix seconds, as far as is proven now.
    function silentDue() external view returns (uint256);

    /// @notice Whether a batch exists and can no longer be disputed.
    function isFinal(uint64 index) external view returns (bool);

    /// @notice Whether a batch was rejected because the verdict said that it is invalid. Those that only fell with it were not.
    /// It says so for ever, also when the same batch is posted again.
    function isRejected(bytes32 hash) external view returns (bool);

    /// @notice Appends a batch and queues the message that says so.
    /// @dev With empty `data` the diff lies in the blobs of the transaction, all of them, in order. Else `data` is the
    /// diff, and blobs are ignored. The sequencer should post in a transaction of its own: two batches posted in one
    /// would have to share their blobs.
    /// @param header the batch.
    /// @param data the encoded diff, or empty.
    function postBatch(BatchHeader calldata header, bytes calldata data) external;

    /// @notice Makes batches final, in order, up to `upTo` and including it: one whose window has passed and that is
    /// undisputed, or one that is valid. A batch that is disputed, or invalid, stops the walk. Anyone may call it; nothing to
    /// do is not an error.
    /// @param upTo last batch to consider, `type(uint64).max` for all; a bound on the gas.
    /// @return count the number of final batches, genesis included.
    function finalize(uint64 upTo) external returns (uint64 count);

    /// @notice Drops a batch that the verdict says is invalid, and all that follow it: the next batch is built on the one
    /// before it. Anyone may call it, frozen or not.
    /// @dev A request that the dropped batches only seemed to have consumed, and that is past `forcedDeadline`, freezes the
    /// exchange at once: else the sequencer could post the next invalid batch before anybody freezes it, and so for ever.
    /// @param index the batch, not final.
    /// @param previous the header of the batch before it.
    function reject(uint64 index, BatchHeader calldata previous) external;

    /// @notice Freezes the exchange, for ever, when a forced request is past `forcedDeadline` and no posted batch has
    /// consumed it. Anyone may call it.
    /// @param requestId its number, see `IForcedRequests`.
    function freeze(uint64 requestId) external;

    /// @notice Freezes the exchange, for ever, when no batch was posted for `forcedDeadline`. Anyone may call it.
    /// @dev A batch that was rejected since was posted all the same: who cares for more than silence forces a request.
    function freezeSilent() external;
}
