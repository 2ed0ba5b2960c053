// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System} from "../../script/System.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Tip} from "../../src/types/Tip.sol";
import {Fixture} from "../support/Fixture.sol";
import {EscapeHandler} from "./EscapeHandler.sol";

contract SystemInvariantTest is Fixture {
    EscapeHandler internal handler;

    function setUp() public override {
        super.setUp();
        System memory s = deployed;
        handler = new EscapeHandler(s, token, _genesis(), verdict);
        targetContract(address(handler));
    }

    /// @dev The invariants are not vacuous: honest moves do reach a payment.
    function test_the_handler_reaches_a_payment() public {
        handler.deposit(0, 100e6, NEW);
        handler.post(3, 1, 3, 0);
        handler.finalize(1, 1 days);
        for (uint256 leaf = 0; leaf < 3; ++leaf) {
            handler.claim(1, leaf);
            handler.claim(1, leaf);
            handler.claimForged(1, leaf, leaf);
        }
        assertEq(handler.claims(), 3);
        assertGt(handler.paid(), 0);
    }

    /// @dev To the unit, and not only "enough".
    function invariant_vault_is_solvent() public view {
        uint256 held = token.balanceOf(address(vault));
        uint256 owed = vault.totalDeposited(0) - vault.totalPaid(0);
        assertGe(held, owed);
        assertEq(held, owed + handler.donated());
        assertEq(vault.totalDeposited(0), handler.deposited());
        assertEq(vault.totalPaid(0), handler.paid());
    }

    /// @dev Nor are those of fees.
    function test_the_handler_settles_fees_both_ways() public {
        handler.force(0, 2, 7, 0, 3);
        handler.force(1, 1, 8, 5e6, 7);
        handler.force(1, 1, 8, 5e6, 0);
        handler.post(0, 998, 0, 0);
        handler.finalize(1, 1 days);
        handler.settle(0, 1);
        handler.settle(0, 1);
        handler.settle(1, 0);
        assertEq(handler.forcedCount(), 2);
        assertEq(handler.settledInTime(), 1);
        handler.force(2, 3, 9, 0, 0);
        handler.post(0, 998, 0, 1 days);
        handler.settle(2, 1);
        assertEq(handler.settledLate(), 1);
        handler.pull(0);
        invariant_the_inbox_owes_what_it_holds();
    }

    /// @dev To the wei.
    function invariant_the_inbox_owes_what_it_holds() public view {
        assertEq(address(inbox).balance, handler.owedByInbox());
        assertEq(address(inbox).balance, handler.feesHeld());
    }

    function invariant_open_requests_are_neither_consumed_nor_late() public view {
        assertEq(inbox.forcedCount(), handler.forcedCount());
        assertEq(inbox.openForced(), handler.openForced());
        assertEq(inbox.forcedFee(), _fee(handler.openForced()));
        for (uint64 id = 0; id < handler.forcedCount(); ++id) {
            assertEq(inbox.forcedRecord(id).messageIndex, handler.forced(id));
            assertEq(inbox.forcedRecord(id).settled, handler.isSettled(id));
        }
    }

    function invariant_rolling_hash_is_recomputable_from_the_logs() public view {
        uint64 count = handler.messages();
        assertEq(inbox.messageCount(), count);
        for (uint64 i = 0; i <= count; ++i) {
            assertEq(inbox.rollingHashAt(i), handler.rolling(i));
        }
    }

    function invariant_batches_are_a_chain() public view {
        uint256 count = handler.batches();
        assertEq(rollup.batchCount(), count);
        BatchHeader memory previous = handler.header(0);
        assertEq(rollup.batchHash(0), _hash(previous));
        for (uint64 i = 1; i < count; ++i) {
            BatchHeader memory h = handler.header(i);
            assertEq(rollup.batchHash(i), _hash(h));
            assertEq(h.previousHash, rollup.batchHash(i - 1));
            assertEq(h.previousStateRoot, previous.stateRoot);
            assertEq(h.firstSeq, previous.lastSeq + 1);
            assertGe(h.firstTimeMs, previous.lastTimeMs);
            assertGe(h.l1MessageCount, previous.l1MessageCount);
            assertGe(rollup.postedAt(i), rollup.postedAt(i - 1));
            previous = h;
        }
        Tip memory t = rollup.tip();
        assertEq(t.stateRoot, previous.stateRoot);
        assertEq(t.lastSeq, previous.lastSeq);
        assertEq(t.l1MessageCount, previous.l1MessageCount);
    }

    function invariant_final_batches_have_served_their_window() public view {
        uint64 count = rollup.finalizedCount();
        assertEq(count, handler.highestFinalized());
        assertLe(count, rollup.batchCount());
        for (uint64 i = 1; i < count; ++i) {
            assertTrue(rollup.isFinal(i));
            bool waited = rollup.postedAt(i) + WINDOW <= vm.getBlockTimestamp();
            assertTrue(waited || verdict.ofBatch(i, rollup.batchHash(i)) == VerdictStatus.VALID);
        }
        assertFalse(rollup.isFinal(count));
    }

    function invariant_nothing_is_paid_twice() public view {
        uint256 payments = 0;
        for (uint64 id = 0; id < handler.nextId(); ++id) {
            uint256 times = handler.timesPaid(id);
            assertLe(times, 1);
            assertEq(withdrawals.isClaimed(id), times == 1);
            payments += times;
        }
        assertEq(payments, handler.claims());
    }

    /// @dev Nor are those of the end: a rejection, a freeze, both ways out, and a bond of a liar.
    function test_the_handler_reaches_the_end() public {
        handler.deposit(0, 100e6, NEW);
        handler.post(0, 1, 3, 0);
        handler.judge(1, uint256(VerdictStatus.INVALID));
        handler.reject(1, 1);
        assertEq(handler.rejections(), 1);
        assertEq(handler.batches(), 1);
        handler.deposit(1, 7e6, NEW);
        handler.freeze(0, 0, true, 6 hours);
        assertTrue(rollup.isSettled());
        handler.propose(2, 4);
        handler.judgeClaim(0, uint256(VerdictStatus.INVALID));
        handler.settleBond(0);
        handler.propose(3, 3);
        handler.accept(1, 1 days);
        handler.escapeOut(1, 0, true);
        handler.escapeOut(0, 0, false);
        for (uint256 i = 0; i < 3; ++i) {
            handler.escapeOut(1, i, false);
            handler.escapeOut(1, i, false);
        }
        assertEq(handler.escapes(), 3);
        handler.refund(1, true);
        handler.refund(1, false);
        handler.refund(1, false);
        assertEq(handler.refunds(), 1);
        handler.pullBond(true);
        handler.pullBond(false);
        assertEq(handler.bondsHeld(), 0);
        invariant_vault_is_solvent();
        invariant_nothing_leaves_twice_by_any_door();
    }

    function invariant_nothing_leaves_twice_by_any_door() public view {
        uint256 escaped = 0;
        for (uint64 i = 0; i < 4; ++i) {
            uint256 times = handler.timesEscaped(i);
            assertLe(times, 1);
            assertEq(escape.isPaid(i), times == 1);
            escaped += times;
        }
        assertEq(escaped, handler.escapes());
        uint64 consumed = rollup.tip().l1MessageCount;
        uint256 refunded = 0;
        for (uint256 i = 0; i < handler.deposits(); ++i) {
            uint256 times = handler.timesRefunded(i);
            uint64 message = handler.depositMessage(i);
            assertLe(times, 1);
            assertEq(escape.isRefunded(message), times == 1);
            if (times != 0) assertGe(message, consumed);
            refunded += times;
        }
        assertEq(refunded, handler.refunds());
        assertLe(vault.totalPaid(0), vault.totalDeposited(0));
    }

    function invariant_nothing_leaves_before_the_end() public view {
        if (rollup.isSettled()) return;
        assertEq(handler.escapes() + handler.refunds(), 0);
        assertEq(escape.acceptedClaim(), bytes32(0));
    }

    function invariant_nothing_is_posted_after_the_freeze() public view {
        if (rollup.frozenAt() == 0) return;
        assertLe(rollup.batchCount(), handler.batchesAtFreeze());
    }

    /// @dev To the wei.
    function invariant_the_escape_owes_what_it_holds() public view {
        assertEq(address(escape).balance, handler.owedByEscape());
        assertEq(address(escape).balance, handler.bondsHeld());
    }
}
