// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DisputeGame} from "../../src/fault/DisputeGame.sol";
import {StateHash} from "../../src/fault/StateHash.sol";
import {IVerdict, VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Descent, Filing, Match, Subject} from "../../src/types/Dispute.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {EscapeFixture} from "./EscapeFixture.sol";
import {MockStep} from "./MockStep.sol";
import {Run, Runs} from "./Runs.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What somebody claims that the machine does: the true run up to `wrongFrom`, something else from there on, and
/// how it ends.
struct Story {
    /// The first leaf that is not true; beyond the last one, all are.
    uint64 wrongFrom;
    /// Leaps until it halts.
    uint64 length;
    /// With which code.
    uint8 exitCode;
}

/// @notice A posted batch, a machine that counts, and the hands of who argues about it.
/// @dev The true run has `LENGTH` leaps. `_truth` says how it ends.
abstract contract DisputeFixture is EscapeFixture {
    using SafeCast for uint256;
    using Runs for Run;

    uint64 internal constant LENGTH = 600;
    uint256 internal constant LAST = 2 ** 38 - 1;

    address internal challenger = makeAddr("challenger");
    address internal defender = makeAddr("defender");
    address internal stranger = makeAddr("stranger");
    BatchHeader internal h;
    bytes32 internal hash;
    Subject internal subject = Subject.BATCH;

    function setUp() public virtual override {
        super.setUp();
        vm.etch(address(game.machine()), address(new MockStep()).code);
        h = _next();
        hash = _hash(h);
        _post(h);
    }

    /// @dev What decides is under test.
    function innerVerdict(DisputeGame game_) internal view virtual override returns (IVerdict) {
        return game_;
    }

    /// @dev How the true run ends.
    function _truth(uint8 exitCode) internal {
        MockStep(address(game.machine())).set(LENGTH, exitCode);
    }

    /// @dev The true story, when it ends with this code.
    function _true(uint8 exitCode) internal pure returns (Story memory) {
        return Story({wrongFrom: type(uint64).max, length: LENGTH, exitCode: exitCode});
    }

    /// @dev A story that is wrong from a leaf on.
    function _wrong(uint64 from, uint8 exitCode) internal pure returns (Story memory) {
        return Story({wrongFrom: from, length: LENGTH, exitCode: exitCode});
    }

    function _state(Story memory story, uint256 leaf) internal view returns (MachineState memory s) {
        s.memoryRoot = MEMORY_ROOT;
        s.pc = ENTRY;
        for (uint256 i = 0; i < 32; ++i) {
            s.x[9 + i / 8] |= uint64(uint8(hash[i])) << (8 * (i % 8)).toUint64();
        }
        s.x[13] = uint64(subject);
        s.cycle = (leaf < story.length ? leaf : story.length).toUint64();
        s.halted = leaf >= story.length;
        if (s.halted) s.exitCode = story.exitCode;
        if (leaf >= story.wrongFrom) s.x[30] = 1;
    }

    function _run(Story memory story) internal view returns (Run memory) {
        uint64 count =
            story.wrongFrom != type(uint64).max && story.wrongFrom > story.length ? story.wrongFrom : story.length;
        bytes32[] memory leaves = new bytes32[](count + 1);
        for (uint256 i = 0; i <= count; ++i) {
            leaves[i] = StateHash.ofState(_state(story, i));
        }
        return Runs.ofLeaves(leaves);
    }

    function _filing(Story memory story, Run memory run) internal view returns (Filing memory f) {
        f.subject = subject;
        f.index = subject == Subject.BATCH ? 1 : 0;
        f.hash = hash;
        f.nodes = run.below(38, 0, 8);
        f.startProof = run.siblings(0, 0, 30);
        f.last = _state(story, LAST);
        f.lastProof = run.siblings(0, LAST, 30);
    }

    function _file(address who, Story memory story) internal returns (Run memory run) {
        run = _run(story);
        Filing memory f = _filing(story, run);
        vm.deal(who, DISPUTE_BOND);
        vm.prank(who);
        assertEq(game.file{value: DISPUTE_BOND}(f), run.root());
    }

    function _expectNoFiling(Filing memory f, bytes memory reason) internal {
        vm.deal(stranger, DISPUTE_BOND);
        vm.expectRevert(reason);
        vm.prank(stranger);
        game.file{value: DISPUTE_BOND}(f);
    }

    function _match(Run memory valid, Run memory invalid) internal view returns (Match memory) {
        return game.matchOf(hash, valid.root(), invalid.root());
    }

    /// @dev The one move that there is.
    function _nextMove(Run memory valid, Run memory invalid)
        internal
        view
        returns (Descent memory d, bytes32[] memory nodes)
    {
        Match memory m = _match(valid, invalid);
        uint256 height = m.level < 8 ? m.level : 8;
        uint256 level = m.level - height;
        uint256 index = uint256(m.index) << height;
        while (valid.node(level, index) == invalid.node(level, index)) ++index;
        d.offset = (index - (uint256(m.index) << height)).toUint16();
        d.validNode = valid.node(level, index);
        d.invalidNode = invalid.node(level, index);
        d.validSiblings = valid.siblings(level, index, height);
        d.invalidSiblings = invalid.siblings(level, index, height);
        Run memory mover = m.moves % 2 == 0 ? valid : invalid;
        if (level != 0) nodes = mover.below(level, index, level < 8 ? level : 8);
    }

    function _move(address who, Run memory valid, Run memory invalid) internal {
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        vm.prank(who);
        game.move(hash, valid.root(), invalid.root(), d, nodes);
    }

    /// @dev Until the time of whose turn it is is over.
    function _outlast(Run memory valid, Run memory invalid) internal {
        vm.warp(game.due(hash, valid.root(), invalid.root()) + 1);
    }

    /// @dev All moves down to a state: three by `validMover`, two by `invalidMover`.
    function _descend(address validMover, address invalidMover, Run memory valid, Run memory invalid) internal {
        for (uint256 i = 0; i < 5; ++i) {
            _move(i % 2 == 0 ? validMover : invalidMover, valid, invalid);
        }
        assertEq(_match(valid, invalid).level, 0);
    }

    /// @dev The step, with the states of the story of "valid", before the difference the same in both.
    function _step(address who, Story memory story, Run memory valid, Run memory invalid) internal {
        uint256 before = _match(valid, invalid).index - 1;
        MachineState memory state = _state(story, before);
        bytes32[] memory proof = valid.siblings(0, before, 38);
        LeapWitness memory none;
        vm.prank(who);
        game.step(hash, valid.root(), invalid.root(), state, proof, none);
    }

    function _assertVerdict(VerdictStatus status) internal view {
        assertEq(uint256(game.ofBatch(1, hash)), uint256(status));
        assertEq(uint256(demand.ofBatch(1, hash)), uint256(status));
    }

    /// @dev A quarter of a bond is burned; what is left in `count` shares, rounded down.
    function _share(uint256 count) internal pure returns (uint256) {
        return (DISPUTE_BOND - DISPUTE_BOND / 4) / count;
    }
}
