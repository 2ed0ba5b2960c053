// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System, SystemConfig} from "../../script/System.sol";
import {Governance} from "../../src/governance/Governance.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Deposit, GovernanceMessage, MessageKind} from "../../src/types/Messages.sol";
import {Fixture} from "../support/Fixture.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

contract GovernanceTest is Fixture {
    bytes32 private constant SALT = 0;

    function test_a_proposal_of_the_council_becomes_a_message_after_the_delay() public {
        bytes memory call = abi.encodeCall(inbox.govern, (6, 2, 50_000));
        _schedule(address(inbox), call, DELAY);
        vm.warp(START + DELAY - 1);
        _expectNotReady(address(inbox), call);
        vm.warp(START + DELAY);

        bytes memory payload = abi.encode(GovernanceMessage({action: 6, subject: 2, value: 50_000}));
        bytes32 message =
            keccak256(abi.encode(MessageKind.GOVERNANCE, block.number, block.timestamp, keccak256(payload)));
        bytes32 rolling = keccak256(abi.encode(bytes32(0), message));
        vm.expectEmit(address(inbox));
        emit IInbox.MessageQueued(0, 4, uint64(block.number), uint64(block.timestamp), payload, rolling);
        vm.prank(bob);
        governance.execute(address(inbox), 0, call, 0, SALT);
        assertEq(inbox.rollingHashAt(1), rolling);
    }

    function test_nobody_else_queues_messages_of_governance() public {
        address[5] memory others = [council, sequencer, address(vault), address(rollup), address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInbox.NotGovernance.selector, others[i]));
            vm.prank(others[i]);
            inbox.govern(0, 0, 1);
        }
    }

    function test_nobody_but_the_council_proposes_and_cancels() public {
        bytes memory call = abi.encodeCall(inbox.govern, (0, 0, 1));
        bytes32 proposer = governance.PROPOSER_ROLE();
        bytes4 unauthorized = IAccessControl.AccessControlUnauthorizedAccount.selector;
        vm.expectRevert(abi.encodeWithSelector(unauthorized, alice, proposer));
        vm.prank(alice);
        governance.schedule(address(inbox), 0, call, 0, SALT, DELAY);

        _schedule(address(inbox), call, DELAY);
        bytes32 id = governance.hashOperation(address(inbox), 0, call, 0, SALT);
        bytes32 canceller = governance.CANCELLER_ROLE();
        vm.expectRevert(abi.encodeWithSelector(unauthorized, alice, canceller));
        vm.prank(alice);
        governance.cancel(id);
        vm.prank(council);
        governance.cancel(id);
        skip(DELAY);
        _expectNotReady(address(inbox), call);
    }

    function test_refuses_bad_construction() public {
        vm.expectRevert(abi.encodeWithSelector(Governance.DelayTooShort.selector, 99, 100));
        new Governance(99, 100, council);
        vm.expectRevert(Governance.NoCouncil.selector);
        new Governance(100, 100, address(0));
        assertEq(new Governance(100, 100, council).getMinDelay(), 100);
    }

    // --- governance that tries to switch the exit off ---

    function test_the_exit_window_of_the_deployment_is_all_that_finality_can_take() public view {
        uint256 demands = 2 * uint256(demand.deadline()) + demand.review();
        uint256 disputes = 2 * (uint256(DEFENCE) + 2 * uint256(BUDGET));
        assertEq(governance.exitWindow(), 2 * (uint256(DEADLINE) + WINDOW) + demands + disputes);
        assertGe(governance.getMinDelay(), governance.exitWindow());
    }

    function test_nothing_is_proposed_with_less_than_the_delay() public {
        bytes memory call = abi.encodeCall(inbox.govern, (0, 0, 1));
        bytes4 short = TimelockController.TimelockInsufficientDelay.selector;
        vm.expectRevert(abi.encodeWithSelector(short, DELAY - 1, DELAY));
        vm.prank(council);
        governance.schedule(address(inbox), 0, call, 0, SALT, DELAY - 1);
    }

    /// @dev By no proposal, however long it waited: the delay could otherwise be lowered, used, and raised again.
    function test_the_delay_never_goes_below_the_exit_window() public {
        uint256 floor = governance.exitWindow();
        bytes memory call = abi.encodeCall(governance.updateDelay, (floor - 1));
        _schedule(address(governance), call, DELAY);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(Governance.DelayTooShort.selector, floor - 1, floor));
        governance.execute(address(governance), 0, call, 0, SALT);
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, council));
        vm.prank(council);
        governance.updateDelay(floor);

        call = abi.encodeCall(governance.updateDelay, (floor));
        _schedule(address(governance), call, DELAY);
        skip(DELAY);
        governance.execute(address(governance), 0, call, 0, SALT);
        assertEq(governance.getMinDelay(), floor);
    }

    /// @dev Even as its own administrator it remains bound by the delay.
    function test_an_administrator_that_governance_made_is_bound_by_the_delay() public {
        bytes memory call = abi.encodeCall(governance.grantRole, (governance.DEFAULT_ADMIN_ROLE(), council));
        _schedule(address(governance), call, DELAY);
        skip(DELAY);
        governance.execute(address(governance), 0, call, 0, SALT);
        bytes4 unauthorized = TimelockController.TimelockUnauthorizedCaller.selector;
        vm.expectRevert(abi.encodeWithSelector(unauthorized, council));
        vm.prank(council);
        governance.updateDelay(0);
        test_nothing_is_proposed_with_less_than_the_delay();
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotGovernance.selector, council));
        vm.prank(council);
        inbox.govern(0, 0, 1);
    }

    /// @dev No contract of the exchange obeys it in anything but messages; what it may ask for the engine decides.
    function test_no_contract_obeys_governance_in_anything_else() public {
        _deposit(alice, 10e6);
        BatchHeader memory h = _next();
        Deposit memory d = Deposit({asset: 0, owner: council, account: NEW, amount: 1e6});
        address g = address(governance);
        vm.startPrank(g);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPayer.selector, g));
        vault.pay(0, council, 1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSequencer.selector, g));
        rollup.postBatch(h, DIFF);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotSilent.selector, START + DEADLINE));
        rollup.freezeSilent();
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotVault.selector, g));
        inbox.queueDeposit(d);
        vm.stopPrank();
    }

    function _schedule(address target, bytes memory call, uint256 delay) private {
        vm.prank(council);
        governance.schedule(target, 0, call, 0, SALT, delay);
    }

    function _expectNotReady(address target, bytes memory call) private {
        bytes32 id = governance.hashOperation(target, 0, call, 0, SALT);
        bytes32 ready = bytes32(uint256(1) << uint8(TimelockController.OperationState.Ready));
        bytes4 selector = TimelockController.TimelockUnexpectedOperationState.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, id, ready));
        governance.execute(target, 0, call, 0, SALT);
    }

    // --- what a deployment is checked for ---

    function test_a_deployment_whose_governance_is_not_bound_is_refused() public {
        this.check();
        bytes32 admin = governance.DEFAULT_ADMIN_ROLE();
        _mockRole(admin, council, true);
        _expectUnsound("governance has an administrator");
        _mockRole(governance.PROPOSER_ROLE(), sequencer, true);
        _expectUnsound("somebody else proposes");
        _mockRole(governance.EXECUTOR_ROLE(), address(0), false);
        _expectUnsound("not everybody executes");
        _mockRole(governance.CANCELLER_ROLE(), council, false);
        _expectUnsound("the council does not cancel");
        vm.mockCall(address(governance), abi.encodeCall(governance.getMinDelay, ()), abi.encode(DELAY - 1));
        vm.expectRevert();
        this.check();
    }

    /// @dev External, so that it can be seen to revert.
    function check() external view {
        SystemConfig memory config = _config(token);
        checkSystem(deployed, config);
    }

    function _mockRole(bytes32 role, address account, bool has) private {
        vm.mockCall(address(governance), abi.encodeCall(governance.hasRole, (role, account)), abi.encode(has));
    }

    function _expectUnsound(string memory reason) private {
        vm.expectRevert(bytes(reason));
        this.check();
        vm.clearMockedCalls();
    }
}
