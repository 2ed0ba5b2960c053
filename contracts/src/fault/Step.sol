// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LeapWitness} from "../types/MachineState.sol";
import {Alu} from "./Alu.sol";
import {Calls} from "./Calls.sol";
import {Decode, Operation} from "./Decode.sol";
import {Fault} from "./Fault.sol";
import {Hart} from "./Hart.sol";
import {Leaves} from "./Leaves.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {MemoryAccess} from "./MemoryAccess.sol";

/// @notice One step, as `prover/vm/src/step.rs`.
library Step {
    uint256 private constant REGISTER = MachineLimits.REGISTER;

    /// @notice Executes one instruction of a machine that is not halted.
    function step(Hart memory hart, Leaves memory leaves, LeapWitness calldata witness) internal view {
        (uint8 fault, uint256 word) = _fetch(hart.pc, leaves);
        if (fault == Fault.NONE) {
            fault = word == Decode.ECALL ? Calls.systemCall(hart, leaves, witness) : _execute(word, hart, leaves);
        }
        if (fault != Fault.NONE) hart.halt(fault);
    }

    function _fetch(uint256 pc, Leaves memory leaves) private pure returns (uint8 fault, uint256 word) {
        if (pc % 4 != 0) return (Fault.MISALIGNED_FETCH, 0);
        if (pc >= MachineLimits.MEMORY_BYTES) return (Fault.FETCH_BEYOND_MEMORY, 0);
        word = MemoryAccess.read(leaves, pc, 4);
    }

    /// @dev Every instruction but ECALL. Nothing changes when there is a fault.
    function _execute(uint256 word, Hart memory hart, Leaves memory leaves) private pure returns (uint8 fault) {
        unchecked {
            uint256 opcode = word & 0x7f;
            uint256 pc = hart.pc;
            uint256 next = pc + 4;
            if (opcode == Decode.REGISTER || opcode == Decode.REGISTER_WORD) {
                Operation op = opcode == Decode.REGISTER ? Decode.withRegister(word) : Decode.withRegisterWord(word);
                fault = _compute(op, hart, word, hart.x[Decode.rs2(word)]);
            } else if (opcode == Decode.IMMEDIATE || opcode == Decode.IMMEDIATE_WORD) {
                Operation op = opcode == Decode.IMMEDIATE ? Decode.withImmediate(word) : Decode.withImmediateWord(word);
                // Shifts look at the low bits alone, of which those of the operation are no part.
                fault = _compute(op, hart, word, Decode.immediate(word) & REGISTER);
            } else if (opcode == Decode.LOAD) {
                fault = _load(word, hart, leaves);
            } else if (opcode == Decode.STORE) {
                fault = _store(word, hart, leaves);
            } else if (opcode == Decode.BRANCH) {
                uint256 condition = Decode.funct3(word);
                if (condition == 2 || condition == 3) return Fault.UNKNOWN_INSTRUCTION;
                if (Alu.holds(condition, hart.x[Decode.rs1(word)], hart.x[Decode.rs2(word)])) {
                    next = pc + Decode.branchOffset(word);
                }
            } else if (opcode == Decode.JAL) {
                hart.set(Decode.rd(word), next);
                next = pc + Decode.jumpOffset(word);
            } else if (opcode == Decode.JALR && Decode.funct3(word) == 0) {
                uint256 target = (hart.x[Decode.rs1(word)] + Decode.immediate(word)) & ~uint256(1);
                hart.set(Decode.rd(word), next);
                next = target;
            } else if (opcode == Decode.LUI) {
                hart.set(Decode.rd(word), Decode.upper(word) & REGISTER);
            } else if (opcode == Decode.AUIPC) {
                hart.set(Decode.rd(word), (pc + Decode.upper(word)) & REGISTER);
            } else if (opcode != Decode.MISC_MEM || Decode.funct3(word) > 1) {
                return word == Decode.EBREAK ? Fault.BREAKPOINT : Fault.UNKNOWN_INSTRUCTION;
            }
            if (fault != Fault.NONE) return fault;
            hart.pc = next & REGISTER;
            hart.cycle += MachineLimits.CYCLES;
        }
    }

    function _compute(Operation op, Hart memory hart, uint256 word, uint256 operand) private pure returns (uint8) {
        if (op == Operation.None) return Fault.UNKNOWN_INSTRUCTION;
        hart.set(Decode.rd(word), Alu.compute(op, hart.x[Decode.rs1(word)], operand));
        return Fault.NONE;
    }

    function _load(uint256 word, Hart memory hart, Leaves memory leaves) private pure returns (uint8) {
        unchecked {
            uint256 kind = Decode.funct3(word);
            if (kind == 7) return Fault.UNKNOWN_INSTRUCTION;
            uint256 size = uint256(1) << (kind & 3);
            uint256 from = (hart.x[Decode.rs1(word)] + Decode.immediate(word)) & REGISTER;
            uint8 fault = _check(from, size);
            if (fault != Fault.NONE) return fault;
            uint256 value = MemoryAccess.read(leaves, from, size);
            if (kind < 4) {
                uint256 sign = uint256(1) << (8 * size - 1);
                value = ((value ^ sign) - sign) & REGISTER;
            }
            hart.set(Decode.rd(word), value);
            return Fault.NONE;
        }
    }

    function _store(uint256 word, Hart memory hart, Leaves memory leaves) private pure returns (uint8) {
        unchecked {
            uint256 kind = Decode.funct3(word);
            if (kind > 3) return Fault.UNKNOWN_INSTRUCTION;
            uint256 size = uint256(1) << kind;
            uint256 to = (hart.x[Decode.rs1(word)] + Decode.storeOffset(word)) & REGISTER;
            uint8 fault = _check(to, size);
            if (fault != Fault.NONE) return fault;
            MemoryAccess.write(leaves, to, size, hart.x[Decode.rs2(word)]);
            return Fault.NONE;
        }
    }

    /// @dev Alignment is looked at before range.
    function _check(uint256 address_, uint256 size) private pure returns (uint8) {
        if (address_ % size != 0) return Fault.MISALIGNED_ACCESS;
        return address_ < MachineLimits.MEMORY_BYTES ? Fault.NONE : Fault.ACCESS_BEYOND_MEMORY;
    }
}
