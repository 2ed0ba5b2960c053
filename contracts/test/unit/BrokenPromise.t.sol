// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ISequencerBond} from "../../src/interfaces/ISequencerBond.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {PromiseLink, SignedPromise} from "../../src/types/Promise.sol";
import {BondFixture} from "../support/BondFixture.sol";

/// @notice Promises against batches, and the way out of the bond.
contract BrokenPromiseTest is BondFixture {
    PromiseLink[] private _none;

    // --- the last place of a batch ---

    function test_a_header_alone_contradicts_a_promise_for_its_last_place() public {
        BatchHeader memory h = _finalLog("posted", 20);
        vm.prank(alice);
        sequencerBond.slashBrokenPromise(_promise("promised", 20), 0, _none, h);
        assertEq(sequencerBond.credit(alice), SEQUENCER_BOND / 4);
    }

    function test_a_header_alone_contradicts_a_time() public {
        BatchHeader memory h = _finalLog("posted", 20);
        SignedPromise memory p = _promise("posted", 20);
        p.time += 1;
        _sign(p, _digest(block.chainid, address(rollup), 20, p.chain, p.time));
        sequencerBond.slashBrokenPromise(p, 0, _none, h);
        assertEq(sequencerBond.bond(), 0);
    }

    function test_a_kept_promise_is_no_fault() public {
        BatchHeader memory h = _finalLog("posted", 20);
        _expectKept(_promise("posted", 20), 0, _none, h);
        for (uint64 seq = 1; seq <= 20; ++seq) {
            _expectKept(_promise("posted", seq), _chain("posted", seq - 1), _links("posted", seq, 20), h);
        }
        _expectKept(_promise("posted", 12, 20), _chain("posted", 11), _links("posted", 12, 20), h);
        // The one that is signed may be in a later batch.
        _expectKept(_promise("posted", 18, 25), _chain("posted", 17), _links("posted", 18, 20), h);
    }

    // --- inside a batch ---

    function test_the_rest_of_a_batch_contradicts_a_promise_inside() public {
        BatchHeader memory h = _finalLog("posted", 20);
        sequencerBond.slashBrokenPromise(_promise("promised", 3, 9), _chain("posted", 2), _links("posted", 3, 20), h);
        assertEq(sequencerBond.bond(), 0);
    }

    function test_the_rest_of_a_batch_contradicts_a_time_inside() public {
        BatchHeader memory h = _finalLog("posted", 20);
        SignedPromise memory p = _promise("posted", 3);
        p.time -= 1;
        _sign(p, _digest(block.chainid, address(rollup), 3, p.chain, p.time));
        sequencerBond.slashBrokenPromise(p, _chain("posted", 2), _links("posted", 3, 20), h);
        assertEq(sequencerBond.bond(), 0);
    }

    /// @dev Whoever could make up links could have an honest sequencer slashed.
    function test_links_that_the_batch_does_not_have_prove_nothing() public {
        BatchHeader memory h = _finalLog("posted", 20);
        SignedPromise memory p = _promise("posted", 3);
        bytes32 before = _chain("posted", 2);
        PromiseLink[] memory links = _links("posted", 3, 20);
        links[0].time += 1;
        _expectEnd(p, before, links, h);
        links[0].time -= 1;
        links[17].sourceHash = 0;
        _expectEnd(p, before, links, h);
        _expectEnd(p, _chain("posted", 3), _links("posted", 3, 20), h);
        _expectEnd(p, before, _links("posted", 3, 19), h);
        _expectEnd(p, before, _links("posted", 3, 21), h);
        _expectEnd(p, before, _none, h);
        _expectEnd(p, _chain("made up", 2), _links("made up", 3, 20), h);
    }

    function test_a_long_batch_is_walked_in_steps() public {
        BatchHeader memory h = _finalLog("posted", 60);
        BatchHeader memory nothing;
        sequencerBond.learn(40, _chain("posted", 40), _links("posted", 41, 60), h);
        sequencerBond.learn(20, _chain("posted", 20), _links("posted", 21, 40), nothing);
        assertEq(sequencerBond.chainAfter(20), _chain("posted", 20));
        _expectKept(_promise("posted", 5), _chain("posted", 4), _links("posted", 5, 20), nothing);
        sequencerBond.slashBrokenPromise(_promise("promised", 5), _chain("posted", 4), _links("posted", 5, 20), nothing);
        assertEq(sequencerBond.bond(), 0);
    }

    function test_nothing_is_learned_that_leads_nowhere() public {
        BatchHeader memory h = _finalLog("posted", 20);
        bytes32 chain = _chain("made up", 10);
        PromiseLink[] memory links = _links("posted", 11, 20);
        vm.expectPartialRevert(ISequencerBond.WrongEnd.selector);
        sequencerBond.learn(10, chain, links, h);
        vm.expectPartialRevert(ISequencerBond.WrongEnd.selector);
        sequencerBond.learn(10, 0, _none, h);
        assertEq(sequencerBond.chainAfter(10), 0);
    }

    function test_more_links_than_one_call_takes_are_refused() public {
        BatchHeader memory h = _finalLog("posted", 20);
        PromiseLink[] memory links = new PromiseLink[](1025);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.TooManyLinks.selector, 1025, 1024));
        sequencerBond.learn(1, 0, links, h);
    }

    function test_there_is_no_place_before_the_first() public {
        SignedPromise memory p;
        p.chain = keccak256("before anything");
        _sign(p, _digest(block.chainid, address(rollup), 0, p.chain, 0));
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NoSuchPlace.selector, 0));
        sequencerBond.slashBrokenPromise(p, 0, _none, _genesis());
    }

    // --- what a batch must be ---

    function test_a_batch_proves_nothing_before_it_is_final() public {
        BatchHeader memory h = _postLog("posted", 20);
        SignedPromise memory p = _promise("promised", 20);
        _expectNotFinal(p, h);
        skip(WINDOW);
        _expectNotFinal(p, h);
        rollup.finalize(1);
        sequencerBond.slashBrokenPromise(p, 0, _none, h);
        assertEq(sequencerBond.bond(), 0);
    }

    /// @dev An invalid batch that broke a promise was dropped; the one in its place keeps it.
    function test_a_rejected_batch_breaks_no_promise() public {
        BatchHeader memory bad = _rejected();
        SignedPromise memory p = _promise("posted", bad.lastSeq);
        _expectNotFinal(p, bad);
        BatchHeader memory good = _finalLog("posted", 100);
        assertEq(good.lastSeq, bad.lastSeq);
        _expectNotFinal(p, bad);
        _expectKept(p, 0, _none, good);
    }

    function test_a_header_of_nobody_proves_nothing() public {
        BatchHeader memory h = _finalLog("posted", 20);
        h.promiseHash = _chain("promised", 20);
        _expectNotFinal(_promise("posted", 20), h);
        h.index = 9;
        _expectNotFinal(_promise("posted", 20), h);
    }

    // --- leaving ---

    function test_leaves_when_all_that_was_promised_before_is_final_and_the_delay_is_over() public {
        _announce();
        BatchHeader memory h = _postAt(_nowMs() + 60_000);
        skip(WINDOW);
        rollup.finalize(1);
        vm.prank(alice);
        sequencerBond.beginLeave(h);
        uint64 leavable = sequencerBond.leavableAt();
        assertEq(leavable, block.timestamp + LEAVE_DELAY);
        vm.startPrank(bondOwner);
        vm.warp(leavable);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.TooEarly.selector, leavable));
        sequencerBond.leave(bob);
        skip(1);
        vm.expectRevert(ISequencerBond.ZeroAddress.selector);
        sequencerBond.leave(address(0));
        sequencerBond.leave(bob);
        assertEq(bob.balance, SEQUENCER_BOND);
        assertEq(sequencerBond.bond(), 0);
        assertEq(sequencerBond.announcedAt(), 0);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.TooEarly.selector, 0));
        sequencerBond.leave(bob);
    }

    function test_the_delay_does_not_run_while_promises_are_open() public {
        _announce();
        uint256 needed = uint256(sequencerBond.announcedAt()) * 1000 + 60_000;
        BatchHeader memory h = _postAt(_nowMs() + 59_999);
        vm.expectPartialRevert(ISequencerBond.NotFinal.selector);
        sequencerBond.beginLeave(h);
        skip(WINDOW);
        rollup.finalize(1);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.PromisesOpen.selector, h.lastTimeMs, needed));
        sequencerBond.beginLeave(h);
        skip(1000 days);
        vm.prank(bondOwner);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.TooEarly.selector, 0));
        sequencerBond.leave(bob);
    }

    function test_the_delay_runs_when_no_batch_can_come_any_more() public {
        _announce();
        vm.warp(START + DEADLINE + 1);
        rollup.freezeSilent();
        assertTrue(rollup.isSettled());
        sequencerBond.beginLeave(_genesis());
        skip(LEAVE_DELAY + 1);
        vm.prank(bondOwner);
        sequencerBond.leave(bob);
        assertEq(bob.balance, SEQUENCER_BOND);
    }

    function test_who_leaves_can_lose_the_bond_to_the_last_second() public {
        _announce();
        BatchHeader memory h = _postAt(_nowMs() + 60_000);
        skip(WINDOW);
        rollup.finalize(1);
        sequencerBond.beginLeave(h);
        skip(LEAVE_DELAY);
        sequencerBond.slashTwoPromises(_promise("a", 7), _promise("b", 7));
        skip(1);
        vm.prank(bondOwner);
        sequencerBond.leave(bob);
        assertEq(bob.balance, 0);
    }

    function test_who_stays_begins_anew() public {
        _announce();
        BatchHeader memory h = _postAt(_nowMs() + 60_000);
        skip(WINDOW);
        rollup.finalize(1);
        sequencerBond.beginLeave(h);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.AlreadyBegun.selector, sequencerBond.leavableAt()));
        sequencerBond.beginLeave(h);
        vm.prank(bondOwner);
        sequencerBond.cancelLeave();
        assertEq(sequencerBond.leavableAt(), 0);
        vm.expectRevert(ISequencerBond.NotAnnounced.selector);
        sequencerBond.beginLeave(h);
        skip(LEAVE_DELAY + 1);
        _announce();
        vm.expectPartialRevert(ISequencerBond.PromisesOpen.selector);
        sequencerBond.beginLeave(h);
    }

    function test_only_the_owner_leaves() public {
        bytes memory refusal = abi.encodeWithSelector(ISequencerBond.NotOwner.selector, promiser.addr);
        vm.startPrank(promiser.addr);
        vm.expectRevert(refusal);
        sequencerBond.announceLeave();
        vm.expectRevert(refusal);
        sequencerBond.cancelLeave();
        vm.expectRevert(refusal);
        sequencerBond.leave(alice);
        vm.startPrank(bondOwner);
        vm.expectRevert(ISequencerBond.NotAnnounced.selector);
        sequencerBond.cancelLeave();
        sequencerBond.announceLeave();
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.AlreadyAnnounced.selector, block.timestamp));
        sequencerBond.announceLeave();
    }

    function _announce() private {
        vm.prank(bondOwner);
        sequencerBond.announceLeave();
    }

    /// @dev Posts a batch whose last input has this time.
    function _postAt(uint64 lastTimeMs) private returns (BatchHeader memory h) {
        h = _next();
        h.lastTimeMs = lastTimeMs;
        _post(h);
    }

    function _expectKept(SignedPromise memory p, bytes32 before, PromiseLink[] memory links, BatchHeader memory h)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NoFault.selector, p.seq));
        sequencerBond.slashBrokenPromise(p, before, links, h);
    }

    function _expectEnd(SignedPromise memory p, bytes32 before, PromiseLink[] memory links, BatchHeader memory h)
        private
    {
        vm.expectPartialRevert(ISequencerBond.WrongEnd.selector);
        sequencerBond.slashBrokenPromise(p, before, links, h);
    }

    function _expectNotFinal(SignedPromise memory p, BatchHeader memory h) private {
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NotFinal.selector, h.index, _hash(h)));
        sequencerBond.slashBrokenPromise(p, 0, _none, h);
    }
}
