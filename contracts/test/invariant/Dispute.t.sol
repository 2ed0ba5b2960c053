// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ClaimState} from "../../src/types/Dispute.sol";
import {DisputeHandler} from "./DisputeHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Whatever liars do on both sides: who is honest and acts in time never loses, no money comes from nowhere, and
/// the batch becomes what it is.
abstract contract DisputeInvariants is Test {
    DisputeHandler internal handler;

    function setUp() public {
        handler = new DisputeHandler(_isRight(), _isLate());
        bytes4[] memory moves = new bytes4[](4);
        moves[0] = DisputeHandler.file.selector;
        moves[1] = DisputeHandler.move.selector;
        moves[2] = DisputeHandler.wait.selector;
        moves[3] = DisputeHandler.settle.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: moves}));
    }

    function _checkHonesty() internal view {
        assertTrue(handler.honest().state != ClaimState.DEAD);
        if (_isRight()) assertFalse(handler.fallen());
    }

    function _checkMoney() internal view {
        (uint256 counted, uint256 found) = handler.live();
        assertEq(counted, found);
        (uint256 held, uint256 bonds, uint256 credit) = handler.money();
        // Of each bond that was lost a quarter is burned, or more where both died.
        uint256 burned = held - bonds - credit;
        uint256 lost = handler.died() * 1 ether;
        assertGe(burned, lost / 4);
        assertLe(burned, lost);
        assertEq(held, handler.filed() * 1 ether);
    }

    function _isRight() internal pure virtual returns (bool);

    /// @dev Whether a liar holds the right claim, and who is honest wakes in the last second that is his.
    function _isLate() internal pure virtual returns (bool) {
        return false;
    }
}

contract DisputeOfARightBatchInvariants is DisputeInvariants {
    function _isRight() internal pure override returns (bool) {
        return true;
    }

    /// forge-config: default.invariant.runs = 5
    /// forge-config: default.invariant.depth = 30
    function invariant_the_honest_claim_never_dies_and_money_adds_up_right() public view {
        _checkHonesty();
        _checkMoney();
    }
}

contract DisputeOfAWrongBatchInvariants is DisputeInvariants {
    function _isRight() internal pure override returns (bool) {
        return false;
    }

    /// forge-config: default.invariant.runs = 5
    /// forge-config: default.invariant.depth = 30
    function invariant_the_honest_claim_never_dies_and_money_adds_up_wrong() public view {
        _checkHonesty();
        _checkMoney();
    }
}

contract LateDefenceOfARightBatchInvariants is DisputeInvariants {
    function _isRight() internal pure override returns (bool) {
        return true;
    }

    function _isLate() internal pure override returns (bool) {
        return true;
    }

    /// forge-config: default.invariant.runs = 5
    /// forge-config: default.invariant.depth = 30
    function invariant_a_right_defence_never_dies_before_its_time_and_money_adds_up() public view {
        _checkHonesty();
        _checkMoney();
    }
}

contract LateChallengeOfAWrongBatchInvariants is DisputeInvariants {
    function _isRight() internal pure override returns (bool) {
        return false;
    }

    function _isLate() internal pure override returns (bool) {
        return true;
    }

    /// forge-config: default.invariant.runs = 5
    /// forge-config: default.invariant.depth = 60
    function invariant_a_right_challenge_never_dies_before_its_time_and_money_adds_up() public view {
        _checkHonesty();
        _checkMoney();
    }
}
