// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RiscvStep} from "../../src/fault/RiscvStep.sol";
import {StateHash} from "../../src/fault/StateHash.sol";
import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {Filing} from "../../src/types/Dispute.sol";
import {MachineState} from "../../src/types/MachineState.sol";
import {DisputeFixture} from "./DisputeFixture.sol";
import {Leap, Leaps} from "./Leaps.sol";
import {Run, Runs} from "./Runs.sol";

/// @notice A match that came down to a leap that is written down, before the real machine: "valid" is right of it.
abstract contract StepFixture is DisputeFixture, Leaps {
    using Runs for Run;

    function setUp() public virtual override {
        super.setUp();
        vm.etch(address(game.machine()), address(new RiscvStep()).code);
    }

    /// @dev The states are the start, that before the leap, that after it, and an end.
    function _downTo(Leap memory l) internal returns (Run memory valid, Run memory invalid) {
        invalid = _fileStates(challenger, l, keccak256("elsewhere"), 1);
        valid = _fileStates(defender, l, l.next, 0);
        _descend(defender, challenger, valid, invalid);
        assertEq(_match(valid, invalid).index, 2);
    }

    /// @dev The call that decides.
    function _stepCall(Leap memory l, Run memory valid, Run memory invalid) internal view returns (bytes memory) {
        bytes32[] memory proof = valid.siblings(0, 1, 38);
        return abi.encodeCall(IDisputeGame.step, (hash, valid.root(), invalid.root(), l.state, proof, l.witness));
    }

    function _fileStates(address who, Leap memory l, bytes32 next, uint8 exitCode) private returns (Run memory run) {
        MachineState memory last;
        (last.halted, last.exitCode) = (true, exitCode);
        bytes32[] memory states = new bytes32[](4);
        states[0] = game.startOf(subject, hash);
        states[1] = StateHash.ofState(l.state);
        states[2] = next;
        states[3] = StateHash.ofState(last);
        run = Runs.ofLeaves(states);
        Filing memory f = Filing({
            subject: subject,
            index: 1,
            hash: hash,
            nodes: run.below(38, 0, 8),
            startProof: run.siblings(0, 0, 30),
            last: last,
            lastProof: run.siblings(0, LAST, 30)
        });
        vm.deal(who, DISPUTE_BOND);
        vm.prank(who);
        game.file{value: DISPUTE_BOND}(f);
    }
}
