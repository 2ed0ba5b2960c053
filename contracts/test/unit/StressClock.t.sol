// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../../src/interfaces/IStressClock.sol";
import {StressClock} from "../../src/settlement/StressClock.sol";
import {StressTerms} from "../../src/types/Stress.sol";
import {StressFixture} from "../support/StressFixture.sol";

/// @notice What is abnormal, and how it adds up.
contract StressClockTest is StressFixture {
    function setUp() public override {
        super.setUp();
        _samples(31, CALM);
    }

    // --- intervals ---

    function test_an_interval_between_two_dear_blocks_is_stressed() public {
        _mark(3);
        assertTrue(clock.isMarked(FIRST + 3));
        assertEq(clock.stressedUntil(), 0);
        bytes memory header = _mine((FIRST + 4) * INTERVAL, DEAR);
        vm.expectEmit(address(clock));
        emit IStressClock.Marked(FIRST + 4, BASE + 2, DEAR);
        vm.expectEmit(address(clock));
        emit IStressClock.Stressed(FIRST + 3);
        vm.prank(bob);
        clock.prove(_one(header));
        assertTrue(clock.isStressed(FIRST + 3));
        assertFalse(clock.isStressed(FIRST + 4));
        assertEq(clock.stressedUntil(), (FIRST + 4) * INTERVAL);
        assertEq(clock.stressed(START, START + 1 days), INTERVAL);
    }

    function test_dear_blocks_that_are_apart_stress_nothing() public {
        _mark(0);
        _mark(2);
        _mark(4);
        assertEq(clock.stressedUntil(), 0);
        assertEq(clock.stressed(START, START + 1 days), 0);
        _mark(3);
        assertEq(clock.stressed(START, START + 1 days), 2 * INTERVAL);
        _mark(1);
        assertEq(clock.stressed(START, START + 1 days), 4 * INTERVAL);
    }

    /// @dev Each second counts once.
    function test_what_is_proven_again_changes_nothing() public {
        _stress(1, 2);
        _stress(1, 2);
        vm.recordLogs();
        _stress(2, 1);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(clock.stressed(START, START + 1 days), 2 * INTERVAL);
    }

    function test_only_the_first_half_of_an_interval_marks_it() public {
        uint64 start = (FIRST + 5) * INTERVAL;
        clock.prove(_one(_mine(start - 1, DEAR)));
        clock.prove(_one(_mine(start + INTERVAL / 2, DEAR)));
        clock.prove(_one(_mine(start + INTERVAL - 1, DEAR)));
        assertFalse(clock.isMarked(FIRST + 4) || clock.isMarked(FIRST + 5) || clock.isMarked(FIRST + 6));
        clock.prove(_one(_mine(start + INTERVAL / 2 - 1, DEAR)));
        assertTrue(clock.isMarked(FIRST + 5));
        clock.prove(_one(_mine(start + INTERVAL, DEAR)));
        assertTrue(clock.isMarked(FIRST + 6));
    }

    function test_three_hours_take_nineteen_headers() public {
        _stress(0, 18);
        assertEq(clock.stressed(START, START + 3 hours), 3 hours);
    }

    /// @dev What is stressed in part of a span does not count.
    function test_spans_are_rounded_inwards() public {
        _stress(2, 3);
        uint64 start = (FIRST + 2) * INTERVAL;
        uint64 end = start + 3 * INTERVAL;
        assertEq(clock.stressed(start, end), 3 * INTERVAL);
        assertEq(clock.stressed(start + 1, end), 2 * INTERVAL);
        assertEq(clock.stressed(start, end - 1), 2 * INTERVAL);
        assertEq(clock.stressed(start + 1, start + INTERVAL), 0);
        assertEq(clock.stressed(end, end + 1 days), 0);
        assertEq(clock.stressed(end, start), 0);
        assertEq(clock.stressed(0, start), 0);
        assertEq(clock.stressed(type(uint256).max, 0), 0);
        assertEq(clock.stressed(start, type(uint256).max), 3 * INTERVAL);
    }

    /// @dev From the last bit of a word of storage to the first of the next.
    function test_adds_up_over_words() public {
        uint64 first = (FIRST / 256 + 1) * 256 - FIRST - 3;
        _stress(first, 6);
        uint64 start = (FIRST + first) * INTERVAL;
        assertEq(clock.stressed(start, start + 6 * INTERVAL), 6 * INTERVAL);
        assertEq(clock.stressed(start, start + 3 * INTERVAL), 3 * INTERVAL);
        assertEq(clock.stressed(start + 3 * INTERVAL, start + 6 * INTERVAL), 3 * INTERVAL);
    }

    /// @dev So the gas of whoever asks is bounded, however long ago something began.
    function test_adds_up_no_further_than_its_reach() public {
        assertEq(clock.reach(), 16_384 * uint256(INTERVAL));
        _stress(0, 2);
        uint256 end = START + 2 * INTERVAL;
        assertEq(clock.stressed(end - clock.reach(), end), 2 * INTERVAL);
        assertEq(clock.stressed(end - clock.reach() - INTERVAL, end), INTERVAL);
        assertEq(clock.stressed(0, end), 0);
    }

    // --- abnormal ---

    function test_a_base_fee_below_the_least_is_never_abnormal() public {
        assertTrue(clock.isAbnormal(BASE, 20 gwei));
        assertFalse(clock.isAbnormal(BASE, 20 gwei - 1));
        clock.prove(_one(_mine(START, 20 gwei - 1)));
        assertFalse(clock.isMarked(FIRST));
        clock.prove(_one(_mine(START, 20 gwei)));
        assertTrue(clock.isMarked(FIRST));
    }

    function test_so_many_times_the_median_is_abnormal() public {
        clock = _freshClock();
        _samples(15, 1 gwei);
        _sample(BASE - 16 * STEP, 5 gwei);
        for (uint64 i = 1; i < 16; ++i) {
            _sample(BASE - i * STEP, 1000 gwei);
        }
        assertTrue(clock.isAbnormal(BASE, 40 gwei));
        assertFalse(clock.isAbnormal(BASE, 40 gwei - 1));
        assertTrue(clock.isAbnormal(BASE, type(uint256).max));
    }

    /// @dev Fewer than half of them, however dear or cheap, move it to no more than what the others are.
    function test_a_burst_at_fifteen_samples_does_not_make_dear_normal() public {
        clock = _freshClock();
        _samples(16, CALM);
        for (uint64 i = 1; i < 16; ++i) {
            _sample(BASE - i * STEP, 10_000 gwei);
        }
        assertTrue(clock.isAbnormal(BASE, DEAR));
    }

    /// @dev Who shows the cheap ones alone gains nothing.
    function test_samples_that_nobody_proved_are_dear() public {
        clock = _freshClock();
        assertFalse(clock.isAbnormal(BASE, type(uint256).max));
        _samples(15, 1);
        assertFalse(clock.isAbnormal(BASE, type(uint256).max));
        _sample(BASE - STEP, 1);
        assertTrue(clock.isAbnormal(BASE, DEAR));
    }

    function test_samples_are_those_before_the_last_step() public {
        clock = _freshClock();
        for (uint64 i = 0; i < 16; ++i) {
            _sample(BASE + i * STEP, CALM);
        }
        uint64 next = BASE + 16 * STEP;
        assertFalse(clock.isAbnormal(next - 1, DEAR));
        assertTrue(clock.isAbnormal(next, DEAR));
        uint64 last = next + 15 * STEP;
        assertTrue(clock.isAbnormal(last + STEP - 1, DEAR));
        assertFalse(clock.isAbnormal(last + STEP, DEAR));
        assertFalse(clock.isAbnormal(0, DEAR));
        assertFalse(clock.isAbnormal(type(uint64).max, DEAR));
    }

    function test_keeps_samples_of_multiples_alone() public {
        clock = _freshClock();
        vm.expectEmit(address(clock));
        emit IStressClock.Sampled(BASE, 7);
        _sample(BASE, 7);
        assertEq(clock.sample(BASE), 7);
        _sample(BASE + 1, 7);
        assertEq(clock.sample(BASE + 1), 0);
        _sample(BASE + STEP, 0);
        assertEq(clock.sample(BASE + STEP), 0);
        _sample(BASE + 2 * STEP, type(uint256).max);
        assertEq(clock.sample(BASE + 2 * STEP), type(uint64).max);
    }

    /// @dev A block that was not abnormal for want of samples is when they are there.
    function test_samples_may_come_later() public {
        clock = _freshClock();
        bytes memory header = _mine(START, DEAR);
        clock.prove(_one(header));
        assertFalse(clock.isMarked(FIRST));
        _samples(16, CALM);
        clock.prove(_one(header));
        assertTrue(clock.isMarked(FIRST));
    }

    // --- terms ---

    function test_refuses_terms_that_measure_nothing() public {
        StressTerms memory t = _stressTerms();
        t.minBaseFee = 0;
        _expectBadTerms(t);
        uint32[2] memory multiples = [uint32(0), 1];
        uint32[3] memory intervals = [uint32(0), 1, 1 days + 1];
        uint32[2] memory steps = [uint32(0), 4097];
        for (uint256 i = 0; i < 2; ++i) {
            t = _stressTerms();
            t.multiple = multiples[i];
            _expectBadTerms(t);
        }
        for (uint256 i = 0; i < 3; ++i) {
            t = _stressTerms();
            t.interval = intervals[i];
            _expectBadTerms(t);
        }
        for (uint256 i = 0; i < 2; ++i) {
            t = _stressTerms();
            t.referenceStep = steps[i];
            _expectBadTerms(t);
        }
        t = StressTerms({minBaseFee: 1, multiple: 2, interval: 2, referenceStep: 4096});
        assertEq(new StressClock(t).referenceStep(), 4096);
        t = StressTerms({minBaseFee: 1, multiple: 2, interval: 1 days, referenceStep: 1});
        assertEq(new StressClock(t).interval(), 1 days);
    }

    function _expectBadTerms(StressTerms memory t) private {
        vm.expectRevert(abi.encodeWithSelector(IStressClock.InvalidTerms.selector, t));
        new StressClock(t);
    }
}
