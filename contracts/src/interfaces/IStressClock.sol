// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StressTerms} from "../types/Stress.sol";

/// @title Clock of stress
/// @notice In which seconds the base layer was so dear that nobody can be asked to have done anything in them, as its own
/// headers prove. Windows are stretched by as much, and never by more than their own length: see `Deadline`.
///
/// Nobody owns it. Anybody proves headers, in any order, as often as he likes: what is proven stays.
///
/// - A *sample* is the base fee of a block whose number is a multiple of `referenceStep`. Nobody chooses which blocks these
///   are, and one that nobody proved counts as infinitely dear: who leaves out some makes abnormal rarer, not more frequent.
/// - A block is *abnormal* when its base fee is at least `minBaseFee`, and at least `multiple` times the median of the 31
///   samples before the last multiple that is not above its number.
/// - Time is cut into *intervals* of `interval` seconds. One is *marked* when an abnormal block in its first half is proven,
///   and *stressed* when it and the next one are marked.
/// @dev A hash is known from `BLOCKHASH` or the history contract of EIP-2935, or as the parent's of a header that is
/// known. A header must have the fields up to the base fee; what comes after them is not looked at. Where the base layer
/// changes what a header is nothing is proven any more, and windows have their own length.
interface IStressClock {
    /// @notice The base fee of a block that is a sample is known, in wei.
    event Sampled(uint64 indexed number, uint64 baseFee);

    /// @notice The block `number`, in the first half of an interval, is abnormal.
    event Marked(uint64 indexed interval, uint64 indexed number, uint256 baseFee);

    /// @notice All seconds of an interval are stressed.
    event Stressed(uint64 indexed interval);

    /// @notice With these terms everything is abnormal, or nothing can be proven.
    error InvalidTerms(StressTerms terms);

    /// @notice The header at this place of the call is of no block that is known.
    error UnknownHeader(uint256 place, bytes32 hash);

    /// @notice A base fee below it is never abnormal, in wei.
    function minBaseFee() external view returns (uint64);

    /// @notice So many times the median of the samples is abnormal.
    function multiple() external view returns (uint32);

    /// @notice Seconds of an interval.
    function interval() external view returns (uint32);

    /// @notice The base fee of every block whose number is a multiple of it is a sample.
    function referenceStep() external view returns (uint32);

    /// @notice The longest span that `stressed` adds up, in seconds; it says so that its gas is bounded.
    function reach() external view returns (uint256);

    /// @notice The end of the last stressed interval, unix seconds; 0 when none is.
    function stressedUntil() external view returns (uint64);

    /// @notice The sample of the block `number`, in wei; 0 where it is not known or `number` is no multiple.
    function sample(uint64 number) external view returns (uint64);

    /// @notice Whether the block `number` is abnormal with this base fee, by the samples that are known now.
    function isAbnormal(uint64 number, uint256 baseFee) external view returns (bool);

    /// @notice Whether an interval, the seconds from `interval * index` on, is marked.
    function isMarked(uint64 index) external view returns (bool);

    /// @notice Whether an interval is stressed.
    function isStressed(uint64 index) external view returns (bool);

    /// @notice Whether a hash is known to be a block's that no number leads to any more.
    function isRemembered(bytes32 blockHash) external view returns (bool);

    /// @notice Seconds of the stressed intervals that lie wholly between two times, unix seconds, both included as far as is
    /// proven now. Where more than `reach` lies between them, of the first of these alone. Never reverts.
    function stressed(uint256 from, uint256 to) external view returns (uint256);

    /// @notice Takes headers, in RLP: keeps the samples among them, and marks the intervals that abnormal ones lie in.
    /// What is known already, or says nothing, is no error.
    /// @param headers in any order, but one that neither number nor memory tells follows its child. Samples count for
    /// those after them.
    function prove(bytes[] calldata headers) external;
}
