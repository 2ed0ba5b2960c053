// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../../src/interfaces/IRollup.sol";
import {IStressClock} from "../../src/interfaces/IStressClock.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {Deadline} from "../../src/libraries/Deadline.sol";
import {Rollup} from "../../src/settlement/Rollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {RollupTerms} from "../../src/types/RollupTerms.sol";
import {StressFixture} from "../support/StressFixture.sol";

/// @notice What a stressed base layer does to windows and deadlines.
contract StretchTest is StressFixture {
    /// @dev Intervals of the two.
    uint64 private constant WINDOW_INTERVALS = WINDOW / INTERVAL;
    uint64 private constant DEADLINE_INTERVALS = DEADLINE / INTERVAL;

    function setUp() public override {
        super.setUp();
        _samples(31, CALM);
    }

    // --- the challenge window ---

    function test_a_challenge_window_stands_still_and_no_second_longer() public {
        BatchHeader memory h = _next();
        _post(h);
        assertEq(rollup.windowEnd(h.index), START + WINDOW);
        _stress(3, 18);
        uint256 end = START + WINDOW + 3 hours;
        assertEq(rollup.windowEnd(h.index), end);
        vm.warp(end - 1);
        assertEq(rollup.finalize(h.index), 1);
        vm.warp(end);
        assertEq(rollup.finalize(h.index), 2);
    }

    function test_a_challenge_window_is_at_most_doubled() public {
        BatchHeader memory h = _next();
        _post(h);
        _stress(0, 3 * WINDOW_INTERVALS);
        assertEq(rollup.windowEnd(h.index), START + 2 * uint256(WINDOW));
        vm.warp(START + 2 * uint256(WINDOW));
        assertEq(rollup.finalize(h.index), 2);
    }

    /// @dev The time of the stretch itself stands still, too.
    function test_stress_after_the_plain_end_still_counts() public {
        BatchHeader memory h = _next();
        _post(h);
        _stress(WINDOW_INTERVALS - 2, 12);
        assertEq(rollup.windowEnd(h.index), START + WINDOW + 12 * INTERVAL);
    }

    function test_stress_before_a_batch_is_nothing_to_it() public {
        skip(10 * INTERVAL);
        _stress(0, 10);
        BatchHeader memory h = _next();
        _post(h);
        assertEq(rollup.windowEnd(h.index), block.timestamp + WINDOW);
    }

    function test_what_is_final_stays_final_whatever_is_proven_then() public {
        BatchHeader memory h = _next();
        _post(h);
        skip(WINDOW);
        rollup.finalize(h.index);
        _stress(0, WINDOW_INTERVALS);
        assertTrue(rollup.isFinal(h.index));
        assertEq(rollup.finalize(h.index), 2);
    }

    /// @dev A proof has to come before anybody acts, not before the plain end.
    function test_a_proof_after_the_plain_end_counts_when_nobody_acted() public {
        BatchHeader memory h = _next();
        _post(h);
        skip(WINDOW + 1);
        _stress(0, 6);
        assertEq(rollup.finalize(h.index), 1);
        skip(1 hours);
        assertEq(rollup.finalize(h.index), 2);
    }

    /// @dev Its inputs can be demanded as long as those of any other.
    function test_a_valid_batch_waits_for_the_stretched_window_too() public {
        BatchHeader memory h = _next();
        _post(h);
        _setBatch(h, VerdictStatus.VALID);
        skip(WINDOW);
        assertTrue(verdict.ofBatch(h.index, rollup.batchHash(h.index)) == VerdictStatus.VALID);
        assertTrue(demand.ofBatch(h.index, rollup.batchHash(h.index)) == VerdictStatus.VALID);
        _stress(0, WINDOW_INTERVALS);
        assertTrue(demand.ofBatch(h.index, rollup.batchHash(h.index)) == VerdictStatus.UNDISPUTED);
        assertEq(rollup.finalize(h.index), 1);
        skip(WINDOW);
        assertTrue(demand.ofBatch(h.index, rollup.batchHash(h.index)) == VerdictStatus.VALID);
        assertEq(rollup.finalize(h.index), 2);
    }

    // --- freeze ---

    function test_a_forced_deadline_stands_still_and_no_second_longer() public {
        uint64 id = _force();
        _stress(0, 6);
        uint256 due = START + DEADLINE + 1 hours;
        assertEq(rollup.forcedDue(id), due);
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RequestInTime.selector, id, due));
        rollup.freeze(id);
        vm.warp(due + 1);
        vm.expectEmit(address(rollup));
        emit IRollup.FrozenByRequest(id, due);
        rollup.freeze(id);
    }

    /// @dev The sequencer may be as dear as it likes: nobody waits for more than twice as long.
    function test_a_forced_deadline_is_at_most_doubled() public {
        uint64 id = _force();
        _stress(0, 5 * DEADLINE_INTERVALS);
        assertEq(rollup.forcedDue(id), START + 2 * uint256(DEADLINE));
        vm.warp(START + 2 * uint256(DEADLINE) + 1);
        rollup.freeze(id);
        assertGt(rollup.frozenAt(), 0);
    }

    function test_silence_stands_still_and_is_at_most_doubled() public {
        _stress(1, 3);
        uint256 due = START + DEADLINE + 3 * INTERVAL;
        assertEq(rollup.silentDue(), due);
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, due));
        rollup.freezeSilent();
        _stress(0, 5 * DEADLINE_INTERVALS);
        assertEq(rollup.silentDue(), START + 2 * uint256(DEADLINE));
        vm.warp(START + 2 * uint256(DEADLINE) + 1);
        rollup.freezeSilent();
    }

    function test_a_freeze_stays_whatever_is_proven_then() public {
        uint64 id = _force();
        vm.warp(START + DEADLINE + 1);
        rollup.freeze(id);
        uint64 at = rollup.frozenAt();
        _stress(0, DEADLINE_INTERVALS);
        assertEq(rollup.frozenAt(), at);
        _expectRefusal(_next(), abi.encodeWithSelector(IRollup.Frozen.selector, at));
    }

    /// @dev A rejection freezes only for what is late by the stretched deadline.
    function test_a_rejection_freezes_by_the_stretched_deadline() public {
        _force();
        BatchHeader memory h = _next();
        _post(h);
        _setBatch(h, VerdictStatus.INVALID);
        _stress(0, 6);
        vm.warp(START + DEADLINE + 1 hours);
        rollup.reject(h.index, _genesis());
        assertEq(rollup.frozenAt(), 0);

        h = _next();
        _post(h);
        _setBatch(h, VerdictStatus.INVALID);
        skip(1);
        rollup.reject(h.index, _genesis());
        assertGt(rollup.frozenAt(), 0);
    }

    /// @dev Fees go by the plain clock: nobody's money waits for them.
    function test_fees_are_not_stretched() public {
        uint64 id = _force();
        _stress(0, 6);
        vm.warp(START + REFUND_AFTER + 1);
        inbox.settleForced(id, _genesis());
        assertEq(inbox.credit(alice), BASE_FEE);
    }

    // --- escape ---

    function test_the_window_of_a_claim_stands_still_and_is_at_most_doubled() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 5e6);
        bytes32 claimHash = _propose(_claimOf(ps));
        uint64 at = uint64(block.timestamp);
        assertEq(escape.windowEnd(claimHash), at + WINDOW);
        uint64 first = (at + INTERVAL - 1) / INTERVAL - FIRST;
        _stress(first, 6);
        assertEq(escape.windowEnd(claimHash), at + WINDOW + 1 hours);
        vm.warp(at + WINDOW + 1 hours - 1);
        vm.expectPartialRevert(bytes4(keccak256("NotAcceptable(bytes32)")));
        escape.accept(claimHash);
        _stress(first, 3 * WINDOW_INTERVALS);
        assertEq(escape.windowEnd(claimHash), at + 2 * uint256(WINDOW));
        vm.warp(at + 2 * uint256(WINDOW));
        escape.accept(claimHash);
        assertEq(escape.acceptedClaim(), claimHash);
    }

    // --- construction ---

    function test_refuses_a_clock_that_is_none_or_does_not_reach() public {
        RollupTerms memory t = _rollupTerms();
        t.clock = IStressClock(makeAddr("nobody"));
        _expectBadTerms(t, abi.encodeWithSelector(Deadline.NoClock.selector, t.clock));
        t = _rollupTerms();
        uint64 most = uint64(clock.reach() / 2);
        t.challengeWindow = most + 1;
        _expectBadTerms(t, abi.encodeWithSelector(Deadline.WindowTooLong.selector, most + 1, clock.reach()));
        t.challengeWindow = most;
        _mockWiring();
        assertEq(new Rollup(inbox, t, _genesis(), GENESIS_DATA).challengeWindow(), most);
    }

    function _expectBadTerms(RollupTerms memory t, bytes memory reason) private {
        _mockWiring();
        vm.expectRevert(reason);
        new Rollup(inbox, t, _genesis(), GENESIS_DATA);
    }

    function _mockWiring() private {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.mockCall(address(inbox), abi.encodeCall(inbox.rollup, ()), abi.encode(next));
    }
}
