// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../../src/interfaces/IRollup.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Tip} from "../../src/types/Tip.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

contract RejectTest is EscapeFixture {
    // --- finality under a verdict ---

    function test_a_disputed_batch_stops_the_walk_and_goes_on_when_it_is_valid() public {
        BatchHeader[] memory hs = _chain(3);
        _setBatch(hs[1], VerdictStatus.DISPUTED);
        skip(10 * WINDOW);
        assertEq(rollup.finalize(type(uint64).max), 2);
        assertEq(rollup.finalize(type(uint64).max), 2);
        _setBatch(hs[1], VerdictStatus.VALID);
        assertEq(rollup.finalize(type(uint64).max), 4);
    }

    /// @dev A proof is not the inputs: those can be demanded until the window is over.
    function test_a_valid_batch_is_not_final_before_its_window() public {
        BatchHeader[] memory hs = _chain(3);
        _setBatch(hs[0], VerdictStatus.VALID);
        _setBatch(hs[1], VerdictStatus.VALID);
        skip(WINDOW - 1);
        assertEq(rollup.finalize(type(uint64).max), 1);
        skip(1);
        assertEq(rollup.finalize(2), 3);
    }

    function test_an_invalid_batch_is_never_final() public {
        BatchHeader[] memory hs = _chain(2);
        _setBatch(hs[0], VerdictStatus.INVALID);
        skip(10 * WINDOW);
        assertEq(rollup.finalize(type(uint64).max), 1);
        assertFalse(rollup.isFinal(1));
    }

    /// @dev What was said of another batch of this index, or of this hash under another index, says nothing.
    function test_a_verdict_is_of_index_and_hash() public {
        BatchHeader[] memory hs = _chain(1);
        verdict.setBatch(1, keccak256("another"), VerdictStatus.INVALID);
        verdict.setBatch(2, _hash(hs[0]), VerdictStatus.INVALID);
        _expectNotInvalid(1, _genesis(), VerdictStatus.UNDISPUTED);
        skip(WINDOW);
        assertEq(rollup.finalize(1), 2);
    }

    // --- rejection ---

    function test_drops_a_batch_with_all_that_follow_it() public {
        _deposit(alice, 5e6);
        BatchHeader memory first = _postConsuming(1);
        Tip memory before = rollup.tip();
        BatchHeader memory second = _next();
        _post(second);
        BatchHeader memory third = _next();
        _post(third);
        _setBatch(second, VerdictStatus.INVALID);

        vm.expectEmit(address(rollup));
        emit IRollup.BatchRejected(2, _hash(second), 2);
        vm.prank(bob);
        rollup.reject(2, first);
        assertEq(keccak256(abi.encode(rollup.tip())), keccak256(abi.encode(before)));
        assertEq(rollup.batchCount(), 2);
        for (uint64 i = 2; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, i, 2));
            rollup.batchHash(i);
        }
        // What was posted on top of it has nothing to stand on.
        _expectRefusal(third, abi.encodeWithSelector(IRollup.WrongIndex.selector, 3, 2));

        BatchHeader memory again = _next();
        again.promiseHash = keccak256("right this time");
        _post(again);
        assertEq(rollup.batchHash(2), _hash(again));
        skip(WINDOW);
        assertEq(rollup.finalize(type(uint64).max), 3);
    }

    function test_goes_back_to_genesis() public {
        BatchHeader[] memory hs = _chain(2);
        _setBatch(hs[0], VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        Tip memory t = rollup.tip();
        assertEq(t.stateRoot, _genesis().stateRoot);
        assertEq(t.batchCount, 1);
        assertEq(t.lastSeq, 0);
        assertEq(t.lastTimeMs, 0);
        assertEq(t.l1MessageCount, 0);
        _post(_next());
    }

    function test_rejects_a_later_batch_while_an_earlier_one_is_disputed() public {
        BatchHeader[] memory hs = _chain(3);
        _setBatch(hs[0], VerdictStatus.DISPUTED);
        _setBatch(hs[2], VerdictStatus.INVALID);
        rollup.reject(3, hs[1]);
        assertEq(rollup.batchCount(), 3);
        _setBatch(hs[0], VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        assertEq(rollup.batchCount(), 1);
    }

    function test_rejects_nothing_but_what_is_invalid() public {
        BatchHeader[] memory hs = _chain(2);
        VerdictStatus[3] memory others = [VerdictStatus.UNDISPUTED, VerdictStatus.DISPUTED, VerdictStatus.VALID];
        for (uint256 i = 0; i < others.length; ++i) {
            _setBatch(hs[1], others[i]);
            // What is valid is not said to be before the window has passed.
            bool early = others[i] == VerdictStatus.VALID;
            _expectNotInvalid(2, hs[0], early ? VerdictStatus.UNDISPUTED : others[i]);
        }
    }

    function test_never_touches_a_final_batch() public {
        BatchHeader[] memory hs = _chain(2);
        skip(WINDOW);
        rollup.finalize(1);
        _setBatch(hs[0], VerdictStatus.INVALID);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 1));
        rollup.reject(1, _genesis());
        verdict.setBatch(0, _hash(_genesis()), VerdictStatus.INVALID);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 0));
        rollup.reject(0, _genesis());
    }

    function test_refuses_another_header_than_the_one_before() public {
        BatchHeader[] memory hs = _chain(2);
        _setBatch(hs[1], VerdictStatus.INVALID);
        BatchHeader memory forged = hs[0];
        forged.l1MessageCount = 7;
        bytes32 right = hs[1].previousHash;
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongPreviousHash.selector, _hash(forged), right));
        rollup.reject(2, forged);
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongPreviousHash.selector, _hash(_genesis()), right));
        rollup.reject(2, _genesis());
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, 3, 3));
        rollup.reject(3, hs[1]);
    }

    function test_the_same_invalid_batch_posted_again_falls_again() public {
        BatchHeader[] memory hs = _chain(1);
        _setBatch(hs[0], VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        _post(hs[0]);
        skip(WINDOW);
        assertEq(rollup.finalize(1), 1);
        rollup.reject(1, _genesis());
        assertEq(rollup.batchCount(), 1);
    }

    // --- rejection and freeze, in every order ---

    function test_a_rejection_after_the_freeze_settles_on_what_is_left() public {
        BatchHeader[] memory hs = _chain(3);
        _setBatch(hs[1], VerdictStatus.DISPUTED);
        _freeze();
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        assertEq(rollup.finalizedCount(), 2);
        assertFalse(rollup.isSettled());
        _setBatch(hs[1], VerdictStatus.INVALID);
        rollup.reject(2, hs[0]);
        assertTrue(rollup.isSettled());
        assertEq(rollup.batchHash(rollup.batchCount() - 1), _hash(hs[0]));
    }

    function test_a_dispute_that_ends_well_after_the_freeze_settles_on_all() public {
        BatchHeader[] memory hs = _chain(2);
        _setBatch(hs[1], VerdictStatus.DISPUTED);
        _freeze();
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        assertFalse(rollup.isSettled());
        _setBatch(hs[1], VerdictStatus.VALID);
        rollup.finalize(type(uint64).max);
        assertTrue(rollup.isSettled());
    }

    /// @dev Silence is counted from what was posted last, whatever became of it: who posted the right batch at once has
    /// time to.
    function test_a_rejection_is_no_silence() public {
        BatchHeader[] memory hs = _chain(2);
        skip(DEADLINE - 1);
        BatchHeader memory last = _next();
        _post(last);
        uint64 at = rollup.lastPostedAt();
        _setBatch(hs[0], VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        skip(2);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, at + DEADLINE));
        rollup.freezeSilent();
        _post(_next());
    }

    /// @dev Else the sequencer rejects its own batch and posts the next invalid one before anybody freezes, for ever.
    function test_a_rejection_that_uncovers_a_request_passed_over_freezes_at_once() public {
        _deposit(alice, 5e6);
        uint64 id = _force();
        BatchHeader memory h = _postConsuming(2);
        skip(DEADLINE + 1);
        _setBatch(h, VerdictStatus.INVALID);
        vm.expectEmit(address(rollup));
        emit IRollup.FrozenByRequest(id, START + DEADLINE);
        vm.prank(sequencer);
        rollup.reject(1, _genesis());
        assertEq(rollup.frozenAt(), block.timestamp);
        assertTrue(rollup.isSettled());
        _expectRefusal(_next(), abi.encodeWithSelector(IRollup.Frozen.selector, rollup.frozenAt()));
    }

    function test_a_rejection_that_uncovers_a_request_in_time_freezes_nothing() public {
        uint64 id = _force();
        BatchHeader memory h = _next();
        _post(h);
        vm.warp(START + DEADLINE);
        _setBatch(h, VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        assertEq(rollup.frozenAt(), 0);
        skip(1);
        rollup.freeze(id);
        assertEq(rollup.frozenAt(), block.timestamp);
    }

    function test_a_rejection_of_a_frozen_rollup_leaves_the_time_of_the_freeze() public {
        _force();
        BatchHeader memory h = _next();
        _post(h);
        _freeze();
        uint64 at = rollup.frozenAt();
        skip(100);
        _setBatch(h, VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        assertEq(rollup.frozenAt(), at);
    }

    /// @dev The fee of a request that only an invalid batch had consumed goes back, and the recipient of fees gets none.
    function test_a_request_that_only_a_dropped_batch_consumed_was_late() public {
        uint64 id = _force();
        BatchHeader memory h = _next();
        _post(h);
        skip(REFUND_AFTER + 1);
        _setBatch(h, VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        inbox.settleForced(id, _genesis());
        assertEq(inbox.credit(alice), BASE_FEE);
        assertEq(inbox.credit(treasury), 0);
    }

    function _chain(uint256 count) private returns (BatchHeader[] memory hs) {
        hs = new BatchHeader[](count);
        for (uint256 i = 0; i < count; ++i) {
            hs[i] = _next();
            _post(hs[i]);
        }
    }

    function _expectNotInvalid(uint64 index, BatchHeader memory previous, VerdictStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotInvalid.selector, index, status));
        rollup.reject(index, previous);
    }
}
