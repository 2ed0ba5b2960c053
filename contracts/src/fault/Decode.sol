// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice An operation of two operands.
enum Operation {
    None,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    AddW,
    SubW,
    SllW,
    SrlW,
    SraW,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    MulW,
    DivW,
    DivuW,
    RemW,
    RemuW
}

/// @notice The parts of a word that is an instruction. Immediates are sign-extended to 256 bits; who uses one cuts the
/// result to 64.
library Decode {
    uint256 internal constant LOAD = 0x03;
    uint256 internal constant MISC_MEM = 0x0f;
    uint256 internal constant IMMEDIATE = 0x13;
    uint256 internal constant AUIPC = 0x17;
    uint256 internal constant IMMEDIATE_WORD = 0x1b;
    uint256 internal constant STORE = 0x23;
    uint256 internal constant REGISTER = 0x33;
    uint256 internal constant LUI = 0x37;
    uint256 internal constant REGISTER_WORD = 0x3b;
    uint256 internal constant BRANCH = 0x63;
    uint256 internal constant JALR = 0x67;
    uint256 internal constant JAL = 0x6f;
    uint256 internal constant ECALL = 0x0000_0073;
    uint256 internal constant EBREAK = 0x0010_0073;

    function rd(uint256 word) internal pure returns (uint256) {
        return (word >> 7) & 31;
    }

    function rs1(uint256 word) internal pure returns (uint256) {
        return (word >> 15) & 31;
    }

    function rs2(uint256 word) internal pure returns (uint256) {
        return (word >> 20) & 31;
    }

    function funct3(uint256 word) internal pure returns (uint256) {
        return (word >> 12) & 7;
    }

    function upper(uint256 word) internal pure returns (uint256) {
        return _extend(word & 0xffff_f000, 31);
    }

    function immediate(uint256 word) internal pure returns (uint256) {
        return _extend(word >> 20, 11);
    }

    function storeOffset(uint256 word) internal pure returns (uint256) {
        return _extend((word >> 20 & 0xfe0) | (word >> 7 & 31), 11);
    }

    function branchOffset(uint256 word) internal pure returns (uint256) {
        uint256 low = (word >> 7 & 0x1e) | (word >> 20 & 0x7e0) | (word << 4 & 0x800);
        return _extend(low | (word >> 19 & 0x1000), 12);
    }

    function jumpOffset(uint256 word) internal pure returns (uint256) {
        uint256 low = (word >> 20 & 0x7fe) | (word >> 9 & 0x800) | (word & 0xf_f000);
        return _extend(low | (word >> 11 & 0x10_0000), 20);
    }

    /// @notice What is done with a register and an immediate; `None` when the word is unknown.
    function withImmediate(uint256 word) internal pure returns (Operation) {
        uint256 kind = funct3(word);
        uint256 above = word >> 26;
        if (kind == 0) return Operation.Add;
        if (kind == 1) return above == 0 ? Operation.Sll : Operation.None;
        if (kind == 2) return Operation.Slt;
        if (kind == 3) return Operation.Sltu;
        if (kind == 4) return Operation.Xor;
        if (kind == 6) return Operation.Or;
        if (kind == 7) return Operation.And;
        if (above == 0) return Operation.Srl;
        return above == 0x10 ? Operation.Sra : Operation.None;
    }

    /// @notice The same of words.
    function withImmediateWord(uint256 word) internal pure returns (Operation) {
        uint256 kind = funct3(word);
        uint256 above = word >> 25;
        if (kind == 0) return Operation.AddW;
        if (kind == 1) return above == 0 ? Operation.SllW : Operation.None;
        if (kind != 5) return Operation.None;
        if (above == 0) return Operation.SrlW;
        return above == 0x20 ? Operation.SraW : Operation.None;
    }

    /// @notice What is done with two registers; `None` when the word is unknown.
    function withRegister(uint256 word) internal pure returns (Operation) {
        uint256 kind = funct3(word);
        uint256 funct7 = word >> 25;
        if (funct7 == 1) return _multiplication(kind);
        if (funct7 == 0x20) return kind == 0 ? Operation.Sub : kind == 5 ? Operation.Sra : Operation.None;
        if (funct7 != 0) return Operation.None;
        if (kind == 0) return Operation.Add;
        if (kind == 1) return Operation.Sll;
        if (kind == 2) return Operation.Slt;
        if (kind == 3) return Operation.Sltu;
        if (kind == 4) return Operation.Xor;
        if (kind == 5) return Operation.Srl;
        return kind == 6 ? Operation.Or : Operation.And;
    }

    /// @notice The same of words.
    function withRegisterWord(uint256 word) internal pure returns (Operation) {
        uint256 kind = funct3(word);
        uint256 funct7 = word >> 25;
        if (funct7 == 1) return _multiplicationWord(kind);
        if (funct7 == 0x20) return kind == 0 ? Operation.SubW : kind == 5 ? Operation.SraW : Operation.None;
        if (funct7 != 0) return Operation.None;
        if (kind == 0) return Operation.AddW;
        if (kind == 1) return Operation.SllW;
        return kind == 5 ? Operation.SrlW : Operation.None;
    }

    function _multiplication(uint256 kind) private pure returns (Operation) {
        if (kind == 0) return Operation.Mul;
        if (kind == 1) return Operation.Mulh;
        if (kind == 2) return Operation.Mulhsu;
        if (kind == 3) return Operation.Mulhu;
        if (kind == 4) return Operation.Div;
        if (kind == 5) return Operation.Divu;
        return kind == 6 ? Operation.Rem : Operation.Remu;
    }

    function _multiplicationWord(uint256 kind) private pure returns (Operation) {
        if (kind == 0) return Operation.MulW;
        if (kind == 4) return Operation.DivW;
        if (kind == 5) return Operation.DivuW;
        if (kind == 6) return Operation.RemW;
        return kind == 7 ? Operation.RemuW : Operation.None;
    }

    /// @dev Copies bit `sign`, the highest of `value`, to all above.
    function _extend(uint256 value, uint256 sign) private pure returns (uint256) {
        unchecked {
            uint256 bit = uint256(1) << sign;
            return (value ^ bit) - bit;
        }
    }
}
