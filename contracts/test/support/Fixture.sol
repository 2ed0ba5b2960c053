// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System, SystemConfig, SystemDeployer} from "../../script/System.sol";
import {TestToken} from "../../script/TestToken.sol";
import {Escape} from "../../src/bridge/Escape.sol";
import {Vault} from "../../src/bridge/Vault.sol";
import {Withdrawals} from "../../src/bridge/Withdrawals.sol";
import {DisputeGame} from "../../src/fault/DisputeGame.sol";
import {Governance} from "../../src/governance/Governance.sol";
import {IVerdict} from "../../src/interfaces/IVerdict.sol";
import {DataDemand} from "../../src/settlement/DataDemand.sol";
import {Inbox} from "../../src/settlement/Inbox.sol";
import {Rollup} from "../../src/settlement/Rollup.sol";
import {SequencerBond} from "../../src/settlement/SequencerBond.sol";
import {StressClock} from "../../src/settlement/StressClock.sol";
import {AssetListing} from "../../src/types/AssetListing.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {DemandTerms} from "../../src/types/Demand.sol";
import {DisputeTerms} from "../../src/types/Dispute.sol";
import {ForcedTerms} from "../../src/types/Forced.sol";
import {BondTerms} from "../../src/types/Promise.sol";
import {RollupTerms} from "../../src/types/RollupTerms.sol";
import {StressTerms} from "../../src/types/Stress.sol";
import {Tip} from "../../src/types/Tip.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {MockVerdict} from "./MockVerdict.sol";
import {Tree} from "./Tree.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A deployed system on a test token, and the hand of its sequencer.
abstract contract Fixture is Test, SystemDeployer {
    using SafeCast for uint256;

    uint64 internal constant WINDOW = 1 days;
    uint64 internal constant MIN_DEPOSIT = 1e6;
    /// @dev The same of `weth`, whose units are coarser in money.
    uint64 internal constant MIN_WETH = 1000;
    uint64 internal constant BASE_FEE = 0.001 ether;
    uint64 internal constant FEE_STEP = 4;
    uint64 internal constant MAX_FEE = 0.004 ether;
    uint64 internal constant REFUND_AFTER = 1 hours;
    uint64 internal constant DEADLINE = 3 hours;
    uint256 internal constant BOND = 2 ether;
    uint256 internal constant DEMAND_BOND = 0.2 ether;
    uint64 internal constant DEMAND_DEADLINE = 2 hours;
    uint64 internal constant REVIEW = 4 hours;
    uint256 internal constant DISPUTE_BOND = 1 ether;
    uint64 internal constant DEFENCE = 6 hours;
    uint64 internal constant BUDGET = 8 hours;
    uint64 internal constant DELAY = 30 days;
    uint256 internal constant SEQUENCER_BOND = 32 ether;
    uint64 internal constant LEAVE_DELAY = 3 days;
    uint32 internal constant NEW = type(uint32).max;
    bytes32 internal constant MEMORY_ROOT = keccak256("memory");
    uint64 internal constant ENTRY = 0x1_0000;
    bytes32 internal constant PROGRAM = keccak256(abi.encodePacked(MEMORY_ROOT, ENTRY));
    uint64 internal constant START = 1_800_000_000;
    uint256 internal constant DEPTH = 16;
    bytes internal constant DIFF = "diff";
    bytes internal constant GENESIS_DATA = "genesis data";

    address internal sequencer = makeAddr("sequencer");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal treasury = makeAddr("treasury");
    address internal council = makeAddr("council");
    address internal bondOwner = makeAddr("bond owner");
    /// @dev Signs promises.
    Account internal promiser = makeAccount("promiser");

    System internal deployed;
    TestToken internal token;
    /// Asset 1.
    TestToken internal weth;
    Inbox internal inbox;
    Rollup internal rollup;
    Vault internal vault;
    Withdrawals internal withdrawals;
    Escape internal escape;
    Governance internal governance;
    SequencerBond internal sequencerBond;
    StressClock internal clock;
    /// The verdict of the rollup, and of the escape.
    DataDemand internal demand;
    /// The one within.
    MockVerdict internal verdict;
    /// The one that a deployment has there.
    DisputeGame internal game;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        token = new TestToken("USDC", 6);
        weth = new TestToken("WETH", 18);
        verdict = new MockVerdict();
        _deploy(IERC20Metadata(address(token)));
    }

    function _deploy(IERC20Metadata token_) internal {
        SystemConfig memory config = _config(token_);
        vm.deal(address(this), SEQUENCER_BOND);
        System memory s = deploySystem(address(this), config);
        checkSystem(s, config);
        deployed = s;
        (inbox, rollup, vault, withdrawals) = (s.inbox, s.rollup, s.vault, s.withdrawals);
        (escape, governance, sequencerBond, clock) = (s.escape, s.governance, s.bond, s.clock);
        (demand, game) = (s.demand, s.game);
    }

    /// @dev What is said of batches and claims is the test's to say.
    function innerVerdict(DisputeGame) internal view virtual override returns (IVerdict) {
        return verdict;
    }

    function _config(IERC20Metadata token_) internal view returns (SystemConfig memory) {
        return SystemConfig({
            assets: _assets(token_),
            terms: _rollupTerms(),
            forced: _terms(),
            genesis: _genesis(),
            genesisData: GENESIS_DATA,
            escapeBond: BOND,
            council: council,
            governanceDelay: DELAY,
            bond: _bondTerms(),
            stress: _stressTerms(),
            demand: DemandTerms({bond: DEMAND_BOND, deadline: DEMAND_DEADLINE, review: REVIEW}),
            dispute: _disputeTerms()
        });
    }

    /// @dev `token_` as USDC, and `weth`.
    function _assets(IERC20Metadata token_) internal view virtual returns (AssetListing[] memory listings) {
        listings = new AssetListing[](2);
        listings[0] = AssetListing({token: token_, minDeposit: MIN_DEPOSIT});
        listings[1] = AssetListing({token: weth, minDeposit: MIN_WETH});
    }

    function _disputeTerms() internal pure returns (DisputeTerms memory) {
        return
            DisputeTerms({memoryRoot: MEMORY_ROOT, entry: ENTRY, bond: DISPUTE_BOND, defence: DEFENCE, budget: BUDGET});
    }

    function _stressTerms() internal pure returns (StressTerms memory) {
        return StressTerms({minBaseFee: 20 gwei, multiple: 8, interval: 10 minutes, referenceStep: 64});
    }

    function _rollupTerms() internal view returns (RollupTerms memory) {
        return RollupTerms({
            sequencer: sequencer,
            challengeWindow: WINDOW,
            forcedDeadline: DEADLINE,
            programHash: PROGRAM,
            verdict: verdict,
            clock: clock
        });
    }

    function _bondTerms() internal view returns (BondTerms memory) {
        return BondTerms({signer: promiser.addr, owner: bondOwner, minimum: SEQUENCER_BOND, leaveDelay: LEAVE_DELAY});
    }

    function _terms() internal view returns (ForcedTerms memory) {
        return ForcedTerms({
            baseFee: BASE_FEE, feeStep: FEE_STEP, refundAfter: REFUND_AFTER, feeRecipient: treasury, maxFee: MAX_FEE
        });
    }

    function _genesis() internal pure returns (BatchHeader memory h) {
        for (uint256 i = 0; i < 7; ++i) {
            h.sectionRoots[i] = keccak256(abi.encode("genesis section", i));
        }
        h.stateRoot = _stateRoot(h.sectionRoots);
        _carry(h, GENESIS_DATA);
    }

    /// @dev A good header on top of the tip, with no withdrawals, that consumes the whole inbox; diff in calldata.
    function _next() internal view returns (BatchHeader memory h) {
        Tip memory t = rollup.tip();
        h.index = t.batchCount;
        h.previousHash = rollup.batchHash(t.batchCount - 1);
        h.previousStateRoot = t.stateRoot;
        for (uint256 i = 0; i < 7; ++i) {
            h.sectionRoots[i] = keccak256(abi.encode("section", h.index, i));
        }
        h.stateRoot = _stateRoot(h.sectionRoots);
        h.firstSeq = t.lastSeq + 1;
        h.lastSeq = t.lastSeq + 100;
        h.firstTimeMs = t.lastTimeMs;
        h.lastTimeMs = _nowMs();
        h.promiseHash = keccak256(abi.encode("promise", h.index));
        h.l1MessageCount = inbox.messageCount();
        h.l1MessageHash = inbox.rollingHashAt(h.l1MessageCount);
        h.inputsRoot = keccak256(abi.encode("inputs", h.index));
        h.inputChunks = 3;
        h.withdrawalsRoot = Tree.root(new bytes32[](0), DEPTH);
        h.programHash = PROGRAM;
        _carry(h, DIFF);
    }

    /// @dev Commits the header to a diff in calldata.
    function _carry(BatchHeader memory h, bytes memory diff) internal pure {
        h.diffHash = keccak256(diff);
        h.dataHash = keccak256(abi.encodePacked(uint8(1), h.diffHash));
    }

    /// @dev `_next`, with these withdrawals.
    function _nextWith(Withdrawal[] memory ws) internal view returns (BatchHeader memory h) {
        h = _next();
        h.withdrawalCount = ws.length.toUint32();
        h.withdrawalsRoot = Tree.root(_leaves(ws), DEPTH);
    }

    function _post(BatchHeader memory h) internal {
        vm.prank(sequencer);
        rollup.postBatch(h, DIFF);
    }

    /// @dev Posts a batch that has consumed so many messages.
    function _postConsuming(uint64 count) internal returns (BatchHeader memory h) {
        h = _next();
        h.l1MessageCount = count;
        h.l1MessageHash = inbox.rollingHashAt(count);
        _post(h);
    }

    /// @dev Alice forces the exit of account 7, for the fee as it is.
    function _force() internal returns (uint64 id) {
        uint256 fee = inbox.forcedFee();
        vm.deal(alice, fee);
        vm.prank(alice);
        return inbox.forceExit{value: fee}(7, alice);
    }

    /// @dev What a request costs while so many are open.
    function _fee(uint256 open) internal pure returns (uint256) {
        uint256 risen = BASE_FEE + BASE_FEE * open / FEE_STEP;
        return risen < MAX_FEE ? risen : MAX_FEE;
    }

    function _expectRefusal(BatchHeader memory h, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(sequencer);
        rollup.postBatch(h, DIFF);
    }

    /// @dev Posts a batch with these withdrawals and waits until it is final.
    function _settle(Withdrawal[] memory ws) internal returns (BatchHeader memory h) {
        h = _nextWith(ws);
        _post(h);
        skip(WINDOW);
        rollup.finalize(h.index);
    }

    function _deposit(address who, uint256 amount) internal {
        token.mint(who, amount);
        vm.startPrank(who);
        token.approve(address(vault), amount);
        vault.deposit(0, amount, who, NEW);
        vm.stopPrank();
    }

    /// @dev `count` withdrawals with ids from `firstId`, 1 USDC each to alice and bob in turn.
    function _withdrawals(uint64 firstId, uint256 count) internal view returns (Withdrawal[] memory ws) {
        ws = new Withdrawal[](count);
        for (uint256 i = 0; i < count; ++i) {
            ws[i] = Withdrawal({
                id: firstId + i.toUint64(),
                account: i.toUint32(),
                recipient: i % 2 == 0 ? alice : bob,
                asset: 0,
                amount: 1e6
            });
        }
    }

    function _leaves(Withdrawal[] memory ws) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](ws.length);
        for (uint256 i = 0; i < ws.length; ++i) {
            leaves[i] = Tree.leaf(abi.encode(ws[i]));
        }
    }

    function _proof(Withdrawal[] memory ws, uint256 index) internal pure returns (bytes32[] memory) {
        return Tree.proof(_leaves(ws), index, DEPTH);
    }

    function _stateRoot(bytes32[7] memory s) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"02", s[0], s[1], s[2], s[3], s[4], s[5], s[6]));
    }

    function _hash(BatchHeader memory h) internal pure returns (bytes32) {
        return keccak256(abi.encode(h));
    }

    function _nowMs() internal view returns (uint64) {
        return (block.timestamp * 1000).toUint64();
    }
}
