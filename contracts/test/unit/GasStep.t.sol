// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Leap} from "../support/Leaps.sol";
import {Run} from "../support/Runs.sol";
import {StepFixture} from "../support/StepFixture.sol";

/// @notice What the step of a match costs with its leap, as in `GasTest`: all of the transaction that decides.
contract GasStepTest is StepFixture {
    string private constant GROUP = "Gas";
    /// @dev What one transaction may take since Osaka is 2^24.
    uint256 private constant BOUND = 10_000_000;

    function test_gas_a_step_of_the_dearest_leap() public {
        Leap memory l = _leap("the dearest leap");
        (Run memory valid, Run memory invalid) = _downTo(l);
        bytes memory call = _stepCall(l, valid, invalid);
        (bool isFine,) = address(game).call(call);
        uint256 gas = vm.snapshotGasLastCall(GROUP, "step, with the dearest leap");
        assertTrue(isFine);
        assertEq(game.disputeOf(hash).invalid, 0);
        assertLt(gas, BOUND);
    }
}
