// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {IEscape} from "../../src/interfaces/IEscape.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {Filing, Subject} from "../../src/types/Dispute.sol";
import {EscapeClaim} from "../../src/types/EscapeClaim.sol";
import {DisputeFixture} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice Escape claims in dispute, and where their bonds go.
contract DisputeEscapeTest is DisputeFixture {
    using Runs for Run;

    function setUp() public override {
        super.setUp();
        _settleAll();
        hash = _proposeFor(1e6);
        subject = Subject.ESCAPE;
        _truth(1);
    }

    function test_a_wrong_claim_falls_and_its_bond_goes_to_who_challenged_it_first() public {
        Run memory liar = _file(stranger, _wrong(9, 1));
        Run memory invalid = _file(challenger, _true(1));
        Run memory late = _file(alice, _wrong(11, 1));
        Run memory valid = _file(defender, _wrong(10, 0));
        assertEq(uint256(game.ofClaim(hash)), uint256(VerdictStatus.DISPUTED));
        // Where the first one is wrong, the defence is right.
        _descend(defender, stranger, valid, liar);
        _step(defender, _wrong(10, 0), valid, liar);
        _descend(defender, challenger, valid, invalid);
        _step(challenger, _wrong(10, 0), valid, invalid);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NothingToCollect.selector, hash));
        game.collect(hash);
        skip(DEFENCE + 1);
        game.conclude(hash);
        assertEq(uint256(game.ofClaim(hash)), uint256(VerdictStatus.INVALID));

        uint256 before = game.credit(challenger);
        uint256 held = address(game).balance;
        game.takeBack(hash, invalid.root());
        vm.expectEmit(address(game));
        emit IDisputeGame.BondCollected(hash, invalid.root(), challenger, BOND - BOND / 4);
        game.collect(hash);
        assertEq(game.credit(challenger), before + DISPUTE_BOND + BOND - BOND / 4);
        assertEq(address(game).balance, held + BOND);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.NothingToCollect.selector, hash));
        game.collect(hash);
        game.takeBack(hash, late.root());
        assertEq(game.credit(alice), DISPUTE_BOND);
    }

    /// @dev Bonds of several claims may come at once, by anybody's hand.
    function test_bonds_that_others_passed_on_are_collected_one_by_one() public {
        bytes32 first = hash;
        _file(challenger, _true(1));
        bytes32 second = hash = _proposeFor(2e6);
        _file(stranger, _true(1));
        skip(DEFENCE + 1);
        game.conclude(first);
        game.conclude(second);
        escape.settleBond(first);
        escape.settleBond(second);
        demand.passOn(escape);
        game.collect(second);
        assertEq(game.credit(stranger), BOND - BOND / 4);
        assertEq(game.credit(challenger), 0);
        game.collect(first);
        assertEq(game.credit(challenger), BOND - BOND / 4);
    }

    function test_a_right_claim_stands_and_is_accepted() public {
        _truth(0);
        Run memory invalid = _file(challenger, _wrong(9, 1));
        Run memory valid = _file(defender, _true(0));
        _descend(defender, challenger, valid, invalid);
        _step(defender, _true(0), valid, invalid);
        skip(WINDOW);
        bytes32 v = valid.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, hash, v));
        game.takeBack(hash, v);
        escape.accept(hash);
        game.takeBack(hash, v);
        assertEq(game.credit(defender), DISPUTE_BOND + 5 * _share(5));
        assertEq(escape.credit(carol), BOND);
    }

    function test_what_is_accepted_or_past_its_window_takes_no_claim() public {
        Run memory run = _run(_true(1));
        vm.warp(escape.windowEnd(hash));
        _expectNoFiling(_filing(_true(1), run), abi.encodeWithSelector(IDisputeGame.TooLate.selector, hash));
        escape.accept(hash);
        _expectNoFiling(_filing(_true(1), run), abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash));
    }

    function test_what_is_disputed_is_not_accepted_however_late() public {
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(defender, _wrong(10, 0));
        vm.warp(escape.windowEnd(hash) + 30 days);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, hash));
        escape.accept(hash);
        game.expire(hash, valid.root(), invalid.root());
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, hash));
        escape.accept(hash);
        game.conclude(hash);
        vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, hash));
        escape.accept(hash);
    }

    /// @dev Its bond went back, and nothing is left to argue about.
    function test_what_was_accepted_is_defended_no_more() public {
        _truth(0);
        vm.warp(escape.windowEnd(hash) - 1);
        Run memory invalid = _file(challenger, _wrong(9, 1));
        Run memory valid = _file(defender, _true(0));
        _descend(defender, challenger, valid, invalid);
        _step(defender, _true(0), valid, invalid);
        skip(1);
        escape.accept(hash);
        assertLt(vm.getBlockTimestamp(), game.defenceEnd(hash));
        Filing memory f = _filing(_wrong(5, 0), _run(_wrong(5, 0)));
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash));
    }

    /// @dev As of a batch: until the end of its window somebody else could have filed it.
    function test_a_right_challenge_of_an_escape_claim_that_a_liar_files_first_and_gives_up() public {
        Run memory invalid = _file(stranger, _true(1));
        Run memory valid = _file(stranger, _wrong(10, 0));
        _move(stranger, valid, invalid);
        assertEq(game.due(hash, valid.root(), invalid.root()), escape.windowEnd(hash) + BUDGET);
        vm.warp(escape.windowEnd(hash) - 1);
        _move(challenger, valid, invalid);
        assertEq(_match(valid, invalid).invalidLeft, BUDGET);
    }

    /// @dev Else a liar whose claim is outrun takes his bond out of a match that he loses.
    function test_a_claim_that_was_outrun_is_disputed_to_the_end() public {
        (bytes32 outrun, Run memory valid, Run memory invalid) = _outrunInDispute();
        bytes32 v = valid.root();
        bytes32 i = invalid.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, outrun, v));
        game.takeBack(outrun, v);
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, outrun, i));
        game.takeBack(outrun, i);

        _descend(defender, challenger, valid, invalid);
        _step(challenger, _wrong(10, 0), valid, invalid);
        skip(DEFENCE + 1);
        game.conclude(outrun);
        game.takeBack(outrun, i);
        game.collect(outrun);
        // Two moves, the step and the claim itself are his: all four shares.
        assertEq(game.credit(challenger), DISPUTE_BOND + 4 * _share(4) + BOND - BOND / 4);
        assertEq(game.credit(defender), 0);
    }

    /// @dev Else a challenge in the last second takes the bond of a right claim whose defence another one cuts off.
    function test_a_claim_that_was_outrun_is_defended_and_its_bond_goes_back() public {
        _truth(0);
        bytes32 accepted = _proposeFor(2e6);
        vm.warp(escape.windowEnd(hash) - 1);
        Run memory invalid = _file(challenger, _true(1));
        skip(1);
        escape.accept(accepted);
        Run memory late = _run(_wrong(5, 1));
        _expectNoFiling(_filing(_wrong(5, 1), late), abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash));
        Run memory valid = _file(defender, _true(0));
        _move(defender, valid, invalid);
        bytes32 v = valid.root();
        vm.expectRevert(abi.encodeWithSelector(IDisputeGame.BondStays.selector, hash, v));
        game.takeBack(hash, v);
        _outlast(valid, invalid);
        game.expire(hash, v, invalid.root());
        game.takeBack(hash, v);
        assertEq(game.credit(defender), DISPUTE_BOND + 2 * _share(3));
        uint256 before = escape.credit(carol);
        escape.settleBond(hash);
        assertEq(escape.credit(carol), before + BOND);
    }

    function test_an_escape_claim_has_no_number() public {
        Filing memory f = _filing(_true(1), _run(_true(1)));
        f.index = 1;
        _expectNoFiling(f, abi.encodeWithSelector(IDisputeGame.UnknownSubject.selector, hash));
    }

    /// @dev A claim challenged in the last second of its window and defended at once; another one is accepted then.
    function _outrunInDispute() private returns (bytes32 outrun, Run memory valid, Run memory invalid) {
        outrun = hash;
        bytes32 accepted = _proposeFor(2e6);
        vm.warp(escape.windowEnd(outrun) - 1);
        invalid = _file(challenger, _true(1));
        valid = _file(defender, _wrong(10, 0));
        skip(1);
        escape.accept(accepted);
    }

    function _proposeFor(uint64 amount) private returns (bytes32) {
        EscapeClaim memory c = _claimOf(_payouts(2, amount));
        return _propose(c);
    }
}
