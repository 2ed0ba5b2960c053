// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IVault} from "../../src/interfaces/IVault.sol";
import {UsdtLike} from "../hostile/UsdtLike.sol";
import {TokenFixture} from "../support/TokenFixture.sol";

/// @notice Every path on which the vault takes or pays, with a token that does what USDT does.
contract UsdtTest is TokenFixture {
    UsdtLike private usdt;

    function setUp() public override {
        super.setUp();
        usdt = new UsdtLike();
        _around(address(usdt));
    }

    function test_what_comes_in_leaves_by_each_door() public {
        _openEachDoor();
        _assertAllLeave();
    }

    /// @dev Without a permit of its own, or any answer to the call, what was approved is deposited.
    function test_a_permit_is_not_missed() public {
        vm.prank(payer);
        assertEq(vault.depositWithPermit(0, 10e6, alice, NEW, START, 27, 0, 0), 10e6);
    }

    /// @dev The vault leaves nothing of an exact allowance behind, so that the next approval is from zero.
    function test_approvals_from_zero_to_zero() public {
        usdt.mint(bob, 20e6);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(bob);
            usdt.approve(address(vault), 10e6);
            vm.prank(bob);
            vault.deposit(0, 10e6, bob, NEW);
        }
        vm.startPrank(bob);
        usdt.approve(address(vault), 1);
        vm.expectRevert();
        usdt.approve(address(vault), 2);
        vm.stopPrank();
    }

    // --- the fee ---

    /// @dev Credited is what arrives, so the vault holds what it owes; the cap of the fee counts.
    function test_a_fee_that_is_switched_on_is_the_payers_loss_coming_in() public {
        usdt.setParams(19, 1);
        assertEq(_put(alice, 100e6), 100e6 - 190_000);
        assertEq(_put(alice, 800e6), 799e6, "the fee is capped");
        assertEq(_balance(address(vault)), vault.totalDeposited(0));
    }

    function test_a_fee_that_takes_a_deposit_below_the_minimum_refuses_it() public {
        usdt.setParams(19, 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooSmall.selector, MIN_DEPOSIT - 1900, MIN_DEPOSIT));
        _put(alice, MIN_DEPOSIT);
        assertEq(_balance(address(vault)), 0);
        assertEq(inbox.messageCount(), 0);
    }

    /// @dev The one who is paid bears it; the vault is not a unit short for the last one.
    function test_a_fee_that_is_switched_on_is_the_receivers_loss_going_out() public {
        _openEachDoor();
        usdt.setParams(10, 1);
        _withdraw(0);
        _withdraw(1);
        _escape(0);
        _escape(1);
        _refund();
        assertEq(_balance(alice), uint256(91e6) * 999 / 1000);
        assertEq(_balance(bob), uint256(51e6) * 999 / 1000);
        assertEq(_balance(address(vault)), 0);
    }

    // --- blacklist ---

    function test_the_blacklisted_deposit_nothing() public {
        usdt.blacklist(payer, true);
        vm.expectRevert();
        _put(alice, 10e6);
        vm.expectRevert();
        vm.prank(payer);
        vault.depositWithPermit(0, 10e6, alice, NEW, START, 27, 0, 0);
        assertEq(inbox.messageCount(), 0);
    }

    /// @dev This token pays the blacklisted, and the issuer can take it there. Anybody can have it paid so, as ever: the
    /// owner has to be first to say where else. Nobody but him loses.
    function test_the_blacklisted_are_paid_where_the_issuer_takes_it_or_elsewhere() public {
        _openEachDoor();
        usdt.blacklist(alice, true);
        _withdraw(0);
        assertEq(_balance(alice), 1e6);
        usdt.destroyBlackFunds(alice);
        assertEq(_balance(alice), 0);
        _escapeTo(0, carol);
        _refundTo(carol);
        _withdraw(1);
        _escape(1);
        assertEq(_balance(carol), 50e6 + REFUND);
        assertEq(_balance(bob), 51e6);
        assertEq(_balance(address(vault)), 0);
    }

    /// @dev The issuer against the exchange itself: money comes in and none leaves; it is owed, and paid when the issuer
    /// relents.
    function test_a_vault_that_is_blacklisted_takes_and_does_not_pay() public {
        _openEachDoor();
        usdt.blacklist(address(vault), true);
        _assertShut("");
        usdt.blacklist(address(vault), false);
        _assertAllLeave();

        _around(address(usdt));
        usdt.blacklist(address(vault), true);
        assertEq(_put(alice, 10e6), 10e6);
        vm.expectRevert();
        vm.prank(address(withdrawals));
        vault.pay(0, alice, 10e6);
        assertEq(vault.totalPaid(0), 0);
    }

    /// @dev What the issuer destroyed is gone; what is owed stays open, in case it comes back.
    function test_funds_that_the_issuer_destroyed_stay_owed() public {
        _openEachDoor();
        usdt.blacklist(address(vault), true);
        usdt.destroyBlackFunds(address(vault));
        usdt.blacklist(address(vault), false);
        _assertShut(abi.encodeWithSignature("Panic(uint256)", 0x11));
        usdt.mint(address(vault), 142e6);
        _assertAllLeave();
    }

    // --- pause ---

    function test_a_pause_shuts_each_door_and_loses_nothing() public {
        usdt.pause(true);
        vm.expectRevert();
        _put(alice, 10e6);
        usdt.pause(false);
        _openEachDoor();
        usdt.pause(true);
        _assertShut("");
        usdt.pause(false);
        _assertAllLeave();
    }
}
