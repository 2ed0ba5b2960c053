// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IDataDemand} from "../../src/interfaces/IDataDemand.sol";
import {DataDemand} from "../../src/settlement/DataDemand.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {DemandFixture} from "../support/DemandFixture.sol";

/// @notice Demands, and when it is paid its credit calls back for more.
contract Greedy {
    DataDemand private immutable _demand;
    bytes private _again;
    uint256 public calls;
    bytes public refusal;

    constructor(DataDemand demand_) {
        _demand = demand_;
    }

    function ask(BatchHeader calldata header, uint32 chunk) external payable {
        _demand.demand{value: msg.value}(header, chunk);
    }

    function pull(bytes calldata again) external {
        _again = again;
        _demand.withdrawCredit(address(this));
    }

    receive() external payable {
        calls += 1;
        (bool done, bytes memory answer) = address(_demand).call(_again);
        if (!done) refusal = answer;
    }
}

contract HostileDemandTest is DemandFixture {
    function test_who_is_paid_and_calls_back_gets_nothing_twice() public {
        Greedy greedy = new Greedy(demand);
        vm.deal(address(this), DEMAND_BOND);
        greedy.ask{value: DEMAND_BOND}(h, 0);
        _demand(1);
        skip(DEMAND_DEADLINE + 1);
        demand.takeBack(hash, 0);
        greedy.pull(abi.encodeCall(ICredit.withdrawCredit, (address(greedy))));
        assertEq(greedy.calls(), 1);
        assertEq(greedy.refusal(), abi.encodeWithSelector(ICredit.NoCredit.selector, address(greedy)));
        assertEq(address(greedy).balance, DEMAND_BOND);
        assertEq(address(demand).balance, DEMAND_BOND, "the bond of the other stays");
        // Nor by the demand itself, which is over.
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.NotOpen.selector, hash, 0));
        demand.takeBack(hash, 0);
    }
}
