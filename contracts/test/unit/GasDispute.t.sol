// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DisputeFixture} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice What a dispute costs, as in `GasTest`. The leap of a step is not in it: see `GasLeap`.
contract GasDisputeTest is DisputeFixture {
    using Runs for Run;

    string private constant GROUP = "Gas";

    function test_gas_of_a_whole_match() public {
        _truth(0);
        Run memory invalid = _file(challenger, _wrong(300, 1));
        vm.snapshotGasLastCall(GROUP, "file, a claim against a batch");
        Run memory valid = _file(defender, _true(0));
        vm.snapshotGasLastCall(GROUP, "file, a claim in its defence");
        _move(defender, valid, invalid);
        vm.snapshotGasLastCall(GROUP, "move, first, 256 nodes");
        _move(challenger, valid, invalid);
        _move(defender, valid, invalid);
        vm.snapshotGasLastCall(GROUP, "move, third, 256 nodes");
        _move(challenger, valid, invalid);
        vm.snapshotGasLastCall(GROUP, "move, fourth, 64 nodes");
        _move(defender, valid, invalid);
        vm.snapshotGasLastCall(GROUP, "move, last");
        _step(defender, _true(0), valid, invalid);
        vm.snapshotGasLastCall(GROUP, "step, without the leap");
        skip(WINDOW);
        rollup.finalize(1);
        game.takeBack(hash, valid.root());
        vm.snapshotGasLastCall(GROUP, "takeBack, a claim");
    }

    function test_gas_of_silence() public {
        _truth(1);
        Run memory invalid = _file(challenger, _true(1));
        Run memory valid = _file(defender, _wrong(300, 0));
        _outlast(valid, invalid);
        game.expire(hash, valid.root(), invalid.root());
        vm.snapshotGasLastCall(GROUP, "expire, no move made");
        game.conclude(hash);
        vm.snapshotGasLastCall(GROUP, "conclude");
    }
}
