// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Escape} from "../src/bridge/Escape.sol";
import {Vault} from "../src/bridge/Vault.sol";
import {Withdrawals} from "../src/bridge/Withdrawals.sol";
import {DisputeGame} from "../src/fault/DisputeGame.sol";
import {RiscvStep} from "../src/fault/RiscvStep.sol";
import {Governance} from "../src/governance/Governance.sol";
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
import {StressTerms} from "../src/types/Stress.sol";
import {System, SystemConfig, SystemDeployer} from "./System.sol";
import {TestToken} from "./TestToken.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Script} from "forge-std/Script.sol";
import {stdJson} from "forge-std/StdJson.sol";
import {console} from "forge-std/console.sol";

/// @title Deploy
/// @notice Deploys Ballast from the JSON file `DEPLOY_CONFIG` and writes the addresses to the JSON file `DEPLOY_OUT`.
/// `bin/deploy` runs it; `script/deploy.example.json` is a configuration.
contract Deploy is Script, SystemDeployer {
    using stdJson for string;

    /// @dev `token` of a configuration that wants a test token.
    string private constant TEST_TOKEN = "test";

    function run() external returns (System memory system) {
        string memory json = vm.readFile(vm.envString("DEPLOY_CONFIG"));

        vm.startBroadcast();
        (, address deployer,) = vm.readCallers();
        SystemConfig memory config = _parse(json);
        config.assets = _assets(json);
        uint256 deployBlock = vm.getBlockNumber();
        _print(deployer, config);
        system = deploySystem(deployer, config);
        vm.stopBroadcast();

        checkSystem(system, config);
        _write(system, config, deployBlock);
    }

    /// @notice Compares the chain with `DEPLOY_CONFIG`, contract by contract, at the addresses in `DEPLOY_OUT`: `run`
    /// sees only its own simulation.
    function check() external view {
        string memory json = vm.readFile(vm.envString("DEPLOY_CONFIG"));
        string memory found = vm.readFile(vm.envString("DEPLOY_OUT"));
        SystemConfig memory config = _parse(json);
        config.assets = _listings(json);
        for (uint256 i = 0; i < config.assets.length; ++i) {
            config.assets[i].token = IERC20Metadata(found.readAddressArray(".tokens")[i]);
        }
        checkSystem(
            System({
                inbox: Inbox(found.readAddress(".inbox")),
                rollup: Rollup(found.readAddress(".rollup")),
                vault: Vault(found.readAddress(".vault")),
                withdrawals: Withdrawals(found.readAddress(".withdrawals")),
                escape: Escape(found.readAddress(".escape")),
                governance: Governance(payable(found.readAddress(".governance"))),
                bond: SequencerBond(found.readAddress(".bond")),
                clock: StressClock(found.readAddress(".clock")),
                demand: DataDemand(found.readAddress(".dataDemand")),
                machine: RiscvStep(found.readAddress(".riscvStep")),
                game: DisputeGame(payable(found.readAddress(".disputeGame")))
            }),
            config
        );
        console.log("on the chain as planned");
    }

    /// @dev What the vault is to take. Deploys test tokens where the configuration asks for them; never on mainnet.
    function _assets(string memory json) private returns (AssetListing[] memory listings) {
        listings = _listings(json);
        for (uint256 i = 0; i < listings.length; ++i) {
            string memory at = _assetAt(i);
            string memory token = json.readString(string.concat(at, ".token"));
            if (keccak256(bytes(token)) != keccak256(bytes(TEST_TOKEN))) {
                listings[i].token = IERC20Metadata(vm.parseAddress(token));
                continue;
            }
            require(block.chainid != 1, "a test token on mainnet");
            uint256 decimals = json.readUint(string.concat(at, ".decimals"));
            listings[i].token = IERC20Metadata(
                new TestToken(json.readString(string.concat(at, ".symbol")), SafeCast.toUint8(decimals))
            );
        }
    }

    /// @dev The assets without their tokens, which are not there yet.
    function _listings(string memory json) private view returns (AssetListing[] memory listings) {
        uint256 count = 0;
        while (vm.keyExistsJson(json, _assetAt(count))) ++count;
        listings = new AssetListing[](count);
        for (uint256 i = 0; i < count; ++i) {
            listings[i].minDeposit = _readUint64(json, string.concat(_assetAt(i), ".minDeposit"));
        }
    }

    function _assetAt(uint256 i) private pure returns (string memory) {
        return string.concat(".assets[", vm.toString(i), "]");
    }

    /// @dev Everything but the assets.
    function _parse(string memory json) internal pure returns (SystemConfig memory config) {
        config.terms.sequencer = json.readAddress(".sequencer");
        config.terms.challengeWindow = _readUint64(json, ".challengeWindow");
        config.terms.forcedDeadline = _readUint64(json, ".forcedDeadline");
        config.forced = ForcedTerms({
            baseFee: _readUint64(json, ".forcedBaseFee"),
            feeStep: _readUint64(json, ".forcedFeeStep"),
            refundAfter: _readUint64(json, ".forcedRefundAfter"),
            feeRecipient: json.readAddress(".forcedFeeRecipient"),
            maxFee: _readUint64(json, ".forcedMaxFee")
        });
        require(config.forced.feeRecipient != config.terms.sequencer, "the sequencer's requests would cost it nothing");
        config.escapeBond = json.readUint(".escapeBond");
        config.council = json.readAddress(".council");
        config.demand = DemandTerms({
            bond: json.readUint(".demandBond"),
            deadline: _readUint64(json, ".demandDeadline"),
            review: _readUint64(json, ".demandReview")
        });
        config.dispute = DisputeTerms({
            memoryRoot: json.readBytes32(".programMemoryRoot"),
            entry: _readUint64(json, ".programEntry"),
            bond: json.readUint(".disputeBond"),
            defence: _readUint64(json, ".disputeDefence"),
            budget: _readUint64(json, ".disputeBudget")
        });
        config.governanceDelay = _readUint64(json, ".governanceDelay");
        require(config.governanceDelay >= exitWindow(config), "governance would leave no time to exit");
        config.bond = BondTerms({
            signer: json.readAddress(".promiseSigner"),
            owner: json.readAddress(".bondOwner"),
            minimum: json.readUint(".bondMinimum"),
            leaveDelay: _readUint64(json, ".bondLeaveDelay")
        });
        config.stress = StressTerms({
            minBaseFee: _readUint64(json, ".stressMinBaseFee"),
            multiple: _readUint32(json, ".stressMultiple"),
            interval: _readUint32(json, ".stressInterval"),
            referenceStep: _readUint32(json, ".stressReferenceStep")
        });
        config.genesisData = json.readBytes(".genesisData");
        config.genesis = _decodeGenesis(json.readBytes(".genesisHeader"));
    }

    function _decodeGenesis(bytes memory encoded) private pure returns (BatchHeader memory genesis) {
        genesis = abi.decode(encoded, (BatchHeader));
        require(keccak256(encoded) == BatchHash.ofHeader(genesis), "genesisHeader has bytes that are no header");
    }

    function _readUint64(string memory json, string memory key) private pure returns (uint64) {
        uint256 value = json.readUint(key);
        require(value <= type(uint64).max, string.concat(key, " does not fit uint64"));
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(value);
    }

    function _readUint32(string memory json, string memory key) private pure returns (uint32) {
        uint256 value = json.readUint(key);
        require(value <= type(uint32).max, string.concat(key, " does not fit uint32"));
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(value);
    }

    function _print(address deployer, SystemConfig memory config) private view {
        console.log("chain            ", block.chainid);
        console.log("deployer         ", deployer);
        for (uint256 i = 0; i < config.assets.length; ++i) {
            AssetListing memory asset = config.assets[i];
            console.log("asset            ", i, address(asset.token), asset.token.symbol());
            console.log("minimum deposit  ", asset.minDeposit, "x 1e-6");
        }
        console.log("sequencer        ", config.terms.sequencer);
        console.log("challenge window ", config.terms.challengeWindow, "s");
        console.log("forced deadline  ", config.terms.forcedDeadline, "s");
        console.log("forced base fee  ", config.forced.baseFee, "wei");
        console.log("forced fee step  ", config.forced.feeStep, "open requests");
        console.log("forced max fee   ", config.forced.maxFee, "wei");
        console.log("refund after     ", config.forced.refundAfter, "s");
        console.log("fee recipient    ", config.forced.feeRecipient);
        console.log("program memory   ", vm.toString(config.dispute.memoryRoot));
        console.log("program entry    ", config.dispute.entry);
        console.log("genesis          ", vm.toString(BatchHash.ofHeader(config.genesis)));
        console.log("genesis data     ", config.genesisData.length, "bytes");
        console.log("escape bond      ", config.escapeBond, "wei");
        console.log("promises of      ", config.bond.signer);
        console.log("bond             ", config.bond.minimum, "wei");
        console.log("bond owner       ", config.bond.owner);
        console.log("bond leave delay ", config.bond.leaveDelay, "s");
        console.log("abnormal from    ", config.stress.minBaseFee, "wei");
        console.log("abnormal multiple", config.stress.multiple, "x the median of 31 samples");
        console.log("stress interval  ", config.stress.interval, "s");
        console.log("reference step   ", config.stress.referenceStep, "blocks");
        console.log("council          ", config.council);
        console.log("governance delay ", config.governanceDelay, "s");
        console.log("demand bond      ", config.demand.bond, "wei");
        console.log("demand deadline  ", config.demand.deadline, "s");
        console.log("demand review    ", config.demand.review, "s");
        console.log("dispute bond     ", config.dispute.bond, "wei");
        console.log("dispute defence  ", config.dispute.defence, "s");
        console.log("dispute budget   ", config.dispute.budget, "s");
    }

    function _write(System memory system, SystemConfig memory config, uint256 deployBlock) private {
        string memory out = "deployment";
        out.serialize("chainId", block.chainid);
        out.serialize("deployBlock", deployBlock);
        address[] memory tokens = new address[](config.assets.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            tokens[i] = address(config.assets[i].token);
        }
        out.serialize("token", tokens[0]);
        out.serialize("tokens", tokens);
        out.serialize("inbox", address(system.inbox));
        out.serialize("rollup", address(system.rollup));
        out.serialize("vault", address(system.vault));
        out.serialize("withdrawals", address(system.withdrawals));
        out.serialize("escape", address(system.escape));
        out.serialize("bond", address(system.bond));
        out.serialize("clock", address(system.clock));
        out.serialize("riscvStep", address(system.machine));
        out.serialize("disputeGame", address(system.game));
        out.serialize("dataDemand", address(system.demand));
        string memory json = out.serialize("governance", address(system.governance));

        string memory path = vm.envString("DEPLOY_OUT");
        vm.writeJson(json, path);
        console.log("written          ", path);
    }
}
