// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IVault} from "../../src/interfaces/IVault.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {BlacklistToken} from "../hostile/BlacklistToken.sol";
import {CallbackToken} from "../hostile/CallbackToken.sol";
import {FalseToken} from "../hostile/FalseToken.sol";
import {FeeToken} from "../hostile/FeeToken.sol";
import {MintableToken} from "../hostile/MintableToken.sol";
import {NoReturnToken} from "../hostile/NoReturnToken.sol";
import {Fixture} from "../support/Fixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

contract HostileTokensTest is Fixture {
    function test_fee_on_transfer_credits_what_arrives() public {
        FeeToken t = new FeeToken();
        _fund(address(t), 100e6);
        vm.prank(alice);
        assertEq(vault.deposit(0, 100e6, alice, NEW), 99e6);
        assertEq(vault.totalDeposited(0), 99e6);
        assertEq(t.balanceOf(address(vault)), 99e6);
        vm.prank(address(withdrawals));
        vault.pay(0, bob, 99e6);
        assertEq(t.balanceOf(address(vault)), 0);
    }

    function test_no_return_value_is_fine() public {
        NoReturnToken t = new NoReturnToken();
        _fund(address(t), 100e6);
        vm.prank(alice);
        assertEq(vault.deposit(0, 100e6, alice, NEW), 100e6);
        vm.prank(address(withdrawals));
        vault.pay(0, bob, 40e6);
        assertEq(t.balanceOf(bob), 40e6);
    }

    function test_a_false_answer_is_a_failure_both_ways() public {
        FalseToken t = new FalseToken();
        _fund(address(t), 100e6);
        t.idle(false);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t));
        vm.expectRevert(failed);
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);

        t.work();
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);
        t.idle(false);
        vm.expectRevert(failed);
        vm.prank(address(withdrawals));
        vault.pay(0, bob, 50e6);
        assertEq(vault.totalPaid(0), 0);
    }

    function test_a_transfer_that_only_says_yes_credits_nothing() public {
        FalseToken t = new FalseToken();
        _fund(address(t), 100e6);
        t.idle(true);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooSmall.selector, 0, MIN_DEPOSIT));
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);
    }

    function test_eighteen_decimals_round_down_to_the_exchange() public {
        MintableToken t = new MintableToken(18);
        _fund(address(t), 100e18);
        (, uint96 scale,) = vault.assets(0);
        assertEq(scale, 1e12);
        vm.prank(alice);
        assertEq(vault.deposit(0, 10e18 + 1e12 - 1, alice, NEW), 10e6);
        vm.prank(address(withdrawals));
        vault.pay(0, bob, 10e6);
        assertEq(t.balanceOf(bob), 10e18);
        assertEq(t.balanceOf(address(vault)), 1e12 - 1, "the dust stays");
    }

    function test_a_token_without_permit_takes_the_allowance() public {
        MintableToken t = new MintableToken(6);
        _fund(address(t), 100e6);
        vm.prank(alice);
        assertEq(vault.depositWithPermit(0, 100e6, alice, NEW, 0, 0, 0, 0), 100e6);
    }

    function test_the_blacklisted_block_only_themselves() public {
        BlacklistToken t = new BlacklistToken();
        _fund(address(t), 100e6);
        vm.prank(alice);
        vault.deposit(0, 100e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);

        t.blacklist(alice, true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Blacklisted.selector, alice));
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        assertFalse(withdrawals.isClaimed(0));
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        assertEq(t.balanceOf(bob), 1e6);

        t.blacklist(alice, false);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        assertEq(t.balanceOf(alice), 1e6);
    }

    function test_a_pause_of_the_token_delays_but_loses_nothing() public {
        BlacklistToken t = new BlacklistToken();
        _fund(address(t), 100e6);
        vm.prank(alice);
        vault.deposit(0, 100e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(ws);

        t.pause(true);
        vm.expectRevert(BlacklistToken.Paused.selector);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        t.pause(false);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        assertEq(t.balanceOf(alice), 1e6);
    }

    // --- callbacks ---

    function test_no_deposit_within_a_deposit() public {
        CallbackToken t = _callbackToken();
        t.arm(address(vault), abi.encodeCall(vault.deposit, (0, 5e6, bob, NEW)));
        vm.prank(alice);
        assertEq(vault.deposit(0, 5e6, alice, NEW), 5e6);
        _assertGuarded(t);
        assertEq(vault.totalDeposited(0), 5e6);
        assertEq(inbox.messageCount(), 1);
    }

    /// @dev Through either door: a deposit inside another would be credited twice, in its own difference and the outer's.
    function test_no_deposit_with_permit_within_a_deposit() public {
        bytes memory inner = abi.encodeCall(vault.depositWithPermit, (0, 5e6, bob, NEW, 0, 0, 0, 0));
        CallbackToken t = _callbackToken();
        t.arm(address(vault), inner);
        vm.prank(alice);
        assertEq(vault.deposit(0, 5e6, alice, NEW), 5e6);
        _assertGuarded(t);

        t.arm(address(vault), inner);
        vm.prank(alice);
        assertEq(vault.depositWithPermit(0, 5e6, alice, NEW, 0, 0, 0, 0), 5e6);
        _assertGuarded(t);
        assertEq(vault.totalDeposited(0), 10e6);
        assertEq(t.balanceOf(address(vault)), 10e6);
    }

    function test_no_claim_within_a_deposit() public {
        CallbackToken t = _callbackToken();
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(ws);

        t.arm(address(withdrawals), abi.encodeCall(withdrawals.claim, (h, ws[0], 0, _proof(ws, 0))));
        vm.prank(alice);
        assertEq(vault.deposit(0, 5e6, alice, NEW), 5e6);
        _assertGuarded(t);
        assertFalse(withdrawals.isClaimed(0));
    }

    function test_no_claim_within_a_claim() public {
        CallbackToken t = _callbackToken();
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);

        // The same one again: it is marked already.
        t.arm(address(withdrawals), abi.encodeCall(withdrawals.claim, (h, ws[0], 0, _proof(ws, 0))));
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        assertFalse(t.succeeded());
        assertEq(t.balanceOf(alice), 51e6);

        // Another one: the vault is busy, and it can be claimed afterwards.
        Withdrawal[] memory more = _withdrawals(2, 2);
        h = _settle(more);
        t.arm(address(withdrawals), abi.encodeCall(withdrawals.claim, (h, more[1], 1, _proof(more, 1))));
        withdrawals.claim(h, more[0], 0, _proof(more, 0));
        _assertGuarded(t);
        assertFalse(withdrawals.isClaimed(3));
        withdrawals.claim(h, more[1], 1, _proof(more, 1));
        assertEq(vault.totalPaid(0), 3e6);
    }

    function test_no_deposit_within_a_claim() public {
        CallbackToken t = _callbackToken();
        vm.prank(alice);
        vault.deposit(0, 50e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(ws);
        t.arm(address(vault), abi.encodeCall(vault.deposit, (0, 5e6, bob, NEW)));
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        _assertGuarded(t);
    }

    /// @dev A token that takes from the vault leaves the last one waiting, not the books wrong.
    function test_a_token_that_shrinks_leaves_claims_open() public {
        NoReturnToken t = new NoReturnToken();
        _fund(address(t), 2e6);
        vm.prank(alice);
        vault.deposit(0, 2e6, alice, NEW);
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);

        vm.prank(address(vault));
        t.transfer(address(1), 1);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        vm.expectRevert();
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        assertFalse(withdrawals.isClaimed(1));

        t.mint(address(vault), 1);
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        assertEq(t.balanceOf(address(vault)), 0);
    }

    function _callbackToken() private returns (CallbackToken t) {
        t = new CallbackToken();
        _fund(address(t), 100e6);
        t.mint(address(t), 100e6);
        vm.prank(address(t));
        t.approve(address(vault), type(uint256).max);
    }

    function _assertGuarded(CallbackToken t) private view {
        assertFalse(t.succeeded());
        assertEq(t.result(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    /// @dev A system of its own around `t`, and alice with `amount` of it, approved.
    function _fund(address t, uint256 amount) private {
        _deploy(IERC20Metadata(t));
        MintableToken(t).mint(alice, amount);
        vm.prank(alice);
        (bool ok,) = t.call(abi.encodeCall(IERC20.approve, (address(vault), type(uint256).max)));
        assertTrue(ok);
    }
}
