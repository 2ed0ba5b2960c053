// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {DemandHandler} from "./DemandHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Isolated calls would have a base fee of 0.
/// forge-config: default.isolate = false
contract DemandInvariantTest is Test {
    DemandHandler internal handler;

    function setUp() public {
        handler = new DemandHandler();
        handler.setUp();
        bytes4[] memory moves = new bytes4[](10);
        moves[0] = DemandHandler.wait.selector;
        moves[1] = DemandHandler.ask.selector;
        moves[2] = DemandHandler.show.selector;
        moves[3] = DemandHandler.takeBack.selector;
        moves[4] = DemandHandler.pull.selector;
        moves[5] = DemandHandler.finish.selector;
        moves[6] = DemandHandler.drop.selector;
        moves[7] = DemandHandler.stress.selector;
        moves[8] = DemandHandler.repost.selector;
        moves[9] = DemandHandler.fee.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: moves}));
    }

    /// @dev The invariants are not vacuous: moves lead to a batch that falls, and to one that does not.
    function test_the_moves_lead_both_ways() public {
        handler.ask(0);
        handler.fee(10 gwei);
        handler.show(0, true);
        handler.show(0, false);
        handler.pull(false);
        handler.ask(1);
        assertEq(handler.demands(), 2);
        assertEq(handler.reveals(), 1);
        assertGt(handler.demandersOwn(), 0);
        handler.wait(type(uint256).max);
        handler.wait(1);
        handler.wait(type(uint256).max);
        assertTrue(handler.fallen());
        handler.finish();
        handler.drop();
        handler.takeBack(1);
        handler.pull(true);
        handler.stress(type(uint256).max);
        handler.repost();
        assertTrue(handler.dropped());
        assertEq(handler.taken(), 1);
        assertEq(handler.ether_(), 0);
    }

    /// @dev To the wei: bonds of open demands, and credit.
    function invariant_the_demands_owe_what_they_hold() public view {
        assertEq(handler.ether_(), handler.owed());
    }

    /// @dev To the wei: the price of each reveal, no more than its bond, and what that leaves of the bond.
    function invariant_who_shows_has_the_price_and_who_demands_the_rest() public view {
        (uint256 demanders, uint256 revealers) = handler.credits();
        assertEq(demanders, handler.demandersOwn());
        assertEq(revealers, handler.revealersOwn());
    }

    /// @dev The list of demands says what a look at every one of them says.
    function invariant_the_verdict_follows_from_the_demands() public view {
        VerdictStatus expected = handler.fallen()
            ? VerdictStatus.INVALID
            : handler.held() ? VerdictStatus.DISPUTED : VerdictStatus.UNDISPUTED;
        assertEq(uint256(handler.status()), uint256(expected));
    }

    function invariant_a_final_batch_never_fell() public view {
        assertFalse(handler.final_() && (handler.dropped() || handler.fallen()));
    }

    function invariant_no_demand_holds_a_batch_beyond_the_bound() public view {
        uint256 bound_ = handler.bound_();
        assertLt(handler.heldUntil(), bound_);
        if (vm.getBlockTimestamp() < bound_ && vm.getBlockTimestamp() < handler.heldUntil()) return;
        assertNotEq(uint256(handler.status()), uint256(VerdictStatus.DISPUTED));
    }

    /// @dev A fall may be undone by proof of stress until somebody acts on it, and never after.
    function invariant_a_fall_that_was_acted_on_stays() public view {
        if (!handler.dropped() && handler.taken() == 0) return;
        assertEq(uint256(handler.status()), uint256(VerdictStatus.INVALID));
    }
}
