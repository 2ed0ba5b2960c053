// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {MintableToken} from "../hostile/MintableToken.sol";
import {EscapeFixture} from "./EscapeFixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice A system around a token that exists in earnest, and each door by which it leaves, open at once: 142 came in, of
/// which 2 were withdrawn, 100 are in the state, and 40 were never consumed. Alice and bob have half of the first two each.
abstract contract TokenFixture is EscapeFixture {
    uint256 internal constant HAS = 1000e6;
    uint64 internal constant REFUND = 40e6;

    address internal t;
    BatchHeader internal paidBy;
    /// @dev Tells balances apart from what was paid out.
    address internal payer = makeAddr("payer");

    function _around(address token_) internal {
        t = token_;
        _deploy(IERC20Metadata(t));
        MintableToken(t).mint(payer, HAS);
        _approve(payer, type(uint256).max);
    }

    function _approve(address who, uint256 amount) internal {
        vm.prank(who);
        // forge-lint: disable-next-line(unchecked-call)
        (bool ok,) = t.call(abi.encodeCall(IERC20.approve, (address(vault), amount)));
        assertTrue(ok);
    }

    function _put(address owner, uint256 amount) internal returns (uint64) {
        vm.prank(payer);
        return vault.deposit(0, amount, owner, NEW);
    }

    function _balance(address who) internal view returns (uint256) {
        return IERC20(t).balanceOf(who);
    }

    /// @dev After that a withdrawal, a payout and a refund are owed to alice; and the first two to bob.
    function _openEachDoor() internal {
        _put(alice, 102e6);
        paidBy = _nextWith(_ws());
        _post(paidBy);
        _put(alice, REFUND);
        _settleAll();
        _accept(_ps());
    }

    function _ws() internal view returns (Withdrawal[] memory) {
        return _withdrawals(0, 2);
    }

    function _ps() internal view returns (EscapePayout[] memory) {
        return _payouts(2, 50e6);
    }

    function _withdraw(uint256 i) internal {
        withdrawals.claim(paidBy, _ws()[i], i, _proof(_ws(), i));
    }

    function _withdrawTo(uint256 i, address to) internal {
        bytes32[] memory proof = _proof(_ws(), i);
        vm.prank(_ws()[i].recipient);
        withdrawals.claimTo(paidBy, _ws()[i], i, proof, to);
    }

    function _escape(uint256 i) internal {
        _claim(_ps(), i);
    }

    function _escapeTo(uint256 i, address to) internal {
        bytes32[] memory proof = _payoutProof(_ps(), i);
        vm.prank(_ps()[i].recipient);
        escape.claimTo(_ps()[i], proof, to);
    }

    function _refund() internal {
        escape.refund(2, 1000, START, _depositOf(alice, REFUND));
    }

    function _refundTo(address to) internal {
        vm.prank(alice);
        escape.refundTo(2, 1000, START, _depositOf(alice, REFUND), to);
    }

    /// @dev What is owed to alice cannot be paid through any door, and stays owed.
    function _assertShut(bytes memory reason) internal {
        bytes32[] memory proof = _proof(_ws(), 0);
        Withdrawal memory w = _ws()[0];
        vm.expectRevert(reason);
        withdrawals.claim(paidBy, w, 0, proof);
        EscapePayout memory p = _ps()[0];
        proof = _payoutProof(_ps(), 0);
        vm.expectRevert(reason);
        escape.claim(p, proof);
        vm.expectRevert(reason);
        _refund();
        assertFalse(withdrawals.isClaimed(0));
        assertFalse(escape.isPaid(0));
        assertFalse(escape.isRefunded(2));
    }

    /// @dev All that is owed leaves, and the vault is empty: the doors were shut for a time alone.
    function _assertAllLeave() internal {
        _withdraw(0);
        _withdraw(1);
        _escape(0);
        _escape(1);
        _refund();
        assertEq(_balance(alice), 1e6 + 50e6 + REFUND);
        assertEq(_balance(bob), 1e6 + 50e6);
        assertEq(_balance(address(vault)), 0);
        assertEq(vault.totalPaid(0), vault.totalDeposited(0));
    }
}
