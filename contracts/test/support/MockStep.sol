// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StateHash} from "../../src/fault/StateHash.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";

/// @notice A machine whose leap counts cycles by one, until it halts after as many as it was told.
contract MockStep is IRiscvStep {
    uint64 private _length;
    uint8 private _exitCode;

    function set(uint64 length, uint8 exitCode) external {
        (_length, _exitCode) = (length, exitCode);
    }

    function leap(MachineState calldata state, LeapWitness calldata) external view returns (bytes32) {
        MachineState memory next = state;
        if (!next.halted) {
            ++next.cycle;
            next.halted = next.cycle == _length;
            if (next.halted) next.exitCode = _exitCode;
        }
        return StateHash.ofState(next);
    }

    function hashOf(MachineState calldata state) external pure returns (bytes32) {
        return StateHash.ofState(state);
    }
}
