// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StateHash} from "../../src/fault/StateHash.sol";
import {Descent, Filing, Match} from "../../src/types/Dispute.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {DisputeFixture} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Lies far beyond the last leap, so that every move goes down to another place than the first.
/// @dev The liar repeats the truth until a leaf, and the same wrong state from there on.
contract DisputeDepthTest is DisputeFixture {
    using Runs for Run;
    using SafeCast for uint256;

    uint256 private _from;
    /// @dev By level: the node with nothing but the wrong state below it.
    bytes32[39] private _wrongNodes;

    function setUp() public override {
        super.setUp();
        _truth(0);
        bytes32 node = StateHash.ofState(_wrongEnd());
        for (uint256 level = 0; level <= 38; ++level) {
            _wrongNodes[level] = node;
            node = keccak256(bytes.concat(node, node));
        }
    }

    /// forge-config: default.fuzz.runs = 16
    function testFuzz_the_honest_claim_wins_however_deep_the_difference_is(uint256 from) public {
        _check(bound(from, LENGTH + 1, LAST));
    }

    function test_the_honest_claim_wins_where_the_third_and_the_fourth_move_end() public {
        _checkAll([uint256(2 ** 14 - 1), 2 ** 14, 2 ** 22 - 1]);
    }

    function test_the_honest_claim_wins_where_the_first_and_the_second_move_end() public {
        _checkAll([uint256(2 ** 22), 2 ** 30 - 1, 2 ** 30]);
    }

    function test_the_honest_claim_wins_at_the_last_leaves() public {
        _checkAll([uint256(2 ** 37), LAST - 1, LAST]);
    }

    function _checkAll(uint256[3] memory places) private {
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < places.length; ++i) {
            _check(places[i]);
            vm.revertToState(snapshot);
        }
    }

    function _check(uint256 from) private {
        _from = from;
        Run memory valid = _run(_true(0));
        bytes32 root = _fileLie(valid);
        _file(defender, _true(0));
        for (uint256 i = 0; i < 5; ++i) {
            _moveDeep(valid, root);
        }
        Match memory m = game.matchOf(hash, valid.root(), root);
        assertEq(m.level, 0);
        assertEq(m.index, from);
        MachineState memory before = _state(_true(0), from - 1);
        LeapWitness memory none;
        game.step(hash, valid.root(), root, before, valid.siblings(0, from - 1, 38), none);
        assertEq(game.disputeOf(hash).invalid, 0);
        assertEq(game.disputeOf(hash).valid, 1);
    }

    function _fileLie(Run memory valid) private returns (bytes32 root) {
        Filing memory f = _filing(_true(0), valid);
        f.nodes = _below(valid, 38, 0, 8);
        f.startProof = _siblings(valid, 0, 0, 30);
        f.last = _wrongEnd();
        f.lastProof = _siblings(valid, 0, LAST, 30);
        vm.deal(challenger, DISPUTE_BOND);
        vm.prank(challenger);
        root = game.file{value: DISPUTE_BOND}(f);
        assertEq(root, _node(valid, 38, 0));
    }

    /// @dev The next move; where the histories differ is known.
    function _moveDeep(Run memory valid, bytes32 root) private {
        Match memory m = game.matchOf(hash, valid.root(), root);
        uint256 height = m.level < 8 ? m.level : 8;
        uint256 level = m.level - height;
        uint256 index = _from >> level;
        Descent memory d;
        d.offset = (index - (uint256(m.index) << height)).toUint16();
        (d.validNode, d.invalidNode) = (valid.node(level, index), _node(valid, level, index));
        d.validSiblings = valid.siblings(level, index, height);
        d.invalidSiblings = _siblings(valid, level, index, height);
        uint256 shown = level < 8 ? level : 8;
        bytes32[] memory nodes;
        if (level != 0) {
            nodes = m.moves % 2 == 0 ? valid.below(level, index, shown) : _below(valid, level, index, shown);
        }
        game.move(hash, valid.root(), root, d, nodes);
    }

    function _wrongEnd() private view returns (MachineState memory s) {
        s = _state(_true(0), LAST);
        s.exitCode = 1;
    }

    /// @dev A node of the lie: true before it, wrong after it, and halved where it begins.
    function _node(Run memory valid, uint256 level, uint256 index) private view returns (bytes32) {
        if ((index + 1) << level <= _from) return valid.node(level, index);
        if (index << level >= _from) return _wrongNodes[level];
        return keccak256(bytes.concat(_node(valid, level - 1, 2 * index), _node(valid, level - 1, 2 * index + 1)));
    }

    function _below(Run memory valid, uint256 level, uint256 index, uint256 height)
        private
        view
        returns (bytes32[] memory nodes)
    {
        nodes = new bytes32[](2 ** height);
        for (uint256 i = 0; i < nodes.length; ++i) {
            nodes[i] = _node(valid, level - height, (index << height) + i);
        }
    }

    function _siblings(Run memory valid, uint256 level, uint256 index, uint256 count)
        private
        view
        returns (bytes32[] memory found)
    {
        found = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            found[i] = _node(valid, level + i, (index >> i) ^ 1);
        }
    }
}
