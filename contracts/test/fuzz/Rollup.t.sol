// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Fixture} from "../support/Fixture.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

contract RollupFuzzTest is Fixture {
    using SafeCast for uint256;

    /// @dev Every field of the header but those that only a proof can judge is pinned down by what is there already.
    function testFuzz_no_word_that_is_checked_may_change(uint256 word, uint256 bit) public {
        _deposit(alice, 5e6);
        BatchHeader memory good = _next();
        // index .. sectionRoots, firstSeq, l1MessageCount and hash, diffHash, dataHash, programHash
        uint8[17] memory checkedWords = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 22, 23, 24];
        word = checkedWords[bound(word, 0, checkedWords.length - 1)];
        bool isUint64 = word == 0 || word == 11 || word == 16;
        bit = bound(bit, 0, isUint64 ? 63 : 255);

        bytes memory encoded = abi.encode(good);
        assembly ("memory-safe") {
            let at := add(add(encoded, 0x20), mul(word, 0x20))
            mstore(at, xor(mload(at), shl(bit, 1)))
        }
        BatchHeader memory bad = abi.decode(encoded, (BatchHeader));
        vm.prank(sequencer);
        try rollup.postBatch(bad, DIFF) {
            fail();
        } catch {}
        _post(good);
    }

    function testFuzz_clock(uint64 first, uint64 last, uint32 elapsed) public {
        skip(elapsed);
        BatchHeader memory h = _next();
        (h.firstTimeMs, h.lastTimeMs) = (first, last);
        uint256 floor = rollup.tip().lastTimeMs;
        bool good = first >= floor && last >= first && last <= vm.getBlockTimestamp() * 1000 + 60_000;
        vm.prank(sequencer);
        try rollup.postBatch(h, DIFF) {
            assertTrue(good);
        } catch {
            assertFalse(good);
        }
    }

    /// @dev The same near the edges, where random times never fall.
    function testFuzz_clock_near_its_edges(uint8 first, uint8 last, bool early) public {
        _post(_next());
        uint256 base = early ? rollup.tip().lastTimeMs : block.timestamp * 1000 + 60_000;
        uint64 start = (base - 128).toUint64();
        testFuzz_clock(start + first, start + last, 0);
    }

    function testFuzz_data_is_what_was_committed(bytes calldata data, bytes calldata other) public {
        vm.assume(data.length != 0 && keccak256(data) != keccak256(other));
        BatchHeader memory h = _next();
        _carry(h, data);
        vm.startPrank(sequencer);
        try rollup.postBatch(h, other) {
            fail();
        } catch {}
        rollup.postBatch(h, data);
        vm.stopPrank();
        assertEq(rollup.batchCount(), 2);
    }

    function testFuzz_finalizes_exactly_what_is_due(uint8[8] memory gaps, uint64 upTo, uint32 wait) public {
        for (uint256 i = 0; i < gaps.length; ++i) {
            skip(uint256(gaps[i]) * 10 minutes);
            _post(_next());
        }
        skip(wait % (2 * WINDOW));

        uint64 expected = 1;
        while (expected <= 8 && expected <= upTo && rollup.postedAt(expected) + WINDOW <= vm.getBlockTimestamp()) {
            ++expected;
        }
        assertEq(rollup.finalize(upTo), expected);
        assertEq(rollup.finalizedCount(), expected);
    }
}
