// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Operation} from "./Decode.sol";
import {MachineLimits} from "./MachineLimits.sol";

/// @notice Arithmetic of the specification: everything wraps, division by zero has a result.
/// @dev Operands and results are below 2^64. Between them are numbers of 256 bits, signed ones in two's complement: these hold
/// every sum, product and quotient exactly, and cutting that is all there is to wrapping. Of a shifted one no bit is left over
/// that the sign is not copied to.
library Alu {
    uint256 private constant REGISTER = MachineLimits.REGISTER;
    /// @dev Flipping it turns the order of signed numbers into that of unsigned ones.
    uint256 private constant SIGN = 2 ** 63;
    /// @dev A word of the machine: the low 32 bits of a register.
    uint256 private constant WORD = type(uint32).max;
    uint256 private constant WORD_SIGN = 2 ** 31;

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
            if (op == Operation.Sra) return (_signed(a) >> (b & 63)) & REGISTER;
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
            return (_signedLow(a) >> (b & 31)) & REGISTER;
        }
    }

    function _multiplyOrDivide(Operation op, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (op > Operation.Remu) return _multiplyOrDivideWord(op, a, b);
            if (op == Operation.Mul) return (a * b) & REGISTER;
            if (op == Operation.Mulh) return ((_signed(a) * _signed(b)) >> 64) & REGISTER;
            if (op == Operation.Mulhsu) return ((_signed(a) * b) >> 64) & REGISTER;
            if (op == Operation.Mulhu) return (a * b) >> 64;
            if (op == Operation.Div) return b == 0 ? REGISTER : _quotient(_signed(a), _signed(b)) & REGISTER;
            if (op == Operation.Divu) return b == 0 ? REGISTER : a / b;
            if (b == 0) return a;
            return op == Operation.Rem ? _remainder(_signed(a), _signed(b)) & REGISTER : a % b;
        }
    }

    function _multiplyOrDivideWord(Operation op, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (op == Operation.MulW) return _extend(a * b);
            bool byZero = _low(b) == 0;
            if (op == Operation.DivW) return byZero ? REGISTER : _extend(_quotient(_signedLow(a), _signedLow(b)));
            if (op == Operation.DivuW) return byZero ? REGISTER : _extend(_low(a) / _low(b));
            if (byZero) return _extend(a);
            return _extend(op == Operation.RemW ? _remainder(_signedLow(a), _signedLow(b)) : _low(a) % _low(b));
        }
    }

    function _low(uint256 value) private pure returns (uint256) {
        return value & WORD;
    }

    /// @dev A signed number of 64 bits as one of 256.
    function _signed(uint256 value) private pure returns (uint256) {
        unchecked {
            return (value ^ SIGN) - SIGN;
        }
    }

    /// @dev The low 32 bits, a signed number, as one of 256.
    function _signedLow(uint256 value) private pure returns (uint256) {
        unchecked {
            return (_low(value) ^ WORD_SIGN) - WORD_SIGN;
        }
    }

    /// @dev Sign-extends the low 32 bits to 64.
    function _extend(uint256 value) private pure returns (uint256) {
        return _signedLow(value) & REGISTER;
    }

    /// @dev Of signed numbers of 256 bits, as is what is told of them; rounded towards zero.
    function _quotient(uint256 a, uint256 b) private pure returns (uint256) {
        // These casts read the same bits in another way.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(int256(a) / int256(b));
    }

    /// @dev Likewise; it has the sign of `a`.
    function _remainder(uint256 a, uint256 b) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(int256(a) % int256(b));
    }
}
