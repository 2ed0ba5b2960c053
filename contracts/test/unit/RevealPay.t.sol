// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../../src/interfaces/ICredit.sol";
import {IDataDemand} from "../../src/interfaces/IDataDemand.sol";
import {DataDemand} from "../../src/settlement/DataDemand.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {DemandFixture} from "../support/DemandFixture.sol";

/// @notice Demands, and takes no ether.
contract Refusing {
    DataDemand private immutable _demand;

    constructor(DataDemand demand_) {
        _demand = demand_;
    }

    function ask(BatchHeader calldata header, uint32 chunk) external payable {
        _demand.demand{value: msg.value}(header, chunk);
    }

    receive() external payable {
        revert("no ether");
    }
}

/// @notice Who shows a chunk is paid what that costs, and the rest of the bond goes back.
/// @dev Within the transaction of a test: the calls of isolated ones have a base fee of 0.
/// forge-config: default.isolate = false
contract RevealPayTest is DemandFixture {
    /// @dev Of a full chunk, by the price.
    uint256 private constant FULL_GAS = 1_133_040;

    function test_a_reveal_is_paid_its_price_and_the_rest_of_the_bond_goes_back() public {
        vm.fee(10 gwei);
        _demand(0);
        vm.expectEmit(address(demand));
        emit IDataDemand.ChunkRevealed(hash, 1, 0, revealer, FULL_GAS * 13.5 gwei, _chunk(0), _chunkProof(0));
        _reveal(0);
        _assertPaid(FULL_GAS * 13.5 gwei);
    }

    /// @dev A chunk of five bytes, in blocks of other base fees than that of the demand.
    function test_the_price_is_that_of_the_bytes_and_of_the_block_of_the_reveal() public {
        vm.fee(500 gwei);
        _demand(2);
        uint256 demanded = vm.snapshotState();
        vm.fee(0);
        _reveal(2);
        _assertPaid(150_200 * 1 gwei);
        vm.revertToState(demanded);
        vm.fee(10 gwei + 3);
        _reveal(2);
        _assertPaid(150_200 * (13.5 gwei + 3));
    }

    /// @dev The last base fee that the bond pays for, and the next.
    function test_above_what_the_bond_pays_for_all_of_it_is_the_revealers() public {
        _demand(0);
        uint256 demanded = vm.snapshotState();
        uint256 last = (DEMAND_BOND / FULL_GAS - 1 gwei) * 4 / 5;
        vm.fee(last - 1);
        _reveal(0);
        assertLt(demand.credit(revealer), DEMAND_BOND);
        assertGt(demand.credit(demander), 0);
        for (uint256 i = 0; i < 2; ++i) {
            vm.revertToState(demanded);
            vm.fee(i == 0 ? last + 2 : 5000 gwei);
            _reveal(0);
            _assertPaid(DEMAND_BOND);
        }
        vm.expectRevert(abi.encodeWithSelector(ICredit.NoCredit.selector, demander));
        vm.prank(demander);
        demand.withdrawCredit(demander);
    }

    /// @dev Whoever posted the batch shows each chunk in the last second, and has no more than that costs at most.
    function test_who_withholds_and_shows_late_gains_nothing() public {
        vm.fee(10 gwei);
        for (uint32 i = 0; i < CHUNKS; ++i) {
            _demand(i);
        }
        skip(DEMAND_DEADLINE);
        uint256 cost = 0;
        for (uint32 i = 0; i < CHUNKS; ++i) {
            bytes32[] memory proof = _chunkProof(i);
            vm.prank(sequencer);
            demand.reveal(hash, i, _chunk(i), proof);
            cost += (150_000 + 40 * _chunk(i).length) * (10 gwei * 5 / 4 + 1 gwei);
        }
        assertLe(demand.credit(sequencer), cost);
        assertGe(demand.credit(demander), CHUNKS * DEMAND_BOND - cost);
        assertEq(demand.credit(sequencer) + demand.credit(demander), CHUNKS * DEMAND_BOND);
    }

    /// @dev The one who copied is paid what he pays for gas, once; who was copied loses his gas and the demander nothing.
    function test_who_copies_a_reveal_gains_nothing() public {
        vm.fee(10 gwei);
        _demand(0);
        address copier = makeAddr("copier");
        bytes memory data = _chunk(0);
        bytes32[] memory proof = _chunkProof(0);
        vm.prank(copier);
        demand.reveal(hash, 0, data, proof);
        vm.expectRevert(abi.encodeWithSelector(IDataDemand.NotOpen.selector, hash, 0));
        vm.prank(revealer);
        demand.reveal(hash, 0, data, proof);
        assertLe(demand.credit(copier), FULL_GAS * (10 gwei * 5 / 4 + 1 gwei));
        assertEq(demand.credit(revealer), 0);
        assertEq(demand.credit(demander), DEMAND_BOND - demand.credit(copier));
    }

    function test_who_shows_what_he_demanded_himself_gets_his_bond_and_no_more() public {
        vm.fee(10 gwei);
        _demand(0);
        bytes32[] memory proof = _chunkProof(0);
        vm.prank(demander);
        demand.reveal(hash, 0, _chunk(0), proof);
        assertEq(demand.credit(demander), DEMAND_BOND);
        assertEq(address(demand).balance, DEMAND_BOND);
    }

    function test_a_demander_that_takes_no_ether_keeps_no_reveal_out() public {
        Refusing refusing = new Refusing(demand);
        vm.deal(address(this), DEMAND_BOND);
        refusing.ask{value: DEMAND_BOND}(h, 0);
        _reveal(0);
        assertEq(demand.credit(revealer), _price(24_576));
        assertEq(demand.credit(address(refusing)), DEMAND_BOND - _price(24_576));
    }
}
