// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../../src/interfaces/IStressClock.sol";
import {Bits} from "../../src/libraries/Bits.sol";
import {Deadline} from "../../src/libraries/Deadline.sol";
import {StressFixture} from "../support/StressFixture.sol";

contract StressFuzzTest is StressFixture {
    function setUp() public override {
        super.setUp();
        _samples(31, CALM);
    }

    function testFuzz_bits_are_counted(uint256 word) public pure {
        uint256 count = 0;
        for (uint256 i = 0; i < 256; ++i) {
            count += (word >> i) & 1;
        }
        assertEq(Bits.count(word), count);
    }

    function testFuzz_ranges_hold_what_they_say(uint256 from, uint256 to) public pure {
        to = bound(to, 0, 256);
        from = bound(from, 0, to);
        uint256 range = Bits.range(from, to);
        assertEq(Bits.count(range), to - from);
        for (uint256 i = 0; i < 256; ++i) {
            assertEq((range >> i) & 1, i >= from && i < to ? 1 : 0);
        }
    }

    /// @dev Whatever is marked, in whatever order, what is added up is what a second at a time comes to.
    function testFuzz_adds_up_what_was_proven(uint32 marks, uint64 first, uint64 from, uint64 length, bool backwards)
        public
    {
        first = uint64(bound(first, 0, 600));
        for (uint64 i = 0; i < 32; ++i) {
            uint64 at = backwards ? 31 - i : i;
            if ((marks >> at) & 1 == 1) _mark(first + at);
        }
        from =
            uint64(bound(from, START + (first - (first > 2 ? 2 : first)) * INTERVAL, START + (first + 34) * INTERVAL));
        length = uint64(bound(length, 0, 40 * INTERVAL));
        uint256 expected = 0;
        for (uint64 i = 0; i < 31; ++i) {
            uint256 begin = START + (first + i) * INTERVAL;
            bool stressed = (marks >> i) & 3 == 3;
            assertEq(clock.isStressed(FIRST + first + i), stressed);
            if (stressed && begin >= from && begin + INTERVAL <= from + length) expected += INTERVAL;
        }
        assertEq(clock.stressed(from, from + length), expected);
    }

    /// @dev At most doubling, whatever a clock says.
    function testFuzz_no_clock_more_than_doubles(uint64 since, uint64 window, uint256 said) public {
        vm.mockCall(address(clock), abi.encodeWithSelector(IStressClock.stressed.selector), abi.encode(said));
        uint256 end = Deadline.end(clock, since, window);
        assertGe(end, uint256(since) + window);
        assertLe(end, uint256(since) + 2 * uint256(window));
        assertEq(end - since - window, said < window ? said : window);
    }

    /// @dev A window of any length from any second on: as it is, up to twice, and never shorter by more proof.
    function testFuzz_windows_are_at_most_doubled(uint64 since, uint64 window, uint64 first, uint64 count) public {
        since = uint64(bound(since, START, START + 2 days));
        window = uint64(bound(window, 1, 3 days));
        first = uint64(bound(first, 0, 100));
        count = uint64(bound(count, 0, 100));
        uint256 plain = uint256(since) + window;
        assertEq(Deadline.end(clock, since, window), plain);
        _stress(first, count);
        uint256 end = Deadline.end(clock, since, window);
        assertGe(end, plain);
        assertLe(end, plain + window);
        assertLe(end - plain, uint256(count) * INTERVAL);
        _stress(0, 200);
        assertGe(Deadline.end(clock, since, window), end);
        assertLe(Deadline.end(clock, since, window), plain + window);
    }

    /// @dev Bytes that nobody's chain has as a header are refused, whatever they are.
    function testFuzz_no_bytes_are_a_header(bytes calldata noise, uint256 at, uint8 bit) public {
        (bool taken,) = address(clock).call(abi.encodeCall(IStressClock.prove, (_one(noise))));
        assertFalse(taken);
        bytes memory header = _mine(START, DEAR);
        at = bound(at, 0, header.length - 1);
        header[at] ^= bytes1(uint8(1) << (bit % 8));
        (taken,) = address(clock).call(abi.encodeCall(IStressClock.prove, (_one(header))));
        assertFalse(taken);
        assertFalse(clock.isMarked(FIRST));
    }
}
