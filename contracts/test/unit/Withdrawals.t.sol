// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Withdrawals} from "../../src/bridge/Withdrawals.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {Rollup} from "../../src/settlement/Rollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Fixture} from "../support/Fixture.sol";
import {Tree} from "../support/Tree.sol";

contract WithdrawalsTest is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 100e6);
    }

    function test_refuses_wrong_wiring() public {
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.WrongWiring.selector, address(rollup), address(vault)));
        new Withdrawals(rollup, vault);
    }

    /// @dev The vault obeys the new contract, but deposits are announced to another rollup than the one that would say
    /// who is paid.
    function test_refuses_the_rollup_of_another_deployment() public {
        Rollup ours = rollup;
        vm.warp(START);
        _deploy(token);
        uint64 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce);
        vm.mockCall(address(vault), abi.encodeCall(vault.withdrawals, ()), abi.encode(next));
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.WrongWiring.selector, address(ours), address(vault)));
        new Withdrawals(ours, vault);
    }

    function test_pays_every_leaf_once_whoever_asks() public {
        Withdrawal[] memory ws = _withdrawals(0, 5);
        BatchHeader memory h = _settle(ws);
        for (uint32 i = 0; i < 5; ++i) {
            assertFalse(withdrawals.isClaimed(i));
            vm.expectEmit(address(withdrawals));
            emit IWithdrawals.Claimed(i, 1, ws[i].recipient, ws[i].recipient, i, 0, 1e6);
            vm.expectEmit(address(vault));
            emit IVault.Paid(0, ws[i].recipient, 1e6);
            vm.prank(makeAddr("anyone"));
            withdrawals.claim(h, ws[i], i, _proof(ws, i));
            assertTrue(withdrawals.isClaimed(i));
        }
        assertEq(token.balanceOf(alice), 3e6);
        assertEq(token.balanceOf(bob), 2e6);
    }

    function test_claims_from_older_batches_stay_open() public {
        Withdrawal[] memory first = _withdrawals(0, 2);
        BatchHeader memory h1 = _settle(first);
        Withdrawal[] memory second = _withdrawals(2, 1);
        BatchHeader memory h2 = _settle(second);
        withdrawals.claim(h2, second[0], 0, _proof(second, 0));
        skip(3650 days);
        withdrawals.claim(h1, first[1], 1, _proof(first, 1));
        assertEq(vault.totalPaid(0), 2e6);
    }

    function test_the_last_leaf_of_a_full_tree_is_payable() public {
        Withdrawal memory w = _withdrawals(65535, 1)[0];
        bytes32[] memory siblings = new bytes32[](DEPTH);
        bytes32 node = Tree.leaf(abi.encode(w));
        for (uint256 i = 0; i < DEPTH; ++i) {
            siblings[i] = keccak256(abi.encode("sibling", i));
            node = BinaryTree.nodeHash(siblings[i], node);
        }
        BatchHeader memory h = _next();
        h.withdrawalCount = 65536;
        h.withdrawalsRoot = node;
        _post(h);
        skip(WINDOW);
        rollup.finalize(1);
        withdrawals.claim(h, w, 65535, siblings);
        assertEq(token.balanceOf(bob) + token.balanceOf(alice), 1e6);
    }

    function test_the_recipient_alone_says_that_somebody_else_is_paid() public {
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        (address recipient, address other) = (ws[1].recipient, makeAddr("other"));
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.NotRecipient.selector, other, recipient));
        vm.prank(other);
        withdrawals.claimTo(h, ws[1], 1, _proof(ws, 1), other);
        vm.expectRevert(IWithdrawals.ZeroRecipient.selector);
        vm.prank(recipient);
        withdrawals.claimTo(h, ws[1], 1, _proof(ws, 1), address(0));
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.InvalidProof.selector, 1, 0));
        vm.prank(recipient);
        withdrawals.claimTo(h, ws[1], 0, _proof(ws, 1), other);

        vm.expectEmit(address(withdrawals));
        emit IWithdrawals.Claimed(1, 1, recipient, other, 1, 0, 1e6);
        vm.prank(recipient);
        withdrawals.claimTo(h, ws[1], 1, _proof(ws, 1), other);
        assertEq(token.balanceOf(other), 1e6);
        vm.prank(recipient);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 1));
        withdrawals.claimTo(h, ws[1], 1, _proof(ws, 1), recipient);
        _expectRefusal(h, ws[1], 1, _proof(ws, 1), abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 1));
    }

    function test_refuses_a_second_claim() public {
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 0));
    }

    /// @dev Ids are global: a batch that repeats one, against the rules, does not get it paid twice.
    function test_refuses_an_id_paid_in_another_batch() public {
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        h = _settle(ws);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), abi.encodeWithSelector(IWithdrawals.AlreadyClaimed.selector, 0));
    }

    function test_refuses_a_batch_that_is_not_final() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _nextWith(ws);
        bytes memory notFinal = abi.encodeWithSelector(IWithdrawals.BatchNotFinal.selector, 1);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), notFinal);
        _post(h);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), notFinal);
        skip(WINDOW);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), notFinal);
        rollup.finalize(1);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
    }

    function test_refuses_a_header_that_was_not_posted() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(new Withdrawal[](0));
        bytes32 posted = _hash(h);
        h.withdrawalCount = 1;
        h.withdrawalsRoot = Tree.root(_leaves(ws), DEPTH);
        bytes memory reason = abi.encodeWithSelector(IWithdrawals.WrongBatchHash.selector, _hash(h), posted);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), reason);
    }

    function test_refuses_genesis_as_a_source_of_money() public {
        BatchHeader memory h = _genesis();
        Withdrawal[] memory ws = _withdrawals(0, 1);
        bytes memory reason = abi.encodeWithSelector(IWithdrawals.UnknownLeaf.selector, 0, 0);
        vm.warp(START);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), reason);
    }

    function test_refuses_a_withdrawal_of_another_batch() public {
        Withdrawal[] memory first = _withdrawals(0, 2);
        BatchHeader memory h1 = _settle(first);
        Withdrawal[] memory second = _withdrawals(2, 2);
        BatchHeader memory h2 = _settle(second);
        _expectRefusal(h2, first[0], 0, _proof(first, 0), _invalid(0, 0));
        _expectRefusal(h1, second[0], 0, _proof(second, 0), _invalid(2, 0));
    }

    function test_refuses_leaves_beyond_the_count() public {
        Withdrawal[] memory ws = _withdrawals(0, 3);
        BatchHeader memory h = _nextWith(ws);
        h.withdrawalCount = 2;
        _post(h);
        skip(WINDOW);
        rollup.finalize(1);
        bytes memory reason = abi.encodeWithSelector(IWithdrawals.UnknownLeaf.selector, 2, 2);
        _expectRefusal(h, ws[2], 2, _proof(ws, 2), reason);
        reason = abi.encodeWithSelector(IWithdrawals.UnknownLeaf.selector, 65536, 2);
        _expectRefusal(h, ws[0], 65536, _proof(ws, 0), reason);
    }

    function test_refuses_a_changed_withdrawal() public {
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        Withdrawal memory w = _withdrawals(0, 1)[0];
        w.amount = 2e6;
        _expectRefusal(h, w, 0, _proof(ws, 0), _invalid(0, 0));
        w = _withdrawals(0, 1)[0];
        w.recipient = bob;
        _expectRefusal(h, w, 0, _proof(ws, 0), _invalid(0, 0));
        w = _withdrawals(0, 1)[0];
        w.id = 9;
        _expectRefusal(h, w, 0, _proof(ws, 0), _invalid(9, 0));
        _expectRefusal(h, ws[0], 1, _proof(ws, 0), _invalid(0, 1));
        _expectRefusal(h, ws[0], 1, _proof(ws, 1), _invalid(0, 1));
    }

    function test_refuses_shortened_and_lengthened_proofs() public {
        Withdrawal[] memory ws = _withdrawals(0, 2);
        BatchHeader memory h = _settle(ws);
        bytes32[] memory short = new bytes32[](DEPTH - 1);
        bytes32[] memory long = new bytes32[](DEPTH + 1);
        _expectRefusal(h, ws[0], 0, short, abi.encodeWithSelector(BinaryTree.WrongProofLength.selector, 15, 16));
        _expectRefusal(h, ws[0], 0, long, abi.encodeWithSelector(BinaryTree.WrongProofLength.selector, 17, 16));
    }

    /// @dev Two leaves' hashes as the bytes of one: 64 bytes are no withdrawal, and a leaf has another tag than a node.
    function test_refuses_a_withdrawals_root_that_is_a_leaf_of_a_shallower_tree() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _next();
        h.withdrawalCount = 1;
        h.withdrawalsRoot = Tree.leaf(abi.encode(ws[0]));
        _post(h);
        skip(WINDOW);
        rollup.finalize(1);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), _invalid(0, 0));
    }

    /// @dev The same rollup history elsewhere: each deployment pays from its own vault, by its own batches.
    function test_refuses_a_claim_of_another_deployment() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        BatchHeader memory h = _settle(ws);
        vm.warp(START);
        _deploy(token);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.BatchNotFinal.selector, 1));
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));

        // Nor when the other one has a final batch with that number.
        BatchHeader memory theirs = _settle(new Withdrawal[](0));
        bytes memory reason = abi.encodeWithSelector(IWithdrawals.WrongBatchHash.selector, _hash(h), _hash(theirs));
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), reason);
    }

    function test_never_pays_more_than_was_deposited() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        ws[0].amount = 100e6 + 1;
        BatchHeader memory h = _settle(ws);
        bytes memory reason = abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 0, 100e6 + 1, 100e6);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), reason);
        assertFalse(withdrawals.isClaimed(0));
    }

    function test_refuses_an_unknown_asset() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        ws[0].asset = 3;
        BatchHeader memory h = _settle(ws);
        _expectRefusal(h, ws[0], 0, _proof(ws, 0), abi.encodeWithSelector(IVault.UnknownAsset.selector, 3));
    }

    function _invalid(uint64 id, uint256 leafIndex) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IWithdrawals.InvalidProof.selector, id, leafIndex);
    }

    function _expectRefusal(
        BatchHeader memory h,
        Withdrawal memory w,
        uint256 leafIndex,
        bytes32[] memory proof,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        withdrawals.claim(h, w, leafIndex, proof);
    }
}
