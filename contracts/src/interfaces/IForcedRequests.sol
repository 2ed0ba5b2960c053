// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";
import {ForcedRecord, ForcedTerms} from "../types/Forced.sol";
import {ICredit} from "./ICredit.sol";

/// @title Forced requests
/// @notice What anybody can ask of the exchange without its leave, and what that costs. A part of the inbox.
///
/// A request is a message like any other: the exchange can neither skip it nor alter it, only be late. It is *open* from
/// the moment it is queued until a posted batch has consumed it or it is late. Its fee in ether rises with the number of
/// open requests up to `forcedMaxFee`, so that nobody fills the queue cheaply, and deposits do not raise it. A fee is
/// *settled* once: it goes to the recipient of fees when a final batch consumed the request in time, and back to the
/// payer when it was late. Fees and change are credited, and pulled by whom they belong to.
/// @dev Whether a request comes to anything is for the engine to say; a rejected one was consumed and costs the same.
/// What can be seen to be void from here is refused, so that nobody pays for it. For whom a fee comes back, requests
/// cost gas and the use of the money alone: that is the recipient of fees, who should not be who runs the exchange, and
/// anybody while requests are late, which whoever runs it can bring about. With many of them he makes those of others
/// dear. Two things bound that: a request that is late counts no more, so that he needs as many again each
/// `refundAfter`; and nobody ever pays more than `forcedMaxFee`. When a request is late its fee goes back; when it is later
/// still, anybody may freeze the exchange, see `IRollup.freeze`.
interface IForcedRequests is ICredit {
    /// @notice A request was queued, and its fee paid.
    /// @param id its number among forced requests, dense from 0.
    /// @param payer who sent it.
    /// @param account the account that it is about.
    /// @param request one of `ForcedKind`.
    /// @param messageIndex its message in the inbox, which holds the rest.
    /// @param fee what it cost, in wei.
    event ForcedRequested(
        uint64 indexed id, address indexed payer, uint32 indexed account, uint8 request, uint64 messageIndex, uint96 fee
    );

    /// @notice More was sent than the fee, and what was above it credited to who sent it.
    /// @param id the request.
    /// @param payer who sent it.
    /// @param amount in wei, not zero.
    event ChangeCredited(uint64 indexed id, address indexed payer, uint256 amount);

    /// @notice A fee was settled, and credited.
    /// @param id the request.
    /// @param to who got it.
    /// @param fee in wei.
    /// @param late whether it went back because the request was late.
    event ForcedSettled(uint64 indexed id, address indexed to, uint96 fee, bool late);

    /// @notice A fee of zero, a step of zero, a highest fee below the first, a time to be in time that is not from 60
    /// seconds to 30 days, or nobody to get the fees.
    error InvalidForcedTerms(ForcedTerms terms);

    /// @notice No account has such a number.
    error UnknownAccount(uint32 account, uint256 limit);

    /// @notice No exchange has so many assets.
    error UnknownAsset(uint16 asset, uint256 limit);

    /// @notice The exchange would refuse the amount.
    error AmountOutOfRange(uint64 amount, uint256 atLeast, uint256 atMost);

    /// @notice Less was sent than a request costs now.
    error FeeTooSmall(uint256 given, uint256 needed);

    /// @notice There are only `count` requests.
    error UnknownRequest(uint64 id, uint64 count);

    /// @notice The fee was settled before.
    error AlreadySettled(uint64 id);

    /// @notice The header is not that of the batch of its index.
    error WrongBatch(uint64 index, bytes32 given, bytes32 expected);

    /// @notice Another batch decides: the last one that was posted by `due`. This one was posted at `postedAt`, and the
    /// next at `nextAt`, or not before now.
    error NotDecisive(uint64 index, uint64 postedAt, uint256 nextAt, uint256 due);

    /// @notice The batch shows that the request was consumed in time, but can still be disputed.
    error BatchStillOpen(uint64 index);

    /// @notice Fee of a request while none is open, in wei. Not zero.
    function forcedBaseFee() external view returns (uint64);

    /// @notice So many open requests raise the fee by `forcedBaseFee`. Not zero.
    function forcedFeeStep() external view returns (uint64);

    /// @notice What a request costs at most, in wei. At least `forcedBaseFee`.
    function forcedMaxFee() external view returns (uint64);

    /// @notice Seconds within which a request is to be consumed by a posted batch, the last of them included. From 60
    /// seconds to 30 days.
    function refundAfter() external view returns (uint64);

    /// @notice Who gets the fees of requests that were consumed in time.
    function feeRecipient() external view returns (address);

    /// @notice What a request costs now, in wei: `forcedBaseFee + forcedBaseFee * openForced / forcedFeeStep`,
    /// rounded down, but no more than `forcedMaxFee`.
    function forcedFee() external view returns (uint96);

    /// @notice Number of requests so far.
    function forcedCount() external view returns (uint64);

    /// @notice Number of requests that no posted batch has consumed yet and that are not late.
    function openForced() external view returns (uint64);

    /// @notice Number of the first request whose message is not among the first `messageCount`; `forcedCount()` when there
    /// is none.
    function firstForcedFrom(uint64 messageCount) external view returns (uint64 id);

    /// @notice What is kept of a request. Reverts for an unknown one.
    function forcedRecord(uint64 id) external view returns (ForcedRecord memory);

    /// @notice Asks that all orders of an account of the caller's be cancelled.
    /// @dev For this and all requests: at least `forcedFee()` is sent along, and what is above it is credited to the
    /// caller. An account that does not exist is refused as far as that can be seen from here.
    /// @return id the number of the request.
    function forceCancelAll(uint32 account) external payable returns (uint64 id);

    /// @notice Asks that an account of the caller's pay `amount` to `recipient`, or the most that it may.
    /// @param account the account to debit.
    /// @param recipient who is to be paid, not zero.
    /// @param asset which asset, as registered in the vault.
    /// @param amount in units of the exchange (1e-6), up to `Limits.MAX_AMOUNT`; of USDC from `Limits.MIN_WITHDRAWAL` on.
    /// @return id the number of the request.
    function forceWithdraw(uint32 account, address recipient, uint16 asset, uint64 amount)
        external
        payable
        returns (uint64 id);

    /// @notice Asks that all positions of an account of the caller's be closed, and all of it be paid to `recipient`.
    /// @param account the account.
    /// @param recipient who is to be paid, not zero.
    /// @return id the number of the request.
    function forceExit(uint32 account, address recipient) external payable returns (uint64 id);

    /// @notice Asks that an account be liquidated, whose ever it is. It is, when it lacks maintenance margin.
    /// @return id the number of the request.
    function forceLiquidate(uint32 account) external payable returns (uint64 id);

    /// @notice Settles the fee of a request. Anyone may call it, after `due = queuedAt + refundAfter`.
    /// @dev The last batch that was posted by `due` decides, `due` included. When it, or one before it, had consumed the
    /// request, the request was in time: the fee goes to the recipient of fees, as soon as that batch is final. When it
    /// had not, whichever batch did, or will, came after `due`: the fee goes back to the payer. Batches consume ever more
    /// messages and are posted ever later, so there is one such batch. One that is dropped before it is final makes way for
    /// an earlier one, which consumed no more: a request that was late stays late.
    /// @param id the request.
    /// @param header of the batch that decides; genesis, where it was the only one.
    function settleForced(uint64 id, BatchHeader calldata header) external;
}
