// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ISequencerBond} from "../../src/interfaces/ISequencerBond.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {PromiseLink, SignedPromise} from "../../src/types/Promise.sol";
import {BondFixture} from "../support/BondFixture.sol";

contract BondFuzzTest is BondFixture {
    uint64 private constant LENGTH = 30;

    /// @dev Whatever is made of the promises of one log and of batches that hold it, nothing takes the bond.
    function testFuzz_one_log_has_no_fault(
        uint64 seq,
        uint64 signed,
        uint64 other,
        uint64 last,
        uint64 lie,
        bytes32 hash
    ) public {
        last = _within(last, 1, LENGTH);
        seq = _within(seq, 1, last);
        signed = _within(signed, seq, LENGTH);
        other = _within(other, seq, LENGTH);
        SignedPromise memory first = _promise("log", seq, signed);
        SignedPromise memory second = _promise("log", seq, other);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NoFault.selector, seq));
        sequencerBond.slashTwoPromises(first, second);

        BatchHeader memory h = _finalLog("log", last);
        bytes32 before = _chain("log", seq - 1);
        PromiseLink[] memory links = _links("log", seq, last);
        vm.expectRevert(abi.encodeWithSelector(ISequencerBond.NoFault.selector, seq));
        sequencerBond.slashBrokenPromise(first, before, links, h);
        // Nor does a lie about the batch.
        uint256 at = _within(lie, 0, uint64(links.length) - 1);
        vm.assume(hash != links[at].sourceHash);
        links[at].sourceHash = hash;
        vm.expectPartialRevert(ISequencerBond.WrongEnd.selector);
        sequencerBond.slashBrokenPromise(first, before, links, h);
        assertEq(sequencerBond.bond(), SEQUENCER_BOND);
    }

    /// @dev Two logs that differ from some input on: each later place, however signed, takes the bond both ways.
    function testFuzz_two_logs_are_a_fault_at_every_place(
        uint64 seq,
        uint64 signed,
        uint64 other,
        uint64 last,
        bool batch
    ) public {
        last = _within(last, 1, LENGTH);
        seq = _within(seq, 1, last);
        SignedPromise memory first = _promise("one", seq, _within(signed, seq, LENGTH));
        if (batch) {
            BatchHeader memory h = _finalLog("two", last);
            sequencerBond.slashBrokenPromise(first, _chain("two", seq - 1), _links("two", seq, last), h);
        } else {
            sequencerBond.slashTwoPromises(_promise("two", seq, _within(other, seq, LENGTH)), first);
        }
        assertEq(sequencerBond.bond(), 0);
        assertEq(sequencerBond.credit(address(this)), SEQUENCER_BOND / 4);
    }

    /// @dev A signature over anything else than this promise of this exchange is nobody's.
    function testFuzz_no_other_signature_counts(bytes32 digest, bytes memory garbage) public {
        SignedPromise[2] memory ps = [_promise("one", 5), _promise("two", 5)];
        vm.assume(digest != _digest(block.chainid, address(rollup), 5, ps[1].chain, ps[1].time));
        bytes memory good = ps[1].signature;
        _sign(ps[1], digest);
        vm.expectPartialRevert(ISequencerBond.NotSigned.selector);
        sequencerBond.slashTwoPromises(ps[0], ps[1]);
        vm.assume(keccak256(garbage) != keccak256(good));
        ps[1].signature = garbage;
        vm.expectPartialRevert(ISequencerBond.NotSigned.selector);
        sequencerBond.slashTwoPromises(ps[0], ps[1]);
    }

    function _within(uint64 value, uint64 from, uint64 to) private pure returns (uint64) {
        return uint64(bound(value, from, to));
    }
}
