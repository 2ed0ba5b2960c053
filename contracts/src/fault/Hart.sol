// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MachineState} from "../types/MachineState.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice The hardware thread: everything of the state but memory, in words that need no conversion.
struct Hart {
    /// Address of the next instruction, 64 bits.
    uint256 pc;
    /// Cycles so far.
    uint256 cycle;
    /// Whether it stands still for ever.
    bool halted;
    /// Why; 0 while it runs.
    uint8 exitCode;
    /// Registers x0 to x31, 64 bits each; x0 is always 0.
    uint256[32] x;
}

using Harts for Hart global;

/// @notice What is done to a `Hart`.
library Harts {
    /// @notice The hardware thread of a state that is not halted.
    function running(MachineState calldata before) internal pure returns (Hart memory hart) {
        hart.pc = before.pc;
        hart.cycle = before.cycle;
        for (uint256 i = 1; i < 32; ++i) {
            hart.x[i] = before.x[i - 1];
        }
    }

    /// @notice Writes a register; what is written to x0 is lost.
    function set(Hart memory self, uint256 register, uint256 value) internal pure {
        if (register != 0) self.x[register] = value;
    }

    /// @notice Halts; one cycle more, all else stays.
    function halt(Hart memory self, uint8 code) internal pure {
        self.halted = true;
        self.exitCode = code;
        self.cycle += MachineLimits.CYCLES;
    }

    /// @notice The state, with the root of memory.
    /// @dev Registers and `pc` are 64 bits; cycles are far fewer than 2^64 in as many leaps as a history has.
    function toState(Hart memory self, bytes32 memoryRoot) internal pure returns (MachineState memory after_) {
        after_.memoryRoot = memoryRoot;
        after_.pc = SafeCast.toUint64(self.pc);
        after_.cycle = SafeCast.toUint64(self.cycle);
        (after_.halted, after_.exitCode) = (self.halted, self.exitCode);
        for (uint256 i = 1; i < 32; ++i) {
            after_.x[i - 1] = SafeCast.toUint64(self.x[i]);
        }
    }
}
