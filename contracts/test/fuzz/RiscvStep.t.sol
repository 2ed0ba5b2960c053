// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Leaves, MemoryLeaves} from "../../src/fault/Leaves.sol";
import {MemoryAccess} from "../../src/fault/MemoryAccess.sol";
import {MultiProof} from "../../src/fault/MultiProof.sol";
import {Opening} from "../../src/fault/Opening.sol";
import {StateHash} from "../../src/fault/StateHash.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {MachineFixture} from "../support/MachineFixture.sol";
import {SparseMemory} from "../support/SparseMemory.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

// Words are cut and shifted on purpose: that is what is tested.
// forge-lint: disable-start(unsafe-typecast, incorrect-shift)

/// @notice The parts of a leap against plain second opinions.
contract RiscvStepFuzzTest is MachineFixture {
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    /// @dev External, so that the siblings are calldata and reverts can be seen.
    function root(uint256[] memory indexes, bytes32[] memory leaves, bytes32[] calldata siblings)
        external
        pure
        returns (bytes32)
    {
        return MultiProof.root(indexes, leaves, siblings);
    }

    /// @dev External, so that the witness is calldata.
    function accesses(LeapWitness calldata witness, uint256 address_, uint256 size, uint256 value)
        external
        pure
        returns (uint256 found, bytes32 leaf, uint256 touched)
    {
        Leaves memory leaves = MemoryLeaves.ofWitness(witness);
        found = MemoryAccess.read(leaves, address_, size);
        MemoryAccess.write(leaves, address_, size, value);
        return (found, leaves.get(address_ / 32), leaves.touchedCount);
    }

    function testFuzz_many_leaves_lead_to_the_root_of_the_naive_tree(uint256 seed, uint256 shownOf) public view {
        SparseMemory memory m = _random(seed, 10);
        uint256[] memory shown = _some(m.indexes, shownOf);
        bytes32[] memory leaves = new bytes32[](shown.length);
        for (uint256 i = 0; i < shown.length; ++i) {
            leaves[i] = m.leaf(shown[i]);
        }
        assertEq(this.root(shown, leaves, m.siblings(shown)), m.root());
        // The same siblings lead to the root after a change of the leaves.
        for (uint256 i = 0; i < m.indexes.length; ++i) {
            for (uint256 j = 0; j < shown.length; ++j) {
                if (m.indexes[i] == shown[j]) (m.leaves[i], leaves[j]) = (~m.leaves[i], ~leaves[j]);
            }
        }
        assertEq(this.root(shown, leaves, m.siblings(shown)), m.root(), "after");
    }

    function testFuzz_leaves_that_nobody_touches_change_nothing(uint256 seed) public view {
        SparseMemory memory m = _random(seed, 8);
        uint256[] memory shown = _merged(_needed(), m.indexes);
        assertEq(step.leap(_state(), _witness(shown)), _next());
    }

    function testFuzz_every_bit_of_a_witness_matters(uint256 what, uint8 bit) public {
        LeapWitness memory witness = _witness(_needed());
        uint256 siblings = witness.siblings.length;
        what = bound(what, 0, siblings + 2);
        if (what < siblings) witness.siblings[what] ^= bytes32(2 ** uint256(bit));
        else witness.leaves[what - siblings] ^= bytes32(2 ** uint256(bit));
        vm.expectRevert();
        step.leap(_state(), witness);
    }

    function testFuzz_bytes_are_read_and_written_from_the_lowest_on(uint64 place, uint64 value, uint256 kind)
        public
        view
    {
        uint256 size = 2 ** bound(kind, 0, 3);
        uint256 at = bound(place, 0, 31) / size * size;
        (uint256 found, bytes32 leaf, uint256 touched) = this.accesses(_witness(_needed()), FROM + at, size, value);
        uint256 expected = 0;
        bytes memory after_ = abi.encodePacked(DATA);
        for (uint256 i = 0; i < size; ++i) {
            expected += uint256(uint8(DATA[at + i])) << (8 * i);
            after_[at + i] = bytes1(uint8(value >> (8 * i)));
        }
        assertEq(found, expected, "read");
        assertEq(leaf, bytes32(after_), "written");
        assertEq(touched, 1, "touched");
    }

    function testFuzz_the_state_hash_is_of_298_packed_bytes(MachineState memory state) public view {
        assertEq(_encode(state).length, 298);
        assertEq(StateHash.ofState(state), _hash(state));
        assertEq(step.hashOf(state), _hash(state));
    }

    /// @dev By the precompile of exponents, and bits reversed one by one.
    function testFuzz_elements_are_at_roots_of_unity_in_reversed_order(uint256 index) public view {
        index = bound(index, 0, 4095);
        uint256 reversed = 0;
        for (uint256 i = 0; i < 12; ++i) {
            reversed = 2 * reversed + ((index >> i) & 1);
        }
        uint256 exponent = (MODULUS - 1) / 4096 * reversed;
        assertEq(Opening.point(index), Math.modExp(7, exponent, MODULUS));
    }

    /// @dev Some leaves, most of them near another.
    function _random(uint256 seed, uint256 most) private pure returns (SparseMemory memory m) {
        uint256[] memory indexes = new uint256[](0);
        uint256 count = 1 + seed % most;
        for (uint256 i = 0; i < count; ++i) {
            uint256[] memory one = new uint256[](1);
            seed = uint256(keccak256(abi.encode(seed)));
            bool isNear = i > 0 && seed % 3 != 0;
            one[0] = isNear ? indexes[seed % indexes.length] ^ (1 << (seed >> 8) % 6) : (seed >> 8) % 2 ** 27;
            indexes = _merged(indexes, one);
        }
        (m.indexes, m.leaves) = (indexes, new bytes32[](indexes.length));
        for (uint256 i = 0; i < indexes.length; ++i) {
            m.leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    /// @dev Those of `indexes` whose bit is set, and the first if none is; and perhaps a leaf beside one of them.
    function _some(uint256[] memory indexes, uint256 bits) private pure returns (uint256[] memory shown) {
        shown = new uint256[](0);
        for (uint256 i = 0; i < indexes.length; ++i) {
            uint256[] memory one = new uint256[](1);
            one[0] = indexes[i] ^ ((bits >> (i + 16)) & 1);
            if ((bits >> i) & 1 == 1 || i == 0) shown = _merged(shown, one);
        }
    }

    /// @dev Both, ascending, none twice.
    function _merged(uint256[] memory a, uint256[] memory b) private pure returns (uint256[] memory all) {
        all = new uint256[](a.length + b.length);
        (uint256 i, uint256 j, uint256 count) = (0, 0, 0);
        while (i < a.length || j < b.length) {
            bool isLeft = j == b.length || (i < a.length && a[i] <= b[j]);
            uint256 next = isLeft ? a[i++] : b[j++];
            if (count == 0 || all[count - 1] != next) all[count++] = next;
        }
        uint256[] memory shortened = new uint256[](count);
        for (uint256 k = 0; k < count; ++k) {
            shortened[k] = all[k];
        }
        return shortened;
    }
}
// forge-lint: disable-end(unsafe-typecast, incorrect-shift)
