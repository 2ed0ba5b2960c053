// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RiscvStep} from "../../src/fault/RiscvStep.sol";
import {Leap, Leaps} from "../support/Leaps.sol";

/// @notice The machine in Solidity is the machine in Rust: each leap that is written down leads to the same state.
contract RiscvStepTest is Leaps {
    RiscvStep private immutable step = new RiscvStep();

    function test_every_golden_leap_leads_to_the_same_state() public view {
        Leap[] memory leaps = _leaps();
        assertGt(leaps.length, 160, "leaps");
        for (uint256 i = 0; i < leaps.length; ++i) {
            Leap memory l = leaps[i];
            assertEq(step.leap(l.state, l.witness), l.next, l.name);
        }
    }
}
