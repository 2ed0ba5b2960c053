// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RiscvStep} from "../../src/fault/RiscvStep.sol";
import {IRiscvStep} from "../../src/interfaces/IRiscvStep.sol";
import {Leap, Leaps} from "../support/Leaps.sol";

/// @notice What a leap reads from outside of memory is what was asked for, or the leap is refused.
contract AttacksOnCallsTest is Leaps {
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    RiscvStep private immutable step = new RiscvStep();

    function test_a_false_preimage() public {
        Leap memory l = _reading();
        l.witness.preimage[1999] ^= 0x01;
        _refusesPreimage(l);
    }

    function test_a_longer_preimage_and_a_shorter_one() public {
        Leap memory l = _reading();
        bytes memory preimage = l.witness.preimage;
        l.witness.preimage = bytes.concat(preimage, bytes1(0x00));
        _refusesPreimage(l);
        l.witness.preimage = new bytes(1999);
        for (uint256 i = 0; i < 1999; ++i) {
            l.witness.preimage[i] = preimage[i];
        }
        _refusesPreimage(l);
    }

    function test_no_preimage() public {
        Leap memory l = _reading();
        l.witness.preimage = "";
        _refusesPreimage(l);
    }

    /// @dev Whoever has a preimage that is too large shows it: it is a fault of the program, not of the witness.
    function test_a_false_preimage_that_is_too_large() public {
        Leap memory l = _leap("read_preimage: too large");
        assertEq(step.leap(l.state, l.witness), l.next);
        l.witness.preimage[0] ^= 0x01;
        _refusesPreimage(l);
    }

    function test_the_opening_of_another_element() public {
        Leap memory l = _leap("read_blob: element 1 to 0x9000");
        l.witness.opening = _leap("read_blob: element 2048 to 0x9000").witness.opening;
        _refusesOpening(l);
        l.witness.opening = _leap("read_blob: element 0 to 0x9000").witness.opening;
        _refusesOpening(l);
    }

    /// @dev Its memory asks for another blob.
    function test_the_opening_of_another_blob() public {
        Leap memory l = _leap("read_blob: element 1 to 0x9000");
        // A commitment to the polynomial that is zero everywhere, and its proof: the point at infinity, twice.
        bytes memory infinity = bytes.concat(bytes1(0xc0), new bytes(47));
        l.witness.opening = bytes.concat(bytes32(0), infinity, infinity);
        _refusesOpening(l);
    }

    function test_an_opening_with_a_bit_changed() public {
        Leap memory l = _leap("read_blob: element 1 to 0x9000");
        // The value, the commitment, the proof.
        uint8[6] memory places = [0, 31, 32, 79, 80, 127];
        for (uint256 i = 0; i < places.length; ++i) {
            l.witness.opening[places[i]] ^= 0x01;
            _refusesOpening(l);
            l.witness.opening[places[i]] ^= 0x01;
        }
        assertEq(step.leap(l.state, l.witness), l.next);
    }

    /// @dev A value of the field has one name.
    function test_an_element_beyond_the_modulus() public {
        Leap memory l = _leap("read_blob: element 7 to 0x9000");
        for (uint256 i = 0; i < 32; ++i) {
            assertEq(l.witness.opening[i], bytes1(0x00), "element 7 is zero");
            l.witness.opening[i] = bytes32(MODULUS)[i];
        }
        _refusesOpening(l);
    }

    function test_an_opening_that_is_missing_or_of_another_length() public {
        Leap memory l = _leap("read_blob: element 1 to 0x9000");
        bytes memory opening = l.witness.opening;
        l.witness.opening = "";
        _refusesOpening(l);
        l.witness.opening = bytes.concat(opening, bytes1(0x00));
        _refusesOpening(l);
        l.witness.opening = new bytes(127);
        for (uint256 i = 0; i < 127; ++i) {
            l.witness.opening[i] = opening[i];
        }
        _refusesOpening(l);
    }

    /// @dev A precompile that runs out of gas must not be taken for one that finds nothing.
    function test_too_little_gas_leads_to_no_other_state() public {
        string[3] memory names =
            ["ecrecover: a signature", "ecrecover: a signature, four times", "read_blob: element 1 to 0x9000"];
        for (uint256 i = 0; i < names.length; ++i) {
            _starve(_leap(names[i]));
        }
    }

    function _starve(Leap memory l) private {
        bytes memory call = abi.encodeCall(IRiscvStep.leap, (l.state, l.witness));
        uint256 failed = 0;
        uint256 fine = 0;
        for (uint256 gas = 20_000; gas < 260_000; gas += 1000) {
            (bool isFine, bytes memory next) = address(step).staticcall{gas: gas}(call);
            if (isFine) assertEq(abi.decode(next, (bytes32)), l.next, l.name);
            isFine ? ++fine : ++failed;
        }
        assertGt(failed, 20, "too little");
        assertGt(fine, 20, "enough");
    }

    function _reading() private view returns (Leap memory) {
        return _leap("read_preimage: the end, filled up with zeros");
    }

    function _refusesPreimage(Leap memory l) private {
        vm.expectPartialRevert(IRiscvStep.WrongPreimage.selector);
        step.leap(l.state, l.witness);
    }

    /// @dev The precompile takes all gas that it gets when it refuses.
    function _refusesOpening(Leap memory l) private {
        vm.expectRevert(IRiscvStep.WrongOpening.selector);
        step.leap{gas: 400_000}(l.state, l.witness);
    }
}
