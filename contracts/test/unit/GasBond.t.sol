// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {PromiseLink} from "../../src/types/Promise.sol";
import {BondFixture} from "../support/BondFixture.sol";

/// @notice What it costs to show a fault, as in `GasTest`.
contract GasBondTest is BondFixture {
    string private constant GROUP = "Gas";

    function test_gas_slash_two_promises() public {
        sequencerBond.slashTwoPromises(_promise("a", 20, 35), _promise("b", 20, 35));
        vm.snapshotGasLastCall(GROUP, "slashTwoPromises, 15 links each");
    }

    function test_gas_slash_broken_promise() public {
        BatchHeader memory h = _finalLog("posted", 20);
        sequencerBond.slashBrokenPromise(_promise("promised", 20), 0, new PromiseLink[](0), h);
        vm.snapshotGasLastCall(GROUP, "slashBrokenPromise, the last of its batch");
    }

    function test_gas_learn() public {
        BatchHeader memory h = _finalLog("posted", 1030);
        sequencerBond.learn(6, _chain("posted", 6), _links("posted", 7, 1030), h);
        vm.snapshotGasLastCall(GROUP, "learn, 1024 links");
    }

    function test_gas_slash_rejected_batch() public {
        sequencerBond.slashRejectedBatch(_hash(_rejected()));
        vm.snapshotGasLastCall(GROUP, "slashRejectedBatch");
    }
}
