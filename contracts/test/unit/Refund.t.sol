// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IEscape} from "../../src/interfaces/IEscape.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Deposit} from "../../src/types/Messages.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

contract RefundTest is EscapeFixture {
    uint64 private constant L1_BLOCK = 1000;

    function test_a_deposit_that_was_never_consumed_goes_back_once() public {
        _deposit(alice, 100e6);
        _settleAll();
        vm.expectEmit(address(escape));
        emit IEscape.DepositRefunded(0, alice, alice, 0, 100e6);
        vm.prank(bob);
        escape.refund(0, L1_BLOCK, START, _depositOf(alice, 100e6));
        assertEq(token.balanceOf(alice), 100e6);
        assertEq(token.balanceOf(address(vault)), 0);
        assertTrue(escape.isRefunded(0));
        bytes memory twice = abi.encodeWithSelector(IEscape.AlreadyRefunded.selector, 0);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 100e6), twice);
    }

    function test_nothing_goes_back_before_the_exchange_is_settled() public {
        _deposit(alice, 100e6);
        _postConsuming(0);
        bytes memory early = abi.encodeWithSelector(IEscape.NotSettled.selector);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 100e6), early);
        _freeze();
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 100e6), early);
        skip(WINDOW);
        rollup.finalize(1);
        escape.refund(0, L1_BLOCK, START, _depositOf(alice, 100e6));
    }

    /// @dev Its money is in the state, to the message.
    function test_a_deposit_that_was_consumed_stays() public {
        _deposit(alice, 10e6);
        _deposit(bob, 20e6);
        _deposit(alice, 30e6);
        _postConsuming(2);
        _settleAll();
        bytes4 consumed = IEscape.Consumed.selector;
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 10e6), abi.encodeWithSelector(consumed, 0, 2));
        _expectNoRefund(1, L1_BLOCK, START, _depositOf(bob, 20e6), abi.encodeWithSelector(consumed, 1, 2));
        // The third was queued before the batch was posted, and not consumed by it.
        escape.refund(2, L1_BLOCK, START, _depositOf(alice, 30e6));
        assertEq(token.balanceOf(alice), 30e6);
    }

    /// @dev Consumed by a batch that fell: it is in no state.
    function test_a_deposit_that_only_a_rejected_batch_consumed_goes_back() public {
        _deposit(alice, 100e6);
        BatchHeader memory h = _next();
        _post(h);
        _freeze();
        skip(WINDOW);
        _setBatch(h, VerdictStatus.INVALID);
        bytes memory early = abi.encodeWithSelector(IEscape.NotSettled.selector);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 100e6), early);
        rollup.reject(1, _genesis());
        escape.refund(0, L1_BLOCK, START, _depositOf(alice, 100e6));
        assertEq(token.balanceOf(alice), 100e6);
    }

    function test_nothing_goes_back_but_what_the_inbox_holds() public {
        _deposit(alice, 100e6);
        _deposit(bob, 50e6);
        _settleAll();
        bytes memory wrong = abi.encodeWithSelector(IEscape.WrongMessage.selector, 0);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(alice, 100e6 + 1), wrong);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(bob, 100e6), wrong);
        _expectNoRefund(0, L1_BLOCK + 1, START, _depositOf(alice, 100e6), wrong);
        _expectNoRefund(0, L1_BLOCK, START + 1, _depositOf(alice, 100e6), wrong);
        _expectNoRefund(0, L1_BLOCK, START, _depositOf(bob, 50e6), wrong);
        Deposit memory d = _depositOf(alice, 100e6);
        d.account = 7;
        _expectNoRefund(0, L1_BLOCK, START, d, wrong);
        d = _depositOf(alice, 100e6);
        d.asset = 1;
        _expectNoRefund(0, L1_BLOCK, START, d, wrong);
        bytes4 unknown = IInbox.UnknownMessage.selector;
        _expectNoRefund(2, L1_BLOCK, START, _depositOf(bob, 50e6), abi.encodeWithSelector(unknown, 3, 2));
    }

    /// @dev A message of another kind that reads like a deposit: the kind is in its hash.
    function test_a_message_of_another_kind_is_no_deposit() public {
        _deposit(alice, 100e6);
        _force();
        vm.prank(address(governance));
        inbox.govern(0, 0, 50e6);
        _settleAll();
        for (uint64 i = 1; i < 3; ++i) {
            bytes memory wrong = abi.encodeWithSelector(IEscape.WrongMessage.selector, i);
            _expectNoRefund(i, L1_BLOCK, START, _depositOf(alice, 50e6), wrong);
            _expectNoRefund(i, L1_BLOCK, START, _depositOf(alice, 100e6), wrong);
        }
    }

    /// @dev Also one that names an account, or was meant for a fund: nobody else has a claim on it.
    function test_goes_to_the_owner_that_the_deposit_named() public {
        token.mint(alice, 5e6);
        vm.startPrank(alice);
        token.approve(address(vault), 5e6);
        vault.deposit(0, 5e6, bob, type(uint32).max - 1);
        vm.stopPrank();
        _settleAll();
        Deposit memory d = Deposit({asset: 0, owner: bob, account: type(uint32).max - 1, amount: 5e6});
        escape.refund(0, L1_BLOCK, START, d);
        assertEq(token.balanceOf(bob), 5e6);
        assertEq(token.balanceOf(alice), 0);
    }

    function _expectNoRefund(uint64 index, uint64 l1Block, uint64 l1Time, Deposit memory d, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        escape.refund(index, l1Block, l1Time, d);
    }
}
