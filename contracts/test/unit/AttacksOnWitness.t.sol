// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {LeapWitness, MachineState} from "../../src/types/MachineState.sol";
import {MachineFixture} from "../support/MachineFixture.sol";

/// @notice A witness that does not fit is refused, whatever is wrong with it: nobody moves the machine elsewhere than it goes.
contract AttacksOnWitnessTest is MachineFixture {
    LeapWitness private witness;

    function setUp() public {
        witness = _witness(_needed());
    }

    function test_the_witness_that_fits() public view {
        assertEq(step.leap(_state(), witness), _next());
    }

    function test_a_leaf_that_is_missing() public {
        for (uint256 missing = 0; missing < 3; ++missing) {
            uint256[] memory shown = new uint256[](2);
            (shown[0], shown[1]) = (_needed()[missing == 0 ? 1 : 0], _needed()[missing == 2 ? 1 : 2]);
            witness = _witness(shown);
            _refused(abi.encodeWithSelector(IRiscvStep.LeafMissing.selector, _needed()[missing]));
        }
    }

    function test_a_leaf_shown_twice() public {
        witness.indexes.push(witness.indexes[2]);
        witness.leaves.push(keccak256("another"));
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
    }

    function test_leaves_in_disorder() public {
        (witness.indexes[0], witness.indexes[1]) = (witness.indexes[1], witness.indexes[0]);
        (witness.leaves[0], witness.leaves[1]) = (witness.leaves[1], witness.leaves[0]);
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
    }

    /// @dev Without a bound, a leaf 2^27 further on would have the same path.
    function test_a_leaf_beyond_memory() public {
        witness.indexes[2] += 2 ** 27;
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
    }

    function test_more_leaves_than_indexes_and_fewer() public {
        witness.leaves.push(keccak256("another"));
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
        witness.leaves.pop();
        witness.leaves.pop();
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
    }

    function test_no_leaf_at_all() public {
        delete witness.indexes;
        delete witness.leaves;
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
        // Nor with the root as the only node.
        delete witness.siblings;
        witness.siblings.push(_state().memoryRoot);
        _refused(abi.encodeWithSelector(IRiscvStep.LeavesDisordered.selector));
    }

    function test_a_sibling_too_many() public {
        uint256 count = witness.siblings.length;
        witness.siblings.push(bytes32(0));
        _refused(abi.encodeWithSelector(IRiscvStep.WrongSiblings.selector, count + 1));
    }

    function test_a_sibling_too_few() public {
        uint256 count = witness.siblings.length;
        witness.siblings.pop();
        _refused(abi.encodeWithSelector(IRiscvStep.WrongSiblings.selector, count - 1));
        delete witness.siblings;
        _refused(abi.encodeWithSelector(IRiscvStep.WrongSiblings.selector, 0));
    }

    function test_siblings_in_disorder() public {
        (witness.siblings[1], witness.siblings[2]) = (witness.siblings[2], witness.siblings[1]);
        _refusedForItsRoot();
    }

    function test_a_leaf_that_is_not_in_memory() public {
        witness.leaves[1] ^= bytes32(uint256(1));
        _refusedForItsRoot();
    }

    function test_a_leaf_at_another_place() public {
        ++witness.indexes[1];
        _refusedForItsRoot();
    }

    /// @dev The parent of the leaf that is read, shown as a leaf, with the one sibling less that it needs.
    function test_a_node_that_passes_for_a_leaf() public {
        uint256[] memory shown = _needed();
        witness.leaves[1] = _memory().node(1, shown[1] >> 1);
        for (uint256 i = 1; i + 1 < witness.siblings.length; ++i) {
            witness.siblings[i] = witness.siblings[i + 1];
        }
        witness.siblings.pop();
        _refused(abi.encodeWithSelector(IRiscvStep.WrongSiblings.selector, witness.siblings.length));
    }

    function test_the_witness_of_another_memory() public {
        MachineState memory state = _state();
        bytes32 memoryRoot = keccak256("another memory");
        bytes memory refusal = abi.encodeWithSelector(IRiscvStep.WrongRoot.selector, state.memoryRoot, memoryRoot);
        state.memoryRoot = memoryRoot;
        vm.expectRevert(refusal);
        step.leap(state, witness);
    }

    function test_leaves_that_nobody_touches_change_nothing() public {
        uint256[] memory shown = new uint256[](6);
        (shown[0], shown[1], shown[2]) = (0, CODE / 32, FROM / 32);
        (shown[3], shown[4], shown[5]) = (FROM / 32 + 1, 0x0abc_dee0 / 32, TO / 32);
        witness = _witness(shown);
        assertEq(step.leap(_state(), witness), _next());
    }

    function test_a_halted_machine_stays_and_no_witness_is_looked_at() public {
        MachineState memory state = _state();
        (state.halted, state.exitCode) = (true, 17);
        delete witness;
        assertEq(step.leap(state, witness), _hash(state));
        assertEq(step.leap(state, _witness(_needed())), _hash(state));
    }

    /// @dev A first fetch that faults touches no leaf, and yet is shown with one.
    function test_a_fault_at_once_is_shown_with_any_leaf() public {
        MachineState memory state = _state();
        state.pc = 2;
        uint256[] memory shown = new uint256[](1);
        witness = _witness(shown);
        bytes32 next = step.leap(state, witness);
        (state.cycle, state.halted, state.exitCode) = (6, true, 240);
        assertEq(next, _hash(state));
    }

    /// @dev No two encodings of one state: what is wider than its field is refused before anything else.
    function test_numbers_wider_than_their_fields() public {
        bytes memory call = abi.encodeCall(IRiscvStep.hashOf, (_state()));
        (bool isFine,) = address(step).staticcall(call);
        assertTrue(isFine, "as it is");
        // pc, cycle, halted, exitCode, and the registers; the root is first, of any 32 bytes.
        for (uint256 field = 1; field < 36; ++field) {
            uint256 at = 4 + 32 * field;
            call[at] = 0x01;
            (isFine,) = address(step).staticcall(call);
            assertFalse(isFine, vm.toString(field));
            call[at] = 0x00;
        }
    }

    function _refused(bytes memory refusal) private {
        vm.expectRevert(refusal);
        step.leap(_state(), witness);
    }

    function _refusedForItsRoot() private {
        vm.expectPartialRevert(IRiscvStep.WrongRoot.selector);
        step.leap(_state(), witness);
    }
}
