// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {Descent, Match} from "../../src/types/Dispute.sol";
import {DisputeFixture} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";
import {TellingClock} from "../support/TellingClock.sol";

/// @notice Until when is challenged, defended and moved, to the second.
contract DisputeTimesTest is DisputeFixture {
    using Runs for Run;

    function setUp() public override {
        super.setUp();
        _truth(1);
    }

    function test_a_batch_is_challenged_until_its_window_is_over_and_no_second_longer() public {
        vm.warp(rollup.windowEnd(1) - 1);
        Run memory late = _run(_wrong(5, 1));
        _file(challenger, _true(1));
        skip(1);
        _expectNoFiling(_filing(_wrong(5, 1), late), abi.encodeWithSelector(IDisputeGame.TooLate.selector, hash));
        assertEq(rollup.finalize(1), 1);
    }

    function test_what_a_demand_holds_is_challenged_until_it_is_held_no_longer() public {
        vm.warp(rollup.windowEnd(1) - 1);
        vm.deal(address(this), DEMAND_BOND);
        demand.demand{value: DEMAND_BOND}(h, 0);
        uint256 held = demand.heldUntil(hash);
        assertGt(held, rollup.windowEnd(1));
        vm.warp(held - 1);
        _file(challenger, _true(1));
        skip(1);
        Run memory late = _run(_wrong(5, 1));
        _expectNoFiling(_filing(_wrong(5, 1), late), abi.encodeWithSelector(IDisputeGame.TooLate.selector, hash));
    }

    function test_a_final_batch_is_no_subject_any_more() public {
        skip(WINDOW);
        rollup.finalize(1);
        Run memory late = _run(_true(1));
        _expectNoFiling(_filing(_true(1), late), abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash));
    }

    function test_a_defence_is_in_time_in_its_last_second_and_no_later() public {
        _file(challenger, _true(1));
        uint256 end = game.defenceEnd(hash);
        assertEq(end, START + DEFENCE);
        vm.warp(end);
        _file(defender, _wrong(5, 0));
        skip(1);
        Run memory late = _run(_wrong(6, 0));
        _expectNoFiling(_filing(_wrong(6, 0), late), abi.encodeWithSelector(IDisputeGame.TooLate.selector, hash));
    }

    /// @dev Else who plays both sides lets the defence of a right batch lapse with a claim that he kills at his ease.
    function test_the_last_challenge_opens_the_defence_again() public {
        _truth(0);
        Run memory bait = _file(challenger, _wrong(5, 1));
        Run memory accomplice = _file(challenger, _wrong(6, 0));
        _descend(challenger, challenger, accomplice, bait);
        // The difference is at 5, where the accomplice is right.
        _step(challenger, _wrong(6, 0), accomplice, bait);
        _assertVerdict(VerdictStatus.UNDISPUTED);
        vm.warp(rollup.windowEnd(1) - 1);
        Run memory second = _file(challenger, _wrong(7, 1));
        _descend(challenger, challenger, accomplice, second);
        _step(challenger, _wrong(6, 0), accomplice, second);
        vm.warp(game.defenceEnd(hash));
        Run memory valid = _file(defender, _true(0));
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotDecided.selector, hash));
        game.conclude(hash);
        _descend(defender, challenger, valid, second);
        _step(defender, _true(0), valid, second);
        _assertVerdict(VerdictStatus.UNDISPUTED);
        assertEq(rollup.finalize(1), 2);
    }

    function test_the_clock_of_a_claim_runs_in_its_turns_alone() public {
        (Run memory valid, Run memory invalid) = _openedAtTheEnd();
        skip(1000);
        _move(defender, valid, invalid);
        skip(500);
        _move(challenger, valid, invalid);
        skip(200);
        _move(defender, valid, invalid);
        Match memory m = _match(valid, invalid);
        assertEq(m.validLeft, BUDGET - 1200);
        assertEq(m.invalidLeft, BUDGET - 500);
        assertEq(game.due(hash, valid.root(), invalid.root()), vm.getBlockTimestamp() + BUDGET - 500);
    }

    function test_who_has_no_time_left_is_dead_and_no_second_earlier() public {
        (Run memory valid, Run memory invalid) = _openedAtTheEnd();
        skip(BUDGET);
        uint256 end = vm.getBlockTimestamp();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.InTime.selector, end));
        game.expire(hash, valid.root(), invalid.root());
        uint256 snapshot = vm.snapshotState();
        _move(defender, valid, invalid);
        assertEq(_match(valid, invalid).validLeft, 0);
        vm.revertToState(snapshot);
        skip(1);
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.OutOfTime.selector, hash, v, i));
        game.move(hash, v, i, d, nodes);
        vm.expectEmit(address(game));
        emit IDisputeGame.ClaimDied(hash, v, i, true);
        game.expire(hash, v, i);
    }

    function test_the_other_side_can_run_out_of_time_too() public {
        Run memory invalid = _file(challenger, _wrong(20, 1));
        Run memory valid = _file(defender, _wrong(300, 0));
        _move(defender, valid, invalid);
        assertEq(game.due(hash, valid.root(), invalid.root()), rollup.windowEnd(1) + BUDGET);
        _outlast(valid, invalid);
        vm.prank(stranger);
        game.expire(hash, valid.root(), invalid.root());
        _assertVerdict(VerdictStatus.UNDISPUTED);
        assertEq(game.credit(defender), 2 * _share(3));
        assertEq(game.credit(stranger), _share(3));
    }

    /// @dev What a step shows is true however late it is.
    function test_a_step_is_good_after_the_time_of_whose_turn_it_is() public {
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(defender, _wrong(300, 0));
        _descend(defender, challenger, valid, invalid);
        _outlast(valid, invalid);
        _step(challenger, _wrong(300, 0), valid, invalid);
        _assertVerdict(VerdictStatus.DISPUTED);
        assertEq(game.disputeOf(hash).valid, 0);
    }

    function test_stress_stretches_turns_and_defence_and_at_most_doubles_them() public {
        (Run memory valid, Run memory invalid) = _openedAtTheEnd();
        uint256 opened = vm.getBlockTimestamp();
        vm.etch(address(clock), type(TellingClock).runtimeCode);
        _tell(1 hours);
        // The defence is stretched by an hour, and so is the turn that begins with its end.
        assertEq(game.defenceEnd(hash), opened + 1 hours);
        assertEq(game.due(hash, valid.root(), invalid.root()), opened + BUDGET + 2 hours);
        skip(4 hours);
        _move(defender, valid, invalid);
        assertEq(_match(valid, invalid).validLeft, BUDGET - 2 hours);
        // All of it was stressed: half of it counts all the same.
        _tell(1000 days);
        assertEq(game.defenceEnd(hash), opened + DEFENCE);
        uint256 end = START + 2 * uint256(WINDOW);
        assertEq(rollup.windowEnd(1), end);
        assertEq(game.due(hash, valid.root(), invalid.root()), end + 2 * uint256(BUDGET));
        vm.warp(end + 4 hours);
        _move(challenger, valid, invalid);
        assertEq(_match(valid, invalid).invalidLeft, BUDGET - 2 hours);
        skip(2 * uint256(BUDGET - 2 hours));
        _move(defender, valid, invalid);
        assertEq(_match(valid, invalid).validLeft, 0);
    }

    function test_a_decision_stays_whatever_is_proven_of_stress_later() public {
        _file(challenger, _true(1));
        skip(DEFENCE + 1);
        game.conclude(hash);
        vm.etch(address(clock), type(TellingClock).runtimeCode);
        _tell(DEFENCE);
        _assertVerdict(VerdictStatus.INVALID);
        Run memory late = _run(_wrong(6, 0));
        _expectNoFiling(_filing(_wrong(6, 0), late), abi.encodeWithSelector(IDisputeGame.AlreadyFallen.selector, hash));
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.AlreadyFallen.selector, hash));
        game.conclude(hash);
    }

    function test_a_freeze_waits_for_the_dispute() public {
        Run memory invalid = _file(challenger, _true(1));
        _freeze();
        skip(WINDOW);
        assertEq(rollup.finalize(1), 1);
        assertFalse(rollup.isSettled());
        game.conclude(hash);
        rollup.reject(1, _genesis());
        assertTrue(rollup.isSettled());
        game.takeBack(hash, invalid.root());
    }

    function test_all_of_a_dispute_is_over_in_bounded_time() public {
        vm.warp(rollup.windowEnd(1) - 1);
        Run memory invalid = _file(challenger, _wrong(10, 1));
        _truth(0);
        vm.warp(game.defenceEnd(hash));
        Run memory valid = _file(defender, _true(0));
        for (uint256 i = 0; i < 5; ++i) {
            // Each takes all of its time, in equal parts.
            skip(i % 2 == 0 ? BUDGET / 3 : BUDGET / 2);
            _move(defender, valid, invalid);
        }
        uint256 end = rollup.windowEnd(1) + DEFENCE + 2 * uint256(BUDGET);
        assertLe(game.due(hash, valid.root(), invalid.root()), end);
        _step(defender, _true(0), valid, invalid);
        assertEq(rollup.finalize(1), 2);
    }

    /// @dev A right challenge in the last second of the window, and a wrong defence in that of the defence: nothing can be filed any
    /// more, and all seconds count.
    function _openedAtTheEnd() private returns (Run memory valid, Run memory invalid) {
        vm.warp(rollup.windowEnd(1) - 1);
        invalid = _file(challenger, _true(1));
        vm.warp(game.defenceEnd(hash));
        valid = _file(defender, _wrong(300, 0));
    }

    function _tell(uint256 said) private {
        TellingClock(address(clock)).tell(said);
    }
}
