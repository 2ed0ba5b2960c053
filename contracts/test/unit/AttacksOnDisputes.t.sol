// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DisputeGame} from "../../src/fault/DisputeGame.sol";
import {StateHash} from "../../src/fault/StateHash.sol";
import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Descent, DisputeTerms, Filing, Subject} from "../../src/types/Dispute.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {DisputeFixture, Story} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice What is refused: claims that are none, moves that are not the one, steps from elsewhere.
contract AttacksOnDisputesTest is DisputeFixture {
    using Runs for Run;

    bytes private constant NO_PROOF = abi.encodePacked(IDisputeGame.InvalidProof.selector);
    bytes private constant NOT_FIRST = abi.encodePacked(IDisputeGame.NotFirstDifference.selector);

    function setUp() public override {
        super.setUp();
        _truth(1);
    }

    // --- filing ---

    function test_a_claim_takes_the_bond_no_more_and_no_less() public {
        Filing memory f = _filing(_true(1), _run(_true(1)));
        uint256[3] memory values = [0, DISPUTE_BOND - 1, DISPUTE_BOND + 1];
        for (uint256 i = 0; i < values.length; ++i) {
            vm.deal(address(this), values[i]);
            vm.expectRevert(abi.encodeWithSelector(IDisputeGame.WrongBond.selector, values[i], DISPUTE_BOND));
            game.file{value: values[i]}(f);
        }
    }

    function test_a_claim_is_filed_once() public {
        Run memory run = _file(challenger, _true(1));
        _expectNoFiling(
            _filing(_true(1), run), abi.encodeWithSelector(IDisputeGame.AlreadyFiled.selector, hash, run.root())
        );
    }

    function test_nothing_is_defended_that_was_not_challenged() public {
        Run memory run = _run(_true(0));
        _expectNoFiling(_filing(_true(0), run), abi.encodeWithSelector(IDisputeGame.NotChallenged.selector, hash));
    }

    function test_a_subject_that_is_not_there_takes_no_claim() public {
        Filing memory f = _filing(_true(1), _run(_true(1)));
        bytes memory unknown = abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash);
        f.index = 2;
        _expectNoFiling(f, unknown);
        f.index = 0;
        _expectNoFiling(f, unknown);
        // A batch is no escape claim, and nothing is nothing.
        f.subject = Subject.ESCAPE;
        _expectNoFiling(f, unknown);
        f.subject = Subject.NONE;
        _expectNoFiling(f, unknown);
        f.subject = Subject.BATCH;
        f.index = 1;
        f.hash = rollup.batchHash(0);
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, f.hash));
        f.index = 0;
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, f.hash));
    }

    function test_a_history_begins_with_the_start_of_its_own_subject() public {
        Story memory story = _true(1);
        Run memory run = _run(story);
        bytes32 true_ = hash;
        // All of it is of another batch.
        hash = keccak256("another");
        Run memory other = _run(story);
        Filing memory f = _filing(story, other);
        hash = true_;
        f.hash = hash;
        _expectNoFiling(f, NO_PROOF);
        f = _filing(story, run);
        f.startProof[0] = keccak256("another");
        _expectNoFiling(f, NO_PROOF);
    }

    function test_truncated_and_padded_histories_are_refused() public {
        Run memory run = _run(_true(1));
        Filing memory f = _filing(_true(1), run);
        f.nodes = run.below(38, 0, 7);
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 128, 256));
        f.nodes = run.below(38, 0, 9);
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 512, 256));
        f = _filing(_true(1), run);
        f.startProof = run.siblings(0, 0, 29);
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 29, 30));
        f = _filing(_true(1), run);
        f.lastProof = run.siblings(0, LAST, 31);
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 31, 30));
    }

    /// @dev Else whoever has a history that says "invalid" claims by it that the batch is valid.
    function test_the_last_state_is_the_last_leaf_and_no_other() public {
        Run memory run = _run(_true(1));
        Filing memory f = _filing(_true(1), run);
        f.last.exitCode = 0;
        f.hash = hash;
        _file(challenger, _wrong(5, 1));
        _expectNoFiling(f, NO_PROOF);
        f.last = _state(_true(1), 3);
        f.lastProof = run.siblings(0, 3, 30);
        _expectNoFiling(f, NO_PROOF);
    }

    function test_what_does_not_halt_is_invalid_whatever_its_code() public {
        Story memory endless = Story({wrongFrom: type(uint64).max, length: 100, exitCode: 0});
        bytes32[] memory leaves = new bytes32[](60);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = StateHash.ofState(_state(endless, i));
        }
        Run memory run = Runs.ofLeaves(leaves);
        Filing memory f = _filing(endless, run);
        f.last = _state(endless, 59);
        assertFalse(f.last.halted);
        vm.deal(address(this), DISPUTE_BOND);
        bytes32 root = game.file{value: DISPUTE_BOND}(f);
        assertFalse(game.claimOf(hash, root).valid);
    }

    // --- moves ---

    function test_a_move_shows_the_first_difference_and_no_later_one() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        _move(stranger, valid, invalid);
        _move(stranger, valid, invalid);
        _move(stranger, valid, invalid);
        // Leaves 300 on differ: below level 14 that is in the first node of 256 states of level 6, and in later ones.
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        assertEq(d.offset, 4);
        _refuseMove(valid, invalid, _descentTo(valid, invalid, 5), nodes, NOT_FIRST);
        _refuseMove(valid, invalid, _descentTo(valid, invalid, 3), nodes, NOT_FIRST);
        _refuseMove(valid, invalid, _descentTo(valid, invalid, 0), nodes, NOT_FIRST);
    }

    function test_a_move_shows_nodes_of_whose_turn_it_is() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        _refuseMove(valid, invalid, d, invalid.below(30, d.offset, 8), NO_PROOF);
        bytes32 kept = nodes[0];
        nodes[0] = nodes[1];
        _refuseMove(valid, invalid, d, nodes, NO_PROOF);
        nodes[0] = kept;
        bytes memory length = abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 128, 256);
        _refuseMove(valid, invalid, d, valid.below(30, d.offset, 7), length);
        length = abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 0, 256);
        _refuseMove(valid, invalid, d, new bytes32[](0), length);
        _move(stranger, valid, invalid);
    }

    function test_a_descent_leads_from_the_nodes_of_the_match() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        d.offset += 256;
        _refuseMove(valid, invalid, d, nodes, NO_PROOF);
        d.offset -= 256;
        (d.validNode, d.invalidNode) = (d.invalidNode, d.validNode);
        _refuseMove(valid, invalid, d, nodes, NO_PROOF);
        (d.validNode, d.invalidNode) = (d.invalidNode, d.validNode);
        bytes32[] memory kept = d.validSiblings;
        d.validSiblings = valid.siblings(30, d.offset, 7);
        _refuseMove(valid, invalid, d, nodes, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 7, 8));
        d.validSiblings = kept;
        d.invalidSiblings = invalid.siblings(29, uint256(d.offset) << 1, 9);
        _refuseMove(valid, invalid, d, nodes, abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 9, 8));
    }

    function test_a_copied_move_comes_to_nothing() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        _move(stranger, valid, invalid);
        _refuseMove(valid, invalid, d, nodes, NO_PROOF);
    }

    function test_claims_of_one_side_play_no_match() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        Run memory other = _file(challenger, _wrong(5, 1));
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        bytes32 o = other.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, o));
        game.matchOf(hash, o, i);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, v));
        game.matchOf(hash, v, v);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, i));
        game.matchOf(hash, i, v);
        bytes32 none = keccak256("none");
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, none));
        game.matchOf(hash, v, none);
    }

    // --- the step ---

    function test_a_step_begins_with_the_state_before_the_difference() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        LeapWitness memory none;
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        MachineState memory before = _state(_true(1), 299);
        bytes32[] memory proof = valid.siblings(0, 299, 38);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.WrongLevel.selector, 38));
        game.step(hash, v, i, before, proof, none);
        _descend(stranger, stranger, valid, invalid);
        (Descent memory d, bytes32[] memory nodes) = (_descentTo(valid, invalid, 0), new bytes32[](0));
        _refuseMove(valid, invalid, d, nodes, abi.encodeWithSelector(IDisputeGame.WrongLevel.selector, 0));

        MachineState memory other = _state(_true(1), 298);
        bytes32[] memory otherProof = valid.siblings(0, 298, 38);
        vm.expectRevert(NO_PROOF);
        game.step(hash, v, i, other, otherProof, none);
        other = _state(_true(1), 299);
        other.x[7] = 1;
        vm.expectRevert(NO_PROOF);
        game.step(hash, v, i, other, proof, none);
        otherProof = valid.siblings(0, 299, 37);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.WrongLength.selector, 37, 38));
        game.step(hash, v, i, before, otherProof, none);
        game.step(hash, v, i, before, proof, none);
        assertEq(game.disputeOf(hash).valid, 0);
    }

    /// @dev Each side knows the whole of its own history alone.
    function test_the_state_before_the_difference_is_shown_in_either_history() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        _descend(stranger, stranger, valid, invalid);
        LeapWitness memory none;
        game.step(hash, valid.root(), invalid.root(), _state(_true(1), 299), invalid.siblings(0, 299, 38), none);
        assertEq(game.disputeOf(hash).valid, 0);
    }

    // --- ends ---

    function test_a_subject_does_not_fall_while_a_defence_stands() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        skip(DEFENCE + 1);
        bytes memory undecided = abi.encodeWithSelector(IDisputeGame.NotDecided.selector, hash);
        vm.expectRevert(undecided);
        game.conclude(hash);
        _outlast(valid, invalid);
        game.expire(hash, valid.root(), invalid.root());
        game.conclude(hash);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotDecided.selector, keccak256("none")));
        game.conclude(keccak256("none"));
    }

    function test_bonds_stay_until_the_end() public {
        (Run memory valid, Run memory invalid) = _opened(300);
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, hash, v));
        game.takeBack(hash, v);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, hash, i));
        game.takeBack(hash, i);
        _outlast(valid, invalid);
        game.expire(hash, v, i);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, v));
        game.takeBack(hash, v);
        game.conclude(hash);
        game.takeBack(hash, i);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, i));
        game.takeBack(hash, i);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NothingToCollect.selector, hash));
        game.collect(hash);
    }

    /// @dev A batch that went with the one before it: what was bonded goes back, and it never comes back itself.
    function test_bonds_of_a_dropped_batch_go_back_to_both_sides() public {
        BatchHeader memory second = _next();
        _post(second);
        _file(challenger, _true(1));
        bytes32 first = hash;
        // The same stories of the second one, which the game judges on its own.
        hash = _hash(second);
        Run memory invalid = _run(_true(1));
        Filing memory f = _filing(_true(1), invalid);
        f.index = 2;
        vm.deal(stranger, DISPUTE_BOND);
        vm.prank(stranger);
        game.file{value: DISPUTE_BOND}(f);
        Run memory valid = _run(_wrong(7, 0));
        f = _filing(_wrong(7, 0), valid);
        f.index = 2;
        vm.deal(defender, DISPUTE_BOND);
        vm.prank(defender);
        game.file{value: DISPUTE_BOND}(f);

        skip(DEFENCE + 1);
        game.conclude(first);
        rollup.reject(1, _genesis());
        game.takeBack(hash, valid.root());
        game.takeBack(hash, invalid.root());
        assertEq(game.credit(stranger), DISPUTE_BOND);
        assertEq(game.credit(defender), DISPUTE_BOND);
        assertEq(uint256(game.ofBatch(2, hash)), uint256(VerdictStatus.INVALID));
    }

    // --- terms ---

    function test_terms_that_protect_nothing_are_refused() public {
        DisputeTerms memory t = _disputeTerms();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NoStep.selector, stranger));
        new DisputeGame(rollup, demand, escape, IRiscvStep(stranger), t);
        IRiscvStep machine = game.machine();
        t.bond = 0;
        vm.expectRevert(abi.encodePacked(IDisputeGame.NoBond.selector));
        new DisputeGame(rollup, demand, escape, machine, t);
        uint64[2] memory times = [uint64(0), 30 days + 1];
        for (uint256 i = 0; i < times.length; ++i) {
            t = _disputeTerms();
            t.defence = times[i];
            bytes memory invalid = abi.encodeWithSelector(IDisputeGame.InvalidTime.selector, times[i], 30 days);
            vm.expectRevert(invalid);
            new DisputeGame(rollup, demand, escape, machine, t);
            t = _disputeTerms();
            t.budget = times[i];
            vm.expectRevert(invalid);
            new DisputeGame(rollup, demand, escape, machine, t);
        }
    }

    function test_ether_comes_from_the_escape_alone() public {
        vm.deal(stranger, 1);
        vm.prank(stranger);
        (bool sent, bytes memory reason) = address(game).call{value: 1}("");
        assertFalse(sent);
        assertEq(reason, abi.encodeWithSelector(IDisputeGame.NotFromEscape.selector, stranger));
    }

    // --- hands ---

    /// @dev A right challenge, and a defence that is wrong from a leaf on.
    function _opened(uint64 from) private returns (Run memory valid, Run memory invalid) {
        invalid = _file(challenger, _true(1));
        valid = _file(defender, _wrong(from, 0));
    }

    /// @dev Proofs that are right, to whatever is there.
    function _descentTo(Run memory valid, Run memory invalid, uint16 offset) private view returns (Descent memory d) {
        uint256 from = _match(valid, invalid).level;
        uint256 height = from < 8 ? from : 8;
        uint256 level = from - height;
        uint256 index = (uint256(_match(valid, invalid).index) << height) + offset;
        d.offset = offset;
        d.validNode = valid.node(level, index);
        d.invalidNode = invalid.node(level, index);
        d.validSiblings = valid.siblings(level, index, height);
        d.invalidSiblings = invalid.siblings(level, index, height);
    }

    function _refuseMove(
        Run memory valid,
        Run memory invalid,
        Descent memory d,
        bytes32[] memory nodes,
        bytes memory reason
    ) private {
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        vm.expectRevert(reason);
        game.move(hash, v, i, d, nodes);
    }
}
