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
        Vector[] memory vectors = _vectors();
        leaps = new Leap[](vectors.length);
        for (uint256 i = 0; i < leaps.length; ++i) {
            leaps[i] = _decode(vectors[i]);
        }
    }

    /// @dev The one of this name.
    function _leap(string memory name) internal view returns (Leap memory) {
        Vector[] memory vectors = _vectors();
        for (uint256 i = 0; i < vectors.length; ++i) {
            if (keccak256(bytes(vectors[i].name)) == keccak256(bytes(name))) return _decode(vectors[i]);
        }
        revert(name);
    }

    function _vectors() private view returns (Vector[] memory) {
        string memory file = vm.readFile(FILE);
        bytes memory vectors = vm.parseJsonTypeArray(file, "$", "Vector(string name,bytes input,bytes32 next)");
        return abi.decode(vectors, (Vector[]));
    }

    function _decode(Vector memory vector) private pure returns (Leap memory leap) {
        (leap.name, leap.next) = (vector.name, vector.next);
        (leap.state, leap.witness) = abi.decode(vector.input, (MachineState, LeapWitness));
    }
}
