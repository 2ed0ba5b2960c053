// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What the base layer's stress is measured by, decided at the deployment.
struct StressTerms {
    /// A base fee below it is never abnormal, in wei.
    uint64 minBaseFee;
    /// So many times the median of the samples is abnormal.
    uint32 multiple;
    /// Seconds of an interval, which is stressed as a whole or not at all.
    uint32 interval;
    /// The base fee of every block whose number is a multiple of it is a sample.
    uint32 referenceStep;
}
