// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IEscape} from "../../src/interfaces/IEscape.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {SigningWallet} from "../hostile/SigningWallet.sol";
import {UsdcLike} from "../hostile/UsdcLike.sol";
import {TokenFixture} from "../support/TokenFixture.sol";

/// @notice Every path on which the vault takes or pays, with a token that does what USDC does.
contract UsdcTest is TokenFixture {
    bytes private constant BLACKLISTED =
        abi.encodeWithSignature("Error(string)", "Blacklistable: account is blacklisted");
    bytes private constant PAUSED = abi.encodeWithSignature("Error(string)", "Pausable: paused");
    bytes private constant NO_ALLOWANCE =
        abi.encodeWithSignature("Error(string)", "ERC20: transfer amount exceeds allowance");

    UsdcLike private usdc;
    Account private dan = makeAccount("dan");

    function setUp() public override {
        super.setUp();
        usdc = new UsdcLike();
        _around(address(usdc));
        usdc.mint(dan.addr, 100e6);
    }

    function test_what_comes_in_leaves_by_each_door() public {
        _openEachDoor();
        _assertAllLeave();
    }

    // --- permits ---

    function test_a_permit_of_version_two_deposits() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dan.key, _digest(dan.addr, START));
        vm.prank(dan.addr);
        assertEq(vault.depositWithPermit(0, 100e6, dan.addr, NEW, START, v, r, s), 100e6);
        assertEq(usdc.allowance(dan.addr, address(vault)), 0);
    }

    /// @dev Whoever sees the permit in the pool and uses it first, in either form, leaves an allowance that does the same.
    function test_a_permit_that_was_used_first_by_another_still_deposits() public {
        for (uint256 form = 0; form < 2; ++form) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(dan.key, _digest(dan.addr, START));
            vm.prank(bob);
            if (form == 0) usdc.permit(dan.addr, address(vault), 100e6, START, v, r, s);
            else usdc.permit(dan.addr, address(vault), 100e6, START, abi.encodePacked(r, s, v));
            vm.prank(dan.addr);
            assertEq(vault.depositWithPermit(0, 100e6, dan.addr, NEW, START, v, r, s), 100e6);
            usdc.mint(dan.addr, 100e6);
        }
        assertEq(usdc.nonces(dan.addr), 2);
    }

    /// @dev A wallet that is a contract has no (v, r, s): it permits by bytes, and deposits what it permitted.
    function test_a_contract_permits_by_bytes_and_deposits() public {
        address wallet = address(new SigningWallet());
        usdc.mint(wallet, 100e6);
        usdc.permit(wallet, address(vault), 100e6, START, "a word");
        vm.prank(wallet);
        assertEq(vault.depositWithPermit(0, 60e6, wallet, NEW, START, 0, 0, 0), 60e6);
        vm.prank(wallet);
        assertEq(vault.deposit(0, 40e6, wallet, NEW), 40e6);
    }

    function test_a_permit_that_is_late_or_of_another_moves_nothing() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dan.key, _digest(dan.addr, START - 1));
        vm.expectRevert(NO_ALLOWANCE);
        vm.prank(dan.addr);
        vault.depositWithPermit(0, 100e6, dan.addr, NEW, START - 1, v, r, s);
        (v, r, s) = vm.sign(dan.key, _digest(dan.addr, START));
        vm.expectRevert(NO_ALLOWANCE);
        vm.prank(bob);
        vault.depositWithPermit(0, 100e6, bob, NEW, START, v, r, s);
        assertEq(usdc.nonces(dan.addr), 0);
    }

    // --- blacklist ---

    function test_the_blacklisted_deposit_nothing_by_either_door() public {
        usdc.blacklist(dan.addr, true);
        _approve(dan.addr, 100e6);
        vm.expectRevert(BLACKLISTED);
        vm.prank(dan.addr);
        vault.deposit(0, 100e6, dan.addr, NEW);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dan.key, _digest(dan.addr, START));
        vm.expectRevert(BLACKLISTED);
        vm.prank(dan.addr);
        vault.depositWithPermit(0, 100e6, dan.addr, NEW, START, v, r, s);
        assertEq(inbox.messageCount(), 0);
    }

    function test_the_blacklisted_are_paid_elsewhere_and_nobody_else_waits() public {
        _openEachDoor();
        usdc.blacklist(alice, true);
        _assertShut(BLACKLISTED);
        _withdraw(1);
        _escape(1);
        assertEq(_balance(bob), 51e6);
        _withdrawTo(0, carol);
        _escapeTo(0, carol);
        _refundTo(carol);
        assertEq(_balance(carol), 1e6 + 50e6 + REFUND);
        assertEq(_balance(address(vault)), 0);
    }

    function test_the_blacklisted_are_paid_when_they_are_no_longer() public {
        _openEachDoor();
        usdc.blacklist(alice, true);
        _assertShut(BLACKLISTED);
        usdc.blacklist(alice, false);
        _assertAllLeave();
    }

    function test_nobody_but_the_owner_says_where_else() public {
        _openEachDoor();
        Withdrawal memory w = _ws()[0];
        EscapePayout memory p = _ps()[0];
        bytes32[] memory proof = _proof(_ws(), 0);
        bytes32[] memory payoutProof = _payoutProof(_ps(), 0);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.NotRecipient.selector, bob, alice));
        withdrawals.claimTo(paidBy, w, 0, proof, bob);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotRecipient.selector, bob, alice));
        escape.claimTo(p, payoutProof, bob);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotRecipient.selector, bob, alice));
        escape.refundTo(2, 1000, START, _depositOf(alice, REFUND), bob);
        vm.stopPrank();
        vm.startPrank(alice);
        vm.expectRevert(IWithdrawals.ZeroRecipient.selector);
        withdrawals.claimTo(paidBy, w, 0, proof, address(0));
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        escape.refundTo(2, 1000, START, _depositOf(alice, REFUND), address(0));
        vm.stopPrank();
    }

    /// @dev What was paid elsewhere was paid: the ordinary door is shut behind it, and the other way round.
    function test_paid_elsewhere_is_paid() public {
        _openEachDoor();
        _withdrawTo(0, carol);
        _refundTo(carol);
        bytes32[] memory proof = _proof(_ws(), 0);
        Withdrawal memory w = _ws()[0];
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 0));
        withdrawals.claim(paidBy, w, 0, proof);
        vm.expectRevert(abi.encodeWithSelector(IEscape.AlreadyRefunded.selector, 2));
        _refund();
        _withdraw(1);
        proof = _proof(_ws(), 1);
        w = _ws()[1];
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 1));
        vm.prank(bob);
        withdrawals.claimTo(paidBy, w, 1, proof, carol);
    }

    /// @dev The issuer against the exchange itself: nothing moves either way, and nothing is lost when it relents.
    function test_a_vault_that_is_blacklisted_neither_takes_nor_pays() public {
        _openEachDoor();
        usdc.blacklist(address(vault), true);
        _assertShut(BLACKLISTED);
        usdc.blacklist(address(vault), false);
        _assertAllLeave();

        _around(address(usdc));
        usdc.blacklist(address(vault), true);
        vm.expectRevert(BLACKLISTED);
        _put(alice, 10e6);
    }

    // --- pause ---

    function test_a_pause_shuts_each_door_and_loses_nothing() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(dan.key, _digest(dan.addr, START));
        usdc.pause(true);
        vm.expectRevert(PAUSED);
        _put(alice, 10e6);
        vm.expectRevert(PAUSED);
        vm.prank(dan.addr);
        vault.depositWithPermit(0, 100e6, dan.addr, NEW, START, v, r, s);
        usdc.pause(false);
        assertEq(inbox.messageCount(), 0);
        _openEachDoor();
        usdc.pause(true);
        _assertShut(PAUSED);
        usdc.pause(false);
        _assertAllLeave();
    }

    /// @dev The next permit of `owner` for a hundred.
    function _digest(address owner, uint256 deadline) private view returns (bytes32) {
        bytes32 told =
            keccak256(abi.encode(usdc.PERMIT_TYPEHASH(), owner, address(vault), 100e6, usdc.nonces(owner), deadline));
        return keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), told));
    }
}
