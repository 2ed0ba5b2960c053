// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Escape} from "../src/bridge/Escape.sol";
import {Vault} from "../src/bridge/Vault.sol";
import {Withdrawals} from "../src/bridge/Withdrawals.sol";
import {DisputeGame} from "../src/fault/DisputeGame.sol";
import {RiscvStep} from "../src/fault/RiscvStep.sol";
import {Governance} from "../src/governance/Governance.sol";
import {IVerdict} from "../src/interfaces/IVerdict.sol";
import {BatchHash} from "../src/libraries/BatchHash.sol";
import {DataDemand} from "../src/settlement/DataDemand.sol";
import {Inbox} from "../src/settlement/Inbox.sol";
import {Rollup} from "../src/settlement/Rollup.sol";
import {SequencerBond} from "../src/settlement/SequencerBond.sol";
import {StressClock} from "../src/settlement/StressClock.sol";
import {AssetListing} from "../src/types/AssetListing.sol";
import {BatchHeader} from "../src/types/BatchHeader.sol";
import {DemandTerms} from "../src/types/Demand.sol";
import {DisputeTerms} from "../src/types/Dispute.sol";
import {ForcedTerms} from "../src/types/Forced.sol";
import {BondTerms} from "../src/types/Promise.sol";
import {RollupTerms} from "../src/types/RollupTerms.sol";
import {StressTerms} from "../src/types/Stress.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CommonBase} from "forge-std/Base.sol";

/// @notice What is decided before a deployment.
struct SystemConfig {
    /// What the vault takes, by its number; the first is USDC.
    AssetListing[] assets;
    /// The program hash, the verdict and the clock of these are those of the deployment.
    RollupTerms terms;
    ForcedTerms forced;
    BatchHeader genesis;
    /// Diff of the exit sections of genesis against nothing.
    bytes genesisData;
    /// Of an escape claim, in wei.
    uint256 escapeBond;
    /// Proposes to governance, and cancels.
    address council;
    /// Seconds between a proposal and what comes of it; at least the exit window.
    uint64 governanceDelay;
    /// Of the sequencer's bond; its minimum is paid by who deploys.
    BondTerms bond;
    /// By what the base layer's stress is measured.
    StressTerms stress;
    /// Of demands for inputs.
    DemandTerms demand;
    /// Of disputes, and the program that decides them.
    DisputeTerms dispute;
}

/// @notice A deployment.
struct System {
    Inbox inbox;
    Rollup rollup;
    Vault vault;
    Withdrawals withdrawals;
    Escape escape;
    Governance governance;
    SequencerBond bond;
    StressClock clock;
    DataDemand demand;
    RiscvStep machine;
    DisputeGame game;
}

/// @notice Deploys the contracts, which name each other in immutables. The script and the tests use this very code.
abstract contract SystemDeployer is CommonBase {
    /// @dev The clock, the machine, and nine creations by `deployer`, in this order and with nothing between them: their
    /// addresses are known beforehand. Each contract checks in its constructor what it can already see.
    function deploySystem(address deployer, SystemConfig memory config) internal returns (System memory s) {
        s.clock = new StressClock(config.stress);
        s.machine = new RiscvStep();
        uint64 nonce = vm.getNonce(deployer);
        address demand = vm.computeCreateAddress(deployer, nonce + 3);
        address rollup = vm.computeCreateAddress(deployer, nonce + 4);
        address vault = vm.computeCreateAddress(deployer, nonce + 5);
        address withdrawals = vm.computeCreateAddress(deployer, nonce + 6);
        address escape = vm.computeCreateAddress(deployer, nonce + 7);

        s.game = new DisputeGame(Rollup(rollup), DataDemand(demand), Escape(escape), s.machine, config.dispute);
        s.governance = new Governance(config.governanceDelay, exitWindow(config), config.council);
        s.inbox = new Inbox(vault, rollup, address(s.governance), config.forced);
        s.demand = new DataDemand(Rollup(rollup), innerVerdict(s.game), config.demand);
        s.rollup = new Rollup(s.inbox, _completed(config.terms, s), config.genesis, config.genesisData);
        s.vault = new Vault(config.assets, s.inbox, withdrawals, escape);
        s.withdrawals = new Withdrawals(s.rollup, s.vault);
        s.escape = new Escape(s.rollup, s.vault, config.escapeBond);
        s.bond = new SequencerBond{value: config.bond.minimum}(s.rollup, config.bond);
    }

    /// @dev What `DataDemand` asks where no demand decides: the dispute game, and in tests of other things what they say.
    function innerVerdict(DisputeGame game) internal view virtual returns (IVerdict) {
        return game;
    }

    /// @dev The terms with what was deployed before the rollup.
    function _completed(RollupTerms memory terms, System memory s) private view returns (RollupTerms memory) {
        return RollupTerms({
            sequencer: terms.sequencer,
            challengeWindow: terms.challengeWindow,
            forcedDeadline: terms.forcedDeadline,
            programHash: s.game.programHash(),
            verdict: s.demand,
            clock: s.clock
        });
    }

    /// @dev Seconds in which what anybody asks for is in a final batch, or the exchange can be frozen, after which governance
    /// changes nothing: against the will of who runs the exchange, however stressed the base layer is, which at most
    /// doubles all but the review, with a demand for the batch's inputs in its last second, and a challenge in the last
    /// second after that.
    function exitWindow(SystemConfig memory config) internal pure returns (uint256) {
        uint256 stretched = uint256(config.terms.forcedDeadline) + config.terms.challengeWindow + config.demand.deadline;
        uint256 dispute = uint256(config.dispute.defence) + 2 * uint256(config.dispute.budget);
        return 2 * (stretched + dispute) + config.demand.review;
    }

    /// @dev Everything that must hold of a fresh deployment, the wiring both ways first.
    function checkSystem(System memory s, SystemConfig memory config) internal view {
        _checkWiring(s);
        _checkRollup(s.rollup, config);
        _checkDemand(s, config);
        _checkGame(s, config.dispute);
        _checkInbox(s.inbox, config);
        _checkMoney(s, config);
        _checkGovernance(s.governance, config);
        _checkBond(s, config.bond);
        _checkClock(s, config.stress);
    }

    function _checkWiring(System memory s) private view {
        vm.assertEq(s.inbox.vault(), address(s.vault), "inbox.vault");
        vm.assertEq(s.inbox.rollup(), address(s.rollup), "inbox.rollup");
        vm.assertEq(s.inbox.governance(), address(s.governance), "inbox.governance");
        vm.assertEq(address(s.rollup.inbox()), address(s.inbox), "rollup.inbox");
        vm.assertEq(address(s.vault.inbox()), address(s.inbox), "vault.inbox");
        vm.assertEq(s.vault.withdrawals(), address(s.withdrawals), "vault.withdrawals");
        vm.assertEq(s.vault.escape(), address(s.escape), "vault.escape");
        vm.assertEq(address(s.withdrawals.rollup()), address(s.rollup), "withdrawals.rollup");
        vm.assertEq(address(s.withdrawals.vault()), address(s.vault), "withdrawals.vault");
        vm.assertEq(address(s.escape.rollup()), address(s.rollup), "escape.rollup");
        vm.assertEq(address(s.escape.vault()), address(s.vault), "escape.vault");
        vm.assertEq(address(s.rollup.verdict()), address(s.demand), "rollup.verdict");
        vm.assertEq(address(s.demand.rollup()), address(s.rollup), "demand.rollup");
        vm.assertEq(address(s.escape.verdict()), address(s.rollup.verdict()), "escape.verdict");
    }

    function _checkRollup(Rollup rollup, SystemConfig memory config) private view {
        vm.assertEq(rollup.sequencer(), config.terms.sequencer, "rollup.sequencer");
        vm.assertEq(rollup.challengeWindow(), config.terms.challengeWindow, "rollup.challengeWindow");
        vm.assertEq(rollup.forcedDeadline(), config.terms.forcedDeadline, "rollup.forcedDeadline");
        vm.assertEq(rollup.batchHash(0), BatchHash.ofHeader(config.genesis), "rollup.batchHash(0)");
        vm.assertEq(rollup.batchCount(), 1, "rollup.batchCount");
        vm.assertEq(rollup.finalizedCount(), 1, "rollup.finalizedCount");
        vm.assertEq(rollup.frozenAt(), 0, "rollup.frozenAt");
    }

    function _checkDemand(System memory s, SystemConfig memory config) private view {
        DataDemand demand = s.demand;
        vm.assertEq(address(demand.inner()), address(innerVerdict(s.game)), "demand.inner");
        vm.assertEq(demand.bond(), config.demand.bond, "demand.bond");
        vm.assertEq(demand.deadline(), config.demand.deadline, "demand.deadline");
        vm.assertEq(demand.review(), config.demand.review, "demand.review");
        vm.assertLe(2 * uint256(demand.deadline()), s.clock.reach(), "demand.deadline beyond the clock");
    }

    function _checkGame(System memory s, DisputeTerms memory terms) private view {
        DisputeGame game = s.game;
        vm.assertEq(address(game.rollup()), address(s.rollup), "game.rollup");
        vm.assertEq(address(game.demand()), address(s.demand), "game.demand");
        vm.assertEq(address(game.escape()), address(s.escape), "game.escape");
        vm.assertEq(address(game.machine()), address(s.machine), "game.machine");
        vm.assertEq(game.memoryRoot(), terms.memoryRoot, "game.memoryRoot");
        vm.assertEq(game.entry(), terms.entry, "game.entry");
        vm.assertEq(game.programHash(), s.rollup.programHash(), "game.programHash");
        vm.assertEq(game.bond(), terms.bond, "game.bond");
        vm.assertEq(game.defence(), terms.defence, "game.defence");
        vm.assertEq(game.budget(), terms.budget, "game.budget");
        vm.assertLe(2 * uint256(game.defence()), s.clock.reach(), "game.defence beyond the clock");
        vm.assertLe(2 * uint256(game.budget()), s.clock.reach(), "game.budget beyond the clock");
    }

    function _checkInbox(Inbox inbox, SystemConfig memory config) private view {
        vm.assertEq(inbox.messageCount(), 0, "inbox.messageCount");
        vm.assertEq(inbox.forcedBaseFee(), config.forced.baseFee, "inbox.forcedBaseFee");
        vm.assertEq(inbox.forcedFeeStep(), config.forced.feeStep, "inbox.forcedFeeStep");
        vm.assertEq(inbox.forcedMaxFee(), config.forced.maxFee, "inbox.forcedMaxFee");
        vm.assertEq(inbox.refundAfter(), config.forced.refundAfter, "inbox.refundAfter");
        vm.assertEq(inbox.feeRecipient(), config.forced.feeRecipient, "inbox.feeRecipient");
    }

    function _checkMoney(System memory s, SystemConfig memory config) private view {
        vm.assertEq(s.vault.assetCount(), config.assets.length, "vault.assetCount");
        for (uint16 asset = 0; asset < config.assets.length; ++asset) {
            AssetListing memory listing = config.assets[asset];
            (IERC20 token, uint96 scale, uint64 minDeposit) = s.vault.assets(asset);
            vm.assertEq(address(token), address(listing.token), "vault.assets.token");
            vm.assertEq(scale, 10 ** (listing.token.decimals() - 6), "vault.assets.scale");
            vm.assertEq(minDeposit, listing.minDeposit, "vault.assets.minDeposit");
            vm.assertEq(s.vault.totalDeposited(asset), 0, "vault.totalDeposited");
        }
        vm.assertEq(s.escape.bond(), config.escapeBond, "escape.bond");
        vm.assertEq(s.escape.acceptedClaim(), bytes32(0), "escape.acceptedClaim");
    }

    /// @dev The council proposes and cancels, anybody executes what is due, and nobody is above the delay.
    function _checkGovernance(Governance governance, SystemConfig memory config) private view {
        vm.assertEq(governance.exitWindow(), exitWindow(config), "governance.exitWindow");
        vm.assertEq(governance.getMinDelay(), config.governanceDelay, "governance.getMinDelay");
        vm.assertGe(governance.getMinDelay(), exitWindow(config), "governance leaves no time to exit");
        bytes32 admin = governance.DEFAULT_ADMIN_ROLE();
        bytes32 proposer = governance.PROPOSER_ROLE();
        bytes32 canceller = governance.CANCELLER_ROLE();
        bytes32 executor = governance.EXECUTOR_ROLE();
        vm.assertTrue(governance.hasRole(proposer, config.council), "the council does not propose");
        vm.assertTrue(governance.hasRole(canceller, config.council), "the council does not cancel");
        vm.assertTrue(governance.hasRole(executor, address(0)), "not everybody executes");
        vm.assertTrue(governance.hasRole(admin, address(governance)), "governance does not keep its own roles");
        address[4] memory others = [config.council, config.terms.sequencer, msg.sender, tx.origin];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.assertFalse(governance.hasRole(admin, others[i]), "governance has an administrator");
            if (others[i] == config.council) continue;
            vm.assertFalse(governance.hasRole(proposer, others[i]), "somebody else proposes");
            vm.assertFalse(governance.hasRole(canceller, others[i]), "somebody else cancels");
        }
        vm.assertFalse(governance.hasRole(proposer, address(0)), "everybody proposes");
        vm.assertFalse(governance.hasRole(canceller, address(0)), "everybody cancels");
    }

    function _checkBond(System memory s, BondTerms memory terms) private view {
        vm.assertEq(address(s.bond.rollup()), address(s.rollup), "bond.rollup");
        vm.assertEq(s.bond.signer(), terms.signer, "bond.signer");
        vm.assertEq(s.bond.owner(), terms.owner, "bond.owner");
        vm.assertEq(s.bond.minimum(), terms.minimum, "bond.minimum");
        vm.assertEq(s.bond.leaveDelay(), terms.leaveDelay, "bond.leaveDelay");
        vm.assertGe(s.bond.bond(), terms.minimum, "bond.bond");
        vm.assertEq(s.bond.announcedAt(), 0, "bond.announcedAt");
    }

    function _checkClock(System memory s, StressTerms memory terms) private view {
        vm.assertEq(address(s.rollup.clock()), address(s.clock), "rollup.clock");
        vm.assertEq(s.clock.minBaseFee(), terms.minBaseFee, "clock.minBaseFee");
        vm.assertEq(s.clock.multiple(), terms.multiple, "clock.multiple");
        vm.assertEq(s.clock.interval(), terms.interval, "clock.interval");
        vm.assertEq(s.clock.referenceStep(), terms.referenceStep, "clock.referenceStep");
    }
}
