// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RiscvStep} from "../../src/fault/RiscvStep.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {SparseMemory} from "./SparseMemory.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A machine before a program of three instructions: LD x3, 0(x1); SD x3, 0(x2); EBREAK. Its leap touches three leaves.
abstract contract MachineFixture is Test {
    uint64 internal constant CODE = 0x1000;
    uint64 internal constant FROM = 0x8000;
    uint64 internal constant TO = 0xffff_ffe0;
    bytes32 internal constant PROGRAM = hex"83b1000023303100730010000000000000000000000000000000000000000000";
    bytes32 internal constant DATA = hex"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
    /// The register that DATA is loaded to.
    uint64 internal constant LOADED = 0x0807060504030201;

    RiscvStep internal immutable step = new RiscvStep();

    function _memory() internal pure returns (SparseMemory memory m) {
        (m.indexes, m.leaves) = (new uint256[](4), new bytes32[](4));
        (m.indexes[0], m.leaves[0]) = (CODE / 32, PROGRAM);
        (m.indexes[1], m.leaves[1]) = (FROM / 32, DATA);
        (m.indexes[2], m.leaves[2]) = (FROM / 32 + 1, keccak256("beside"));
        (m.indexes[3], m.leaves[3]) = (TO / 32, keccak256("before"));
    }

    function _state() internal pure returns (MachineState memory state) {
        state.memoryRoot = _memory().root();
        (state.pc, state.cycle) = (CODE, 5);
        (state.x[0], state.x[1]) = (FROM, TO);
    }

    /// @dev The state hash after the leap, made without the machine.
    function _next() internal pure returns (bytes32) {
        SparseMemory memory m = _memory();
        // The first eight bytes are meant.
        // forge-lint: disable-next-line(unsafe-typecast)
        m.leaves[3] = bytes32(bytes.concat(bytes8(DATA), bytes24(m.leaves[3] << 64)));
        MachineState memory state = _state();
        (state.memoryRoot, state.pc, state.cycle) = (m.root(), CODE + 8, 8);
        (state.halted, state.exitCode, state.x[2]) = (true, 248, LOADED);
        return _hash(state);
    }

    /// @dev As docs/machine.md says it, byte after byte.
    function _hash(MachineState memory s) internal pure returns (bytes32) {
        return keccak256(_encode(s));
    }

    function _encode(MachineState memory s) internal pure returns (bytes memory encoded) {
        encoded = bytes.concat(s.memoryRoot, bytes8(s.pc), bytes8(s.cycle));
        encoded = bytes.concat(encoded, s.halted ? bytes1(0x01) : bytes1(0x00), bytes1(s.exitCode));
        for (uint256 i = 0; i < 31; ++i) {
            encoded = bytes.concat(encoded, bytes8(s.x[i]));
        }
    }

    function _needed() internal pure returns (uint256[] memory shown) {
        shown = new uint256[](3);
        (shown[0], shown[1], shown[2]) = (CODE / 32, FROM / 32, TO / 32);
    }

    /// @dev Shows these leaves, which are in order.
    function _witness(uint256[] memory shown) internal pure returns (LeapWitness memory witness) {
        SparseMemory memory m = _memory();
        witness.indexes = new uint32[](shown.length);
        witness.leaves = new bytes32[](shown.length);
        for (uint256 i = 0; i < shown.length; ++i) {
            (witness.indexes[i], witness.leaves[i]) = (uint32(shown[i]), m.leaf(shown[i]));
        }
        witness.siblings = m.siblings(shown);
    }
}
