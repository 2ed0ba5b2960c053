// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System} from "../../script/System.sol";
import {IEscape} from "../../src/interfaces/IEscape.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeClaim, EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";
import {Tree} from "../support/Tree.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice The attacks on freeze, rejection and escape that settlement.md names, each once.
contract AttacksTest is EscapeFixture {
    // --- double claim across withdrawal, escape and refund ---

    /// @dev 100 come in. 30 were withdrawn, 50 are in the state, 20 were never consumed: each leaves by its own door, once,
    /// in any order, and tries the others.
    function test_double_claim_across_withdrawal_escape_and_refund() public {
        _deposit(alice, 80e6);
        Withdrawal[] memory ws = new Withdrawal[](1);
        ws[0] = Withdrawal({id: 0, account: 0, recipient: alice, asset: 0, amount: 30e6});
        BatchHeader memory h = _nextWith(ws);
        _post(h);
        _deposit(alice, 20e6);
        _settleAll();
        EscapePayout[] memory ps = new EscapePayout[](1);
        ps[0] = EscapePayout({index: 0, recipient: alice, asset: 0, amount: 50e6});
        _accept(ps);

        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        _claim(ps, 0);
        escape.refund(2, 1000, START, _depositOf(alice, 20e6));
        assertEq(token.balanceOf(alice), 100e6);
        assertEq(token.balanceOf(address(vault)), 0);

        bytes32[] memory proof = _proof(ws, 0);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 0));
        withdrawals.claim(h, ws[0], 0, proof);
        proof = _payoutProof(ps, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscape.AlreadyPaid.selector, 0));
        escape.claim(ps[0], proof);
        vm.expectRevert(abi.encodeWithSelector(IEscape.AlreadyRefunded.selector, 2));
        escape.refund(2, 1000, START, _depositOf(alice, 20e6));
        vm.expectRevert(abi.encodeWithSelector(IEscape.Consumed.selector, 0, 1));
        escape.refund(0, 1000, START, _depositOf(alice, 80e6));
    }

    /// @dev Who was paid before the freeze, and who comes after the escape, are paid the same.
    function test_withdrawals_of_final_batches_are_paid_before_and_after_the_escape() public {
        _deposit(alice, 10e6);
        Withdrawal[] memory ws = _withdrawals(0, 4);
        BatchHeader memory h = _settle(ws);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        _freeze();
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        EscapePayout[] memory ps = _payouts(1, 6e6);
        _accept(ps);
        withdrawals.claim(h, ws[2], 2, _proof(ws, 2));
        _claim(ps, 0);
        withdrawals.claim(h, ws[3], 3, _proof(ws, 3));
        assertEq(token.balanceOf(address(vault)), 0);
    }

    /// @dev What a batch paid that was rejected, nobody gets; the same id in the batch that took its place is paid.
    function test_a_withdrawal_of_a_rejected_batch_is_never_paid() public {
        _deposit(alice, 10e6);
        Withdrawal[] memory stolen = _withdrawals(0, 1);
        stolen[0].amount = 10e6;
        BatchHeader memory wrong = _nextWith(stolen);
        _post(wrong);
        skip(WINDOW);
        _setBatch(wrong, VerdictStatus.INVALID);
        rollup.finalize(1);
        bytes32[] memory proof = _proof(stolen, 0);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.BatchNotFinal.selector, 1));
        withdrawals.claim(wrong, stolen[0], 0, proof);
        rollup.reject(1, _genesis());

        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(ws);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.WrongBatchHash.selector, _hash(wrong), _hash(h)));
        withdrawals.claim(wrong, stolen[0], 0, proof);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        assertEq(token.balanceOf(alice), 1e6);
    }

    // --- replay across chain, contract and batch ---

    /// @dev Two exchanges, one token, the same users: what one owes opens nothing at the other.
    function test_replay_across_contracts() public {
        System memory first = deployed;
        _deposit(alice, 10e6);
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 5e6);
        EscapeClaim memory c = _claimOf(ps);
        bytes32 h = _accept(ps);

        vm.warp(START);
        _deploy(IERC20Metadata(address(token)));
        _deposit(bob, 10e6);
        _post(_next());
        _settleAll();
        vm.expectRevert(abi.encodeWithSelector(IEscape.UnknownClaim.selector, h));
        escape.accept(h);
        vm.deal(carol, BOND);
        bytes32 ours = rollup.batchHash(1);
        vm.expectRevert(abi.encodeWithSelector(IEscape.WrongBatch.selector, c.batchHash, ours));
        vm.prank(carol);
        escape.propose{value: BOND}(c);
        bytes32[] memory proof = _payoutProof(ps, 0);
        vm.expectRevert(IEscape.NoneAccepted.selector);
        escape.claim(ps[0], proof);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPayer.selector, address(first.escape)));
        vm.prank(address(first.escape));
        vault.pay(0, alice, 1);
        first.escape.claim(ps[0], proof);
        assertEq(token.balanceOf(alice), 5e6);
    }

    /// @dev The state root covers the chain's number, so claims of another chain are on another batch.
    function test_replay_across_batches() public {
        _deposit(alice, 10e6);
        BatchHeader memory h = _next();
        _post(h);
        EscapeClaim memory early = _claimOf(_payouts(1, 10e6));
        _post(_next());
        _settleAll();
        vm.deal(carol, BOND);
        bytes32 last = rollup.batchHash(2);
        vm.expectRevert(abi.encodeWithSelector(IEscape.WrongBatch.selector, _hash(h), last));
        vm.prank(carol);
        escape.propose{value: BOND}(early);
    }

    /// @dev A withdrawal's leaf is no payout's, nor the other way round: depth and length differ.
    function test_a_withdrawal_is_no_payout() public {
        _deposit(alice, 10e6);
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        _freeze();
        EscapePayout[] memory ps = _payouts(2, 1e6);
        EscapeClaim memory c = _claimOf(ps);
        c.payoutsRoot = h.withdrawalsRoot;
        bytes32 claimHash = _propose(c);
        verdict.setClaim(claimHash, VerdictStatus.VALID);
        escape.accept(claimHash);
        bytes32[] memory proof = new bytes32[](32);
        bytes32[] memory short = _proof(ws, 0);
        for (uint256 i = 0; i < 16; ++i) {
            proof[i] = short[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        escape.claim(ps[0], proof);
    }

    // --- a freeze while a dispute runs ---

    function test_a_freeze_while_a_dispute_runs_waits_for_its_end() public {
        _deposit(alice, 10e6);
        BatchHeader memory good = _next();
        _post(good);
        BatchHeader memory contested = _next();
        _post(contested);
        _setBatch(contested, VerdictStatus.DISPUTED);
        _freeze();
        skip(100 * WINDOW);
        rollup.finalize(type(uint64).max);
        EscapePayout[] memory ps = _payouts(1, 10e6);
        EscapeClaim memory c = _claimOf(ps);
        vm.deal(carol, BOND);
        vm.expectRevert(IEscape.NotSettled.selector);
        vm.prank(carol);
        escape.propose{value: BOND}(c);

        _setBatch(contested, VerdictStatus.INVALID);
        rollup.reject(2, good);
        _accept(ps);
        _claim(ps, 0);
        assertEq(token.balanceOf(alice), 10e6);
        // Settled is settled: the batch it stands on falls no more, whatever is said of it now.
        _setBatch(good, VerdictStatus.INVALID);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 1));
        rollup.reject(1, _genesis());
    }

    // --- an escape claim that is wrong by one unit ---

    function test_an_escape_claim_wrong_by_one_unit() public {
        _deposit(alice, 10e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory wrong = _payouts(2, 5e6);
        wrong[0].amount += 1;
        wrong[1].amount -= 1;
        bytes32 h = _propose(_claimOf(wrong));
        verdict.setClaim(h, VerdictStatus.INVALID);
        skip(10 * WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, h));
        escape.accept(h);
        EscapePayout[] memory ps = _payouts(2, 5e6);
        _accept(ps);
        bytes32[] memory proof = _payoutProof(wrong, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        escape.claim(wrong[0], proof);
        _claim(ps, 0);
        _claim(ps, 1);
        escape.settleBond(h);
        assertEq(escape.credit(address(demand)), BOND);
        assertEq(escape.credit(carol), BOND);
    }

    // --- the last user out ---

    /// @dev The one who comes years later, after all others, when nobody else is left.
    function test_the_last_user_out() public {
        _deposit(alice, 7e6);
        _deposit(bob, 3e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 5e6);
        _accept(ps);
        _claim(ps, 0);
        skip(3650 days);
        _claim(ps, 1);
        assertEq(token.balanceOf(bob), 5e6);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    /// @dev A claim that nobody disputed although it was for more than there is: the vault pays what it has, and each payout
    /// is paid whole or stays open.
    function test_the_last_user_out_of_a_claim_for_too_much() public {
        _deposit(alice, 10e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 6e6);
        _accept(ps);
        _claim(ps, 0);
        bytes32[] memory proof = _payoutProof(ps, 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 0, 6e6, 4e6));
        escape.claim(ps[1], proof);
        assertFalse(escape.isPaid(1));
        assertEq(escape.totalEscaped(), 6e6);
    }

    // --- second preimage, leaf and node ---

    /// @dev A node of the tree, told as a leaf, and a leaf told where a node stands.
    function test_second_preimage_and_leaf_node_confusion() public {
        _deposit(alice, 10e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(4, 2e6);
        // The attacker wants the node over leaves 0 and 1 to pass as a leaf: as 64 bytes after another tag it does not, and
        // a payout is 128 bytes besides. He claims with the path of that node, which is one shorter.
        _accept(ps);
        bytes32[] memory full = _payoutProof(ps, 0);
        bytes32[] memory path = new bytes32[](32);
        for (uint256 i = 1; i < 32; ++i) {
            path[i - 1] = full[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        escape.claim(ps[0], path);

        // A leaf's hash in the place of a sibling node.
        bytes32[] memory forged = _payoutProof(ps, 2);
        forged[1] = Tree.leaf(abi.encode(ps[0]));
        vm.expectRevert(abi.encodeWithSelector(IEscape.InvalidProof.selector, 2));
        escape.claim(ps[2], forged);

        // The empty leaf is no payout: the hash of a leaf is never zero.
        EscapePayout memory nobody;
        nobody.index = 3;
        bytes32[] memory proof = _payoutProof(ps, 3);
        vm.expectRevert(abi.encodeWithSelector(IEscape.InvalidProof.selector, 3));
        escape.claim(nobody, proof);
    }

    // --- clocks at their edges ---

    function test_clocks_that_do_not_fit_revert_nothing_but_themselves() public {
        _deposit(alice, 10e6);
        _post(_next());
        _settleAll();
        bytes32 h = _propose(_claimOf(_payouts(1, 10e6)));
        vm.warp(type(uint64).max);
        escape.accept(h);
        _claim(_payouts(1, 10e6), 0);
        assertEq(token.balanceOf(alice), 10e6);
    }

    /// @dev A dispute of the last second and finality of the first one after it leave no gap and no overlap.
    function test_the_second_in_which_a_window_ends() public {
        BatchHeader memory h = _next();
        _post(h);
        vm.warp(START + WINDOW - 1);
        assertEq(rollup.finalize(1), 1);
        _setBatch(h, VerdictStatus.DISPUTED);
        vm.warp(START + WINDOW);
        assertEq(rollup.finalize(1), 1, "disputed in the last second of the window");
        _setBatch(h, VerdictStatus.UNDISPUTED);
        assertEq(rollup.finalize(1), 2);
    }
}
