// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../../src/interfaces/IInbox.sol";
import {Inbox} from "../../src/settlement/Inbox.sol";
import {BatchPosted, Deposit} from "../../src/types/Messages.sol";
import {Fixture} from "../support/Fixture.sol";

contract InboxTest is Fixture {
    Deposit internal deposit = Deposit({asset: 0, owner: address(0xA11CE), account: 7, amount: 5e6});
    BatchPosted internal posted = BatchPosted({index: 1, batchHash: keccak256("batch"), l1Block: 1000, prevrandao: 42});

    function test_starts_empty() public view {
        assertEq(inbox.messageCount(), 0);
        assertEq(inbox.rollingHashAt(0), bytes32(0));
    }

    function test_queues_a_deposit() public {
        bytes memory payload = abi.encode(uint16(0), address(0xA11CE), uint32(7), uint64(5e6));
        bytes32 rolling = _roll(bytes32(0), 1, payload);

        vm.expectEmit(address(inbox));
        emit IInbox.MessageQueued(0, 1, 1000, START, payload, rolling);
        vm.prank(address(vault));
        assertEq(inbox.queueDeposit(deposit), 0);

        assertEq(inbox.messageCount(), 1);
        assertEq(inbox.rollingHashAt(1), rolling);
        assertEq(inbox.rollingHashAt(0), bytes32(0));
    }

    function test_queues_a_posted_batch() public {
        bytes memory payload = abi.encode(uint64(1), keccak256("batch"), uint64(1000), uint256(42));
        bytes32 rolling = _roll(bytes32(0), 2, payload);

        vm.expectEmit(address(inbox));
        emit IInbox.MessageQueued(0, 2, 1000, START, payload, rolling);
        vm.prank(address(rollup));
        assertEq(inbox.queueBatchPosted(posted), 0);
        assertEq(inbox.rollingHashAt(1), rolling);
    }

    function test_rolls_over_both_kinds() public {
        vm.prank(address(vault));
        inbox.queueDeposit(deposit);
        bytes32 first = inbox.rollingHashAt(1);

        skip(12);
        vm.roll(block.number + 1);
        vm.prank(address(rollup));
        assertEq(inbox.queueBatchPosted(posted), 1);
        assertEq(inbox.rollingHashAt(1), first);
        assertEq(inbox.rollingHashAt(2), _roll(first, 2, abi.encode(posted)));
    }

    function test_refuses_other_writers() public {
        address[4] memory others = [address(this), sequencer, address(rollup), address(withdrawals)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInbox.NotVault.selector, others[i]));
            vm.prank(others[i]);
            inbox.queueDeposit(deposit);
        }
        others[2] = address(vault);
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInbox.NotRollup.selector, others[i]));
            vm.prank(others[i]);
            inbox.queueBatchPosted(posted);
        }
    }

    function test_refuses_counts_beyond_the_last_message() public {
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnknownMessage.selector, 1, 0));
        inbox.rollingHashAt(1);
        vm.expectRevert(abi.encodeWithSelector(IInbox.UnknownMessage.selector, type(uint64).max, 0));
        inbox.rollingHashAt(type(uint64).max);
    }

    function test_refuses_to_be_built_without_its_writers() public {
        vm.expectRevert(IInbox.ZeroAddress.selector);
        new Inbox(address(0), address(1), address(2), _terms());
        vm.expectRevert(IInbox.ZeroAddress.selector);
        new Inbox(address(1), address(0), address(2), _terms());
        vm.expectRevert(IInbox.ZeroAddress.selector);
        new Inbox(address(1), address(2), address(0), _terms());
    }

    /// @dev The rolling hash, from its definition.
    function _roll(bytes32 rolling, uint8 kind, bytes memory payload) private view returns (bytes32) {
        bytes32 message = keccak256(abi.encode(kind, block.number, block.timestamp, keccak256(payload)));
        return keccak256(bytes.concat(rolling, message));
    }
}
