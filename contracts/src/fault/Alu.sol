// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Operation} from "./Decode.sol";
import {MachineLimits} from "./MachineLimits.sol";

/// @notice Arithmetic of the specification: everything wraps, division by zero has a result.
/// @dev Operands and results are below 2^64. Products and sums of them fit a word of the EVM, so that cutting the exact
/// result is all there is to wrapping; the same goes for the one quotient that leaves its range.
library Alu {
    uint256 private constant REGISTER = MachineLimits.REGISTER;
    /// @dev Flipping it turns the order of signed numbers into that of unsigned ones.
    uint256 private constant SIGN = 2 ** 63;

    /// @notice The result of an operation, which is not `None`.
    function compute(Operation op, uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            if (op > Operation.And) return op > Operation.SraW ? _multiplyOrDivide(op, a, b) : _word(op, a, b);
            if (op == Operation.Add) return (a + b) & REGISTER;
            if (op == Operation.Sub) return (a - b) & REGISTER;
            if (op == Operation.Sll) return (a << (b & 63)) & REGISTER;
            if (op == Operation.Slt) return (a ^ SIGN) < (b ^ SIGN) ? 1 : 0;
            if (op == Operation.Sltu) return a < b ? 1 : 0;
            if (op == Operation.Xor) return a ^ b;
            if (op == Operation.Srl) return a >> (b & 63);
            if (op == Operation.Sra) return _cut(_signed(a) >> (b & 63));
            if (op == Operation.Or) return a | b;
            return a & b;
        }
    }

    /// @notice Whether a branch is taken. `condition` is its funct3, neither 2 nor 3: the least bit of it says "not".
    function holds(uint256 condition, uint256 a, uint256 b) internal pure returns (bool) {
        bool isNot = condition & 1 == 1;
        if (condition < 2) return (a == b) != isNot;
        if (condition < 6) return ((a ^ SIGN) < (b ^ SIGN)) != isNot;
        return (a < b) != isNot;
    }

    function _word(Operation op, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (op == Operation.AddW) return _extend(a + b);
            if (op == Operation.SubW) return _extend(a - b);
            if (op == Operation.SllW) return _extend(a << (b & 31));
            if (op == Operation.SrlW) return _extend(_low(a) >> (b & 31));
            return _cut(_signedLow(a) >> (b & 31));
        }
    }

    function _multiplyOrDivide(Operation op, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (op > Operation.Remu) return _multiplyOrDivideWord(op, a, b);
            if (op == Operation.Mul) return (a * b) & REGISTER;
            if (op == Operation.Mulh) return _cut((_signed(a) * _signed(b)) >> 64);
            if (op == Operation.Mulhsu) return _cut((_signed(a) * int256(b)) >> 64);
            if (op == Operation.Mulhu) return (a * b) >> 64;
            if (op == Operation.Div) return b == 0 ? REGISTER : _cut(_signed(a) / _signed(b));
            if (op == Operation.Divu) return b == 0 ? REGISTER : a / b;
            if (b == 0) return a;
            return op == Operation.Rem ? _cut(_signed(a) % _signed(b)) : a % b;
        }
    }

    function _multiplyOrDivideWord(Operation op, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (op == Operation.MulW) return _extend(a * b);
            bool byZero = _low(b) == 0;
            if (op == Operation.DivW) return byZero ? REGISTER : _extend(uint256(_signedLow(a) / _signedLow(b)));
            if (op == Operation.DivuW) return byZero ? REGISTER : _extend(_low(a) / _low(b));
            if (byZero) return _extend(a);
            return op == Operation.RemW ? _cut(_signedLow(a) % _signedLow(b)) : _extend(_low(a) % _low(b));
        }
    }

    function _low(uint256 value) private pure returns (uint256) {
        return uint32(value);
    }

    function _signed(uint256 value) private pure returns (int256) {
        return int64(uint64(value));
    }

    function _signedLow(uint256 value) private pure returns (int256) {
        return int32(uint32(value));
    }

    function _cut(int256 value) private pure returns (uint256) {
        return uint256(value) & REGISTER;
    }

    /// @dev Sign-extends the low 32 bits.
    function _extend(uint256 value) private pure returns (uint256) {
        return _cut(_signedLow(value));
    }
}
