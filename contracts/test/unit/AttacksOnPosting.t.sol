// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System, SystemConfig} from "../../script/System.sol";
import {IEscape} from "../../src/interfaces/IEscape.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeClaim, EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice The attacks on what is posted, queued, proposed and governed that settlement.md names, each once.
contract AttacksOnPostingTest is EscapeFixture {
    // --- replay across chains ---

    /// @dev The same exchange on another chain, whose genesis state names that chain's number: the same batch there has
    /// another hash, and its withdrawals open nothing here.
    function test_replay_across_chain_ids() public {
        Withdrawal[] memory ws = _withdrawals(0, 1);
        SystemConfig memory config = _config(IERC20Metadata(address(token)));
        config.genesis.sectionRoots[0] = keccak256("of a chain with another number");
        config.genesis.stateRoot = _stateRoot(config.genesis.sectionRoots);
        vm.deal(address(this), SEQUENCER_BOND);
        System memory other = deploySystem(address(this), config);
        BatchHeader memory foreign = _nextWith(ws);
        (foreign.previousHash, foreign.previousStateRoot) = (other.rollup.batchHash(0), config.genesis.stateRoot);
        vm.prank(sequencer);
        other.rollup.postBatch(foreign, DIFF);

        _deposit(alice, 10e6);
        BatchHeader memory h = _settle(ws);
        bytes32[] memory proof = _proof(ws, 0);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.WrongBatchHash.selector, _hash(foreign), _hash(h)));
        withdrawals.claim(foreign, ws[0], 0, proof);
        foreign.index = 2;
        _expectRefusal(
            foreign, abi.encodeWithSelector(IRollup.WrongPreviousHash.selector, foreign.previousHash, _hash(h))
        );
    }

    // --- a far-future batch time ---

    /// @dev A time that nobody reaches would shut all batches after it out. A minute is all there is, and the next batch is
    /// posted all the same: time may stand still.
    function test_a_far_future_batch_time() public {
        uint64 latest = _nowMs() + 60_000;
        BatchHeader memory h = _next();
        uint64[3] memory far = [latest + 1, latest + 365 days * 1000, type(uint64).max];
        for (uint256 i = 0; i < far.length; ++i) {
            h.lastTimeMs = far[i];
            _expectRefusal(h, abi.encodeWithSelector(IRollup.TimeInFuture.selector, far[i], latest));
        }
        h.lastTimeMs = latest;
        _post(h);
        h = _next();
        h.lastTimeMs = latest;
        _post(h);
        assertEq(rollup.batchCount(), 3);
    }

    // --- clocks at their edges ---

    /// @dev Each in the last second in which it is not, and the first in which it is.
    function test_deadlines_at_their_edges() public {
        uint64 id = _force();
        vm.warp(START + DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RequestInTime.selector, id, START + DEADLINE));
        rollup.freeze(id);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, START + DEADLINE));
        rollup.freezeSilent();
        // The very last second saves the exchange from both.
        uint256 before = vm.snapshotState();
        _post(_next());
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.RequestConsumed.selector, id, 0, 1));
        rollup.freeze(id);
        vm.revertToState(before);
        skip(1);
        rollup.freeze(id);
        assertEq(rollup.frozenAt(), START + DEADLINE + 1);
        BatchHeader memory late = _next();
        _expectRefusal(late, abi.encodeWithSelector(IRollup.Frozen.selector, START + DEADLINE + 1));
    }

    // --- a forced queue that is spammed, or served out of order ---

    /// @dev However many bob queues, alice pays no more than the cap and freezes by her own request, with as much gas.
    function test_a_spammed_forced_queue() public {
        vm.deal(bob, 1000 ether);
        vm.startPrank(bob);
        for (uint32 i = 0; i < 90; ++i) {
            inbox.forceLiquidate{value: MAX_FEE}(i);
        }
        vm.stopPrank();
        assertEq(inbox.forcedFee(), MAX_FEE);
        uint64 id = _force();
        // The exchange serves the spam and passes alice over: the prefix that it consumed ends before her.
        _postConsuming(inbox.forcedRecord(id).messageIndex);
        skip(DEADLINE + 1);
        assertEq(inbox.firstForcedFrom(rollup.tip().l1MessageCount), id);
        uint256 gas = gasleft();
        rollup.freeze(id);
        assertLt(gas - gasleft(), 100_000);
        assertNotEq(rollup.frozenAt(), 0);
    }

    /// @dev There is no way to consume the later request without the earlier one.
    function test_a_forced_queue_served_out_of_order() public {
        _force();
        _force();
        BatchHeader memory h = _next();
        // The hash of the second alone, as if the first were not there.
        h.l1MessageCount = 1;
        h.l1MessageHash = inbox.rollingHashAt(2);
        bytes32 expected = inbox.rollingHashAt(1);
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageHash.selector, inbox.rollingHashAt(2), expected));
        h.l1MessageCount = 3;
        _expectRefusal(h, abi.encodeWithSelector(IRollup.WrongL1MessageCount.selector, 3, 0, 2));
    }

    // --- an escape claim that is wrong by one unit, in each of its words ---

    /// @dev Total, count, root or batch off by one: another claim, with a verdict of its own, that nothing of the right one
    /// speaks for.
    function test_an_escape_claim_off_by_one_in_each_word() public {
        _deposit(alice, 10e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(2, 5e6);
        EscapeClaim memory right = _claimOf(ps);
        verdict.setClaim(_hash(right), VerdictStatus.VALID);
        for (uint256 i = 0; i < 5; ++i) {
            EscapeClaim memory wrong = _claimOf(ps);
            if (i == 0) wrong.total += 1;
            if (i == 1) wrong.total -= 1;
            if (i == 2) wrong.payoutCount += 1;
            if (i == 3) wrong.payoutCount -= 1;
            if (i == 4) wrong.payoutsRoot = bytes32(uint256(wrong.payoutsRoot) ^ 1);
            bytes32 h = _propose(wrong);
            vm.expectRevert(abi.encodeWithSelector(IEscape.NotAcceptable.selector, h));
            escape.accept(h);
        }
        EscapeClaim memory early = _claimOf(ps);
        early.batchHash = rollup.batchHash(0);
        vm.deal(carol, BOND);
        vm.expectRevert(abi.encodeWithSelector(IEscape.WrongBatch.selector, early.batchHash, right.batchHash));
        vm.prank(carol);
        escape.propose{value: BOND}(early);
        escape.accept(_propose(right));
        _claim(ps, 0);
        _claim(ps, 1);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    // --- governance that tries to switch the exit off ---

    /// @dev Whatever is proposed, who is shut out today is paid before it can be executed; and then nobody listens.
    function test_governance_that_tries_to_switch_the_exit_off() public {
        _deposit(alice, 10e6);
        _post(_next());
        bytes memory call = abi.encodeCall(inbox.govern, (type(uint8).max, type(uint16).max, type(uint64).max));
        vm.prank(council);
        governance.schedule(address(inbox), 0, call, 0, 0, DELAY);

        uint64 id = _force();
        skip(DEADLINE + 1);
        rollup.freeze(id);
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        EscapePayout[] memory ps = _payouts(1, 10e6);
        bytes32 h = _propose(_claimOf(ps));
        skip(WINDOW);
        escape.accept(h);
        _claim(ps, 0);
        assertEq(token.balanceOf(alice), 10e6);
        assertLt(block.timestamp, START + DELAY);

        uint64 frozenAt = rollup.frozenAt();
        vm.warp(START + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IInbox.ExchangeFrozen.selector, frozenAt));
        governance.execute(address(inbox), 0, call, 0, 0);
    }
}
