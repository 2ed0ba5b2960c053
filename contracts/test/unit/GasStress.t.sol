// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StressFixture} from "../support/StressFixture.sol";

/// @notice What stress costs to prove, and who asks for it to look, as in `GasTest`.
contract GasStressTest is StressFixture {
    string private constant GROUP = "Gas";

    function setUp() public override {
        super.setUp();
        _samples(31, CALM);
    }

    function test_gas_sample() public {
        _sample(BASE, CALM);
        vm.snapshotGasLastCall(GROUP, "prove, a sample");
    }

    function test_gas_three_hours() public {
        _stress(0, 18);
        vm.snapshotGasLastCall(GROUP, "prove, three hours of stress in 19 headers");
    }

    /// @dev The worst that a window can be: stressed for twice its length.
    function test_gas_finalize_stressed() public {
        _post(_next());
        _stress(0, 2 * WINDOW / INTERVAL);
        skip(2 * WINDOW);
        rollup.finalize(1);
        vm.snapshotGasLastCall(GROUP, "finalize, one batch in stress");
    }
}
