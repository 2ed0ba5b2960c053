// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LeapWitness, MachineState} from "../types/MachineState.sol";

/// @title Step of the machine
/// @notice Executes one leap of the machine that docs/machine.md describes, of at most 1,024 instructions.
/// @dev Pure: what it says depends on its arguments alone. It reverts when the witness does not fit and never for what the
/// program does.
interface IRiscvStep {
    /// @notice The state hash after the leap that begins in `state`; the same when it is halted.
    function leap(MachineState calldata state, LeapWitness calldata witness) external view returns (bytes32);

    /// @notice The hash of a state.
    function hashOf(MachineState calldata state) external pure returns (bytes32);
}
