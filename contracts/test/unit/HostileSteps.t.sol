// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDisputeGame} from "../../src/interfaces/IDisputeGame.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {ClaimState} from "../../src/types/Dispute.sol";
import {Leap} from "../support/Leaps.sol";
import {Run, Runs} from "../support/Runs.sol";
import {StepFixture} from "../support/StepFixture.sol";

/// @notice Whoever calls the step chooses its gas and its witness, and neither makes another of the claims win.
contract HostileStepsTest is StepFixture {
    using Runs for Run;

    /// @dev A call within has 63 of 64 parts of the gas: one that fails for want of it must not be taken for an answer.
    function test_a_step_with_too_little_gas_kills_nobody() public {
        string[3] memory names = [
            "ecrecover: a signature, four times",
            "read_blob: element 1 to 0x9000",
            "read_preimage: the last part of the largest"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            _starve(_leap(names[i]));
            vm.revertToState(snapshot);
        }
    }

    /// @dev Each precompile fails, whatever the reason: the step is none, and a right claim lives.
    function test_a_precompile_that_fails_kills_nobody() public {
        _fails(_leap("ecrecover: a signature"), address(1), "");
        _fails(_leap("read_blob: element 1 to 0x9000"), address(10), _selector(IRiscvStep.WrongOpening.selector));
    }

    /// @dev It is true that the program faults: only who has the preimage says so, and a false one says nothing.
    function test_a_preimage_that_is_too_large_is_shown_and_no_other_is() public {
        Leap memory l = _leap("read_preimage: too large");
        (Run memory valid, Run memory invalid) = _downTo(l);
        bytes memory preimage = l.witness.preimage;
        assertGt(preimage.length, 32_768);
        l.witness.preimage = new bytes(preimage.length);
        _refused(_stepCall(l, valid, invalid), IRiscvStep.WrongPreimage.selector);
        l.witness.preimage = "";
        _refused(_stepCall(l, valid, invalid), IRiscvStep.WrongPreimage.selector);
        l.witness.preimage = preimage;
        (bool isFine,) = address(game).call(_stepCall(l, valid, invalid));
        assertTrue(isFine);
        _assertInvalidDied(valid, invalid);
    }

    /// @dev A number wider than its field, which a careless reader cuts to the one that was hashed.
    function test_a_state_that_is_wider_than_its_fields_is_no_state() public {
        (Run memory valid, Run memory invalid) = _downTo(_leap("ecrecover: a signature"));
        bytes memory call = _stepCall(_leap("ecrecover: a signature"), valid, invalid);
        // After three words of hashes and the root of memory: pc, cycle, halted, exitCode, and the registers.
        for (uint256 field = 0; field < 35; ++field) {
            uint256 at = 4 + 32 * (4 + field);
            call[at] = 0x01;
            (bool isFine, bytes memory reason) = address(game).call(call);
            assertFalse(isFine, vm.toString(field));
            assertEq(reason.length, 0, "before anything is looked at");
            call[at] = 0x00;
        }
        (bool isStep,) = address(game).call(call);
        assertTrue(isStep, "as it is");
    }

    function _starve(Leap memory l) private {
        (Run memory valid, Run memory invalid) = _downTo(l);
        bytes memory call = _stepCall(l, valid, invalid);
        (uint256 failed, uint256 fine) = (0, 0);
        uint256 ready = vm.snapshotState();
        // Finely where the precompiles are called, and not only there.
        for (uint256 gas = 100_000; gas < 3_000_000; gas += gas < 600_000 ? 2500 : 100_000) {
            (bool isFine,) = address(game).call{gas: gas}(call);
            if (isFine) {
                _assertInvalidDied(valid, invalid);
                vm.revertToState(ready);
                ++fine;
            } else {
                assertEq(game.disputeOf(hash).valid + game.disputeOf(hash).invalid, 2, "both live");
                ++failed;
            }
        }
        assertGt(failed, 10, "too little");
        assertGt(fine, 10, "enough");
    }

    function _fails(Leap memory l, address precompile, bytes memory reason) private {
        uint256 snapshot = vm.snapshotState();
        (Run memory valid, Run memory invalid) = _downTo(l);
        bytes memory call = _stepCall(l, valid, invalid);
        vm.mockCallRevert(precompile, bytes(""), bytes(""));
        (bool isFine, bytes memory given) = address(game).call(call);
        assertFalse(isFine, l.name);
        assertEq(given, reason, l.name);
        vm.clearMockedCalls();
        (isFine,) = address(game).call(call);
        assertTrue(isFine, l.name);
        _assertInvalidDied(valid, invalid);
        vm.revertToState(snapshot);
    }

    function _refused(bytes memory call, bytes4 selector) private {
        (bool isFine, bytes memory reason) = address(game).call(call);
        assertFalse(isFine);
        // The selector is meant.
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(bytes4(reason), selector);
    }

    function _assertInvalidDied(Run memory valid, Run memory invalid) private view {
        assertEq(uint256(game.claimOf(hash, valid.root()).state), uint256(ClaimState.LIVE), "valid");
        assertEq(uint256(game.claimOf(hash, invalid.root()).state), uint256(ClaimState.DEAD), "invalid");
    }

    function _selector(bytes4 selector) private pure returns (bytes memory) {
        return abi.encodePacked(selector);
    }
}
