// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IForcedRequests} from "../../src/interfaces/IForcedRequests.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {Inbox} from "../../src/settlement/Inbox.sol";
import {ForcedRecord, ForcedTerms} from "../../src/types/Forced.sol";
import {Limits} from "../../src/types/Limits.sol";
import {Fixture} from "../support/Fixture.sol";

/// @notice What is asked for, what is refused, and what it costs.
contract ForcedRequestsTest is Fixture {
    uint64 private constant MAX = 2 ** 60;

    function setUp() public override {
        super.setUp();
        vm.deal(alice, 100 ether);
        vm.deal(bob, 100 ether);
    }

    function test_starts_empty() public {
        assertEq(inbox.forcedCount(), 0);
        assertEq(inbox.openForced(), 0);
        assertEq(inbox.forcedFee(), BASE_FEE);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownRequest.selector, 0, 0));
        inbox.forcedRecord(0);
    }

    function test_queues_each_request_with_its_sender() public {
        uint256 fee = _expect(0, abi.encode(uint8(0), alice, uint32(7), address(0), uint16(0), uint64(0)));
        assertEq(inbox.forceCancelAll{value: fee}(7), 0);
        fee = _expect(1, abi.encode(uint8(1), alice, uint32(8), bob, uint16(0), uint64(5e6)));
        assertEq(inbox.forceWithdraw{value: fee}(8, bob, 0, 5e6), 1);
        fee = _expect(2, abi.encode(uint8(2), bob, uint32(9), alice, uint16(0), uint64(0)));
        assertEq(inbox.forceExit{value: fee}(9, alice), 2);
        fee = _expect(3, abi.encode(uint8(3), bob, uint32(0), address(0), uint16(0), uint64(0)));
        assertEq(inbox.forceLiquidate{value: fee}(0), 3);
        assertEq(inbox.messageCount(), 4);
        assertEq(inbox.forcedCount(), 4);
    }

    function test_a_request_is_a_message_among_others() public {
        _deposit(alice, 5e6);
        skip(12);
        vm.roll(block.number + 1);
        vm.expectEmit(address(inbox));
        emit IForcedRequests.ForcedRequested(0, alice, 7, 2, 1, BASE_FEE);
        vm.prank(alice);
        inbox.forceExit{value: BASE_FEE}(7, alice);

        ForcedRecord memory record = inbox.forcedRecord(0);
        assertEq(record.messageIndex, 1);
        assertEq(record.queuedAt, START + 12);
        assertEq(record.fee, BASE_FEE);
        assertEq(record.payer, alice);
        assertFalse(record.settled);
    }

    // --- what is void ---

    function test_refuses_to_pay_nobody() public {
        vm.startPrank(alice);
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        inbox.forceWithdraw{value: BASE_FEE}(7, address(0), 0, 5e6);
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        inbox.forceExit{value: BASE_FEE}(7, address(0));
        vm.stopPrank();
    }

    function test_refuses_amounts_that_cannot_be_withdrawn() public {
        vm.startPrank(alice);
        uint64[4] memory bad = [0, 1e6 - 1, MAX + 1, type(uint64).max];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IForcedRequests.AmountOutOfRange.selector, bad[i], 1e6, uint256(MAX))
            );
            inbox.forceWithdraw{value: BASE_FEE}(7, alice, 0, bad[i]);
        }
        inbox.forceWithdraw{value: inbox.forcedFee()}(7, alice, 0, 1e6);
        inbox.forceWithdraw{value: inbox.forcedFee()}(7, alice, 0, MAX);
        vm.stopPrank();
        assertEq(inbox.forcedCount(), 2);
    }

    /// The least amount of USDC is money; that of another asset is for the exchange to say.
    function test_takes_any_amount_of_the_other_assets_there_may_be() public {
        uint256 fee = _expect(0, abi.encode(uint8(1), alice, uint32(7), bob, uint16(7), uint64(1)));
        inbox.forceWithdraw{value: fee}(7, bob, 7, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownAsset.selector, 8, 8));
        inbox.forceWithdraw{value: 1 ether}(7, bob, 8, 1);
        uint64[2] memory bad = [0, MAX + 1];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IForcedRequests.AmountOutOfRange.selector, bad[i], 1, uint256(MAX)));
            inbox.forceWithdraw{value: 1 ether}(7, bob, 7, bad[i]);
        }
        vm.stopPrank();
    }

    function test_refuses_accounts_that_cannot_be() public {
        uint32 first = 2 ** 28;
        vm.startPrank(alice);
        inbox.forceCancelAll{value: BASE_FEE}(first - 1);
        bytes memory reason = abi.encodeWithSelector(IForcedRequests.UnknownAccount.selector, first, first);
        vm.expectRevert(reason);
        inbox.forceCancelAll{value: 1 ether}(first);
        vm.expectRevert(reason);
        inbox.forceWithdraw{value: 1 ether}(first, alice, 0, 5e6);
        vm.expectRevert(reason);
        inbox.forceExit{value: 1 ether}(first, alice);
        vm.expectRevert(reason);
        inbox.forceLiquidate{value: 1 ether}(first);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.UnknownAccount.selector, NEW, Limits.MAX_ACCOUNTS));
        inbox.forceExit{value: 1 ether}(NEW, alice);
        vm.stopPrank();
    }

    // --- what it costs ---

    function test_refuses_less_than_the_fee() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.FeeTooSmall.selector, 0, BASE_FEE));
        inbox.forceCancelAll(7);
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.FeeTooSmall.selector, BASE_FEE - 1, BASE_FEE));
        inbox.forceExit{value: BASE_FEE - 1}(7, alice);
        vm.stopPrank();
        assertEq(inbox.messageCount(), 0);
    }

    function test_what_is_above_the_fee_is_credited() public {
        vm.expectEmit(address(inbox));
        emit IForcedRequests.ChangeCredited(0, alice, 1 ether - BASE_FEE);
        vm.prank(alice);
        inbox.forceExit{value: 1 ether}(7, alice);
        assertEq(inbox.credit(alice), 1 ether - BASE_FEE);
        assertEq(inbox.forcedRecord(0).fee, BASE_FEE);

        vm.expectEmit(address(inbox));
        emit ICredit.CreditWithdrawn(alice, bob, 1 ether - BASE_FEE);
        vm.prank(alice);
        assertEq(inbox.withdrawCredit(bob), 1 ether - BASE_FEE);
        assertEq(bob.balance, 101 ether - BASE_FEE);
        assertEq(address(inbox).balance, BASE_FEE);
        assertEq(inbox.credit(alice), 0);
    }

    function test_no_change_is_told_where_there_is_none() public {
        vm.recordLogs();
        vm.prank(alice);
        inbox.forceExit{value: BASE_FEE}(7, alice);
        assertEq(vm.getRecordedLogs().length, 2, "the message and the request");
        assertEq(inbox.credit(alice), 0);
    }

    function test_refuses_to_pull_nothing_or_to_nobody() public {
        vm.expectRevert(abi.encodeWithSelector(ICredit.NoCredit.selector, alice));
        vm.prank(alice);
        inbox.withdrawCredit(alice);
        vm.expectRevert(ICredit.ZeroRecipient.selector);
        vm.prank(alice);
        inbox.withdrawCredit(address(0));
    }

    function test_the_fee_rises_with_open_requests_alone() public {
        // A base fee each four requests, rounded down.
        for (uint256 open = 0; open < 9; ++open) {
            assertEq(inbox.openForced(), open);
            assertEq(inbox.forcedFee(), BASE_FEE + BASE_FEE * open / 4);
            _deposit(alice, 5e6);
            vm.prank(alice);
            inbox.forceExit{value: BASE_FEE + BASE_FEE * open / 4}(7, alice);
        }
        assertEq(inbox.credit(alice), 0);
        _post(_next());
        assertEq(inbox.openForced(), 0);
        assertEq(inbox.forcedFee(), BASE_FEE);
    }

    function test_a_request_is_open_until_a_posted_batch_has_consumed_it() public {
        _force();
        _deposit(alice, 5e6);
        _force();
        _force();
        // Messages 0, 2 and 3 are requests.
        uint8[5] memory open = [3, 2, 2, 1, 0];
        for (uint64 count = 0; count < open.length; ++count) {
            uint256 snapshot = vm.snapshotState();
            _postConsuming(count);
            assertEq(inbox.openForced(), open[count]);
            vm.revertToState(snapshot);
        }
    }

    /// @dev Whoever is late pays nothing for what he sends: it is not to raise the fee of others for ever.
    function test_a_late_request_raises_the_fee_no_more() public {
        _force();
        _force();
        skip(1);
        _force();
        skip(REFUND_AFTER - 1);
        assertEq(inbox.openForced(), 3, "the last second is in time");
        skip(1);
        assertEq(inbox.openForced(), 1);
        assertEq(inbox.forcedFee(), _fee(1));
        _postConsuming(1);
        assertEq(inbox.openForced(), 1, "one of the late is still to be consumed");
        _postConsuming(3);
        assertEq(inbox.openForced(), 0);
        assertEq(inbox.forcedFee(), BASE_FEE);
    }

    function test_the_fee_rises_no_higher_than_agreed() public {
        for (uint256 open = 0; open < 20; ++open) {
            assertEq(inbox.forcedFee(), open < 12 ? BASE_FEE + BASE_FEE * open / 4 : MAX_FEE);
            _force();
        }
        assertEq(inbox.forcedRecord(19).fee, MAX_FEE);
    }

    // --- construction ---

    function test_refuses_terms_that_mean_nothing() public {
        for (uint256 i = 0; i < 7; ++i) {
            ForcedTerms memory t = _terms();
            if (i == 0) t.baseFee = 0;
            if (i == 1) t.feeStep = 0;
            if (i == 2) t.refundAfter = 0;
            if (i == 3) t.feeRecipient = address(0);
            if (i == 4) t.maxFee = t.baseFee - 1;
            if (i == 5) t.refundAfter = 59;
            if (i == 6) t.refundAfter = 30 days + 1;
            vm.expectRevert(abi.encodeWithSelector(IForcedRequests.InvalidForcedTerms.selector, t));
            new Inbox(address(1), address(2), address(3), t);
        }
    }

    function test_takes_terms_at_their_bounds() public {
        ForcedTerms memory t = _terms();
        (t.maxFee, t.refundAfter) = (t.baseFee, 60);
        assertEq(new Inbox(address(1), address(2), address(3), t).refundAfter(), 60);
        t.refundAfter = 30 days;
        assertEq(new Inbox(address(1), address(2), address(3), t).refundAfter(), 30 days);
    }

    function test_the_dearest_terms_overflow_nothing() public {
        ForcedTerms memory t = _terms();
        (t.baseFee, t.feeStep, t.refundAfter, t.maxFee) = (type(uint64).max, 1, 30 days, type(uint64).max);
        Inbox dear = new Inbox(address(vault), address(rollup), address(3), t);
        vm.deal(alice, 1_000 ether);
        vm.startPrank(alice);
        for (uint256 i = 1; i <= 5; ++i) {
            dear.forceLiquidate{value: type(uint64).max}(7);
        }
        vm.expectRevert(abi.encodeWithSelector(IForcedRequests.NotDecisive.selector, 0, START, START, START + 30 days));
        dear.settleForced(4, _genesis());
        vm.stopPrank();
    }

    // --- hands ---

    /// @dev The next call comes from the sender in `payload`, the next message, and is to tell of it.
    function _expect(uint64 index, bytes memory payload) private returns (uint96 fee) {
        fee = inbox.forcedFee();
        bytes32 message = keccak256(abi.encode(uint8(3), block.number, block.timestamp, keccak256(payload)));
        bytes32 rolling = keccak256(bytes.concat(inbox.rollingHashAt(index), message));
        (uint8 request, address sender, uint32 account,,,) =
            abi.decode(payload, (uint8, address, uint32, address, uint16, uint64));
        vm.expectEmit(address(inbox));
        emit IInbox.MessageQueued(index, 3, 1000, START, payload, rolling);
        vm.expectEmit(address(inbox));
        emit IForcedRequests.ForcedRequested(index, sender, account, request, index, fee);
        vm.prank(sender);
    }
}
