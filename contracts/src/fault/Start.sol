// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Subject} from "../types/Dispute.sol";
import {MachineState} from "../types/MachineState.sol";
import {StateHash} from "./StateHash.sol";

/// @notice The state in which a run starts (docs/machine.md, "Start").
library Start {
    /// @dev Places of registers in `MachineState.x`, which begins with x1.
    uint256 private constant A0 = 9;
    uint256 private constant A4 = 13;

    /// @notice `keccak256(memoryRoot || entry)`, 40 bytes.
    function programHash(bytes32 memoryRoot, uint64 entry) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(memoryRoot, entry));
    }

    /// @notice Hash of the state in which the program starts on a subject: its hash is in `a0` to `a3`, eight bytes each,
    /// each little-endian, and what it is in `a4`.
    function stateHash(bytes32 memoryRoot, uint64 entry, Subject subject, bytes32 hash)
        internal
        pure
        returns (bytes32)
    {
        MachineState memory state;
        state.memoryRoot = memoryRoot;
        state.pc = entry;
        for (uint256 i = 0; i < 4; ++i) {
            state.x[A0 + i] = _reversed(uint256(hash) >> (192 - 64 * i));
        }
        state.x[A4] = uint64(subject);
        return StateHash.ofState(state);
    }

    /// @dev The lowest eight bytes of `word`, the other way round.
    function _reversed(uint256 word) private pure returns (uint64 reversed) {
        for (uint256 i = 0; i < 8; ++i) {
            // The lowest byte is meant.
            // forge-lint: disable-next-line(unsafe-typecast)
            reversed = (reversed << 8) | uint8(word >> (8 * i));
        }
    }
}
