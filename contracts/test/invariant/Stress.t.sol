// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Deadline} from "../../src/libraries/Deadline.sol";
import {StressFixture} from "../support/StressFixture.sol";

/// @notice Proves headers of any time and base fee, samples among them, and counts again what is stressed by them.
contract StressInvariantTest is StressFixture {
    uint64 private constant SPAN = 300;

    /// @dev By interval from the deployment: whether an abnormal block lies in its first half, by this book.
    bool[SPAN + 1] private _dear;
    /// @dev What a window came to before.
    uint256 private _lastEnd;

    function setUp() public override {
        super.setUp();
        _samples(31, CALM);
        targetContract(address(this));
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = this.proveOne.selector;
        selectors[1] = this.proveMany.selector;
        targetSelector(FuzzSelector({addr: address(this), selectors: selectors}));
    }

    /// @dev One block of a base fee around what is abnormal.
    function proveOne(uint64 time, uint256 fee) public {
        time = uint64(bound(time, START, START + SPAN * INTERVAL - 1));
        fee = bound(fee, 15 gwei, 25 gwei);
        clock.prove(_one(_mine(time, fee)));
        uint64 index = (time - START) / INTERVAL;
        if (fee >= 20 gwei && (time - START) % INTERVAL < INTERVAL / 2) _dear[index] = true;
    }

    /// @dev Dear blocks one after the other.
    function proveMany(uint64 first, uint64 count) public {
        first = uint64(bound(first, 0, SPAN - 1));
        count = uint64(bound(count, 0, SPAN - first < 12 ? SPAN - first : 12));
        _stress(first, count);
        for (uint64 i = 0; i <= count; ++i) {
            _dear[first + i] = true;
        }
    }

    function invariant_each_stressed_second_counts_once() public view {
        uint256 expected = 0;
        for (uint256 i = 0; i < SPAN; ++i) {
            if (_dear[i] && _dear[i + 1]) expected += INTERVAL;
        }
        assertEq(clock.stressed(START, START + SPAN * INTERVAL), expected);
        assertEq(clock.stressed(0, START), 0);
        assertEq(clock.stressed(START + SPAN * INTERVAL, type(uint64).max), 0);
    }

    function invariant_no_window_is_more_than_doubled_or_ever_shorter() public {
        assertLe(rollup.silentDue(), rollup.lastPostedAt() + 2 * uint256(DEADLINE));
        assertGe(rollup.silentDue(), rollup.lastPostedAt() + uint256(DEADLINE));
        assertLe(rollup.windowEnd(0), START + 2 * uint256(WINDOW));
        uint256 end = Deadline.end(clock, START, WINDOW);
        assertGe(end, _lastEnd);
        _lastEnd = end;
    }
}
