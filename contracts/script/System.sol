// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Vault} from "../src/bridge/Vault.sol";
import {Withdrawals} from "../src/bridge/Withdrawals.sol";
import {BatchHash} from "../src/libraries/BatchHash.sol";
import {Inbox} from "../src/settlement/Inbox.sol";
import {Rollup} from "../src/settlement/Rollup.sol";
import {BatchHeader} from "../src/types/BatchHeader.sol";
import {ForcedTerms} from "../src/types/Forced.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {CommonBase} from "forge-std/Base.sol";

/// @notice What is decided before a deployment.
struct SystemConfig {
    IERC20Metadata token;
    address sequencer;
    uint64 challengeWindow;
    uint64 minDeposit;
    ForcedTerms forced;
    bytes32 programHash;
    BatchHeader genesis;
}

/// @notice A deployment.
struct System {
    Inbox inbox;
    Rollup rollup;
    Vault vault;
    Withdrawals withdrawals;
}

/// @notice Deploys the contracts, which name each other in immutables. The script and the tests use this very code.
abstract contract SystemDeployer is CommonBase {
    /// @dev Four creations by `deployer`, in this order and with nothing between them: their addresses are known
    /// beforehand. Each contract checks in its constructor what it can already see.
    function deploySystem(address deployer, SystemConfig memory config) internal returns (System memory s) {
        uint64 nonce = vm.getNonce(deployer);
        address rollup = vm.computeCreateAddress(deployer, nonce + 1);
        address vault = vm.computeCreateAddress(deployer, nonce + 2);
        address withdrawals = vm.computeCreateAddress(deployer, nonce + 3);

        s.inbox = new Inbox(vault, rollup, config.forced);
        s.rollup = new Rollup(s.inbox, config.sequencer, config.challengeWindow, config.programHash, config.genesis);
        s.vault = new Vault(config.token, s.inbox, withdrawals, config.minDeposit);
        s.withdrawals = new Withdrawals(s.rollup, s.vault);
    }

    /// @dev Everything that must hold of a fresh deployment, the wiring both ways first.
    function checkSystem(System memory s, SystemConfig memory config) internal view {
        vm.assertEq(s.inbox.vault(), address(s.vault), "inbox.vault");
        vm.assertEq(s.inbox.rollup(), address(s.rollup), "inbox.rollup");
        vm.assertEq(address(s.rollup.inbox()), address(s.inbox), "rollup.inbox");
        vm.assertEq(address(s.vault.inbox()), address(s.inbox), "vault.inbox");
        vm.assertEq(s.vault.withdrawals(), address(s.withdrawals), "vault.withdrawals");
        vm.assertEq(address(s.withdrawals.rollup()), address(s.rollup), "withdrawals.rollup");
        vm.assertEq(address(s.withdrawals.vault()), address(s.vault), "withdrawals.vault");

        vm.assertEq(s.rollup.sequencer(), config.sequencer, "rollup.sequencer");
        vm.assertEq(s.rollup.challengeWindow(), config.challengeWindow, "rollup.challengeWindow");
        vm.assertEq(s.rollup.programHash(), config.programHash, "rollup.programHash");
        vm.assertEq(s.rollup.batchHash(0), BatchHash.ofHeader(config.genesis), "rollup.batchHash(0)");
        vm.assertEq(s.rollup.batchCount(), 1, "rollup.batchCount");
        vm.assertEq(s.rollup.finalizedCount(), 1, "rollup.finalizedCount");
        vm.assertEq(s.inbox.messageCount(), 0, "inbox.messageCount");
        vm.assertEq(s.inbox.forcedBaseFee(), config.forced.baseFee, "inbox.forcedBaseFee");
        vm.assertEq(s.inbox.forcedFeeStep(), config.forced.feeStep, "inbox.forcedFeeStep");
        vm.assertEq(s.inbox.forcedMaxFee(), config.forced.maxFee, "inbox.forcedMaxFee");
        vm.assertEq(s.inbox.refundAfter(), config.forced.refundAfter, "inbox.refundAfter");
        vm.assertEq(s.inbox.feeRecipient(), config.forced.feeRecipient, "inbox.feeRecipient");

        (IERC20 token, uint96 scale) = s.vault.assets(0);
        vm.assertEq(address(token), address(config.token), "vault.assets(0).token");
        vm.assertEq(scale, 10 ** (config.token.decimals() - 6), "vault.assets(0).scale");
        vm.assertEq(s.vault.minDeposit(), config.minDeposit, "vault.minDeposit");
        vm.assertEq(s.vault.totalDeposited(0), 0, "vault.totalDeposited");
    }
}
