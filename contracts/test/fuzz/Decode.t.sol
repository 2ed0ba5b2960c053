// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Decode, Operation} from "../../src/fault/Decode.sol";
import {Test} from "forge-std/Test.sol";

// Words are cut and shifted on purpose: that is what is tested.
// forge-lint: disable-start(unsafe-typecast, incorrect-shift)

/// @notice What an assembler puts into a word comes out of it, whatever the other bits are.
contract DecodeFuzzTest is Test {
    function testFuzz_registers(uint32 other, uint8 rd, uint8 rs1, uint8 rs2, uint8 funct3) public pure {
        (rd, rs1, rs2, funct3) = (rd % 32, rs1 % 32, rs2 % 32, funct3 % 8);
        uint256 word = other & 0xfe00_007f;
        word |= (uint256(rd) << 7) | (uint256(funct3) << 12) | (uint256(rs1) << 15) | (uint256(rs2) << 20);
        assertEq(Decode.rd(word), rd, "rd");
        assertEq(Decode.rs1(word), rs1, "rs1");
        assertEq(Decode.rs2(word), rs2, "rs2");
        assertEq(Decode.funct3(word), funct3, "funct3");
    }

    function testFuzz_immediates_of_twelve_bits(uint32 other, int16 value) public pure {
        value = int16(bound(value, -2048, 2047));
        uint256 bits = uint256(int256(value));
        assertEq(int256(Decode.immediate(_put(other & 0xf_ffff, bits, 0, 12, 20))), value, "I");
        uint256 word = _put(_put(other & 0x01ff_f07f, bits, 0, 5, 7), bits, 5, 7, 25);
        assertEq(int256(Decode.storeOffset(word)), value, "S");
    }

    function testFuzz_offsets_of_branches(uint32 other, int16 value) public pure {
        value = int16(bound(value, -2048, 2047)) * 2;
        uint256 bits = uint256(int256(value));
        uint256 word = _put(_put(other & 0x01ff_f07f, bits, 11, 1, 7), bits, 1, 4, 8);
        word = _put(_put(word, bits, 5, 6, 25), bits, 12, 1, 31);
        assertEq(int256(Decode.branchOffset(word)), value, "B");
    }

    function testFuzz_offsets_of_jumps(uint32 other, int32 value) public pure {
        value = int32(bound(value, -2 ** 19, 2 ** 19 - 1)) * 2;
        uint256 bits = uint256(int256(value));
        uint256 word = _put(_put(other & 0xfff, bits, 12, 8, 12), bits, 11, 1, 20);
        word = _put(_put(word, bits, 1, 10, 21), bits, 20, 1, 31);
        assertEq(int256(Decode.jumpOffset(word)), value, "J");
    }

    function testFuzz_upper_immediates(uint32 word) public pure {
        assertEq(int256(Decode.upper(word)), int256(int32(word & 0xffff_f000)), "U");
    }

    function testFuzz_reserved_words_have_no_operation(uint32 word) public pure {
        _checkReserved(word);
    }

    /// @dev By the upper bits and funct3, all there are.
    function test_reserved_words_have_no_operation() public pure {
        for (uint256 upper = 0; upper < 2 ** 10; ++upper) {
            _checkReserved(((upper >> 3) << 25) | ((upper & 7) << 12));
        }
    }

    /// @dev A few words are known of the many; the rest has no operation.
    function _checkReserved(uint256 word) private pure {
        (uint256 funct3, uint256 funct7) = (Decode.funct3(word), word >> 25);
        bool isOld = funct7 == 0 || (funct7 == 0x20 && (funct3 == 0 || funct3 == 5));
        assertEq(Decode.withRegister(word) != Operation.None, isOld || funct7 == 1, "register");
        bool isWord = funct3 == 0 || funct3 == 5 || (funct7 == 0 && funct3 == 1);
        bool isMultiplied = funct7 == 1 && (funct3 == 0 || funct3 > 3);
        assertEq(Decode.withRegisterWord(word) != Operation.None, (isOld && isWord) || isMultiplied, "register, word");
        bool isShift = funct3 == 1 || funct3 == 5;
        bool isAllowed = word >> 26 == 0 || (word >> 26 == 0x10 && funct3 == 5);
        assertEq(Decode.withImmediate(word) != Operation.None, !isShift || isAllowed, "immediate");
        isAllowed = funct7 == 0 || (funct7 == 0x20 && funct3 == 5);
        bool isKnown = funct3 == 0 || (isShift && isAllowed);
        assertEq(Decode.withImmediateWord(word) != Operation.None, isKnown, "immediate, word");
    }

    /// @dev `count` bits of `bits` from `from` on, in `word` from `at` on.
    function _put(uint256 word, uint256 bits, uint256 from, uint256 count, uint256 at) private pure returns (uint256) {
        return word | (((bits >> from) & ((1 << count) - 1)) << at);
    }
}
// forge-lint: disable-end(unsafe-typecast, incorrect-shift)
