// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LeapWitness, MachineState} from "../types/MachineState.sol";

/// @title Step of the machine
/// @notice Executes one leap of the machine that docs/machine.md describes, of at most 1,024 instructions.
/// @dev Pure: what it says depends on its arguments alone. It reverts when the witness does not fit and never for what the
/// program does.
interface IRiscvStep {
    /// @notice Indexes and leaves of the witness differ in number, or there is none; or indexes are not ascending, or beyond memory.
    error LeavesDisordered();

    /// @notice The witness leads to another root of memory than the state has.
    error WrongRoot(bytes32 root, bytes32 memoryRoot);

    /// @notice Other than `count` siblings lead from the leaves of the witness to a root.
    error WrongSiblings(uint256 count);

    /// @notice The leap touches a leaf that the witness lacks.
    error LeafMissing(uint256 index);

    /// @notice The leap reads the preimage of `hash`, which the witness lacks.
    error WrongPreimage(bytes32 hash);

    /// @notice The leap reads a field element of a blob whose opening the witness lacks.
    error WrongOpening();

    /// @notice The state hash after the leap that begins in `state`; the same when it is halted.
    function leap(MachineState calldata state, LeapWitness calldata witness) external view returns (bytes32);

    /// @notice The hash of a state.
    function hashOf(MachineState calldata state) external pure returns (bytes32);
}
