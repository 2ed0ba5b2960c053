// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

/// @notice What each move costs in a transaction of its own, `snapshots/Gas.json`. Tests run isolated (foundry.toml),
/// so the figures hold the 21,000, the calldata and cold storage.
contract GasTest is EscapeFixture {
    string private constant GROUP = "Gas";

    function test_gas_deposit() public {
        token.mint(alice, 100e6);
        vm.startPrank(alice);
        token.approve(address(vault), 100e6);
        vault.deposit(0, 10e6, alice, NEW);
        vm.snapshotGasLastCall(GROUP, "deposit, first ever");
        vault.deposit(0, 10e6, alice, NEW);
        vm.snapshotGasLastCall(GROUP, "deposit");
        vm.stopPrank();
    }

    function test_gas_post() public {
        _deposit(alice, 100e6);
        _post(_next());
        BatchHeader memory h = _next();
        _post(h);
        vm.snapshotGasLastCall(GROUP, "postBatch, 4 bytes of calldata");

        bytes memory diff = new bytes(10_000);
        for (uint256 i = 0; i < diff.length; ++i) {
            diff[i] = 0xff;
        }
        h = _next();
        _carry(h, diff);
        vm.prank(sequencer);
        rollup.postBatch(h, diff);
        vm.snapshotGasLastCall(GROUP, "postBatch, 10 kB of calldata");
    }

    function test_gas_finalize() public {
        for (uint256 i = 0; i < 11; ++i) {
            _post(_next());
        }
        skip(WINDOW);
        rollup.finalize(1);
        vm.snapshotGasLastCall(GROUP, "finalize, 1 batch");
        rollup.finalize(11);
        vm.snapshotGasLastCall(GROUP, "finalize, 10 batches");
    }

    function test_gas_forced() public {
        vm.deal(alice, 10 ether);
        vm.startPrank(alice);
        inbox.forceExit{value: 2 * BASE_FEE}(7, alice);
        vm.snapshotGasLastCall(GROUP, "forceExit, first ever, with change");
        for (uint256 i = 1; i < 100; ++i) {
            inbox.forceExit{value: inbox.forcedFee()}(7, alice);
        }
        inbox.forceExit{value: inbox.forcedFee()}(7, alice);
        vm.snapshotGasLastCall(GROUP, "forceExit, after 100 others");
        vm.stopPrank();

        skip(REFUND_AFTER + 1);
        inbox.settleForced(50, _genesis());
        vm.snapshotGasLastCall(GROUP, "settleForced");
        vm.prank(alice);
        inbox.withdrawCredit(alice);
        vm.snapshotGasLastCall(GROUP, "withdrawCredit");
    }

    function test_gas_claim() public {
        _deposit(alice, 100e6);
        Withdrawal[] memory ws = _withdrawals(0, 4);
        BatchHeader memory h = _settle(ws);
        bytes32[] memory proof = _proof(ws, 0);
        withdrawals.claim(h, ws[0], 0, proof);
        vm.snapshotGasLastCall(GROUP, "claim, first of its word, to a fresh balance");
        proof = _proof(ws, 2);
        withdrawals.claim(h, ws[2], 2, proof);
        vm.snapshotGasLastCall(GROUP, "claim");
    }

    function test_gas_reject() public {
        for (uint256 i = 0; i < 90; ++i) {
            _force();
        }
        BatchHeader memory first = _next();
        _post(first);
        _post(_next());
        _setBatch(first, VerdictStatus.INVALID);
        rollup.reject(1, _genesis());
        vm.snapshotGasLastCall(GROUP, "reject, 2 batches");
    }

    function test_gas_freeze() public {
        uint64 id = _force();
        skip(DEADLINE + 1);
        rollup.freeze(id);
        vm.snapshotGasLastCall(GROUP, "freeze");
    }

    function test_gas_govern() public {
        vm.prank(address(governance));
        inbox.govern(6, 2, 50_000);
        vm.snapshotGasLastCall(GROUP, "govern");
    }

    function test_gas_escape() public {
        _deposit(alice, 100e6);
        _deposit(alice, 10e6);
        _postConsuming(1);
        _settleAll();
        EscapePayout[] memory ps = _payouts(4, 10e6);
        bytes32 h = _propose(_claimOf(ps));
        vm.snapshotGasLastCall(GROUP, "propose");
        skip(WINDOW);
        escape.accept(h);
        vm.snapshotGasLastCall(GROUP, "accept");
        bytes32[] memory proof = _payoutProof(ps, 0);
        escape.claim(ps[0], proof);
        vm.snapshotGasLastCall(GROUP, "escape claim, first of its word, to a fresh balance");
        proof = _payoutProof(ps, 2);
        escape.claim(ps[2], proof);
        vm.snapshotGasLastCall(GROUP, "escape claim");
        escape.refund(1, 1000, START, _depositOf(alice, 10e6));
        vm.snapshotGasLastCall(GROUP, "refund");
    }
}
