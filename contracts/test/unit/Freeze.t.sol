// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IForcedRequests} from "../../src/interfaces/IForcedRequests.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

contract FreezeTest is EscapeFixture {
    // --- by a request ---

    function test_a_request_that_was_passed_over_freezes_and_no_second_earlier() public {
        uint64 id = _force();
        uint256 due = START + DEADLINE;
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RequestInTime.selector, id, due));
        rollup.freeze(id);
        assertEq(rollup.frozenAt(), 0);

        vm.warp(due + 1);
        vm.expectEmit(address(rollup));
        emit IRollup.FrozenByRequest(id, due);
        vm.prank(bob);
        rollup.freeze(id);
        assertEq(rollup.frozenAt(), due + 1);
    }

    /// @dev However often batches are posted meanwhile.
    function test_batches_that_pass_a_request_over_do_not_help() public {
        uint64 id = _force();
        for (uint256 i = 0; i < 4; ++i) {
            skip(1 hours);
            _postConsuming(0);
        }
        rollup.freeze(id);
        assertGt(rollup.frozenAt(), 0);
    }

    function test_a_request_that_was_consumed_freezes_nothing_however_late_it_was() public {
        uint64 id = _force();
        skip(DEADLINE + 1);
        _post(_next());
        skip(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RequestConsumed.selector, id, 0, 1));
        rollup.freeze(id);
    }

    function test_a_request_that_does_not_exist_freezes_nothing() public {
        skip(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownRequest.selector, 0, 0));
        rollup.freeze(0);
    }

    /// @dev A deposit is no forced request: whoever waits for one to be credited forces something.
    function test_a_deposit_that_was_passed_over_freezes_nothing() public {
        _deposit(alice, 5e6);
        skip(DEADLINE);
        _postConsuming(0);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, START + 2 * uint256(DEADLINE)));
        rollup.freezeSilent();
    }

    // --- by silence ---

    function test_silence_freezes_and_no_second_earlier() public {
        skip(100);
        _post(_next());
        uint256 due = START + 100 + DEADLINE;
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, due));
        rollup.freezeSilent();

        vm.warp(due + 1);
        vm.expectEmit(address(rollup));
        emit IRollup.FrozenBySilence(START + 100);
        rollup.freezeSilent();
        assertEq(rollup.frozenAt(), due + 1);
    }

    function test_a_rollup_that_never_posted_can_be_frozen() public {
        assertEq(rollup.lastPostedAt(), START);
        vm.warp(START + DEADLINE + 1);
        rollup.freezeSilent();
        assertTrue(rollup.isSettled(), "genesis is final");
    }

    // --- frozen ---

    function test_nothing_is_posted_or_queued_once_frozen() public {
        _freeze();
        uint64 at = rollup.frozenAt();
        BatchHeader memory h = _next();
        _expectRefusal(h, abi.encodeWithSelector(IRollup.Frozen.selector, at));

        bytes memory frozen = abi.encodeWithSelector(IInbox.ExchangeFrozen.selector, at);
        token.mint(alice, 5e6);
        vm.startPrank(alice);
        token.approve(address(vault), 5e6);
        vm.expectRevert(frozen);
        vault.deposit(0, 5e6, alice, NEW);
        vm.deal(alice, 1 ether);
        vm.expectRevert(frozen);
        inbox.forceExit{value: 1 ether}(7, alice);
        vm.stopPrank();
        vm.expectRevert(frozen);
        vm.prank(address(governance));
        inbox.govern(0, 0, 1);
        assertEq(inbox.messageCount(), 0);
        assertEq(token.balanceOf(alice), 5e6);
    }

    function test_freezes_once() public {
        uint64 id = _force();
        _freeze();
        uint64 at = rollup.frozenAt();
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.Frozen.selector, at));
        rollup.freezeSilent();
        vm.expectRevert(abi.encodeWithSelector(IRollup.Frozen.selector, at));
        rollup.freeze(id);
        assertEq(rollup.frozenAt(), at);
    }

    function test_is_settled_when_the_last_window_is_over() public {
        _post(_next());
        skip(DEADLINE - 1);
        _post(_next());
        assertFalse(rollup.isSettled());
        _freeze();
        assertFalse(rollup.isSettled());
        vm.warp(START + WINDOW);
        rollup.finalize(type(uint64).max);
        assertEq(rollup.finalizedCount(), 2);
        assertFalse(rollup.isSettled());
        vm.warp(START + DEADLINE - 1 + WINDOW);
        rollup.finalize(type(uint64).max);
        assertTrue(rollup.isSettled());
    }

    function test_all_final_is_not_settled_while_nobody_froze_it() public {
        _post(_next());
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        assertFalse(rollup.isSettled());
    }

    /// @dev The fee of the request that froze the exchange was late, and goes back.
    function test_the_fee_of_a_request_that_was_passed_over_goes_back_after_the_freeze() public {
        uint64 id = _force();
        vm.warp(START + DEADLINE + 1);
        rollup.freeze(id);
        inbox.settleForced(id, _genesis());
        assertEq(inbox.credit(alice), BASE_FEE);
        vm.prank(alice);
        inbox.withdrawCredit(alice);
        assertEq(alice.balance, BASE_FEE);
    }

    function test_finds_the_first_request_from_a_message_on() public {
        assertEq(inbox.firstForcedFrom(0), 0);
        _force();
        _deposit(alice, 5e6);
        _force();
        uint64[5] memory expected = [uint64(0), 1, 1, 2, 2];
        for (uint64 count = 0; count < 5; ++count) {
            assertEq(inbox.firstForcedFrom(count), expected[count]);
        }
        assertEq(inbox.firstForcedFrom(type(uint64).max), 2);
    }

    function test_a_frozen_vault_still_pays_withdrawals() public {
        _deposit(alice, 100e6);
        BatchHeader memory h = _nextWith(_withdrawals(0, 2));
        _post(h);
        _settleAll();
        withdrawals.claim(h, _withdrawals(0, 2)[1], 1, _proof(_withdrawals(0, 2), 1));
        assertEq(token.balanceOf(bob), 1e6);
    }
}
