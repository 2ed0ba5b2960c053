// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {ISequencerBond} from "../../src/interfaces/ISequencerBond.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {SequencerBond} from "../../src/settlement/SequencerBond.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {BondTerms, PromiseLink, SignedPromise} from "../../src/types/Promise.sol";
import {BondFixture} from "../support/BondFixture.sol";

contract SequencerBondTest is BondFixture {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    PromiseLink[] private _none;

    // --- two promises ---

    function test_two_promises_for_one_place_take_all_a_quarter_to_the_reporter() public {
        bytes32 fault = sequencerBond.placeFault(7);
        vm.expectEmit(address(sequencerBond));
        emit ISequencerBond.Slashed(fault, alice, SEQUENCER_BOND / 4, SEQUENCER_BOND * 3 / 4);
        vm.prank(alice);
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        assertEq(sequencerBond.bond(), 0);
        assertEq(BURNED.balance, SEQUENCER_BOND * 3 / 4);
        assertTrue(sequencerBond.isPunished(fault));
        vm.prank(alice);
        sequencerBond.withdrawCredit(bob);
        assertEq(bob.balance, SEQUENCER_BOND / 4);
        assertEq(address(sequencerBond).balance, 0);
    }

    function test_promises_that_differ_in_time_alone_are_a_fault() public {
        SignedPromise memory other = _promise("a", 7);
        other.time += 1;
        _sign(other, _digest(block.chainid, address(rollup), 7, other.chain, other.time));
        sequencerBond.slashTwoPromises(_promise("a", 7), other);
        assertEq(sequencerBond.bond(), 0);
    }

    /// @dev One signature serves many answers: each is held to where its links lead.
    function test_a_promise_with_links_is_one_for_its_own_place() public {
        sequencerBond.slashTwoPromises(_promise("a", 7, 20), _promise("b", 7, 12));
        assertEq(sequencerBond.bond(), 0);
    }

    function test_what_agrees_is_no_fault_however_it_is_signed() public {
        _expectNoFault(_promise("a", 7), _promise("a", 7));
        _expectNoFault(_promise("a", 7, 9), _promise("a", 7));
        SignedPromise memory p = _promise("a", 7, 9);
        // With links nobody signed the time that is told beside them.
        p.time += 5;
        _expectNoFault(p, _promise("a", 7));
        _expectNoFault(_promise("a", 7, 15), p);
    }

    function test_promises_for_two_places_are_no_fault() public {
        SignedPromise[2] memory ps = [_promise("a", 7), _promise("b", 8)];
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.DifferentPlaces.selector, 7, 8));
        sequencerBond.slashTwoPromises(ps[0], ps[1]);
    }

    function test_a_fault_counts_once_and_another_one_again() public {
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        _topUp(1 ether);
        bytes memory punished =
            abi.encodeWithSelector(ISequencerBond.AlreadyPunished.selector, sequencerBond.placeFault(7));
        // Neither in another order, nor with a third promise, nor against a batch.
        _expectRefused(_promise("b", 7), _promise("a", 7), punished);
        _expectRefused(_promise("b", 7), _promise("c", 7), punished);
        BatchHeader memory h = _finalLog("b", 7);
        SignedPromise memory p = _promise("a", 7);
        vm.expectRevert(punished);
        sequencerBond.slashBrokenPromise(p, 0, _none, h);

        vm.prank(bob);
        sequencerBond.slashTwoPromises(_promise("a", 8), _promise("b", 8));
        assertEq(sequencerBond.credit(bob), 0.25 ether);
    }

    function test_a_fault_without_a_bond_waits_for_one() public {
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        bytes memory nothing = abi.encodeWithSelector(ISequencerBond.NothingAtStake.selector);
        _expectRefused(_promise("a", 8), _promise("b", 8), nothing);
        _topUp(1 ether);
        sequencerBond.slashTwoPromises(_promise("a", 8), _promise("b", 8));
        assertEq(sequencerBond.bond(), 0);
    }

    function test_a_sequencer_that_reports_itself_loses_three_quarters() public {
        address self = promiser.addr;
        uint256 before = self.balance + SEQUENCER_BOND;
        vm.startPrank(self);
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        sequencerBond.withdrawCredit(self);
        assertEq(before - self.balance, SEQUENCER_BOND * 3 / 4);
        vm.expectRevert(abi.encodeWithSelector(ICredit.NoCredit.selector, self));
        sequencerBond.withdrawCredit(self);
    }

    // --- whose signature it is ---

    function test_a_signature_of_another_domain_type_or_key_says_nothing() public {
        SignedPromise memory p = _promise("b", 7);
        bytes32[4] memory digests = [
            _digest(block.chainid + 1, address(rollup), 7, p.chain, p.time),
            _digest(block.chainid, address(sequencerBond), 7, p.chain, p.time),
            _digest(block.chainid, makeAddr("rollup of another deployment"), 7, p.chain, p.time),
            keccak256(abi.encode(p.seq, p.chain, p.time))
        ];
        for (uint256 i = 0; i < digests.length; ++i) {
            _sign(p, digests[i]);
            _expectForged(p);
        }
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(makeAccount("another").key, _digest(block.chainid, address(rollup), 7, p.chain, p.time));
        p.signature = abi.encodePacked(r, s, v);
        _expectForged(p);
    }

    function test_another_form_of_a_signature_is_none() public {
        SignedPromise memory p = _promise("b", 7);
        bytes memory good = p.signature;
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(promiser.key, _digest(block.chainid, address(rollup), 7, p.chain, p.time));
        assertEq(good, abi.encodePacked(r, s, v));
        bytes[6] memory forms = [
            abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27),
            abi.encodePacked(r, s, v - 27),
            abi.encodePacked(good, uint8(0)),
            abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255)),
            abi.encodePacked(bytes32(0), s, v),
            bytes("")
        ];
        for (uint256 i = 0; i < forms.length; ++i) {
            p.signature = forms[i];
            _expectForged(p);
        }
    }

    function test_links_left_out_changed_or_in_another_order_lead_elsewhere() public {
        SignedPromise memory p = _promise("b", 7, 10);
        PromiseLink[] memory links = p.links;
        p.links = _links("b", 8, 9);
        _expectForged(p);
        p.links = links;
        (links[0], links[1]) = (links[1], links[0]);
        _expectForged(p);
        (links[0], links[1]) = (links[1], links[0]);
        links[2].time += 1;
        _expectForged(p);
        links[2].time -= 1;
        p.seq = 8;
        vm.expectPartialRevert(ISequencerBond.NotSigned.selector);
        sequencerBond.slashTwoPromises(p, p);
    }

    /// @dev Else the signer gives its account code that disowns everything.
    function test_code_at_the_signers_address_changes_nothing() public {
        vm.etch(promiser.addr, hex"5f5ffd");
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        assertEq(sequencerBond.bond(), 0);
    }

    /// @dev The domain is a fact of genesis: a chain that splits later changes nothing of what was signed.
    function test_the_domain_is_that_of_the_deployment() public {
        SignedPromise[2] memory ps = [_promise("a", 7), _promise("b", 7)];
        vm.chainId(block.chainid + 1);
        sequencerBond.slashTwoPromises(ps[0], ps[1]);
        assertEq(sequencerBond.bond(), 0);
    }

    function test_a_place_past_the_last_number_is_refused() public {
        SignedPromise memory p = _promise("a", 7);
        p.seq = type(uint64).max;
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NoSuchPlace.selector, p.seq));
        sequencerBond.slashTwoPromises(p, p);
    }

    // --- the bond itself ---

    function test_anyone_adds_to_the_bond() public {
        vm.expectEmit(address(sequencerBond));
        emit ISequencerBond.ToppedUp(alice, 3 ether, SEQUENCER_BOND + 3 ether);
        _topUp(3 ether);
        assertEq(sequencerBond.bond(), SEQUENCER_BOND + 3 ether);
        vm.expectRevert(ISequencerBond.NothingPaid.selector);
        sequencerBond.topUp();
        vm.deal(alice, 1);
        vm.prank(alice);
        (bool taken,) = address(sequencerBond).call{value: 1}("");
        assertFalse(taken, "ether by mistake");
    }

    function test_a_batch_is_taken_whatever_the_bond_is() public {
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        _post(_next());
        assertEq(rollup.batchCount(), 2);
    }

    function test_construction_refuses_terms_that_protect_nobody() public {
        vm.deal(address(this), 100 ether);
        BondTerms memory terms = _bondTerms();
        terms.signer = address(0);
        _expectTerms(terms, abi.encodeWithSelector(ISequencerBond.ZeroAddress.selector));
        terms = _bondTerms();
        terms.owner = address(0);
        _expectTerms(terms, abi.encodeWithSelector(ISequencerBond.ZeroAddress.selector));
        terms = _bondTerms();
        terms.minimum = 0;
        _expectTerms(terms, abi.encodeWithSelector(ISequencerBond.NoMinimum.selector));
        terms = _bondTerms();
        terms.minimum = SEQUENCER_BOND + 1;
        _expectTerms(
            terms, abi.encodeWithSelector(ISequencerBond.BondTooSmall.selector, SEQUENCER_BOND, SEQUENCER_BOND + 1)
        );
        terms = _bondTerms();
        uint64 atLeast = 2 * (WINDOW + DEADLINE);
        terms.leaveDelay = atLeast - 1;
        _expectTerms(terms, abi.encodeWithSelector(ISequencerBond.DelayTooShort.selector, terms.leaveDelay, atLeast));
        terms.leaveDelay += 1;
        assertEq(new SequencerBond{value: SEQUENCER_BOND}(rollup, terms).bond(), SEQUENCER_BOND);
    }

    // --- a rejected batch ---

    function test_a_rejected_batch_takes_the_bond_once() public {
        BatchHeader memory h = _rejected();
        vm.prank(alice);
        sequencerBond.slashRejectedBatch(_hash(h));
        assertEq(sequencerBond.credit(alice), SEQUENCER_BOND / 4);
        _topUp(1 ether);
        _post(h);
        rollup.reject(1, _genesis());
        bytes32 fault = sequencerBond.batchFault(_hash(h));
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.AlreadyPunished.selector, fault));
        sequencerBond.slashRejectedBatch(_hash(h));
    }

    function test_a_batch_that_was_not_rejected_or_only_fell_takes_nothing() public {
        BatchHeader memory first = _next();
        _post(first);
        _expectNotRejected(first);
        BatchHeader memory second = _next();
        _post(second);
        verdict.setBatch(1, _hash(first), VerdictStatus.INVALID);
        _expectNotRejected(first);
        rollup.reject(1, _genesis());
        _expectNotRejected(second);
        sequencerBond.slashRejectedBatch(_hash(first));
        assertEq(sequencerBond.bond(), 0);
    }

    function _topUp(uint256 amount) private {
        vm.deal(alice, amount);
        vm.prank(alice);
        sequencerBond.topUp{value: amount}();
    }

    function _expectNoFault(SignedPromise memory first, SignedPromise memory second) private {
        _expectRefused(first, second, abi.encodeWithSelector(ISequencerBond.NoFault.selector, first.seq));
    }

    function _expectRefused(SignedPromise memory first, SignedPromise memory second, bytes memory reason) private {
        vm.expectRevert(reason);
        sequencerBond.slashTwoPromises(first, second);
    }

    /// @dev In either place, beside an honest one.
    function _expectForged(SignedPromise memory forged) private {
        SignedPromise memory honest = _promise("a", forged.seq);
        vm.expectPartialRevert(ISequencerBond.NotSigned.selector);
        sequencerBond.slashTwoPromises(honest, forged);
        vm.expectPartialRevert(ISequencerBond.NotSigned.selector);
        sequencerBond.slashTwoPromises(forged, honest);
    }

    function _expectNotRejected(BatchHeader memory h) private {
        bytes32 hash = _hash(h);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NotRejected.selector, hash));
        sequencerBond.slashRejectedBatch(hash);
    }

    function _expectTerms(BondTerms memory terms, bytes memory reason) private {
        vm.expectRevert(reason);
        new SequencerBond{value: SEQUENCER_BOND}(rollup, terms);
    }
}
