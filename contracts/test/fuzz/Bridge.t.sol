// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {MintableToken} from "../hostile/MintableToken.sol";
import {Fixture} from "../support/Fixture.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

contract BridgeFuzzTest is Fixture {
    function testFuzz_deposits_credit_what_arrives(uint256 amount, address owner, uint32 account, uint8 decimals)
        public
    {
        decimals = uint8(bound(decimals, 6, 24));
        MintableToken t = new MintableToken(decimals);
        _deploy(IERC20Metadata(address(t)));
        uint256 scale = 10 ** (decimals - 6);
        amount = bound(amount, 0, 2 ** 61 * scale);
        t.mint(alice, amount);

        vm.startPrank(alice);
        t.approve(address(vault), amount);
        uint256 units = amount / scale;
        bool good = owner != address(0) && units >= MIN_DEPOSIT && units <= 2 ** 60;
        try vault.deposit(0, amount, owner, account) returns (uint64 credited) {
            assertTrue(good);
            assertEq(credited, units);
            assertEq(vault.totalDeposited(0), units);
            assertEq(inbox.messageCount(), 1);
        } catch {
            assertFalse(good);
            assertEq(t.balanceOf(alice), amount);
            assertEq(inbox.messageCount(), 0);
        }
        vm.stopPrank();
    }

    function testFuzz_pays_while_there_is_something(uint64 put, uint64[5] memory out) public {
        put = uint64(bound(put, MIN_DEPOSIT, 2 ** 60));
        _deposit(alice, put);
        uint256 left = put;
        for (uint256 i = 0; i < out.length; ++i) {
            vm.prank(address(withdrawals));
            try vault.pay(0, bob, out[i]) {
                assertLe(out[i], left);
                left -= out[i];
            } catch {
                assertGt(out[i], left);
            }
            assertEq(token.balanceOf(address(vault)), left);
            assertEq(token.balanceOf(bob), put - left);
        }
    }

    function testFuzz_any_withdrawal_of_a_batch_is_paid_once(Withdrawal[] memory ws, uint256 which) public {
        vm.assume(ws.length != 0);
        uint256 count = ws.length > 32 ? 32 : ws.length;
        which = bound(which, 0, count - 1);
        Withdrawal[] memory some = new Withdrawal[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = ws[i];
            some[i].asset = 0;
        }
        Withdrawal memory w = some[which];
        w.amount = uint64(bound(w.amount, 1, 2 ** 60));
        if (w.recipient == address(0) || w.recipient == address(vault)) w.recipient = bob;
        _deposit(alice, 2 ** 60);

        BatchHeader memory h = _settle(some);
        uint256 before = token.balanceOf(w.recipient);
        bytes32[] memory proof = _proof(some, which);
        withdrawals.claim(h, w, which, proof);
        assertEq(token.balanceOf(w.recipient), before + w.amount);
        assertTrue(withdrawals.isClaimed(w.id));
        try withdrawals.claim(h, w, which, proof) {
            fail();
        } catch {}
    }
}
