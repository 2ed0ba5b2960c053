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
    /// @dev Nodes pass on no transaction of more bytes, with 1 KiB for all that is not its input.
    uint256 private constant MOST_BYTES = 131_072 - 1024;

    function test_gas_a_step_of_the_dearest_leap() public {
        _measure("the dearest leap");
        vm.snapshotGasLastCall(GROUP, "step, with the dearest leap");
    }

    function test_gas_a_step_of_the_widest_leap_and_the_largest_preimage() public {
        _measure("the widest leap");
    }

    function _measure(string memory name) private {
        Leap memory l = _leap(name);
        assertEq(l.witness.preimage.length, 32_768);
        (Run memory valid, Run memory invalid) = _downTo(l);
        bytes memory call = _stepCall(l, valid, invalid);
        assertLt(call.length, MOST_BYTES, name);
        (bool isFine,) = address(game).call(call);
        assertTrue(isFine, name);
        assertLt(vm.lastCallGas().gasTotalUsed, BOUND, name);
    }
}
