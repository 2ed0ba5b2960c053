// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../interfaces/IStressClock.sol";
import {IVerdict} from "../interfaces/IVerdict.sol";

/// @notice What the rollup is deployed with, for ever.
struct RollupTerms {
    /// The only account that posts batches.
    address sequencer;
    /// Seconds between posting and finality.
    uint64 challengeWindow;
    /// Seconds after which a forced request that was passed over, or silence, lets anybody freeze the exchange.
    uint64 forcedDeadline;
    /// The program that judges batches.
    bytes32 programHash;
    /// Says which batches are right.
    IVerdict verdict;
    /// Says how long the base layer was too dear, which stretches both windows.
    IStressClock clock;
}
