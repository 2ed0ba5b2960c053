// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Alu} from "../../src/fault/Alu.sol";
import {Operation} from "../../src/fault/Decode.sol";
import {Test} from "forge-std/Test.sol";

// Words are cut and shifted on purpose: that is what is tested.
// forge-lint: disable-start(unsafe-typecast, incorrect-shift)

/// @notice Arithmetic of the machine against that of Solidity's own types of 64 and 32 bits.
contract AluFuzzTest is Test {
    function testFuzz_every_operation_agrees_with_the_types_of_its_size(uint64 a, uint64 b, uint8 edges) public pure {
        (a, b) = (_value(a, edges & 15), _value(b, edges >> 4));
        for (uint256 i = uint256(Operation.Add); i <= uint256(type(Operation).max); ++i) {
            Operation op = Operation(i);
            uint256 expected = op < Operation.AddW
                ? _double(op, a, b)
                : op < Operation.Mul
                    ? _extended(_word(op, uint32(a), uint32(b)))
                    : op < Operation.MulW ? _multiplied(op, a, b) : _extended(_multipliedWord(op, uint32(a), uint32(b)));
            assertEq(Alu.compute(op, a, b), expected, vm.toString(i));
        }
    }

    function testFuzz_conditions_agree_with_the_types_of_their_size(uint64 a, uint64 b, uint8 edges) public pure {
        (a, b) = (_value(a, edges & 15), _value(b, edges >> 4));
        assertEq(Alu.holds(0, a, b), a == b, "BEQ");
        assertEq(Alu.holds(1, a, b), a != b, "BNE");
        assertEq(Alu.holds(4, a, b), int64(a) < int64(b), "BLT");
        assertEq(Alu.holds(5, a, b), int64(a) >= int64(b), "BGE");
        assertEq(Alu.holds(6, a, b), a < b, "BLTU");
        assertEq(Alu.holds(7, a, b), a >= b, "BGEU");
        assertTrue(Alu.holds(0, a, a) && Alu.holds(5, a, a) && Alu.holds(7, a, a), "equal");
    }

    /// @dev Half of the operands are at an edge.
    function _value(uint64 value, uint8 edge) private pure returns (uint64) {
        uint64[8] memory edges =
            [0, 1, type(uint64).max, 2 ** 63, 2 ** 63 - 1, 2 ** 31, type(uint32).max, 0xffff_ffff_8000_0000];
        return edge < 8 ? edges[edge] : value;
    }

    function _double(Operation op, uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            if (op == Operation.Add) return a + b;
            if (op == Operation.Sub) return a - b;
            if (op == Operation.Sll) return a << (b % 64);
            if (op == Operation.Slt) return int64(a) < int64(b) ? 1 : 0;
            if (op == Operation.Sltu) return a < b ? 1 : 0;
            if (op == Operation.Xor) return a ^ b;
            if (op == Operation.Srl) return a >> (b % 64);
            if (op == Operation.Sra) return uint64(int64(a) >> (b % 64));
            if (op == Operation.Or) return a | b;
            return a & b;
        }
    }

    function _word(Operation op, uint32 a, uint32 b) private pure returns (uint32) {
        unchecked {
            if (op == Operation.AddW) return a + b;
            if (op == Operation.SubW) return a - b;
            if (op == Operation.SllW) return a << (b % 32);
            if (op == Operation.SrlW) return a >> (b % 32);
            return uint32(int32(a) >> (b % 32));
        }
    }

    function _multiplied(Operation op, uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            if (op == Operation.Mul) return a * b;
            if (op == Operation.Mulh) return uint64(uint128((int128(int64(a)) * int64(b)) >> 64));
            if (op == Operation.Mulhsu) return uint64(uint128((int128(int64(a)) * int128(uint128(b))) >> 64));
            if (op == Operation.Mulhu) return uint64((uint128(a) * b) >> 64);
            if (b == 0) return op == Operation.Div || op == Operation.Divu ? type(uint64).max : a;
            if (op == Operation.Div) return uint64(int64(a) / int64(b));
            if (op == Operation.Divu) return a / b;
            return op == Operation.Rem ? uint64(int64(a) % int64(b)) : a % b;
        }
    }

    function _multipliedWord(Operation op, uint32 a, uint32 b) private pure returns (uint32) {
        unchecked {
            if (op == Operation.MulW) return a * b;
            if (b == 0) return op == Operation.DivW || op == Operation.DivuW ? type(uint32).max : a;
            if (op == Operation.DivW) return uint32(int32(a) / int32(b));
            if (op == Operation.DivuW) return a / b;
            return op == Operation.RemW ? uint32(int32(a) % int32(b)) : a % b;
        }
    }

    function _extended(uint32 value) private pure returns (uint64) {
        return uint64(int64(int32(value)));
    }
}
// forge-lint: disable-end(unsafe-typecast, incorrect-shift)
