// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IForcedRequests} from "../../src/interfaces/IForcedRequests.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {HostilePayer} from "../hostile/HostilePayer.sol";
import {Fixture} from "../support/Fixture.sol";

/// @notice Where the fees go: once each, and by proof.
contract ForcedFeesTest is Fixture {
    BatchHeader private genesis;

    function setUp() public override {
        super.setUp();
        genesis = _genesis();
    }

    // --- in time ---

    function test_a_fee_goes_on_when_a_final_batch_consumed_the_request_in_time() public {
        _force();
        skip(REFUND_AFTER);
        BatchHeader memory h = _postNext();
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.BatchStillOpen.selector, 1));
        inbox.settleForced(0, h);

        skip(WINDOW);
        rollup.finalize(1);
        vm.expectEmit(address(inbox));
        emit IForcedRequests.ForcedSettled(0, treasury, BASE_FEE, false);
        inbox.settleForced(0, h);
        assertEq(inbox.credit(treasury), BASE_FEE);
        assertEq(inbox.credit(alice), 0);
        assertTrue(inbox.forcedRecord(0).settled);
        _pull(treasury, BASE_FEE);
    }

    function test_a_batch_in_the_block_of_the_request_is_in_time() public {
        _force();
        BatchHeader memory h = _postNext();
        skip(WINDOW);
        rollup.finalize(1);
        _expectNotDecisive(0, START, START);
        inbox.settleForced(0, genesis);
        inbox.settleForced(0, h);
        assertEq(inbox.credit(treasury), BASE_FEE);
    }

    /// @dev A batch that came after the one that consumed the request tells as well, when it is the last one by then; and
    /// one posted too late tells nothing.
    function test_the_last_batch_by_the_time_decides_and_no_other() public {
        _force();
        BatchHeader memory first = _postNext();
        skip(REFUND_AFTER);
        BatchHeader memory second = _postNext();
        skip(1);
        BatchHeader memory third = _postNext();
        skip(WINDOW);
        rollup.finalize(3);
        uint256 due = START + REFUND_AFTER;
        _expectNotDecisive(0, START, START);
        inbox.settleForced(0, genesis);
        _expectNotDecisive(1, START, due);
        inbox.settleForced(0, first);
        _expectNotDecisive(3, due + 1, vm.getBlockTimestamp());
        inbox.settleForced(0, third);
        inbox.settleForced(0, second);
        assertEq(inbox.credit(treasury), BASE_FEE);
    }

    function test_of_two_batches_of_one_block_the_second_decides() public {
        _force();
        _deposit(alice, 5e6);
        skip(REFUND_AFTER);
        BatchHeader memory first = _postConsuming(0);
        BatchHeader memory second = _postConsuming(1);
        skip(WINDOW);
        rollup.finalize(2);
        _expectNotDecisive(1, START + REFUND_AFTER, START + REFUND_AFTER);
        inbox.settleForced(0, first);
        inbox.settleForced(0, second);
        assertEq(inbox.credit(treasury), BASE_FEE);
    }

    function test_nothing_is_settled_before_its_time() public {
        _force();
        BatchHeader memory h = _postNext();
        skip(REFUND_AFTER);
        _expectNotDecisive(1, START, vm.getBlockTimestamp());
        inbox.settleForced(0, h);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.BatchStillOpen.selector, 1));
        inbox.settleForced(0, h);
    }

    // --- late ---

    function test_a_fee_goes_back_when_the_request_was_consumed_late() public {
        _force();
        skip(REFUND_AFTER + 1);
        BatchHeader memory h = _postNext();
        skip(WINDOW);
        rollup.finalize(1);
        _expectNotDecisive(1, START + REFUND_AFTER + 1, vm.getBlockTimestamp());
        inbox.settleForced(0, h);

        vm.expectEmit(address(inbox));
        emit IForcedRequests.ForcedSettled(0, alice, BASE_FEE, true);
        vm.prank(bob);
        inbox.settleForced(0, genesis);
        _pull(alice, BASE_FEE);
    }

    function test_a_fee_goes_back_when_nothing_is_posted() public {
        _force();
        skip(REFUND_AFTER);
        _expectNotDecisive(0, START, START + REFUND_AFTER);
        inbox.settleForced(0, genesis);
        skip(1);
        inbox.settleForced(0, genesis);
        _pull(alice, BASE_FEE);
        // It raises no fee any more, and is consumed some day nevertheless.
        assertEq(inbox.openForced(), 0);
        assertEq(_postNext().l1MessageCount, 1);
    }

    /// @dev Nor need the batch be final that shows it: whatever took its place would come later still.
    function test_a_fee_goes_back_when_batches_pass_the_request_over() public {
        _deposit(alice, 5e6);
        _force();
        skip(REFUND_AFTER);
        BatchHeader memory first = _postConsuming(1);
        skip(1);
        BatchHeader memory second = _postConsuming(1);
        _expectNotDecisive(0, START, START + REFUND_AFTER);
        inbox.settleForced(0, genesis);
        _expectNotDecisive(2, START + REFUND_AFTER + 1, START + REFUND_AFTER + 1);
        inbox.settleForced(0, second);
        inbox.settleForced(0, first);
        assertEq(inbox.credit(alice), BASE_FEE);
    }

    function test_requests_of_one_batch_are_each_judged_by_their_own_time() public {
        _force();
        skip(REFUND_AFTER);
        _force();
        skip(1);
        BatchHeader memory h = _postNext();
        skip(WINDOW);
        rollup.finalize(1);
        inbox.settleForced(0, genesis);
        inbox.settleForced(1, h);
        uint256 second = BASE_FEE + BASE_FEE / 4;
        assertEq(inbox.credit(alice), BASE_FEE);
        assertEq(inbox.credit(treasury), second);
        _pull(treasury, second);
        _pull(alice, BASE_FEE);
        assertEq(address(inbox).balance, 0);
    }

    // --- what is no proof ---

    function test_settles_once() public {
        _force();
        skip(REFUND_AFTER + 1);
        inbox.settleForced(0, genesis);
        bytes memory reason = abi.encodeWithSelector(IForcedRequests.AlreadySettled.selector, 0);
        vm.expectRevert(reason);
        inbox.settleForced(0, genesis);
        BatchHeader memory h = _postNext();
        skip(WINDOW);
        rollup.finalize(1);
        vm.expectRevert(reason);
        inbox.settleForced(0, h);
    }

    function test_refuses_unknown_requests() public {
        _force();
        skip(REFUND_AFTER + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownRequest.selector, 1, 1));
        inbox.settleForced(1, genesis);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownRequest.selector, type(uint64).max, 1));
        inbox.settleForced(type(uint64).max, genesis);
    }

    function test_refuses_headers_of_other_batches() public {
        _force();
        BatchHeader memory h = _next();
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, 1, 1));
        inbox.settleForced(0, h);
        h.index = type(uint64).max;
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, type(uint64).max, 1));
        inbox.settleForced(0, h);

        h = _postNext();
        bytes32 expected = _hash(h);
        h.l1MessageCount = 0;
        skip(REFUND_AFTER + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.WrongBatch.selector, 1, _hash(h), expected));
        inbox.settleForced(0, h);
    }

    // --- hostile payers ---

    function test_a_payer_that_takes_nothing_harms_itself_alone() public {
        HostilePayer payer = _hostile();
        payer.exit(7, 2 * BASE_FEE);
        payer.refuse(true);
        skip(REFUND_AFTER + 1);
        inbox.settleForced(0, genesis);
        vm.expectRevert("I take nothing");
        payer.pull();
        assertEq(inbox.credit(address(payer)), 2 * BASE_FEE);

        payer.refuse(false);
        assertEq(payer.pull(), 2 * BASE_FEE);
        assertEq(address(inbox).balance, 0);
    }

    function test_a_payer_that_calls_back_gets_nothing_twice() public {
        _force();
        HostilePayer payer = _hostile();
        payer.exit(7, 4 * BASE_FEE);
        uint256 fee = inbox.forcedRecord(1).fee;
        payer.arm(abi.encodeCall(inbox.withdrawCredit, (address(payer))));
        assertEq(payer.pull(), 4 * BASE_FEE - fee);
        assertEq(payer.calls(), 1);
        assertFalse(payer.succeeded());
        assertEq(address(inbox).balance, BASE_FEE + fee);

        // Its own fee, settled from within the payment of its change: credited once, and pulled once.
        payer.arm("");
        payer.exit(7, 4 * BASE_FEE);
        skip(REFUND_AFTER + 1);
        payer.arm(abi.encodeCall(inbox.settleForced, (1, genesis)));
        payer.pull();
        assertTrue(payer.succeeded());
        payer.arm("");
        assertEq(payer.pull(), fee);
        assertEq(address(inbox).balance, BASE_FEE + inbox.forcedRecord(2).fee);
    }

    function test_the_inbox_takes_no_ether_but_fees() public {
        vm.deal(alice, 1 ether);
        vm.prank(alice);
        (bool sent,) = address(inbox).call{value: 1}("");
        assertFalse(sent);
    }

    // --- hands ---

    /// @dev Of request 0, or another of the first block.
    function _expectNotDecisive(uint64 index, uint256 postedAt, uint256 nextAt) private {
        uint256 due = START + REFUND_AFTER;
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.NotDecisive.selector, index, postedAt, nextAt, due));
    }

    function _hostile() private returns (HostilePayer payer) {
        payer = new HostilePayer(inbox);
        vm.deal(address(payer), 1 ether);
    }

    function _postNext() private returns (BatchHeader memory h) {
        return _postConsuming(inbox.messageCount());
    }

    function _pull(address who, uint256 amount) private {
        uint256 before = who.balance;
        vm.prank(who);
        assertEq(inbox.withdrawCredit(who), amount);
        assertEq(who.balance, before + amount);
    }
}
