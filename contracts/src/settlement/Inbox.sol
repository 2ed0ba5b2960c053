// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../interfaces/IInbox.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {MessageHash} from "../libraries/MessageHash.sol";
import {ForcedTerms} from "../types/Forced.sol";
import {BatchPosted, Deposit, GovernanceMessage, MessageKind} from "../types/Messages.sol";
import {ForcedRequests} from "./ForcedRequests.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Inbox
/// @notice See `IInbox` and, for forced requests, `IForcedRequests`, which also hold every assumption.
contract Inbox is IInbox, ForcedRequests {
    /// @inheritdoc IInbox
    address public immutable vault;
    /// @inheritdoc IInbox
    address public immutable rollup;
    /// @inheritdoc IInbox
    address public immutable governance;

    /// @dev Entry `i` is the rolling hash after message `i`.
    bytes32[] private _rolling;

    /// @param vault_ does not exist yet: it checks in its constructor that this inbox names it.
    /// @param rollup_ likewise.
    constructor(address vault_, address rollup_, address governance_, ForcedTerms memory terms) ForcedRequests(terms) {
        if (vault_ == address(0) || rollup_ == address(0) || governance_ == address(0)) revert ZeroAddress();
        vault = vault_;
        rollup = rollup_;
        governance = governance_;
    }

    /// @inheritdoc IInbox
    function queueDeposit(Deposit calldata message) external returns (uint64 index) {
        if (msg.sender != vault) revert NotVault(msg.sender);
        return _queue(MessageKind.DEPOSIT, abi.encode(message));
    }

    /// @inheritdoc IInbox
    function queueBatchPosted(BatchPosted calldata message) external returns (uint64 index) {
        if (msg.sender != rollup) revert NotRollup(msg.sender);
        return _queue(MessageKind.BATCH_POSTED, abi.encode(message));
    }

    /// @inheritdoc IInbox
    function govern(uint8 action, uint16 subject, uint64 value) external returns (uint64 index) {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        return _queue(MessageKind.GOVERNANCE, abi.encode(GovernanceMessage(action, subject, value)));
    }

    /// @inheritdoc IInbox
    function messageCount() public view returns (uint64) {
        return SafeCast.toUint64(_rolling.length);
    }

    /// @inheritdoc IInbox
    function rollingHashAt(uint64 count) public view returns (bytes32) {
        if (count == 0) return bytes32(0);
        uint64 available = messageCount();
        if (count > available) revert UnknownMessage(count, available);
        return _rolling[count - 1];
    }

    /// @inheritdoc ForcedRequests
    function _queue(uint8 kind, bytes memory payload) internal override returns (uint64 index) {
        uint64 frozenAt = _rollup().frozenAt();
        if (frozenAt != 0) revert ExchangeFrozen(frozenAt);

        index = messageCount();
        uint64 l1Block = SafeCast.toUint64(block.number);
        uint64 l1Time = SafeCast.toUint64(block.timestamp);

        bytes32 messageHash = MessageHash.ofMessage(kind, l1Block, l1Time, payload);
        bytes32 rolling = MessageHash.roll(rollingHashAt(index), messageHash);
        _rolling.push(rolling);

        emit MessageQueued(index, kind, l1Block, l1Time, payload, rolling);
    }

    /// @inheritdoc ForcedRequests
    function _rollup() internal view override returns (IRollup) {
        return IRollup(rollup);
    }
}
