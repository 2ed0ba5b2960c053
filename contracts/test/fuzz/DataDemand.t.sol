// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {DemandFixture} from "../support/DemandFixture.sol";

/// @notice Demands and answers at random moments, against times kept in plain arrays.
contract DataDemandFuzz is DemandFixture {
    uint256[CHUNKS] private _madeAt;
    bool[CHUNKS] private _shown;
    uint256 private _lastShown;
    uint256 private _paid;

    function testFuzz_the_verdict_follows_the_oldest_demand(uint256 seed, uint16[12] calldata waits) public {
        for (uint256 i = 0; i < waits.length; ++i) {
            skip(waits[i]);
            uint32 chunk = uint32((seed >> (8 * i)) % CHUNKS);
            bool demands = (seed >> (8 * i + 7)) & 1 == 0;
            if (demands) _tryDemand(chunk);
            else _tryReveal(chunk);
            _check();
        }
        // However it went, it is decided by the bound.
        vm.warp(posted + WINDOW + DEMAND_DEADLINE + REVIEW);
        assertTrue(demand.ofBatch(1, hash) != VerdictStatus.DISPUTED);
        assertEq(rollup.finalize(1) == 2, !_fallen());
        if (_fallen()) rollup.reject(1, _genesis());
    }

    function _tryDemand(uint32 chunk) private {
        bool may = _madeAt[chunk] == 0 && !_fallen() && vm.getBlockTimestamp() < posted + WINDOW;
        vm.deal(demander, DEMAND_BOND);
        vm.prank(demander);
        (bool done,) = address(demand).call{value: DEMAND_BOND}(abi.encodeCall(demand.demand, (h, chunk)));
        assertEq(done, may);
        if (done) (_madeAt[chunk], _paid) = (vm.getBlockTimestamp(), _paid + 1);
    }

    function _tryReveal(uint32 chunk) private {
        bool may = _madeAt[chunk] != 0 && !_shown[chunk] && !_fallen();
        bytes memory call = abi.encodeCall(demand.reveal, (hash, chunk, _chunk(chunk), _chunkProof(chunk)));
        vm.prank(revealer);
        (bool done,) = address(demand).call(call);
        assertEq(done, may);
        if (done) (_shown[chunk], _lastShown) = (true, vm.getBlockTimestamp());
    }

    function _check() private view {
        VerdictStatus status = demand.ofBatch(1, hash);
        bool held = _open() || (_lastShown != 0 && vm.getBlockTimestamp() < _lastShown + REVIEW);
        assertEq(status == VerdictStatus.INVALID, _fallen());
        assertEq(status == VerdictStatus.DISPUTED, held && !_fallen());
        assertEq(address(demand).balance, _paid * DEMAND_BOND);
    }

    function _fallen() private view returns (bool fallen) {
        for (uint256 i = 0; i < CHUNKS; ++i) {
            if (_madeAt[i] != 0 && !_shown[i] && vm.getBlockTimestamp() > _madeAt[i] + DEMAND_DEADLINE) fallen = true;
        }
    }

    function _open() private view returns (bool open) {
        for (uint256 i = 0; i < CHUNKS; ++i) {
            if (_madeAt[i] != 0 && !_shown[i]) open = true;
        }
    }
}
