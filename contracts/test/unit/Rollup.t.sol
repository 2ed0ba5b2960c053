// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Fixture} from "../support/Fixture.sol";

contract RollupTest is Fixture {
    // --- posting; blobs do not reach isolated calls ---

    function test_posts_a_batch_with_calldata() public {
        _deposit(alice, 5e6);
        BatchHeader memory h = _next();
        bytes32 hash = _hash(h);
        uint256 prevrandao = 777;
        vm.prevrandao(prevrandao);

        vm.expectEmit(address(rollup));
        emit IRollup.BatchPosted(1, hash, h, new bytes32[](0));
        vm.expectEmit(true, true, false, false, address(inbox));
        emit IInbox.MessageQueued(1, 2, 0, 0, "", 0);
        _post(h);

        assertEq(rollup.batchCount(), 2);
        assertEq(rollup.batchHash(1), hash);
        assertEq(rollup.postedAt(1), block.timestamp);
        assertEq(rollup.tip().stateRoot, h.stateRoot);
        assertEq(rollup.tip().lastSeq, h.lastSeq);
        assertEq(rollup.tip().lastTimeMs, h.lastTimeMs);
        assertEq(rollup.tip().l1MessageCount, 1);
        assertFalse(rollup.isFinal(1));

        bytes32 payload = keccak256(abi.encode(uint64(1), hash, uint64(block.number), prevrandao));
        bytes32 message = keccak256(abi.encode(uint8(2), block.number, block.timestamp, payload));
        assertEq(inbox.messageCount(), 2);
        assertEq(inbox.rollingHashAt(2), keccak256(abi.encode(inbox.rollingHashAt(1), message)));
    }

    /// forge-config: default.isolate = false
    function test_posts_a_batch_with_blobs() public {
        bytes32[] memory blobs = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            blobs[i] = bytes32((uint256(1) << 248) | (i + 1));
        }
        vm.blobhashes(blobs);
        BatchHeader memory h = _next();
        h.dataHash = keccak256(bytes.concat(hex"00", blobs[0], blobs[1], blobs[2]));

        vm.expectEmit(address(rollup));
        emit IRollup.BatchPosted(1, _hash(h), h, blobs);
        vm.prank(sequencer);
        rollup.postBatch(h, "");
    }

    /// forge-config: default.isolate = false
    function test_refuses_to_leave_out_or_reorder_blobs() public {
        bytes32[] memory blobs = new bytes32[](2);
        (blobs[0], blobs[1]) = (bytes32(uint256(1)), bytes32(uint256(2)));
        vm.blobhashes(blobs);
        bytes32 right = keccak256(bytes.concat(hex"00", blobs[0], blobs[1]));

        BatchHeader memory h = _next();
        bytes32[3] memory wrong = [
            keccak256(bytes.concat(hex"00", blobs[0])),
            keccak256(bytes.concat(hex"00", blobs[1], blobs[0])),
            keccak256(bytes.concat(hex"01", blobs[0], blobs[1]))
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            h.dataHash = wrong[i];
            vm.expectRevert(abi.encodeWithSelector(IRollup.WrongDataHash.selector, wrong[i], right));
            vm.prank(sequencer);
            rollup.postBatch(h, "");
        }
    }

    function test_refuses_a_batch_without_data() public {
        BatchHeader memory h = _next();
        h.dataHash = keccak256(hex"00");
        vm.expectRevert(IRollup.NoData.selector);
        vm.prank(sequencer);
        rollup.postBatch(h, "");
    }

    function test_refuses_other_calldata_than_committed() public {
        BatchHeader memory h = _next();
        bytes memory other = "other diff";
        h.diffHash = keccak256(other);
        bytes32 expected = keccak256(abi.encodePacked(uint8(1), keccak256(other)));
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongDataHash.selector, h.dataHash, expected));
        vm.prank(sequencer);
        rollup.postBatch(h, other);
    }

    /// @dev The program compares the header's diff with the right one: garbage in calldata must not hide behind it.
    function test_refuses_garbage_under_the_right_diff_hash() public {
        BatchHeader memory h = _next();
        bytes memory garbage = "garbage";
        h.dataHash = keccak256(abi.encodePacked(uint8(1), keccak256(garbage)));
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongDiffHash.selector, h.diffHash, keccak256(garbage)));
        vm.prank(sequencer);
        rollup.postBatch(h, garbage);
    }

    /// forge-config: default.isolate = false
    function test_calldata_makes_blobs_of_the_same_transaction_count_for_nothing() public {
        bytes32[] memory blobs = new bytes32[](1);
        blobs[0] = bytes32(uint256(1) << 248);
        vm.blobhashes(blobs);
        BatchHeader memory h = _next();
        vm.expectEmit(address(rollup));
        emit IRollup.BatchPosted(1, _hash(h), h, new bytes32[](0));
        _post(h);
    }

    function test_refuses_everybody_but_the_sequencer() public {
        BatchHeader memory h = _next();
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSequencer.selector, alice));
        vm.prank(alice);
        rollup.postBatch(h, DIFF);
    }

    // --- the chain ---

    function test_refuses_a_wrong_index() public {
        BatchHeader memory h = _next();
        h.index = 2;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongIndex.selector, 2, 1));
        h.index = 0;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongIndex.selector, 0, 1));
    }

    function test_refuses_another_predecessor() public {
        BatchHeader memory h = _next();
        (bytes32 right, bytes32 wrong) = (h.previousHash, keccak256("wrong"));
        h.previousHash = wrong;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongPreviousHash.selector, wrong, right));
    }

    function test_refuses_another_state_to_start_from() public {
        BatchHeader memory h = _next();
        (bytes32 right, bytes32 wrong) = (h.previousStateRoot, keccak256("wrong"));
        h.previousStateRoot = wrong;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongPreviousStateRoot.selector, wrong, right));
    }

    function test_refuses_gaps_and_overlaps_of_inputs() public {
        _post(_next());
        BatchHeader memory h = _next();
        uint64 right = h.firstSeq;
        h.firstSeq = right + 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongFirstSeq.selector, right + 1, right));
        h.firstSeq = right - 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongFirstSeq.selector, right - 1, right));
    }

    function test_refuses_a_batch_without_inputs() public {
        BatchHeader memory h = _next();
        h.lastSeq = h.firstSeq - 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.NoInputs.selector, h.firstSeq, h.lastSeq));
        h.lastSeq = h.firstSeq;
        _post(h);
    }

    /// @dev One header that skips to the last number there is would end the rollup for good.
    function test_refuses_more_inputs_than_a_batch_may_have() public {
        BatchHeader memory h = _next();
        h.lastSeq = type(uint64).max;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TooManyInputs.selector, type(uint64).max, 1 << 20));
        h.lastSeq = h.firstSeq + (1 << 20);
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TooManyInputs.selector, (1 << 20) + 1, 1 << 20));
        h.lastSeq -= 1;
        _post(h);
    }

    // --- clocks at their edges ---

    function test_time_may_stand_still_but_not_go_back() public {
        _post(_next());
        BatchHeader memory h = _next();
        uint64 floor = rollup.tip().lastTimeMs;
        h.firstTimeMs = floor - 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TimeWentBack.selector, floor - 1, floor));

        h.firstTimeMs = floor + 5;
        h.lastTimeMs = floor + 4;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TimeWentBack.selector, floor + 4, floor + 5));

        h.firstTimeMs = floor;
        h.lastTimeMs = floor;
        _post(h);
    }

    function test_time_runs_ahead_by_a_minute_and_no_more() public {
        BatchHeader memory h = _next();
        uint64 latest = _nowMs() + 60_000;
        h.lastTimeMs = latest + 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TimeInFuture.selector, latest + 1, latest));
        h.lastTimeMs = type(uint64).max;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TimeInFuture.selector, type(uint64).max, latest));
        h.lastTimeMs = latest;
        _post(h);
    }

    // --- messages ---

    function test_refuses_messages_that_do_not_exist() public {
        _deposit(alice, 5e6);
        BatchHeader memory h = _next();
        h.l1MessageCount = 2;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageCount.selector, 2, 0, 1));
    }

    function test_refuses_more_messages_than_inputs_besides_the_seal() public {
        _deposit(alice, 5e6);
        _deposit(alice, 5e6);
        BatchHeader memory h = _next();
        h.lastSeq = h.firstSeq + 1;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageCount.selector, 2, 0, 1));
        h.lastSeq = h.firstSeq + 2;
        _post(h);
    }

    function test_refuses_to_unconsume_messages() public {
        _deposit(alice, 5e6);
        _post(_next());
        BatchHeader memory h = _next();
        h.l1MessageCount = 0;
        h.l1MessageHash = 0;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageCount.selector, 0, 1, 2));
    }

    function test_refuses_other_messages_than_the_inbox_holds() public {
        _deposit(alice, 5e6);
        BatchHeader memory h = _next();
        (bytes32 right, bytes32 wrong) = (h.l1MessageHash, keccak256("wrong"));
        h.l1MessageHash = wrong;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageHash.selector, wrong, right));
    }

    function test_may_leave_messages_for_later() public {
        _deposit(alice, 5e6);
        BatchHeader memory h = _next();
        h.l1MessageCount = 0;
        h.l1MessageHash = 0;
        _post(h);
        assertEq(rollup.tip().l1MessageCount, 0);
    }

    // --- contents ---

    function test_refuses_another_program() public {
        BatchHeader memory h = _next();
        h.programHash = keccak256("wrong");
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongProgram.selector, h.programHash, PROGRAM));
    }

    function test_refuses_a_batch_without_input_chunks() public {
        BatchHeader memory h = _next();
        h.inputChunks = 0;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.NoInputChunks.selector));
    }

    function test_refuses_more_input_chunks_than_anybody_must_hold() public {
        BatchHeader memory h = _next();
        h.inputChunks = 257;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TooManyInputChunks.selector, 257, 256));
        h.inputChunks = 256;
        _post(h);
    }

    function test_refuses_more_withdrawals_than_the_tree_holds() public {
        BatchHeader memory h = _next();
        h.withdrawalCount = 65537;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.TooManyWithdrawals.selector, 65537, 65536));
        h.withdrawalCount = 65536;
        _post(h);
    }

    function test_refuses_a_state_root_that_is_not_made_of_its_sections() public {
        for (uint256 i = 0; i < 7; ++i) {
            BatchHeader memory h = _next();
            h.sectionRoots[i] = keccak256("wrong");
            bytes32 expected = _stateRoot(h.sectionRoots);
            _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongStateRoot.selector, h.stateRoot, expected));
        }
    }

    // --- finality ---

    function test_is_final_when_the_window_has_passed_and_no_second_earlier() public {
        _post(_next());
        skip(WINDOW - 1);
        assertEq(rollup.finalize(type(uint64).max), 1);
        assertFalse(rollup.isFinal(1));

        skip(1);
        assertFalse(rollup.isFinal(1), "finality is recorded, not guessed");
        vm.expectEmit(address(rollup));
        emit IRollup.BatchFinalized(1, rollup.batchHash(1));
        vm.prank(alice);
        assertEq(rollup.finalize(1), 2);
        assertTrue(rollup.isFinal(1));
    }

    function test_finalizes_up_to_the_bound_and_only_what_is_due() public {
        for (uint256 i = 0; i < 4; ++i) {
            _post(_next());
        }
        skip(WINDOW / 2);
        _post(_next());
        skip(WINDOW / 2);

        assertEq(rollup.finalize(0), 1);
        assertEq(rollup.finalize(2), 3);
        assertEq(rollup.finalize(1), 3, "never goes back");
        assertEq(rollup.finalize(type(uint64).max), 5, "the fifth is not due");
        assertEq(rollup.finalizedCount(), 5);
        skip(WINDOW / 2);
        assertEq(rollup.finalize(1_000_000), 6);
    }

    function test_refuses_to_speak_of_unknown_batches() public {
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, 1, 1));
        rollup.batchHash(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownBatch.selector, 9, 1));
        rollup.postedAt(9);
    }

    // --- hands ---

    /// @dev Lets a rollup built by this test pass as the inbox's own.
}
