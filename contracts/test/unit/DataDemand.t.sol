// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IDataDemand} from "../../src/interfaces/IDataDemand.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {DataDemand} from "../../src/settlement/DataDemand.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {DemandTerms} from "../../src/types/Demand.sol";
import {DemandFixture} from "../support/DemandFixture.sol";

contract DataDemandTest is DemandFixture {
    function test_a_demand_that_is_answered_holds_the_batch_for_a_review() public {
        skip(WINDOW - 1);
        vm.expectEmit(address(demand));
        emit IDataDemand.ChunkDemanded(hash, 1, 0, demander, vm.getBlockTimestamp() + DEMAND_DEADLINE);
        _demand(0);
        _assertIs(VerdictStatus.DISPUTED);
        skip(DEMAND_DEADLINE);
        assertEq(rollup.finalize(1), 1);
        vm.expectEmit(address(demand));
        emit IDataDemand.ChunkRevealed(hash, 1, 0, revealer, _price(24_576), _chunk(0), _chunkProof(0));
        assertEq(demand.heldUntil(hash), vm.getBlockTimestamp() + DEMAND_DEADLINE + REVIEW);
        _reveal(0);
        assertEq(demand.heldUntil(hash), vm.getBlockTimestamp() + REVIEW);
        _assertPaid(_price(24_576));
        skip(REVIEW - 1);
        _assertIs(VerdictStatus.DISPUTED);
        assertEq(rollup.finalize(1), 1);
        skip(1);
        _assertIs(VerdictStatus.UNDISPUTED);
        assertEq(rollup.finalize(1), 2);
        // The bound that the interface promises, without stress, less the last second of the window.
        assertEq(vm.getBlockTimestamp() + 1, posted + WINDOW + DEMAND_DEADLINE + REVIEW);
        vm.prank(revealer);
        demand.withdrawCredit(revealer);
        assertEq(revealer.balance, _price(24_576));
        vm.prank(demander);
        demand.withdrawCredit(demander);
        assertEq(demander.balance, DEMAND_BOND - _price(24_576));
        assertEq(address(demand).balance, 0);
    }

    function test_silence_rolls_the_chain_back_and_gives_the_bond_back() public {
        _post(_next());
        _demand(1);
        _demand(2);
        skip(DEMAND_DEADLINE);
        _assertIs(VerdictStatus.DISPUTED);
        _reveal(2);
        skip(1);
        _assertIs(VerdictStatus.INVALID);
        _expectNoReveal(1, _chunk(1), _chunkProof(1), abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
        _expectNoDemand(h, 0, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
        demand.takeBack(hash, 1);
        assertEq(demand.credit(demander), 2 * DEMAND_BOND - _price(5));
        _assertIs(VerdictStatus.INVALID);
        skip(10 * WINDOW);
        assertEq(rollup.finalize(2), 1);
        rollup.reject(1, _genesis());
        assertEq(rollup.batchCount(), 1);
        _assertIs(VerdictStatus.INVALID);
        // Once.
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.NotOpen.selector, hash, 1));
        demand.takeBack(hash, 1);
        // Another batch of the same index is another batch.
        h = _next();
        hash = _hash(h);
        _post(h);
        _assertIs(VerdictStatus.UNDISPUTED);
        _demand(1);
    }

    function test_who_demands_at_the_end_of_the_window_is_in_time_and_no_second_later() public {
        vm.warp(posted + WINDOW - 1);
        _demand(0);
        skip(1);
        _expectNoDemand(h, 1, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.TooLate.selector, 1));
    }

    function test_refuses_demands_of_what_is_not_posted_and_chunks_that_are_not_there() public {
        _expectNoDemand(
            h, 0, DEMAND_BOND - 1, abi.encodeWithSelector(IDataDemand.WrongBond.selector, DEMAND_BOND - 1, DEMAND_BOND)
        );
        _expectNoDemand(
            h, CHUNKS, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.UnknownChunk.selector, CHUNKS, CHUNKS)
        );
        _expectNoDemand(_genesis(), 0, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.TooLate.selector, 0));
        BatchHeader memory other = h;
        other.inputChunks = 4;
        _expectNoDemand(other, 3, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.NotPosted.selector, 1, _hash(other)));
        other = _next();
        _expectNoDemand(other, 0, DEMAND_BOND, abi.encodeWithSelector(IDataDemand.NotPosted.selector, 2, _hash(other)));
    }

    function test_a_chunk_is_demanded_once_ever() public {
        bytes memory again = abi.encodeWithSelector(IDataDemand.AlreadyDemanded.selector, hash, 0);
        _demand(0);
        _expectNoDemand(h, 0, DEMAND_BOND, again);
        _reveal(0);
        _expectNoDemand(h, 0, DEMAND_BOND, again);
        _expectNoReveal(0, _chunk(0), _chunkProof(0), abi.encodeWithSelector(IDataDemand.NotOpen.selector, hash, 0));
        _expectNoReveal(1, _chunk(1), _chunkProof(1), abi.encodeWithSelector(IDataDemand.NotOpen.selector, hash, 1));
    }

    function test_only_the_chunk_itself_is_shown() public {
        _demand(0);
        _expectNoReveal(0, _chunk(1), _chunkProof(0), abi.encodeWithSelector(IDataDemand.InvalidProof.selector, 0));
        _expectNoReveal(0, _chunk(1), _chunkProof(1), abi.encodeWithSelector(IDataDemand.InvalidProof.selector, 0));
        bytes memory long = new bytes(24_577);
        _expectNoReveal(
            0, long, _chunkProof(0), abi.encodeWithSelector(IDataDemand.ChunkTooLong.selector, 24_577, 24_576)
        );
        assertEq(demand.credit(address(this)), 0);
    }

    /// @dev The others of the list stay in it, whichever was taken out.
    function test_answers_in_any_order_leave_the_oldest_open_first() public {
        for (uint32 i = 0; i < CHUNKS; ++i) {
            _demand(i);
            skip(10);
        }
        _reveal(1);
        vm.warp(posted + DEMAND_DEADLINE);
        _reveal(0);
        assertEq(demand.heldUntil(hash), posted + 20 + 2 * uint256(DEMAND_DEADLINE) + REVIEW);
        vm.warp(posted + 20 + DEMAND_DEADLINE);
        assertFalse(demand.hasFallen(hash));
        skip(1);
        assertTrue(demand.hasFallen(hash));
    }

    function test_a_freeze_changes_nothing() public {
        skip(DEADLINE + 1);
        rollup.freezeSilent();
        _demand(0);
        skip(DEMAND_DEADLINE + 1);
        assertFalse(rollup.isSettled());
        rollup.reject(1, _genesis());
        assertTrue(rollup.isSettled());
    }

    function test_a_batch_that_fell_otherwise_takes_no_answer_and_gives_the_bond_back() public {
        _demand(0);
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.BondStays.selector, hash, 0));
        demand.takeBack(hash, 0);
        _setBatch(h, VerdictStatus.INVALID);
        _assertIs(VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        _expectNoReveal(0, _chunk(0), _chunkProof(0), abi.encodeWithSelector(IDataDemand.Fallen.selector, hash));
        demand.takeBack(hash, 0);
        assertEq(demand.credit(demander), DEMAND_BOND);
    }

    /// @dev The bond comes back at once, before the demand is due; then nothing helps the batch, wherever it is.
    function test_a_batch_that_was_dropped_with_another_takes_no_answer_and_gives_the_bond_back() public {
        BatchHeader memory first = h;
        h = _next();
        (h.inputsRoot, h.inputChunks) = (first.inputsRoot, CHUNKS);
        hash = _hash(h);
        _post(h);
        _demand(0);
        _setBatch(first, VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        assertFalse(demand.hasFallen(hash));
        _expectNoReveal(0, _chunk(0), _chunkProof(0), abi.encodeWithSelector(IDataDemand.NotPosted.selector, 2, hash));
        demand.takeBack(hash, 0);
        assertTrue(demand.hasFallen(hash));
        assertTrue(demand.batchOf(hash).lost);
        assertEq(demand.credit(demander), DEMAND_BOND);
    }

    function test_is_never_better_than_the_inner_verdict() public {
        _setBatch(h, VerdictStatus.DISPUTED);
        _assertIs(VerdictStatus.DISPUTED);
        _setBatch(h, VerdictStatus.VALID);
        _assertIs(VerdictStatus.UNDISPUTED);
        _demand(0);
        _assertIs(VerdictStatus.DISPUTED);
        _reveal(0);
        vm.warp(posted + WINDOW);
        _assertIs(VerdictStatus.VALID);
        // Of what is not on the list a proof says nothing yet: it could still be demanded.
        bytes32 other = keccak256("other");
        verdict.setBatch(1, other, VerdictStatus.VALID);
        assertEq(uint256(demand.ofBatch(1, other)), uint256(VerdictStatus.UNDISPUTED));
    }

    function test_terms_that_protect_nothing_are_refused() public {
        DemandTerms memory good = DemandTerms(1, 1, 30 days);
        new DataDemand(rollup, verdict, good);
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.NoInnerVerdict.selector, alice));
        new DataDemand(rollup, DataDemand(alice), good);
        vm.expectRevert(IDataDemand.NoBond.selector);
        new DataDemand(rollup, verdict, DemandTerms(0, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.InvalidTime.selector, 0, 30 days));
        new DataDemand(rollup, verdict, DemandTerms(1, 0, 1));
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.InvalidTime.selector, 30 days + 1, 30 days));
        new DataDemand(rollup, verdict, DemandTerms(1, 1, 30 days + 1));
    }

    /// @dev Root and proof of the protocol's golden chunks, `sequencer/core/batch/vectors/chunks.txt`.
    function test_the_golden_chunks_are_shown() public {
        h = _next();
        h.inputsRoot = 0xdcac8e073a63bfbfee0ca8c36b55448e1231bc2fec7540fca2f59ada2a6c50c1;
        h.inputChunks = 1;
        hash = _hash(h);
        _post(h);
        _demand(0);
        bytes32[] memory empty = new bytes32[](DEPTH);
        for (uint256 i = 1; i < DEPTH; ++i) {
            empty[i] = keccak256(bytes.concat(hex"01", empty[i - 1], empty[i - 1]));
        }
        demand.reveal(hash, 0, hex"03000000616263020000006465", empty);
        assertEq(demand.credit(address(this)), _price(13));
    }

    function test_gas_of_a_demand_and_of_the_dearest_reveal() public {
        _demand(0);
        vm.snapshotGasLastCall("Gas", "demand, first of a batch");
        _reveal(0);
        vm.snapshotGasLastCall("Gas", "reveal, 24 KiB without a zero byte");
    }
}
