// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Escape} from "../../src/bridge/Escape.sol";
import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IEscape} from "../../src/interfaces/IEscape.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BinaryTree} from "../../src/libraries/BinaryTree.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeClaim, EscapePayout, EscapeProposal} from "../../src/types/EscapeClaim.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

contract EscapeTest is EscapeFixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 100e6);
        _post(_next());
    }

    // --- proposing ---

    function test_refuses_bad_wiring_and_no_bond() public {
        vm.expectRevert(abi.encodeWithSelector(IEscape.WrongWiring.selector, address(rollup), address(vault)));
        new Escape(rollup, vault, BOND);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.mockCall(address(vault), abi.encodeWithSelector(vault.escape.selector), abi.encode(next));
        vm.expectRevert(IEscape.NoBond.selector);
        new Escape(rollup, vault, 0);
    }

    function test_nothing_is_proposed_before_the_exchange_is_settled() public {
        EscapeClaim memory c = _claimOf(_payouts(2, 1e6));
        vm.deal(carol, 10 * BOND);
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.NotSettled.selector));
        _freeze();
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.NotSettled.selector));
        skip(WINDOW);
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.NotSettled.selector));
        rollup.finalize(type(uint64).max);
        vm.prank(carol);
        escape.propose{value: BOND}(c);
    }

    function test_proposes_with_the_bond() public {
        _settleAll();
        EscapeClaim memory c = _claimOf(_payouts(2, 1e6));
        vm.deal(carol, 10 * BOND);
        _expectProposal(c, BOND - 1, abi.encodeWithSelector(IEscape.WrongBond.selector, BOND - 1, BOND));
        _expectProposal(c, BOND + 1, abi.encodeWithSelector(IEscape.WrongBond.selector, BOND + 1, BOND));
        _expectProposal(c, 0, abi.encodeWithSelector(IEscape.WrongBond.selector, 0, BOND));

        vm.expectEmit(address(escape));
        emit IEscape.ClaimProposed(_hash(c), carol, c);
        assertEq(_propose(c), _hash(c));
        EscapeProposal memory p = escape.proposal(_hash(c));
        assertEq(_hash(p.claim), _hash(c));
        assertEq(p.proposer, carol);
        assertEq(p.proposedAt, block.timestamp);
        assertFalse(p.bondSettled);
        assertEq(address(escape).balance, BOND);
    }

    function test_a_claim_is_on_the_last_final_batch_and_proposed_once() public {
        _settleAll();
        EscapeClaim memory c = _claimOf(_payouts(2, 1e6));
        bytes32 last = c.batchHash;
        c.batchHash = rollup.batchHash(0);
        vm.deal(carol, 10 * BOND);
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.WrongBatch.selector, c.batchHash, last));
        c.batchHash = last;
        c.payoutCount = 2 ** 32 + 1;
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.TooManyPayouts.selector, 2 ** 32 + 1, 2 ** 32));
        c.payoutCount = 2 ** 32;
        bytes32 h = _propose(c);
        vm.deal(carol, BOND);
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.AlreadyProposed.selector, h));
        c.payoutCount = 2;
        _propose(c);
        assertEq(address(escape).balance, 2 * BOND);
    }

    // --- accepting ---

    function test_an_undisputed_claim_is_accepted_when_its_window_is_over_and_no_second_earlier() public {
        _settleAll();
        bytes32 h = _propose(_claimOf(_payouts(2, 1e6)));
        uint256 from = block.timestamp + WINDOW;
        vm.warp(from - 1);
        _expectNotAcceptable(h);
        vm.warp(from);
        vm.expectEmit(address(escape));
        emit IEscape.ClaimAccepted(h);
        vm.expectEmit(address(escape));
        emit IEscape.BondSettled(h, carol, BOND);
        vm.prank(bob);
        escape.accept(h);
        assertEq(escape.acceptedClaim(), h);
        assertEq(escape.credit(carol), BOND);
        vm.prank(carol);
        escape.withdrawCredit(carol);
        assertEq(carol.balance, BOND);
    }

    function test_a_valid_claim_is_accepted_at_once_and_no_other_ever() public {
        _settleAll();
        bytes32 h = _accept(_payouts(2, 1e6));
        EscapeClaim memory other = _claimOf(_payouts(3, 1e6));
        vm.deal(carol, BOND);
        _expectProposal(other, BOND, abi.encodeWithSelector(IEscape.AlreadyAccepted.selector, h));
        vm.expectRevert(abi.encodeWithSelector(IEscape.AlreadyAccepted.selector, h));
        escape.accept(h);
    }

    function test_a_disputed_or_invalid_claim_is_not_accepted_however_long_it_stands() public {
        _settleAll();
        bytes32 h = _propose(_claimOf(_payouts(2, 1e6)));
        skip(10 * WINDOW);
        verdict.setClaim(h, VerdictStatus.DISPUTED);
        _expectNotAcceptable(h);
        verdict.setClaim(h, VerdictStatus.INVALID);
        _expectNotAcceptable(h);
        verdict.setClaim(h, VerdictStatus.VALID);
        escape.accept(h);
    }

    function test_an_unknown_claim_is_not_accepted() public {
        _settleAll();
        bytes32 h = _hash(_claimOf(_payouts(2, 1e6)));
        verdict.setClaim(h, VerdictStatus.VALID);
        vm.expectRevert(abi.encodeWithSelector(IEscape.UnknownClaim.selector, h));
        escape.accept(h);
        vm.expectRevert(abi.encodeWithSelector(IEscape.UnknownClaim.selector, h));
        escape.settleBond(h);
    }

    // --- bonds ---

    function test_the_bond_of_an_invalid_claim_goes_to_the_verdict_once() public {
        _settleAll();
        bytes32 h = _propose(_claimOf(_payouts(2, 1e6)));
        verdict.setClaim(h, VerdictStatus.INVALID);
        vm.expectEmit(address(escape));
        emit IEscape.BondSettled(h, address(demand), BOND);
        escape.settleBond(h);
        assertEq(escape.credit(address(demand)), BOND);
        assertEq(escape.credit(carol), 0);
        vm.expectRevert(abi.encodeWithSelector(IEscape.BondAlreadySettled.selector, h));
        escape.settleBond(h);
        assertEq(demand.passOn(escape), BOND);
        assertEq(address(verdict).balance, BOND);
        // It stays invalid, and cannot be proposed anew.
        EscapeClaim memory c = _claimOf(_payouts(2, 1e6));
        vm.deal(carol, BOND);
        _expectProposal(c, BOND, abi.encodeWithSelector(IEscape.AlreadyProposed.selector, h));
    }

    /// @dev It should not; but then it is not paid by others' bonds.
    function test_a_verdict_that_changes_its_mind_gives_no_bond_twice() public {
        _settleAll();
        bytes32 h = _propose(_claimOf(_payouts(2, 1e6)));
        _propose(_claimOf(_payouts(3, 1e6)));
        verdict.setClaim(h, VerdictStatus.INVALID);
        escape.settleBond(h);
        verdict.setClaim(h, VerdictStatus.VALID);
        _expectNotAcceptable(h);
        assertEq(escape.credit(address(demand)), BOND);
        assertEq(escape.credit(carol), 0);
    }

    function test_a_bond_stays_while_its_claim_may_still_be_found_wrong() public {
        _settleAll();
        bytes32 late = _propose(_claimOf(_payouts(3, 1e6)));
        _expectBondStays(late);
        skip(WINDOW);
        // It could be accepted, and that is how its bond comes back.
        _expectBondStays(late);
        bytes32 h = _accept(_payouts(2, 1e6));
        bytes4 settled = IEscape.BondAlreadySettled.selector;
        vm.expectRevert(abi.encodeWithSelector(settled, h));
        escape.settleBond(h);

        verdict.setClaim(late, VerdictStatus.DISPUTED);
        _expectBondStays(late);
        verdict.setClaim(late, VerdictStatus.UNDISPUTED);
        escape.settleBond(late);
        assertEq(escape.credit(carol), 2 * BOND);
        assertEq(address(escape).balance, 2 * BOND);
    }

    function test_a_claim_that_was_outrun_within_its_window_waits_for_its_bond() public {
        _settleAll();
        bytes32 other = _propose(_claimOf(_payouts(3, 1e6)));
        uint256 from = block.timestamp + WINDOW;
        _accept(_payouts(2, 1e6));
        vm.warp(from - 1);
        _expectBondStays(other);
        vm.warp(from);
        escape.settleBond(other);
        assertEq(escape.credit(carol), 2 * BOND);
    }

    function test_there_is_no_credit_to_pull_twice() public {
        _settleAll();
        _accept(_payouts(2, 1e6));
        vm.startPrank(carol);
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        escape.withdrawCredit(address(0));
        escape.withdrawCredit(bob);
        vm.expectRevert(abi.encodeWithSelector(ICredit.NoCredit.selector, carol));
        escape.withdrawCredit(bob);
        vm.stopPrank();
        assertEq(bob.balance, BOND);
    }

    // --- payouts ---

    function test_anybody_sends_everybody_his_payout_once() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(5, 20e6);
        _accept(ps);
        for (uint256 i = 0; i < 5; ++i) {
            assertFalse(escape.isPaid(ps[i].index));
            vm.expectEmit(address(escape));
            emit IEscape.Escaped(ps[i].index, ps[i].recipient, ps[i].recipient, 0, 20e6);
            _claim(ps, i);
            assertTrue(escape.isPaid(ps[i].index));
            _expectClaim(ps[i], _payoutProof(ps, i), abi.encodeWithSelector(IEscape.AlreadyPaid.selector, i));
        }
        assertEq(token.balanceOf(alice), 60e6);
        assertEq(token.balanceOf(bob), 40e6);
        assertEq(escape.totalEscaped(), 100e6);
        assertEq(vault.totalPaid(0), 100e6);
        assertEq(token.balanceOf(address(vault)), 0, "the last one out is paid in full");
    }

    function test_a_recipient_says_to_whom_and_nobody_else() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 20e6);
        _accept(ps);
        bytes32[] memory proof = _payoutProof(ps, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotRecipient.selector, bob, alice));
        vm.prank(bob);
        escape.claimTo(ps[0], proof, bob);
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        vm.prank(alice);
        escape.claimTo(ps[0], proof, address(0));

        vm.expectEmit(address(escape));
        emit IEscape.Escaped(0, alice, carol, 0, 20e6);
        vm.prank(alice);
        escape.claimTo(ps[0], proof, carol);
        assertEq(token.balanceOf(carol), 20e6);
        _expectClaim(ps[0], proof, abi.encodeWithSelector(IEscape.AlreadyPaid.selector, 0));
        vm.expectRevert(abi.encodeWithSelector(IEscape.AlreadyPaid.selector, 0));
        vm.prank(alice);
        escape.claimTo(ps[0], proof, carol);
    }

    function test_pays_nothing_before_a_claim_is_accepted() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 1e6);
        _propose(_claimOf(ps));
        _expectClaim(ps[0], _payoutProof(ps, 0), abi.encodeWithSelector(IEscape.NoneAccepted.selector));
    }

    function test_pays_nothing_but_leaves_of_the_claim() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(3, 10e6);
        _accept(ps);
        bytes32[] memory proof = _payoutProof(ps, 0);
        EscapePayout memory p = ps[0];
        p.amount += 1;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        p.amount -= 1;
        p.recipient = bob;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        p.recipient = alice;
        p.index = 1;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.InvalidProof.selector, 1));
        p.index = 3;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.UnknownPayout.selector, 3, 3));
        p.index = type(uint64).max;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.UnknownPayout.selector, p.index, 3));
        p.index = 0;
        p.asset = 1;
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
        p.asset = 0;
        bytes32[] memory short = new bytes32[](31);
        _expectClaim(p, short, abi.encodeWithSelector(BinaryTree.WrongProofLength.selector, 31, 32));
        proof[7] = keccak256("forged");
        _expectClaim(p, proof, abi.encodeWithSelector(IEscape.InvalidProof.selector, 0));
    }

    /// @dev A claim whose payouts are more than its total was accepted by nobody's mistake but the verdict's.
    function test_never_pays_more_than_the_claim_said() public {
        _settleAll();
        EscapePayout[] memory ps = _payouts(3, 10e6);
        EscapeClaim memory c = _claimOf(ps);
        c.total = 25e6;
        bytes32 h = _propose(c);
        verdict.setClaim(h, VerdictStatus.VALID);
        escape.accept(h);
        _claim(ps, 2);
        _claim(ps, 0);
        _expectClaim(ps[1], _payoutProof(ps, 1), abi.encodeWithSelector(IEscape.ExceedsTotal.selector, 10e6, 5e6));
        assertFalse(escape.isPaid(1));
    }

    function test_a_claim_of_nothing_pays_nothing() public {
        _settleAll();
        _accept(new EscapePayout[](0));
        EscapePayout[] memory ps = _payouts(1, 1e6);
        _expectClaim(ps[0], _payoutProof(ps, 0), abi.encodeWithSelector(IEscape.UnknownPayout.selector, 0, 0));
    }

    /// @dev What a rejected batch said is not what the claim is computed from.
    function test_a_claim_is_on_the_batch_that_is_left_after_a_rejection() public {
        BatchHeader memory first = _next();
        _post(first);
        BatchHeader memory wrong = _next();
        _post(wrong);
        _freeze();
        EscapeClaim memory c = _claimOf(_payouts(2, 1e6));
        _setBatch(wrong, VerdictStatus.INVALID);
        rollup.reject(3, first);
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        vm.deal(carol, BOND);
        bytes memory reason = abi.encodeWithSelector(IEscape.WrongBatch.selector, _hash(wrong), _hash(first));
        _expectProposal(c, BOND, reason);
        c.batchHash = _hash(first);
        _propose(c);
    }

    function _expectProposal(EscapeClaim memory c, uint256 value, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(carol);
        escape.propose{value: value}(c);
    }

    function _expectNotAcceptable(bytes32 h) private {
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, h));
        escape.accept(h);
    }

    function _expectBondStays(bytes32 h) private {
        vm.expectRevert(abi.encodeWithSelector(IEscape.BondStays.selector, h));
        escape.settleBond(h);
    }

    function _expectClaim(EscapePayout memory p, bytes32[] memory proof, bytes memory reason) private {
        vm.expectRevert(reason);
        escape.claim(p, proof);
    }
}
