// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {LeapWitness, MachineState} from "../types/MachineState.sol";
import {Hart, Harts} from "./Hart.sol";
import {Leaves, MemoryLeaves} from "./Leaves.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {MultiProof} from "./MultiProof.sol";
import {StateHash} from "./StateHash.sol";
import {Step} from "./Step.sol";

/// @title RiscvStep
/// @notice See `IRiscvStep`; the machine is that of docs/machine.md, and `prover/vm` is it in Rust.
contract RiscvStep is IRiscvStep {
    /// @inheritdoc IRiscvStep
    function leap(MachineState calldata state, LeapWitness calldata witness) external view returns (bytes32) {
        if (state.halted) return StateHash.ofState(state);
        Leaves memory leaves = MemoryLeaves.ofWitness(witness);
        bytes32 root = MultiProof.root(leaves.indexes, witness.leaves, witness.siblings);
        if (root != state.memoryRoot) revert WrongRoot(root, state.memoryRoot);

        Hart memory hart = Harts.running(state);
        do {
            Step.step(hart, leaves, witness);
        } while (
            !hart.halted && hart.cycle - state.cycle < MachineLimits.LEAP_CYCLES
                && leaves.touchedCount < MachineLimits.LEAP_LEAVES
        );
        // Nothing below a sibling changed: they are the same after the leap.
        return StateHash.ofState(hart.toState(MultiProof.root(leaves.indexes, leaves.values(), witness.siblings)));
    }

    /// @inheritdoc IRiscvStep
    function hashOf(MachineState calldata state) external pure returns (bytes32) {
        return StateHash.ofState(state);
    }
}
