// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../interfaces/IStressClock.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Deadline
/// @notice When windows end that stand still while the base layer is stressed, and that are never more than doubled.
library Deadline {
    /// @notice There is no contract that says when the base layer is stressed.
    error NoClock(address clock);

    /// @notice Twice the window is more than the clock adds up.
    error WindowTooLong(uint64 window, uint256 reach);

    /// @dev For the constructor of whoever has such a window: all of it can be stretched, and that is all the gas it takes.
    function check(IStressClock clock, uint64 window) internal view {
        if (address(clock).code.length == 0) revert NoClock(address(clock));
        uint256 reach = clock.reach();
        if (2 * uint256(window) > reach) revert WindowTooLong(window, reach);
    }

    /// @param since the first second, unix seconds.
    /// @param window seconds.
    /// @return `since + window`, and the stressed seconds from then on, as far as they are proven now; at most twice the
    /// window. Whatever the clock says, the bound is here.
    function end(IStressClock clock, uint64 since, uint64 window) internal view returns (uint256) {
        uint256 unstretched = uint256(since) + window;
        return unstretched + Math.min(window, clock.stressed(since, unstretched + window));
    }
}
