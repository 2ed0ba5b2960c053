// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchPosted, Deposit} from "../types/Messages.sol";

/// @title Inbox
/// @notice The ordered list of what the base layer tells the rollup, kept as a rolling hash.
///
/// A message is `(kind, l1Block, l1Time, payload)`; its hash is
/// `keccak256(abi.encode(kind, l1Block, l1Time, keccak256(payload)))`, and the rolling hash moves on as
/// `keccak256(abi.encode(rolling, messageHash))`, from `bytes32(0)`. A batch says how many messages it has consumed and
/// what the rolling hash was then, so the rollup can neither skip, reorder, alter nor invent one.
/// @dev Nobody can remove or change a message. The vault, the rollup and governance, which queue their kinds, are fixed at
/// construction; the third kind is for everybody, see `IForcedRequests`. Once the rollup is frozen nothing is queued any
/// more: nobody would consume it.
interface IInbox {
    /// @notice A message was appended.
    /// @param index its number, dense from 0.
    /// @param kind see `MessageKind`.
    /// @param l1Block number of this block.
    /// @param l1Time time of this block, unix seconds.
    /// @param payload what the kind says it is.
    /// @param rollingHash the rolling hash after the message.
    event MessageQueued(
        uint64 indexed index, uint8 indexed kind, uint64 l1Block, uint64 l1Time, bytes payload, bytes32 rollingHash
    );

    /// @notice An address that must be given is zero.
    error ZeroAddress();

    /// @notice Only the vault queues deposits.
    error NotVault(address caller);

    /// @notice Only the rollup queues posted batches.
    error NotRollup(address caller);

    /// @notice Only governance queues its messages.
    error NotGovernance(address caller);

    /// @notice The exchange is frozen, and will read no message any more.
    error ExchangeFrozen(uint64 frozenAt);

    /// @notice There are only `available` messages.
    error UnknownMessage(uint64 count, uint64 available);

    /// @notice The only contract that queues deposits.
    function vault() external view returns (address);

    /// @notice The only contract that queues posted batches.
    function rollup() external view returns (address);

    /// @notice The only contract that queues messages of governance.
    function governance() external view returns (address);

    /// @notice Number of messages queued so far.
    function messageCount() external view returns (uint64);

    /// @notice The rolling hash after the first `count` messages; `bytes32(0)` for none.
    function rollingHashAt(uint64 count) external view returns (bytes32);

    /// @notice Queues a message of kind 1.
    /// @return index the number of the message.
    function queueDeposit(Deposit calldata message) external returns (uint64 index);

    /// @notice Queues a message of kind 2.
    /// @return index the number of the message.
    function queueBatchPosted(BatchPosted calldata message) external returns (uint64 index);

    /// @notice Queues a message of kind 4.
    /// @param action see `GovernanceMessage`, as the others.
    /// @return index the number of the message.
    function govern(uint8 action, uint16 subject, uint64 value) external returns (uint64 index);
}
