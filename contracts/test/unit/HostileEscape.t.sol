// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {BlacklistToken} from "../hostile/BlacklistToken.sol";
import {CallbackToken} from "../hostile/CallbackToken.sol";
import {FalseToken} from "../hostile/FalseToken.sol";
import {FeeToken} from "../hostile/FeeToken.sol";
import {HostileProposer} from "../hostile/HostileProposer.sol";
import {MintableToken} from "../hostile/MintableToken.sol";
import {NoReturnToken} from "../hostile/NoReturnToken.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice Payouts and refunds in tokens that do not behave. 100 are in the state, 40 were never consumed.
contract HostileEscapeTest is EscapeFixture {
    EscapePayout[] private _ps;

    function test_tokens_without_return_value_are_paid() public {
        NoReturnToken t = new NoReturnToken();
        _die(address(t));
        _claim(_ps, 0);
        _refund();
        assertEq(t.balanceOf(alice), 50e6 + 40e6);
    }

    function test_a_fee_on_transfer_is_the_recipients_loss() public {
        FeeToken t = new FeeToken();
        _die(address(t));
        _claim(_ps, 1);
        assertEq(t.balanceOf(bob), 49_500_000);
        assertEq(vault.totalPaid(0), 50e6);
    }

    function test_a_false_answer_leaves_payout_and_refund_open() public {
        FalseToken t = new FalseToken();
        _die(address(t));
        t.idle(false);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t));
        bytes32[] memory proof = _payoutProof(_ps, 0);
        vm.expectRevert(failed);
        escape.claim(_ps[0], proof);
        vm.expectRevert(failed);
        _refund();
        assertFalse(escape.isPaid(0));
        assertFalse(escape.isRefunded(1));
        assertEq(escape.totalEscaped(), 0);
        t.work();
        _claim(_ps, 0);
        _refund();
        assertEq(t.balanceOf(alice), 90e6);
    }

    function test_the_blacklisted_block_only_themselves_and_say_to_whom_else() public {
        BlacklistToken t = new BlacklistToken();
        _die(address(t));
        t.blacklist(alice, true);
        bytes memory refused = abi.encodeWithSelector(BlacklistToken.Blacklisted.selector, alice);
        bytes32[] memory proof = _payoutProof(_ps, 0);
        vm.expectRevert(refused);
        escape.claim(_ps[0], proof);
        vm.expectRevert(refused);
        _refund();
        _claim(_ps, 1);
        assertEq(t.balanceOf(bob), 50e6);
        vm.prank(alice);
        escape.claimTo(_ps[0], proof, carol);
        assertEq(t.balanceOf(carol), 50e6);
        t.blacklist(alice, false);
        _refund();
        assertEq(t.balanceOf(alice), 40e6);
    }

    function test_a_pause_delays_but_loses_nothing() public {
        BlacklistToken t = new BlacklistToken();
        _die(address(t));
        t.pause(true);
        bytes32[] memory proof = _payoutProof(_ps, 0);
        vm.expectRevert(BlacklistToken.Paused.selector);
        escape.claim(_ps[0], proof);
        vm.expectRevert(BlacklistToken.Paused.selector);
        _refund();
        t.pause(false);
        _claim(_ps, 0);
        _refund();
        assertEq(t.balanceOf(alice), 90e6);
    }

    function test_no_payout_within_itself_nor_within_another() public {
        CallbackToken t = new CallbackToken();
        _die(address(t));
        t.arm(address(escape), abi.encodeCall(escape.claim, (_ps[0], _payoutProof(_ps, 0))));
        _claim(_ps, 0);
        assertFalse(t.succeeded());
        assertEq(t.balanceOf(alice), 50e6);

        _die(address(t = new CallbackToken()));
        t.arm(address(escape), abi.encodeCall(escape.claim, (_ps[1], _payoutProof(_ps, 1))));
        _claim(_ps, 0);
        _assertGuarded(t);
        assertFalse(escape.isPaid(1));
        _claim(_ps, 1);
        assertEq(t.balanceOf(bob), 50e6);
    }

    function test_no_refund_within_itself_nor_within_a_payout() public {
        CallbackToken t = new CallbackToken();
        _die(address(t));
        bytes memory refund = abi.encodeCall(escape.refund, (1, 1000, START, _depositOf(alice, 40e6)));
        t.arm(address(escape), refund);
        _claim(_ps, 0);
        _assertGuarded(t);
        assertFalse(escape.isRefunded(1));
        t.arm(address(escape), refund);
        _refund();
        assertFalse(t.succeeded());
        assertEq(t.balanceOf(alice), 90e6);
    }

    /// @dev Who proposes and refuses ether, or calls back when he is paid, harms nobody.
    function test_a_proposer_that_refuses_or_calls_back_harms_nobody() public {
        _deploy(IERC20Metadata(address(token)));
        _settleAll();
        HostileProposer p = new HostileProposer(escape);
        vm.deal(address(p), BOND);
        bytes32 h = p.propose(_claimOf(_payouts(1, 1e6)), BOND);
        p.refuse(true);
        skip(WINDOW);
        escape.accept(h);
        vm.expectRevert();
        p.pull();
        assertEq(escape.credit(address(p)), BOND);

        p.refuse(false);
        p.arm(abi.encodeCall(escape.withdrawCredit, (address(p))));
        vm.deal(address(escape), 2 * BOND);
        p.pull();
        assertEq(p.calls(), 1);
        assertFalse(p.succeeded());
        assertEq(address(p).balance, BOND);
        assertEq(address(escape).balance, BOND);
    }

    function _refund() private {
        escape.refund(1, 1000, START, _depositOf(alice, 40e6));
    }

    /// @dev A system of its own around `t` that died, whose claim was accepted: 50 each to alice and bob.
    function _die(address t) private {
        vm.warp(START);
        _deploy(IERC20Metadata(t));
        MintableToken(t).mint(alice, 1000e6);
        vm.startPrank(alice);
        // forge-lint: disable-next-line(unchecked-call)
        (bool ok,) = t.call(abi.encodeCall(IERC20.approve, (address(vault), type(uint256).max)));
        assertTrue(ok);
        vault.deposit(0, 200e6, alice, NEW);
        vault.deposit(0, 40e6, alice, NEW);
        // The rest is elsewhere, so that balances tell what was paid.
        MintableToken elsewhere = MintableToken(t);
        uint256 rest = elsewhere.balanceOf(alice);
        // forge-lint: disable-next-line(unchecked-call)
        (ok,) = t.call(abi.encodeCall(IERC20.transfer, (makeAddr("elsewhere"), rest)));
        assertTrue(ok);
        vm.stopPrank();
        _postConsuming(1);
        _settleAll();
        delete _ps;
        EscapePayout[] memory ps = _payouts(2, 50e6);
        _ps.push(ps[0]);
        _ps.push(ps[1]);
        _accept(ps);
    }

    function _assertGuarded(CallbackToken t) private view {
        assertFalse(t.succeeded());
        assertEq(t.result(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }
}
