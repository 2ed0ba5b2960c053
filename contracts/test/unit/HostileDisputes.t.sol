// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {ClaimState, Descent, Filing} from "../../src/types/Dispute.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {HostileAuthor} from "../hostile/HostileAuthor.sol";
import {DisputeFixture, Story} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice Who has money, patience and all preimages: right claims that he files first, leaps that nobody can show, batches
/// that he lets go.
contract HostileDisputesTest is DisputeFixture {
    using Runs for Run;

    address private liar = makeAddr("liar");

    // --- a right claim that a liar files first and gives up ---

    /// @dev Else a wrong batch is final: its one right claim is dead long before the window is over.
    function test_a_right_challenge_that_a_liar_files_first_and_gives_up() public {
        _truth(1);
        Run memory invalid = _file(liar, _true(1));
        Run memory valid = _file(liar, _wrong(300, 0));
        _move(liar, valid, invalid);
        skip(BUDGET + 1);
        assertLt(vm.getBlockTimestamp(), rollup.windowEnd(1));
        _refuseExpiry(valid, invalid, rollup.windowEnd(1) + BUDGET);
        // Who comes in the last second of the window finds all the time there is.
        vm.warp(rollup.windowEnd(1) - 1);
        _expectNoFiling(
            _filing(_true(1), invalid), abi.encodeWithSelector(IDisputeGame.AlreadyFiled.selector, hash, invalid.root())
        );
        _move(challenger, valid, invalid);
        assertEq(_match(valid, invalid).invalidLeft, BUDGET);
        _move(liar, valid, invalid);
        skip(BUDGET);
        _move(challenger, valid, invalid);
        _move(liar, valid, invalid);
        _step(challenger, _wrong(300, 0), valid, invalid);
        game.conclude(hash);
        rollup.reject(1, _genesis());
        assertEq(game.credit(challenger), 3 * _share(4));
    }

    /// @dev The same of a defence: who answers within its time finds all of the budget.
    function test_a_right_defence_that_a_liar_files_first_and_gives_up() public {
        _truth(0);
        Run memory invalid = _file(liar, _wrong(300, 1));
        Run memory valid = _file(liar, _true(0));
        vm.warp(game.defenceEnd(hash));
        assertEq(game.due(hash, valid.root(), invalid.root()), game.defenceEnd(hash) + BUDGET);
        _move(defender, valid, invalid);
        assertEq(_match(valid, invalid).validLeft, BUDGET);
        // A later challenge opens the defence again, and stops the clocks of all that are there.
        _move(liar, valid, invalid);
        skip(1 hours);
        Run memory late = _file(liar, _wrong(5, 1));
        skip(DEFENCE);
        _move(defender, valid, invalid);
        assertEq(_match(valid, invalid).validLeft, BUDGET);
        assertEq(game.due(hash, valid.root(), late.root()), game.defenceEnd(hash) + BUDGET);
    }

    /// @dev Else who withholds inputs has the right claim die before anybody else can know it.
    function test_a_right_challenge_that_a_liar_gives_up_while_he_withholds_inputs() public {
        _truth(1);
        Run memory invalid = _file(liar, _true(1));
        Run memory valid = _file(liar, _wrong(300, 0));
        _move(liar, valid, invalid);
        vm.warp(rollup.windowEnd(1) - 1);
        vm.deal(address(this), DEMAND_BOND);
        demand.demand{value: DEMAND_BOND}(h, 0);
        uint256 held = demand.heldUntil(hash);
        assertGt(held, rollup.windowEnd(1));
        _refuseExpiry(valid, invalid, held + BUDGET);
        vm.warp(held - 1);
        _move(challenger, valid, invalid);
        assertEq(_match(valid, invalid).invalidLeft, BUDGET);
    }

    // --- a leap that nobody can show ---

    /// @dev The preimage that it reads is too large for any transaction. Else who posts a wrong batch with such a chunk, and gives it to
    /// validators, wins against all of them.
    function test_a_leap_that_nobody_can_show_is_lost_by_who_says_that_all_is_right() public {
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(liar, _wrong(300, 0));
        _descend(liar, challenger, valid, invalid);
        bytes memory reason = abi.encodeWithSelector(IRiscvStep.WrongPreimage.selector, keccak256("too large"));
        vm.mockCallRevert(address(game.machine()), abi.encodePacked(IRiscvStep.leap.selector), reason);
        (MachineState memory before, bytes32[] memory proof) = (_state(_true(1), 299), valid.siblings(0, 299, 38));
        LeapWitness memory none;
        (bytes32 v, bytes32 i) = (valid.root(), invalid.root());
        vm.expectRevert(reason);
        game.step(hash, v, i, before, proof, none);
        _refuseExpiry(valid, invalid, game.due(hash, v, i));
        _outlast(valid, invalid);
        vm.prank(challenger);
        game.expire(hash, v, i);
        assertEq(uint256(game.claimOf(hash, i).state), uint256(ClaimState.LIVE));
        assertEq(uint256(game.claimOf(hash, v).state), uint256(ClaimState.DEAD));
        game.conclude(hash);
        _assertVerdict(VerdictStatus.INVALID);
        assertEq(game.credit(challenger), 4 * _share(4));
    }

    // --- a batch that was dropped ---

    /// @dev Else whoever is right of the second batch, and has nothing more to say when the first one takes it along, pays the liar.
    function test_nobody_dies_of_a_batch_that_was_dropped() public {
        BatchHeader memory second = _next();
        _post(second);
        _truth(1);
        _file(challenger, _true(1));
        bytes32 first = hash;
        hash = _hash(second);
        _truth(0);
        Run memory invalid = _fileOf(liar, _wrong(300, 1), 2);
        Run memory valid = _fileOf(defender, _true(0), 2);
        _move(defender, valid, invalid);
        _move(liar, valid, invalid);
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, invalid);
        vm.warp(game.defenceEnd(first) + 1);
        game.conclude(first);
        rollup.reject(1, _genesis());
        skip(30 days);

        (bytes32 v, bytes32 i) = (valid.root(), invalid.root());
        bytes memory over = abi.encodeWithSelector(IDisputeGame.AlreadyFallen.selector, hash);
        vm.expectRevert(over);
        game.expire(hash, v, i);
        vm.expectRevert(over);
        game.move(hash, v, i, d, nodes);
        game.takeBack(hash, i);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, i));
        game.expire(hash, v, i);
        game.takeBack(hash, v);
        assertEq(game.credit(defender), DISPUTE_BOND);
        assertEq(game.credit(liar), DISPUTE_BOND);
    }

    /// @dev The same batches once more: what has fallen falls at once, and nobody takes a bond twice.
    function test_a_dropped_batch_that_is_posted_again_is_disputed_no_more() public {
        BatchHeader memory second = _next();
        _post(second);
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        bytes32 first = hash;
        hash = _hash(second);
        Run memory other = _fileOf(challenger, _true(1), 2);
        vm.warp(game.defenceEnd(hash) + 1);
        game.conclude(first);
        rollup.reject(1, _genesis());
        game.takeBack(hash, other.root());
        _post(h);
        _post(second);
        assertEq(rollup.batchHash(1), first);
        Filing memory f = _filing(_wrong(7, 1), _run(_wrong(7, 1)));
        f.index = 2;
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.AlreadyFallen.selector, hash));
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NotLive.selector, hash, other.root()));
        game.takeBack(hash, other.root());
        game.takeBack(first, invalid.root());
        skip(2 * uint256(WINDOW));
        assertEq(rollup.finalize(2), 1, "neither is final");
        rollup.reject(1, _genesis());
        assertEq(game.credit(challenger), 2 * DISPUTE_BOND);
        assertEq(address(game).balance, 2 * DISPUTE_BOND);
    }

    // --- what was right elsewhere ---

    /// @dev Both matches are at the same place, and the histories of the liar agree there.
    function test_a_move_replayed_in_another_match() public {
        _truth(0);
        Run memory one = _file(liar, _wrong(300, 1));
        Run memory other = _file(liar, _wrong(310, 1));
        Run memory valid = _file(defender, _true(0));
        (Descent memory d, bytes32[] memory nodes) = _nextMove(valid, one);
        (bytes32 v, bytes32 o) = (valid.root(), other.root());
        vm.expectRevert(abi.encodePacked(IDisputeGame.InvalidProof.selector));
        game.move(hash, v, o, d, nodes);
        _move(defender, valid, one);
        _move(defender, valid, other);
        (d, nodes) = _nextMove(valid, one);
        vm.expectRevert(abi.encodePacked(IDisputeGame.InvalidProof.selector));
        game.move(hash, v, o, d, nodes);
        assertEq(_match(valid, other).moves, 1);
    }

    /// @dev Its bond, once, and not that of anybody else.
    function test_an_author_who_is_paid_and_calls_back_gets_nothing_twice() public {
        _truth(1);
        HostileAuthor author = new HostileAuthor(game);
        vm.deal(address(author), DISPUTE_BOND);
        Run memory invalid = _run(_true(1));
        bytes32 root = author.file(_filing(_true(1), invalid), DISPUTE_BOND);
        _file(challenger, _wrong(5, 1));
        vm.warp(game.defenceEnd(hash) + 1);
        game.conclude(hash);
        game.takeBack(hash, root);
        bytes[2] memory calls = [
            abi.encodeCall(ICredit.withdrawCredit, (address(author))),
            abi.encodeCall(IDisputeGame.takeBack, (hash, root))
        ];
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            author.arm(calls[i]);
            assertEq(author.pull(), DISPUTE_BOND);
            assertEq(author.calls(), 1);
            assertFalse(author.succeeded());
            assertEq(address(author).balance, DISPUTE_BOND);
            assertEq(address(game).balance, DISPUTE_BOND, "that of the other");
            vm.revertToState(snapshot);
        }
        // Who takes no ether keeps his credit.
        author.refuse(true);
        vm.expectRevert();
        author.pull();
        assertEq(game.credit(address(author)), DISPUTE_BOND);
    }

    // --- encodings ---

    /// @dev An exit code that is 0 when it is cut to its field, or a `halted` that is neither.
    function test_a_last_state_that_is_wider_than_its_fields_is_no_state() public {
        _truth(1);
        _file(challenger, _true(1));
        Story memory story = _wrong(300, 0);
        Filing memory f = _filing(story, _run(story));
        bytes memory call = abi.encodeCall(IDisputeGame.file, (f));
        vm.deal(liar, 2 * DISPUTE_BOND);
        vm.startPrank(liar);
        // After the offset, subject, index, hash, two more offsets and the root of memory; and before them the subject and the index.
        for (uint256 word = 1; word < 42; ++word) {
            if (word > 2 && word < 7) continue;
            uint256 at = 4 + 32 * word;
            call[at] = 0x01;
            (bool isFine, bytes memory reason) = address(game).call{value: DISPUTE_BOND}(call);
            assertFalse(isFine, vm.toString(word));
            assertEq(reason.length, 0, "before anything is looked at");
            call[at] = 0x00;
        }
        (bool isFiled,) = address(game).call{value: DISPUTE_BOND}(call);
        assertTrue(isFiled, "as it is");
        vm.stopPrank();
    }

    // --- hands ---

    function _fileOf(address who, Story memory story, uint64 index) private returns (Run memory run) {
        run = _run(story);
        Filing memory f = _filing(story, run);
        f.index = index;
        vm.deal(who, DISPUTE_BOND);
        vm.prank(who);
        game.file{value: DISPUTE_BOND}(f);
    }

    function _refuseExpiry(Run memory valid, Run memory invalid, uint256 end) private {
        (bytes32 v, bytes32 i) = (valid.root(), invalid.root());
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.InTime.selector, end));
        game.expire(hash, v, i);
    }
}
