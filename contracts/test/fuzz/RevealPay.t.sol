// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DemandFixture} from "../support/DemandFixture.sol";

/// @notice How a bond is split, at random base fees up to 18 ether a gas.
/// @dev Within the transaction of a test: the calls of isolated ones have a base fee of 0.
/// forge-config: default.isolate = false
contract RevealPayFuzz is DemandFixture {
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_a_bond_is_split_by_the_price_to_the_wei(uint64 fee, uint8 seed) public {
        vm.fee(fee);
        uint32 chunk = seed % CHUNKS;
        _demand(chunk);
        _reveal(chunk);
        uint256 price = _price(_chunk(chunk).length);
        _assertPaid(price < DEMAND_BOND ? price : DEMAND_BOND);
        assertEq(address(demand).balance, DEMAND_BOND);
    }
}
