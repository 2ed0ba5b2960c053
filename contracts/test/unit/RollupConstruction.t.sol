// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../../src/interfaces/IRollup.sol";
import {IVerdict} from "../../src/interfaces/IVerdict.sol";
import {Rollup} from "../../src/settlement/Rollup.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {RollupTerms} from "../../src/types/RollupTerms.sol";
import {Fixture} from "../support/Fixture.sol";

contract RollupConstructionTest is Fixture {
    function test_starts_with_a_final_genesis() public view {
        assertEq(rollup.batchCount(), 1);
        assertEq(rollup.finalizedCount(), 1);
        assertEq(rollup.batchHash(0), _hash(_genesis()));
        assertEq(rollup.postedAt(0), START);
        assertTrue(rollup.isFinal(0));
        assertFalse(rollup.isFinal(1));
        assertFalse(rollup.isFinal(type(uint64).max));
        assertEq(rollup.tip().stateRoot, _genesis().stateRoot);
    }

    function test_refuses_a_genesis_that_is_not_one() public {
        BatchHeader memory h = _genesis();
        h.index = 1;
        _expectNotGenesis(h);
        h = _genesis();
        h.lastSeq = 1;
        _expectNotGenesis(h);
        h = _genesis();
        h.lastTimeMs = 1;
        _expectNotGenesis(h);
        h = _genesis();
        h.l1MessageCount = 1;
        _expectNotGenesis(h);
        h = _genesis();
        h.l1MessageHash = bytes32(uint256(1));
        _expectNotGenesis(h);
        h = _genesis();
        h.withdrawalCount = 1;
        _expectNotGenesis(h);
    }

    function test_refuses_a_genesis_with_another_state_root() public {
        BatchHeader memory h = _genesis();
        bytes32 right = h.stateRoot;
        h.stateRoot = bytes32(uint256(1));
        _mockWiring();
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongStateRoot.selector, h.stateRoot, right));
        new Rollup(inbox, _rollupTerms(), h, GENESIS_DATA);
    }

    function test_refuses_bad_construction() public {
        RollupTerms memory t = _rollupTerms();
        t.sequencer = address(0);
        _expectBadTerms(t, abi.encodeWithSelector(IRollup.ZeroAddress.selector));
        _expectBadTerms(_rollupTerms(), abi.encodeWithSelector(IRollup.WrongInbox.selector, address(inbox)));
        t = _rollupTerms();
        t.challengeWindow = 0;
        _mockWiring();
        _expectBadTerms(t, abi.encodeWithSelector(IRollup.NoChallengeWindow.selector));
        t = _rollupTerms();
        t.verdict = IVerdict(makeAddr("nobody"));
        _mockWiring();
        _expectBadTerms(t, abi.encodeWithSelector(IRollup.NoVerdict.selector, address(t.verdict)));
        uint64[3] memory bad = [0, REFUND_AFTER - 1, 30 days + 1];
        for (uint256 i = 0; i < bad.length; ++i) {
            t = _rollupTerms();
            t.forcedDeadline = bad[i];
            _mockWiring();
            bytes4 selector = IRollup.InvalidForcedDeadline.selector;
            _expectBadTerms(t, abi.encodeWithSelector(selector, bad[i], REFUND_AFTER, 30 days));
        }
        t.forcedDeadline = REFUND_AFTER;
        _mockWiring();
        assertEq(new Rollup(inbox, t, _genesis(), GENESIS_DATA).forcedDeadline(), REFUND_AFTER);
        t.forcedDeadline = 30 days;
        _mockWiring();
        assertEq(new Rollup(inbox, t, _genesis(), GENESIS_DATA).forcedDeadline(), 30 days);
    }

    function test_tells_the_data_of_genesis() public {
        _mockWiring();
        vm.expectEmit();
        emit IRollup.GenesisData(GENESIS_DATA);
        new Rollup(inbox, _rollupTerms(), _genesis(), GENESIS_DATA);
    }

    function test_refuses_other_data_of_genesis() public {
        _mockWiring();
        bytes4 selector = IRollup.WrongDiffHash.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, keccak256(GENESIS_DATA), keccak256("")));
        new Rollup(inbox, _rollupTerms(), _genesis(), "");

        BatchHeader memory h = _genesis();
        bytes32 right = h.dataHash;
        h.dataHash = keccak256(abi.encodePacked(uint8(0), h.diffHash));
        _mockWiring();
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongDataHash.selector, h.dataHash, right));
        new Rollup(inbox, _rollupTerms(), h, GENESIS_DATA);
    }

    function _expectNotGenesis(BatchHeader memory h) private {
        _mockWiring();
        vm.expectRevert(
            abi.encodeWithSelector(
                IRollup.NotGenesis.selector,
                h.index,
                h.lastSeq,
                h.lastTimeMs,
                h.l1MessageCount,
                h.l1MessageHash,
                h.withdrawalCount
            )
        );
        new Rollup(inbox, _rollupTerms(), h, GENESIS_DATA);
    }

    function _expectBadTerms(RollupTerms memory t, bytes memory reason) private {
        vm.expectRevert(reason);
        new Rollup(inbox, t, _genesis(), GENESIS_DATA);
    }

    function _mockWiring() private {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.mockCall(address(inbox), abi.encodeCall(inbox.rollup, ()), abi.encode(next));
    }
}
