// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RiscvStep} from "../../src/fault/RiscvStep.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {Leap, Leaps} from "../support/Leaps.sol";

/// @notice What the dearest leaps cost, as in `GasTest`: all of a transaction, calldata included. No program can make one that does
/// not fit a transaction, for then nobody could win a dispute about it.
contract GasLeapTest is Leaps {
    string private constant GROUP = "Gas";
    /// @dev What one transaction may take since Osaka is 2^24.
    uint256 private constant BOUND = 10_000_000;

    RiscvStep private immutable step = new RiscvStep();

    function test_gas_the_dearest_leap() public {
        _measure("the dearest leap", "leap, 1,024 of the dearest step and 97 leaves");
    }

    function test_gas_the_widest_leap() public {
        _measure("the widest leap", "leap, 97 leaves");
    }

    function test_gas_the_longest_leap() public {
        _measure("1,024 cycles", "leap, 1,024 jumps in one leaf");
    }

    function test_gas_keccak256() public {
        _measure("keccak256: the most, sixteen times", "leap, 16 x keccak256 of 1 KiB");
    }

    function test_gas_ecrecover() public {
        _measure("ecrecover: a signature, four times", "leap, 4 x ecrecover");
    }

    function test_gas_read_preimage() public {
        _measure("read_preimage: the last part of the largest", "leap, read_preimage of 32 KiB");
    }

    function test_gas_read_blob() public {
        _measure("read_blob: element 4095 to 0x9000", "leap, read_blob");
    }

    function _measure(string memory name, string memory label) private {
        Leap memory l = _leap(name);
        // A call that may not change anything would be none that is a transaction of its own.
        (bool isFine, bytes memory next) = address(step).call(abi.encodeCall(IRiscvStep.leap, (l.state, l.witness)));
        uint256 gas = vm.snapshotGasLastCall(GROUP, label);
        assertTrue(isFine, name);
        assertEq(abi.decode(next, (bytes32)), l.next, name);
        assertLt(gas, BOUND, label);
    }
}
