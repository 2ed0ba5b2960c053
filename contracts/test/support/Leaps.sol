// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A leap that the machine in Rust executed.
struct Leap {
    string name;
    MachineState state;
    LeapWitness witness;
    /// The state hash after it.
    bytes32 next;
}

/// @notice The leaps of `test/vectors/leaps.json`, which `prover/vm/tests/leap_vectors.rs` writes.
abstract contract Leaps is Test {
    struct Vector {
        string name;
        bytes input;
        bytes32 next;
    }

    string private constant FILE = "test/vectors/leaps.json";

    function _leaps() internal view returns (Leap[] memory leaps) {
        bytes memory file =
            vm.parseJsonTypeArray(vm.readFile(FILE), "$", "Vector(string name,bytes input,bytes32 next)");
        Vector[] memory vectors = abi.decode(file, (Vector[]));
        leaps = new Leap[](vectors.length);
        for (uint256 i = 0; i < leaps.length; ++i) {
            (leaps[i].name, leaps[i].next) = (vectors[i].name, vectors[i].next);
            (leaps[i].state, leaps[i].witness) = abi.decode(vectors[i].input, (MachineState, LeapWitness));
        }
    }

    /// @dev The one of this name.
    function _leap(string memory name) internal view returns (Leap memory) {
        Leap[] memory leaps = _leaps();
        for (uint256 i = 0; i < leaps.length; ++i) {
            if (keccak256(bytes(leaps[i].name)) == keccak256(bytes(name))) return leaps[i];
        }
        revert(name);
    }
}
