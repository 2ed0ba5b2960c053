// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDataDemand} from "../../src/interfaces/IDataDemand.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {DemandFixture} from "../support/DemandFixture.sol";
import {StressFixture} from "../support/StressFixture.sol";

/// @notice What a stressed base layer does to the time in which a demand has to be answered.
contract DemandStretchTest is StressFixture, DemandFixture {
    /// @dev Intervals of the time to answer.
    uint64 private constant ANSWER_INTERVALS = DEMAND_DEADLINE / INTERVAL;

    function setUp() public override(StressFixture, DemandFixture) {
        super.setUp();
        _samples(31, CALM);
    }

    function test_the_time_to_answer_stands_still_and_no_second_longer() public {
        assertEq(demand.due(hash, 0), 0);
        vm.expectEmit(address(demand));
        emit IDataDemand.ChunkDemanded(hash, 1, 0, demander, START + DEMAND_DEADLINE);
        _demand(0);
        _demand(1);
        assertEq(demand.due(hash, 0), START + DEMAND_DEADLINE);
        _stress(3, 6);
        uint256 end = START + DEMAND_DEADLINE + 1 hours;
        assertEq(demand.due(hash, 0), end);
        vm.warp(end);
        assertFalse(demand.hasFallen(hash));
        _reveal(0);
        skip(1);
        assertTrue(demand.hasFallen(hash));
        _expectNoReveal(1, _chunk(1), _chunkProof(1), abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
    }

    function test_the_time_to_answer_is_at_most_doubled_and_so_is_the_bound() public {
        _stress(0, 3 * (WINDOW + DEMAND_DEADLINE) / INTERVAL);
        vm.warp(rollup.windowEnd(1) - 1);
        _demand(0);
        uint256 end = vm.getBlockTimestamp() + 2 * uint256(DEMAND_DEADLINE);
        assertEq(demand.due(hash, 0), end);
        assertEq(demand.heldUntil(hash), end + REVIEW);
        vm.warp(end);
        _reveal(0);
        skip(REVIEW - 1);
        assertEq(rollup.finalize(1), 1);
        skip(1);
        assertEq(rollup.finalize(1), 2);
        assertEq(vm.getBlockTimestamp() + 1, rollup.windowEnd(1) + 2 * uint256(DEMAND_DEADLINE) + REVIEW);
    }

    /// @dev A proof has to come before anybody acts, not before the plain end.
    function test_a_proof_after_the_plain_end_counts_when_nobody_acted() public {
        _demand(0);
        skip(DEMAND_DEADLINE + 1);
        _assertIs(VerdictStatus.INVALID);
        _stress(0, 6);
        _assertIs(VerdictStatus.DISPUTED);
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.BondStays.selector, hash, 0));
        demand.takeBack(hash, 0);
        _reveal(0);
        _assertPaid(_price(24_576));
    }

    /// @dev Taking the bond back is acting on it: there is no bond any more for who would answer.
    function test_a_fall_stays_once_a_bond_was_taken_back() public {
        _demand(0);
        _demand(1);
        skip(DEMAND_DEADLINE + 1);
        demand.takeBack(hash, 0);
        _stress(0, ANSWER_INTERVALS);
        _assertIs(VerdictStatus.INVALID);
        _expectNoReveal(1, _chunk(1), _chunkProof(1), abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
        demand.takeBack(hash, 1);
        rollup.reject(1, _genesis());
        assertEq(demand.credit(demander), 2 * DEMAND_BOND);
    }

    /// @dev The batch is off the list, and cannot come back under its hash although it would be in time now.
    function test_a_fall_stays_once_the_batch_was_rejected() public {
        _demand(0);
        skip(DEMAND_DEADLINE + 1);
        rollup.reject(1, _genesis());
        _stress(0, ANSWER_INTERVALS);
        assertGe(demand.due(hash, 0), vm.getBlockTimestamp());
        _assertIs(VerdictStatus.INVALID);
        _post(h);
        _assertIs(VerdictStatus.INVALID);
        _expectNoReveal(0, _chunk(0), _chunkProof(0), abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
        skip(10 * WINDOW);
        assertEq(rollup.finalize(1), 1);
        demand.takeBack(hash, 0);
        rollup.reject(1, _genesis());
    }

    /// @dev A stressed interval counts for who demands in its first second and not in its second one: the later demand is
    /// due earlier, by less than an interval, and the oldest one decides.
    function test_of_two_demands_the_older_one_decides() public {
        _demand(0);
        skip(1);
        _demand(1);
        _stress(0, 1);
        assertEq(demand.due(hash, 0), START + DEMAND_DEADLINE + INTERVAL);
        assertEq(demand.due(hash, 1), START + DEMAND_DEADLINE + 1);
        vm.warp(START + DEMAND_DEADLINE + 2);
        assertFalse(demand.hasFallen(hash));
        uint256 both = vm.snapshotState();
        _reveal(1);
        _reveal(0);
        assertFalse(demand.hasFallen(hash));
        vm.revertToState(both);
        _reveal(0);
        assertTrue(demand.hasFallen(hash));
    }
}
