// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {ClaimState, Dispute, Match} from "../../src/types/Dispute.sol";
import {DisputeFixture, Story} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice Matches from the first claim to the end: who wins, and what becomes of the batch.
contract DisputeGameTest is DisputeFixture {
    using Runs for Run;

    function test_a_wrong_batch_that_nobody_defends_falls() public {
        _truth(1);
        _assertVerdict(VerdictStatus.UNDISPUTED);
        Run memory invalid = _file(challenger, _true(1));
        _assertVerdict(VerdictStatus.DISPUTED);
        skip(DEFENCE);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotDecided.selector, hash));
        game.conclude(hash);
        skip(1);
        game.conclude(hash);
        _assertVerdict(VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        assertEq(rollup.batchCount(), 1);
        game.takeBack(hash, invalid.root());
        assertEq(game.credit(challenger), DISPUTE_BOND);
        assertEq(uint256(game.claimOf(hash, invalid.root()).state), uint256(ClaimState.TAKEN_BACK));
    }

    function test_a_right_batch_stands_and_the_liar_pays() public {
        _truth(0);
        Run memory invalid = _file(challenger, _wrong(300, 1));
        Run memory valid = _file(defender, _true(0));
        _descend(defender, challenger, valid, invalid);
        assertEq(_match(valid, invalid).index, 300);
        _step(stranger, _true(0), valid, invalid);
        _assertVerdict(VerdictStatus.UNDISPUTED);
        assertEq(uint256(game.claimOf(hash, invalid.root()).state), uint256(ClaimState.DEAD));

        skip(WINDOW);
        assertEq(rollup.finalize(1), 2);
        game.takeBack(hash, valid.root());
        // Three moves, a step, the author.
        assertEq(game.credit(defender), DISPUTE_BOND + 4 * _share(5));
        assertEq(game.credit(stranger), _share(5));
        assertEq(game.credit(challenger), 0);
    }

    function test_a_wrong_batch_falls_to_the_honest_one_and_the_liar_pays() public {
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(defender, _wrong(599, 0));
        _descend(defender, challenger, valid, invalid);
        assertEq(_match(valid, invalid).index, 599);
        _step(stranger, _wrong(599, 0), valid, invalid);
        skip(DEFENCE + 1);
        game.conclude(hash);
        _assertVerdict(VerdictStatus.INVALID);
        game.takeBack(hash, invalid.root());
        // Two moves, a step, the author.
        assertEq(game.credit(challenger), DISPUTE_BOND + 3 * _share(4));
        assertEq(game.credit(stranger), _share(4));
        assertEq(game.credit(defender), 0);
    }

    function test_two_liars_kill_each_other_and_nothing_is_disputed() public {
        _truth(0);
        Run memory invalid = _file(challenger, _wrong(10, 1));
        Story memory story = Story({wrongFrom: 10, length: LENGTH + 5, exitCode: 0});
        Run memory valid = _file(defender, story);
        _descend(defender, challenger, valid, invalid);
        // Both are wrong from 10 on in the same way, and differ where one halts.
        assertEq(_match(valid, invalid).index, LENGTH);
        _step(stranger, story, valid, invalid);
        _assertVerdict(VerdictStatus.UNDISPUTED);
        Dispute memory d = game.disputeOf(hash);
        assertEq(d.valid + d.invalid, 0);
        // Each bond to the movers of the other side, and the step.
        assertEq(game.credit(defender), 3 * _share(4));
        assertEq(game.credit(challenger), 2 * _share(3));
        assertEq(game.credit(stranger), _share(4) + _share(3));
    }

    /// @dev Wherever the lie is: the edges of what one move shows, the first leap, the last, and the padding.
    function test_the_honest_claim_wins_wherever_the_difference_is() public {
        uint64[7] memory places = [uint64(1), 63, 64, 256, 599, 600, 601];
        _truth(0);
        Run memory valid = _run(_true(0));
        bool filed = false;
        for (uint256 i = 0; i < places.length; ++i) {
            Run memory invalid = _file(challenger, _wrong(places[i], 2));
            if (!filed) _file(defender, _true(0));
            filed = true;
            _descend(defender, challenger, valid, invalid);
            // The exit code differs from 600 on in any case.
            assertEq(_match(valid, invalid).index, places[i] < LENGTH ? places[i] : LENGTH);
            _step(defender, _true(0), valid, invalid);
            _assertVerdict(VerdictStatus.UNDISPUTED);
        }
        assertEq(game.disputeOf(hash).valid, 1);
    }

    function test_a_history_that_halts_earlier_or_later_or_never_loses() public {
        _truth(0);
        Story[3] memory stories = [
            Story({wrongFrom: type(uint64).max, length: 100, exitCode: 1}),
            Story({wrongFrom: type(uint64).max, length: 900, exitCode: 1}),
            Story({wrongFrom: 599, length: 700, exitCode: 255})
        ];
        Run memory valid = _run(_true(0));
        for (uint256 i = 0; i < stories.length; ++i) {
            Run memory invalid = _file(challenger, stories[i]);
            if (i == 0) _file(defender, _true(0));
            _descend(stranger, challenger, valid, invalid);
            _step(stranger, _true(0), valid, invalid);
        }
        _assertVerdict(VerdictStatus.UNDISPUTED);
        assertEq(game.disputeOf(hash).valid, 1);
    }

    function test_five_sybils_against_a_right_batch_and_a_stranger_defends_it() public {
        _truth(0);
        Run[5] memory lies;
        for (uint64 i = 0; i < 5; ++i) {
            lies[i] = _file(challenger, _wrong(100 * i + 50, i + 1 == 5 ? 3 : 1));
        }
        Run memory valid = _file(stranger, _true(0));
        for (uint256 i = 0; i < 5; ++i) {
            _move(stranger, valid, lies[i]);
        }
        // Two answer, the others have no more to say.
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                _move(j % 2 == 0 ? challenger : stranger, valid, lies[i]);
            }
            _step(stranger, _true(0), valid, lies[i]);
        }
        _assertVerdict(VerdictStatus.DISPUTED);
        _outlast(valid, lies[2]);
        for (uint256 i = 2; i < 5; ++i) {
            game.expire(hash, valid.root(), lies[i].root());
        }
        _assertVerdict(VerdictStatus.UNDISPUTED);
        assertEq(rollup.finalize(1), 2);
        game.takeBack(hash, valid.root());
        vm.prank(stranger);
        assertEq(game.withdrawCredit(stranger), DISPUTE_BOND + 2 * 5 * _share(5) + 3 * 2 * _share(3));
    }

    /// @dev Who moves for whom makes no difference: the moves are the same.
    function test_anybody_moves_for_anybody() public {
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(defender, _wrong(7, 0));
        _descend(stranger, stranger, valid, invalid);
        _step(stranger, _wrong(7, 0), valid, invalid);
        assertEq(game.credit(stranger), 3 * _share(4));
        assertEq(game.credit(challenger), _share(4));
    }

    function test_a_dead_claim_is_out_of_every_match() public {
        _truth(0);
        Run memory invalid = _file(challenger, _wrong(20, 1));
        Run memory other = _file(challenger, _wrong(30, 1));
        Run memory valid = _file(defender, _true(0));
        Run memory liar = _file(defender, _wrong(25, 0));
        _move(defender, liar, invalid);
        _descend(defender, challenger, valid, invalid);
        _step(defender, _true(0), valid, invalid);
        bytes memory dead = abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, invalid.root());
        vm.expectRevert(dead);
        game.matchOf(hash, liar.root(), invalid.root());
        vm.expectRevert(dead);
        game.expire(hash, liar.root(), invalid.root());
        vm.expectRevert(dead);
        game.takeBack(hash, invalid.root());
        // The two liars play, too, and both lose.
        _descend(defender, challenger, liar, other);
        _step(defender, _wrong(25, 0), liar, other);
        assertEq(uint256(game.claimOf(hash, liar.root()).state), uint256(ClaimState.DEAD));
        _assertVerdict(VerdictStatus.DISPUTED);
        _descend(defender, challenger, valid, other);
        _step(defender, _true(0), valid, other);
        _assertVerdict(VerdictStatus.UNDISPUTED);
    }

    function test_a_match_begins_by_itself_with_the_later_claim() public {
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        skip(100);
        Run memory valid = _file(defender, _wrong(7, 0));
        Match memory m = _match(valid, invalid);
        assertEq(m.validNode, valid.root());
        assertEq(m.invalidNode, invalid.root());
        assertEq(m.level, 38);
        assertEq(m.index, 0);
        assertEq(m.since, START + 100);
        assertEq(m.validLeft, BUDGET);
        assertEq(m.invalidLeft, BUDGET);
        assertEq(game.due(hash, valid.root(), invalid.root()), START + DEFENCE + BUDGET);
    }
}
