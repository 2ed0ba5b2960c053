// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RevealPrice} from "../../src/libraries/RevealPrice.sol";
import {DemandFixture} from "../support/DemandFixture.sol";
import {StressFixture} from "../support/StressFixture.sol";
import {Tree} from "../support/Tree.sol";

/// @notice What a reveal costs at most, as in `GasTest`, and that it is paid by the price of `RevealPrice`.
contract GasRevealTest is StressFixture, DemandFixture {
    uint32 private constant DEMANDED = 5;
    /// @dev Neither the first of the demands, nor next to it, nor the last: all around it is written.
    uint32 private constant SHOWN = 2;

    bytes private _data;

    function setUp() public override(StressFixture, DemandFixture) {
        super.setUp();
        _samples(31, CALM);
    }

    function test_the_smallest_reveal_costs_no_more_than_its_price() public {
        _assertPays(1);
        vm.snapshotGasLastCall("Gas", "reveal, 1 byte, amid other demands, in stress");
    }

    function test_the_dearest_reveal_costs_no_more_than_its_price() public {
        _assertPays(24_576);
    }

    /// @dev The floor of calldata overtakes what is executed at some 6,500 bytes.
    function test_no_length_costs_more_than_its_price() public {
        uint256 before = vm.snapshotState();
        for (uint256 length = 0; length < 10_000; length = 2 * length + 100) {
            _assertPays(length);
            vm.revertToState(before);
        }
    }

    /// @dev At a base fee of 100 gwei, with room to spare.
    function test_the_bond_pays_for_the_dearest_reveal_in_dear_times() public pure {
        uint256 gas = RevealPrice.BASE_GAS + RevealPrice.GAS_PER_BYTE * 24_576;
        assertGe(DEMAND_BOND, gas * (130 gwei * 5 / 4 + 1 gwei));
    }

    function _assertPays(uint256 length) private {
        uint256 gas = _gasOf(length);
        assertGt(gas, 100_000);
        assertLe(gas, RevealPrice.BASE_GAS + RevealPrice.GAS_PER_BYTE * length);
    }

    /// @dev Of showing so many bytes, none of them 0, to a batch of its own.
    function _gasOf(uint256 length) private returns (uint256) {
        _data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            _data[i] = 0xff;
        }
        bytes32[] memory leaves = new bytes32[](DEMANDED);
        for (uint32 i = 0; i < DEMANDED; ++i) {
            leaves[i] = i == SHOWN ? Tree.leaf(_data) : Tree.leaf(abi.encode(i));
        }
        h = _next();
        h.inputsRoot = Tree.root(leaves, DEPTH);
        h.inputChunks = DEMANDED;
        hash = _hash(h);
        _post(h);
        for (uint32 i = 0; i < DEMANDED; ++i) {
            _demand(i);
        }
        _stress(0, 2 * DEMAND_DEADLINE / INTERVAL);
        bytes32[] memory proof = Tree.proof(leaves, SHOWN, DEPTH);
        vm.prank(revealer);
        demand.reveal(hash, SHOWN, _data, proof);
        return vm.lastCallGas().gasTotalUsed;
    }
}
