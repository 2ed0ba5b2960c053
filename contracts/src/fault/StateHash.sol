// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineState} from "../types/MachineState.sol";

/// @notice The hash of a state.
library StateHash {
    /// @dev keccak256 of the fields in their order, integers big-endian, without padding: 298 bytes. What Solidity packs of
    /// an array is padded, so registers are packed here, four a word: seven words, and three registers beyond.
    function ofState(MachineState memory state) internal pure returns (bytes32) {
        bytes32[7] memory words;
        for (uint256 i = 0; i < 7; ++i) {
            words[i] = _four(state.x[4 * i], state.x[4 * i + 1], state.x[4 * i + 2], state.x[4 * i + 3]);
        }
        bytes24 last = bytes24(_four(state.x[28], state.x[29], state.x[30], 0));
        return
            keccak256(
                abi.encodePacked(state.memoryRoot, state.pc, state.cycle, state.halted, state.exitCode, words, last)
            );
    }

    function _four(uint64 a, uint64 b, uint64 c, uint64 d) private pure returns (bytes32) {
        return bytes32((uint256(a) << 192) | (uint256(b) << 128) | (uint256(c) << 64) | d);
    }
}
