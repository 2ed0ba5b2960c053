// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What is known of whether something is right.
enum VerdictStatus {
    /// Nobody has said that it is wrong. Time makes it good.
    UNDISPUTED,
    /// Somebody has, and it is not decided. Time does nothing.
    DISPUTED,
    /// It is right, for ever.
    VALID,
    /// It is wrong, for ever.
    INVALID
}

/// @title Verdict
/// @notice Says which batches and which escape claims are right. What it is made of, a dispute game or a proof, is its
/// own matter; the rollup and the escape believe it.
///
/// All the money in the vault hangs on it, and on nothing else as much. Who writes one owes this:
///
/// - It judges one deployment alone, by the program `Rollup.programHash`.
/// - `VALID` and `INVALID` never change, but as `IDataDemand` says for its own part until somebody acts on them. What is `DISPUTED` becomes one of them, or
///   `UNDISPUTED` again, within a bounded time, whatever others do or leave undone: one who acts is enough; else nothing is ever final again.
/// - A dispute can be opened by anybody until the window is over, that is before `Rollup.windowEnd` or
///   `Escape.windowEnd`, as they are then: `IStressClock` stretches both. From that second on what is `UNDISPUTED` may be
///   taken for right by anybody's call, and a dispute that begins later comes to nothing. Within `IDataDemand` the one of
///   a batch can be opened until `IDataDemand.heldUntil`, when that is later.
/// - It speaks of hashes. The same batch may be posted again after it was dropped, with a new window; what was decided of
///   it stands. A batch that was dropped, as another before it was invalid, can never come back, for it names that one.
/// - Of batches, it judges each upon the one it names before it, right or wrong.
/// @dev The rollup and the escape ask by static calls. A verdict that reverts, or burns all gas, stops finality and
/// nothing else. Bonds of invalid claims are credited to the verdict by the escape: it pulls them with
/// `ICredit.withdrawCredit` and pays whom it owes.
interface IVerdict {
    /// @notice What is known of a batch.
    /// @param index its number.
    /// @param batchHash `keccak256(abi.encode(header))`.
    function ofBatch(uint64 index, bytes32 batchHash) external view returns (VerdictStatus);

    /// @notice What is known of an escape claim.
    /// @param claimHash `keccak256(abi.encode(claim))`.
    function ofClaim(bytes32 claimHash) external view returns (VerdictStatus);
}
