// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {LeapWitness} from "../types/MachineState.sol";
import {Fault} from "./Fault.sol";
import {Hart} from "./Hart.sol";
import {Leaves} from "./Leaves.sol";
import {MachineLimits} from "./MachineLimits.sol";
import {Opening} from "./Opening.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @notice System calls. Each reads all it reads before it writes; nothing is written when it faults.
library Calls {
    uint256 private constant LEAF_BYTES = MachineLimits.LEAF_BYTES;
    uint256 private constant A0 = 10;
    uint256 private constant A1 = 11;
    uint256 private constant A2 = 12;
    uint256 private constant A3 = 13;
    uint256 private constant A7 = 17;

    /// @notice Executes ECALL.
    /// @return fault nothing but it happens when there is one.
    function systemCall(Hart memory hart, Leaves memory leaves, LeapWitness calldata witness)
        internal
        view
        returns (uint8 fault)
    {
        uint256 number = hart.x[A7];
        uint256 result;
        uint256 cost;
        if (number == 1) {
            (fault, result) = _readPreimage(hart, leaves, witness.preimage);
            cost = MachineLimits.READ_PREIMAGE_CYCLES;
        } else if (number == 2) {
            fault = _keccak256(hart, leaves);
            cost = MachineLimits.KECCAK256_CYCLES;
        } else if (number == 3) {
            (fault, result) = _ecrecover(hart, leaves);
            cost = MachineLimits.ECRECOVER_CYCLES;
        } else if (number == 4) {
            fault = _readBlob(hart, leaves, witness.opening);
            cost = MachineLimits.READ_BLOB_CYCLES;
        } else if (number == 93) {
            return _exit(hart);
        } else {
            return Fault.UNKNOWN_CALL;
        }
        if (fault != Fault.NONE) return fault;
        hart.x[A0] = result;
        // A fetch succeeded: `pc` is below 2^32.
        hart.pc += 4;
        hart.cycle += cost;
    }

    /// @dev read_preimage(hash, offset, to, length)
    function _readPreimage(Hart memory hart, Leaves memory leaves, bytes calldata preimage)
        private
        pure
        returns (uint8, uint256)
    {
        (uint256 offset, uint256 to, uint256 length) = (hart.x[A1], hart.x[A2], hart.x[A3]);
        bool isWhole = offset % LEAF_BYTES == 0 && length % LEAF_BYTES == 0 && length <= MachineLimits.MAX_CALL_BYTES;
        if (!isWhole || !_isPlace(hart.x[A0], LEAF_BYTES) || !_isPlace(to, length)) return (Fault.BAD_ARGUMENT, 0);
        bytes32 hash = leaves.get(hart.x[A0] / LEAF_BYTES);
        if (keccak256(preimage) != hash) revert IRiscvStep.WrongPreimage(hash);
        if (preimage.length > MachineLimits.MAX_PREIMAGE_BYTES) return (Fault.BAD_ARGUMENT, 0);
        // Both are below 2^64, so their sum does not overflow.
        for (uint256 end = offset + length; offset < end && offset < preimage.length; offset += LEAF_BYTES) {
            // Bytes that are not there are zeros.
            leaves.set(to / LEAF_BYTES, bytes32(preimage[offset:]));
            to += LEAF_BYTES;
        }
        return (Fault.NONE, preimage.length);
    }

    /// @dev keccak256(from, length, to)
    function _keccak256(Hart memory hart, Leaves memory leaves) private pure returns (uint8) {
        (uint256 from, uint256 length, uint256 to) = (hart.x[A0], hart.x[A1], hart.x[A2]);
        if (length > MachineLimits.MAX_CALL_BYTES || !_isPlace(from, length) || !_isPlace(to, LEAF_BYTES)) {
            return Fault.BAD_ARGUMENT;
        }
        bytes memory input = abi.encodePacked(_read(leaves, from, (length + LEAF_BYTES - 1) / LEAF_BYTES));
        leaves.set(to / LEAF_BYTES, keccak256(Bytes.splice(input, 0, length)));
        return Fault.NONE;
    }

    /// @dev ecrecover(from, to)
    function _ecrecover(Hart memory hart, Leaves memory leaves) private pure returns (uint8, uint256) {
        (uint256 from, uint256 to) = (hart.x[A0], hart.x[A1]);
        if (!_isPlace(from, 4 * LEAF_BYTES) || !_isPlace(to, LEAF_BYTES)) return (Fault.BAD_ARGUMENT, 0);
        bytes32[] memory input = _read(leaves, from, 4);
        uint256 v = uint256(input[1]);
        // The precompile returns nothing for any other.
        if (v != 27 && v != 28) return (Fault.NONE, 0);
        // It takes the upper half of `s`, and so does the machine.
        // forge-lint: disable-next-line(unsafe-typecast)
        address signer = ecrecover(input[0], uint8(v), input[2], input[3]);
        if (signer == address(0)) return (Fault.NONE, 0);
        leaves.set(to / LEAF_BYTES, bytes32(uint256(uint160(signer))));
        return (Fault.NONE, 1);
    }

    /// @dev read_blob(hash, index, to)
    function _readBlob(Hart memory hart, Leaves memory leaves, bytes calldata opening) private view returns (uint8) {
        (uint256 hash, uint256 index, uint256 to) = (hart.x[A0], hart.x[A1], hart.x[A2]);
        if (index >= MachineLimits.BLOB_ELEMENTS || !_isPlace(hash, LEAF_BYTES) || !_isPlace(to, LEAF_BYTES)) {
            return Fault.BAD_ARGUMENT;
        }
        bytes32 element = Opening.element(opening, leaves.get(hash / LEAF_BYTES), index);
        leaves.set(to / LEAF_BYTES, element);
        return Fault.NONE;
    }

    /// @dev exit(code)
    function _exit(Hart memory hart) private pure returns (uint8) {
        uint256 code = hart.x[A0];
        if (code > MachineLimits.MAX_EXIT_CODE) return Fault.BAD_EXIT_CODE;
        // forge-lint: disable-next-line(unsafe-typecast)
        hart.halt(uint8(code));
        return Fault.NONE;
    }

    /// @dev `count` leaves from an address on.
    function _read(Leaves memory leaves, uint256 from, uint256 count) private pure returns (bytes32[] memory values) {
        values = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            values[i] = leaves.get(from / LEAF_BYTES + i);
        }
    }

    /// @dev Whether an argument may be an address from which `length` bytes are touched.
    function _isPlace(uint256 address_, uint256 length) private pure returns (bool) {
        return address_ % LEAF_BYTES == 0 && address_ + length <= MachineLimits.MEMORY_BYTES;
    }
}
