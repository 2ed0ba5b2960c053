// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Deploy} from "../../script/Deploy.s.sol";
import {System, SystemConfig} from "../../script/System.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {stdJson} from "forge-std/StdJson.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Reads a configuration and does nothing.
contract Parser is Deploy {
    function parse(string memory json) external pure returns (SystemConfig memory) {
        return _parse(json);
    }
}

contract DeployTest is Test {
    using stdJson for string;

    string private constant OUT = ".tmp/deployment.json";

    function test_deploys_the_example_and_writes_where_it_is() public {
        Deploy deploy = _deploy();
        System memory s = deploy.run();
        deploy.check();

        string memory json = vm.readFile(OUT);
        assertEq(json.readAddress(".inbox"), address(s.inbox));
        assertEq(json.readAddress(".rollup"), address(s.rollup));
        assertEq(json.readAddress(".vault"), address(s.vault));
        assertEq(json.readAddress(".withdrawals"), address(s.withdrawals));
        assertEq(json.readAddress(".escape"), address(s.escape));
        assertEq(json.readAddress(".disputeGame"), address(s.demand.inner()));
        assertEq(json.readAddress(".riscvStep"), address(s.game.machine()));
        assertEq(json.readAddress(".dataDemand"), address(s.rollup.verdict()));
        assertEq(json.readAddress(".governance"), address(s.governance));
        assertEq(json.readAddress(".bond"), address(s.bond));
        assertEq(json.readAddress(".clock"), address(s.rollup.clock()));
        assertEq(json.readUint(".chainId"), block.chainid);
        assertEq(json.readUint(".deployBlock"), block.number);
        assertGt(json.readAddress(".token").code.length, 0);
        assertEq(s.rollup.challengeWindow(), 60);
        assertEq(s.rollup.forcedDeadline(), 600);
        assertEq(s.escape.bond(), 1 ether);
        assertEq(s.demand.bond(), 0.2 ether);
        assertEq(s.demand.deadline(), 30);
        assertEq(s.demand.review(), 30);
        assertEq(s.rollup.programHash(), keccak256(abi.encodePacked(uint256(1), uint64(65_536))));
        assertEq(s.game.bond(), 0.1 ether);
        assertEq(s.game.defence(), 60);
        assertEq(s.game.budget(), 60);
        assertEq(s.governance.getMinDelay(), 30 days);
        assertEq(s.bond.bond(), 1 ether);
        assertEq(s.bond.signer(), s.rollup.sequencer());
        assertEq(s.bond.leaveDelay(), 1320);
        assertEq(s.clock.minBaseFee(), 20 gwei);
        assertEq(s.clock.multiple(), 8);
        assertEq(s.clock.interval(), 10);
        assertEq(s.clock.referenceStep(), 8);
        assertEq(s.vault.assetCount(), 2);
        address[] memory tokens = json.readAddressArray(".tokens");
        assertEq(tokens[0], json.readAddress(".token"));
        (IERC20 usdc, uint96 scale, uint64 minDeposit) = s.vault.assets(0);
        assertEq(address(usdc), tokens[0]);
        assertEq(uint256(scale) * minDeposit, 1e6);
        (IERC20 weth, uint96 wethScale, uint64 wethMinDeposit) = s.vault.assets(1);
        assertEq(address(weth), tokens[1]);
        assertEq(uint256(wethScale) * wethMinDeposit, 1e15);
        assertEq(s.inbox.forcedBaseFee(), 1e15);
        assertEq(s.inbox.forcedFeeStep(), 10);
        assertEq(s.inbox.forcedMaxFee(), 5e16);
        assertEq(s.inbox.refundAfter(), 60);
        assertEq(s.inbox.feeRecipient(), 0x000000000000000000000000000000000000dEaD);
        assertEq(s.rollup.sequencer(), 0x70997970C51812dc3A010C7d01b50e0d17dc79C8);
    }

    function test_refuses_to_give_the_sequencer_the_fees() public {
        Parser parser = new Parser();
        string memory json = vm.readFile("script/deploy.example.json");
        assertEq(parser.parse(json).forced.maxFee, 5e16);
        string memory sequencer = vm.toString(json.readAddress(".sequencer"));
        json = vm.replace(json, vm.toString(json.readAddress(".forcedFeeRecipient")), sequencer);
        vm.expectRevert("the sequencer's requests would cost it nothing");
        parser.parse(json);
    }

    function test_refuses_governance_that_leaves_no_time_to_exit() public {
        Parser parser = new Parser();
        string memory json = vm.readFile("script/deploy.example.json");
        assertEq(parser.parse(vm.replace(json, "2592000", "1770")).governanceDelay, 1770);
        vm.expectRevert("governance would leave no time to exit");
        parser.parse(vm.replace(json, "2592000", "1769"));
    }

    /// @dev The environment is the process's, and tests run side by side: each must want the same of it.
    function _deploy() private returns (Deploy) {
        vm.createDir(".tmp", true);
        vm.setEnv("DEPLOY_CONFIG", "script/deploy.example.json");
        vm.setEnv("DEPLOY_OUT", OUT);
        return new Deploy();
    }
}
