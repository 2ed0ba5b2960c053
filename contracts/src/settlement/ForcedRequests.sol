// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IForcedRequests} from "../interfaces/IForcedRequests.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {BatchHash} from "../libraries/BatchHash.sol";
import {PullCredit} from "../libraries/PullCredit.sol";
import {BatchHeader} from "../types/BatchHeader.sol";
import {ForcedRecord, ForcedTerms} from "../types/Forced.sol";
import {Limits} from "../types/Limits.sol";
import {ForcedKind, ForcedRequest, MessageKind} from "../types/Messages.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title ForcedRequests
/// @notice See `IForcedRequests`, which also holds every assumption.
/// @dev The part of the inbox that takes forced requests and keeps their fees.
abstract contract ForcedRequests is IForcedRequests, PullCredit {
    using BatchHash for BatchHeader;

    /// @dev Less than a few blocks of L1 would make every request late; more would be no bound.
    uint64 private constant MIN_REFUND_AFTER = 60 seconds;
    uint64 private constant MAX_REFUND_AFTER = 30 days;

    /// @inheritdoc IForcedRequests
    uint64 public immutable forcedBaseFee;
    /// @inheritdoc IForcedRequests
    uint64 public immutable forcedFeeStep;
    /// @inheritdoc IForcedRequests
    uint64 public immutable forcedMaxFee;
    /// @inheritdoc IForcedRequests
    uint64 public immutable refundAfter;
    /// @inheritdoc IForcedRequests
    address public immutable feeRecipient;

    /// @dev By number of the request; message indices and times ascend.
    ForcedRecord[] private _records;

    constructor(ForcedTerms memory terms) {
        bool priced = terms.baseFee != 0 && terms.feeStep != 0 && terms.maxFee >= terms.baseFee;
        bool timed = terms.refundAfter >= MIN_REFUND_AFTER && terms.refundAfter <= MAX_REFUND_AFTER;
        if (!priced || !timed || terms.feeRecipient == address(0)) revert InvalidForcedTerms(terms);
        forcedBaseFee = terms.baseFee;
        forcedFeeStep = terms.feeStep;
        forcedMaxFee = terms.maxFee;
        refundAfter = terms.refundAfter;
        feeRecipient = terms.feeRecipient;
    }

    /// @inheritdoc IForcedRequests
    function forceCancelAll(uint32 account) external payable returns (uint64 id) {
        return _force(ForcedKind.CANCEL_ALL, account, address(0), 0, 0);
    }

    /// @inheritdoc IForcedRequests
    function forceWithdraw(uint32 account, address recipient, uint16 asset, uint64 amount)
        external
        payable
        returns (uint64 id)
    {
        if (recipient == address(0)) revert ZeroRecipient();
        if (asset >= Limits.MAX_ASSETS) revert UnknownAsset(asset, Limits.MAX_ASSETS);
        uint256 least = asset == 0 ? Limits.MIN_WITHDRAWAL : 1;
        if (amount < least || amount > Limits.MAX_AMOUNT) revert AmountOutOfRange(amount, least, Limits.MAX_AMOUNT);
        return _force(ForcedKind.WITHDRAW, account, recipient, asset, amount);
    }

    /// @inheritdoc IForcedRequests
    function forceExit(uint32 account, address recipient) external payable returns (uint64 id) {
        if (recipient == address(0)) revert ZeroRecipient();
        return _force(ForcedKind.EXIT, account, recipient, 0, 0);
    }

    /// @inheritdoc IForcedRequests
    function forceLiquidate(uint32 account) external payable returns (uint64 id) {
        return _force(ForcedKind.LIQUIDATE, account, address(0), 0, 0);
    }

    /// @inheritdoc IForcedRequests
    function settleForced(uint64 id, BatchHeader calldata header) external {
        ForcedRecord storage record = _record(id);
        if (record.settled) revert AlreadySettled(id);
        bool late = _wasLate(record, header);
        address to = late ? record.payer : feeRecipient;

        record.settled = true;
        _owe(to, record.fee);
        emit ForcedSettled(id, to, record.fee, late);
    }

    /// @inheritdoc IForcedRequests
    function forcedCount() public view returns (uint64) {
        return SafeCast.toUint64(_records.length);
    }

    /// @inheritdoc IForcedRequests
    function forcedRecord(uint64 id) external view returns (ForcedRecord memory) {
        return _record(id);
    }

    /// @inheritdoc IForcedRequests
    function firstForcedFrom(uint64 count) external view returns (uint64 id) {
        (uint256 low, uint256 high) = (0, _records.length);
        while (low < high) {
            uint256 middle = Math.average(low, high);
            if (_records[middle].messageIndex < count) low = middle + 1;
            else high = middle;
        }
        return SafeCast.toUint64(low);
    }

    /// @inheritdoc IForcedRequests
    function openForced() public view returns (uint64) {
        uint64 consumed = _rollup().tip().l1MessageCount;
        uint256 count = _records.length;
        // Messages and times ascend, so those that are open come last: the first of them lies from `low` to `high`.
        (uint256 low, uint256 high) = (0, count);
        while (low < high) {
            uint256 middle = Math.average(low, high);
            ForcedRecord storage record = _records[middle];
            // What a proposer can do to the clock is seconds, and it decides on a fee alone.
            // forge-lint: disable-next-line(block-timestamp)
            if (record.messageIndex < consumed || block.timestamp > _due(record)) low = middle + 1;
            else high = middle;
        }
        return SafeCast.toUint64(count - low);
    }

    /// @inheritdoc IForcedRequests
    function forcedFee() public view returns (uint96) {
        uint256 risen = forcedBaseFee + uint256(forcedBaseFee) * openForced() / forcedFeeStep;
        return SafeCast.toUint96(Math.min(risen, forcedMaxFee));
    }

    /// @dev Queues a message of the inbox.
    function _queue(uint8 kind, bytes memory payload) internal virtual returns (uint64 index);

    /// @dev The rollup that consumes the messages.
    function _rollup() internal view virtual returns (IRollup);

    function _force(uint8 request, uint32 account, address recipient, uint16 asset, uint64 amount)
        private
        returns (uint64 id)
    {
        if (account >= Limits.MAX_ACCOUNTS) revert UnknownAccount(account, Limits.MAX_ACCOUNTS);
        uint96 fee = forcedFee();
        if (msg.value < fee) revert FeeTooSmall(msg.value, fee);

        bytes memory payload = abi.encode(ForcedRequest(request, msg.sender, account, recipient, asset, amount));
        uint64 messageIndex = _queue(MessageKind.FORCED, payload);
        id = forcedCount();
        _records.push(
            ForcedRecord({
                messageIndex: messageIndex,
                queuedAt: SafeCast.toUint64(block.timestamp),
                fee: fee,
                settled: false,
                payer: msg.sender
            })
        );
        emit ForcedRequested(id, msg.sender, account, request, messageIndex, fee);
        uint256 change = msg.value - fee;
        if (change != 0) {
            _owe(msg.sender, change);
            emit ChangeCredited(id, msg.sender, change);
        }
    }

    /// @dev Whether the request was late, as the last batch says that was posted when it was due. Reverts when `header`
    /// is not of that batch.
    function _wasLate(ForcedRecord storage record, BatchHeader calldata header) private view returns (bool late) {
        IRollup rollup_ = _rollup();
        bytes32 given = header.ofHeader();
        bytes32 expected = rollup_.batchHash(header.index);
        if (given != expected) revert WrongBatch(header.index, given, expected);

        uint256 due = _due(record);
        uint64 postedAt = rollup_.postedAt(header.index);
        uint64 next = header.index + 1;
        // What comes is no earlier than now.
        uint256 nextAt = next < rollup_.batchCount() ? rollup_.postedAt(next) : block.timestamp;
        // What a proposer can do to the clock is seconds, and it decides on a fee alone.
        // forge-lint: disable-next-line(block-timestamp)
        if (postedAt > due || nextAt <= due) revert NotDecisive(header.index, postedAt, nextAt, due);

        late = header.l1MessageCount <= record.messageIndex;
        if (!late && !rollup_.isFinal(header.index)) revert BatchStillOpen(header.index);
    }

    /// @dev The last second at which the request is in time.
    function _due(ForcedRecord storage record) private view returns (uint256) {
        return uint256(record.queuedAt) + refundAfter;
    }

    function _record(uint64 id) private view returns (ForcedRecord storage) {
        uint64 count = forcedCount();
        if (id >= count) revert UnknownRequest(id, count);
        return _records[id];
    }
}
