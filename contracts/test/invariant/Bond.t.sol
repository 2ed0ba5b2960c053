// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SequencerBond} from "../../src/settlement/SequencerBond.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {SignedPromise} from "../../src/types/Promise.sol";
import {BondFixture} from "../support/BondFixture.sol";

/// @notice Everybody's moves on the bond, in any order, with books of their own.
contract BondInvariantTest is BondFixture {
    uint256 internal paidIn = SEQUENCER_BOND;
    uint256 internal paidOut;
    uint256 internal lost;
    uint256 internal left;
    uint256 internal slashes;
    BatchHeader internal _last;

    function setUp() public override {
        super.setUp();
        targetContract(address(this));
        bytes4[] memory moves = new bytes4[](5);
        (moves[0], moves[1], moves[2]) = (this.topUp.selector, this.report.selector, this.pull.selector);
        (moves[3], moves[4]) = (this.post.selector, this.leave.selector);
        targetSelector(FuzzSelector({addr: address(this), selectors: moves}));
    }

    function topUp(uint96 amount) external {
        vm.deal(alice, amount);
        vm.prank(alice);
        (bool taken,) = address(sequencerBond).call{value: amount}(abi.encodeCall(sequencerBond.topUp, ()));
        assertEq(taken, amount != 0);
        paidIn += amount;
    }

    function report(uint64 seq, bool honest, bool byAlice) external {
        seq = seq % 8 + 1;
        bool punished = sequencerBond.isPunished(sequencerBond.placeFault(seq));
        uint256 amount = sequencerBond.bond();
        SignedPromise[2] memory ps = [_promise("one", seq), _promise(honest ? "one" : "two", seq)];
        vm.prank(byAlice ? alice : bob);
        (bool taken,) = address(sequencerBond).call(abi.encodeCall(sequencerBond.slashTwoPromises, (ps[0], ps[1])));
        assertEq(taken, !honest && !punished && amount != 0);
        if (!taken) return;
        slashes += 1;
        lost += amount;
    }

    function pull(bool byAlice) external {
        address who = byAlice ? alice : bob;
        uint256 owed = sequencerBond.credit(who);
        if (owed == 0) return;
        vm.prank(who);
        paidOut += sequencerBond.withdrawCredit(makeAddr("payee"));
    }

    /// @dev A day passes with it.
    function post() external {
        _last = _next();
        _post(_last);
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
    }

    /// @dev Goes on with what was announced, as far as it goes; else announces.
    function leave(bool cancel) external {
        uint256 announced = sequencerBond.announcedAt();
        if (announced == 0 || cancel) {
            vm.prank(bondOwner);
            return announced == 0 ? sequencerBond.announceLeave() : sequencerBond.cancelLeave();
        }
        uint64 leavable = sequencerBond.leavableAt();
        uint256 amount = sequencerBond.bond();
        bytes memory call = abi.encodeCall(SequencerBond.leave, (makeAddr("leaver")));
        vm.prank(bondOwner);
        (bool taken,) = address(sequencerBond).call(call);
        // forge-lint: disable-next-line(block-timestamp)
        assertEq(taken, leavable != 0 && block.timestamp > leavable);
        if (taken) left += amount;
        bool begins = !taken && leavable == 0 && _last.lastTimeMs >= announced * 1000 + 60_000;
        (taken,) = address(sequencerBond).call(abi.encodeCall(SequencerBond.beginLeave, (_last)));
        assertEq(taken, begins);
    }

    /// @dev What is there, what is owed and what went add up, to the wei.
    function invariant_the_bond_is_there() public view {
        uint256 owed = sequencerBond.credit(alice) + sequencerBond.credit(bob);
        assertEq(address(sequencerBond).balance, sequencerBond.bond() + owed);
        assertEq(paidIn, sequencerBond.bond() + lost + left);
        assertLe(owed + paidOut, lost / 4);
        assertEq(BURNED.balance, lost - owed - paidOut);
    }

    function test_the_moves_reach_a_loss() public {
        this.report(3, false, true);
        this.topUp(1 ether);
        this.report(3, false, true);
        this.report(4, true, true);
        this.report(4, false, false);
        this.pull(false);
        assertEq(slashes, 2);
        assertEq(paidOut, 0.25 ether);
        this.leave(false);
        this.post();
        this.post();
        this.leave(false);
        assertEq(sequencerBond.leavableAt(), block.timestamp + LEAVE_DELAY);
        for (uint256 day = 0; day <= LEAVE_DELAY / WINDOW; ++day) {
            this.post();
        }
        this.topUp(1 ether);
        this.leave(false);
        assertEq(left, 1 ether);
        invariant_the_bond_is_there();
    }
}
