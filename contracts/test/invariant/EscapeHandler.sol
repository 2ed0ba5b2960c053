// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {System} from "../../script/System.sol";
import {TestToken} from "../../script/TestToken.sol";
import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeClaim, EscapePayout, EscapeProposal} from "../../src/types/EscapeClaim.sol";
import {ForcedRecord} from "../../src/types/Forced.sol";
import {MockVerdict} from "../support/MockVerdict.sol";
import {Tree} from "../support/Tree.sol";
import {SystemHandler} from "./SystemHandler.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What `SystemHandler` does, and how it ends: a verdict, rejections, a freeze, and the ways out.
/// @dev Claims lie: one in four is for more than there is. What is right is for the verdict to say; what must hold whatever
/// it says is what the invariants look at.
contract EscapeHandler is SystemHandler {
    using SafeCast for uint256;

    uint256 private constant ESCAPE_DEPTH = 32;
    address private constant PROPOSER = address(0xCA401);

    MockVerdict internal verdict;

    bytes32[] internal claimHashes;
    mapping(bytes32 claimHash => EscapePayout[]) internal payouts;
    mapping(uint256 index => uint256) public timesEscaped;
    mapping(uint256 deposit => uint256) public timesRefunded;
    uint256 public escapes;
    uint256 public refunds;
    uint256 public rejections;
    uint256 public bondsHeld;
    uint256 public batchesAtFreeze;

    constructor(System memory s_, TestToken token_, BatchHeader memory genesis, MockVerdict verdict_)
        SystemHandler(s_, token_, genesis)
    {
        verdict = verdict_;
    }

    // --- moves ---

    /// @dev What was decided stays.
    function judge(uint256 batchSeed, uint256 statusSeed) external {
        uint64 index = (batchSeed % headers.length).toUint64();
        bytes32 hash = keccak256(abi.encode(headers[index]));
        if (_decided(verdict.ofBatch(index, hash))) return;
        verdict.setBatch(index, hash, VerdictStatus(statusSeed % 4));
    }

    function reject(uint256 batchSeed, uint256 previousSeed) external {
        uint64 index = (batchSeed % (headers.length + 1)).toUint64();
        bool right = previousSeed % 4 != 0 || previousSeed % headers.length + 1 == index;
        uint256 previous = right && index != 0 ? index - 1 : previousSeed % headers.length;
        bool falls = right && index >= highestFinalized && index < headers.length
            && verdict.ofBatch(index, keccak256(abi.encode(headers[index]))) == VerdictStatus.INVALID;
        bool wasFrozen = _frozen();

        try s.rollup.reject(index, headers[previous]) {
            require(falls, "a batch fell that was not to");
            while (headers.length > index) {
                delete withdrawals[headers.length - 1];
                headers.pop();
            }
            rejections += 1;
            require(_frozen() == (wasFrozen || _passedOver()), "a rejection froze wrongly");
            if (!wasFrozen && _frozen()) batchesAtFreeze = headers.length;
        } catch {
            require(!falls, "a batch did not fall that was to");
        }
    }

    /// @param chance one time in three it is tried at all, so that not every run ends at once.
    function freeze(uint256 chance, uint256 idSeed, bool silent, uint256 elapsed) external {
        if (chance % 3 != 0) return;
        skip(_bound(elapsed, 0, 6 hours));
        uint64 id = forced.length == 0 ? 0 : (idSeed % forced.length).toUint64();
        bool may = !_frozen() && (silent ? _silent() : forced.length != 0 && _isPassedOver(id));
        if (silent) {
            try s.rollup.freezeSilent() {
                require(may, "silence froze too early");
            } catch {
                require(!may, "silence did not freeze");
            }
        } else {
            try s.rollup.freeze(id) {
                require(may, "a request froze that was not passed over");
            } catch {
                require(!may, "a request that was passed over did not freeze");
            }
        }
        if (may) batchesAtFreeze = headers.length;
    }

    function propose(uint256 count, uint256 seed) external {
        EscapePayout[] memory ps = new EscapePayout[](_bound(count, 0, 4));
        uint256 share = (deposited - paid) / 4;
        for (uint256 i = 0; i < ps.length; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 amount = seed % 4 == 0 ? deposited + r % 1e6 : r % (share + 1);
            ps[i] = EscapePayout({index: i.toUint64(), recipient: _actor(r), asset: 0, amount: amount.toUint64()});
        }
        EscapeClaim memory c = _claimOf(ps, seed % 8 == 1);
        bytes32 hash = keccak256(abi.encode(c));
        bool right = c.batchHash == keccak256(abi.encode(headers[headers.length - 1]));
        bool fresh = s.escape.acceptedClaim() == 0 && s.escape.proposal(hash).proposer == address(0);
        bool may = s.rollup.isSettled() && right && fresh;
        uint256 bond = s.escape.bond();
        vm.deal(PROPOSER, bond);
        vm.prank(PROPOSER);
        try s.escape.propose{value: bond}(c) {
            require(may, "a claim was proposed that could not be");
            claimHashes.push(hash);
            bondsHeld += bond;
            for (uint256 i = 0; i < ps.length; ++i) {
                payouts[hash].push(ps[i]);
            }
        } catch {
            require(!may, "a claim was not proposed that could be");
        }
    }

    function judgeClaim(uint256 claimSeed, uint256 statusSeed) external {
        if (claimHashes.length == 0) return;
        bytes32 hash = claimHashes[claimSeed % claimHashes.length];
        if (_decided(verdict.ofClaim(hash))) return;
        verdict.setClaim(hash, VerdictStatus(statusSeed % 4));
    }

    function accept(uint256 claimSeed, uint256 elapsed) external {
        skip(_bound(elapsed, 0, 1 days));
        if (claimHashes.length == 0) return;
        bytes32 hash = claimHashes[claimSeed % claimHashes.length];
        bool may = s.escape.acceptedClaim() == 0 && _stands(hash);
        try s.escape.accept(hash) {
            require(may, "a claim was accepted that could not be");
        } catch {
            require(!may, "a claim was not accepted that could be");
        }
    }

    function settleBond(uint256 claimSeed) external {
        if (claimHashes.length == 0) return;
        bytes32 hash = claimHashes[claimSeed % claimHashes.length];
        bool wrong = verdict.ofClaim(hash) == VerdictStatus.INVALID;
        bool may = !s.escape.proposal(hash).bondSettled && (wrong || (s.escape.acceptedClaim() != 0 && _stands(hash)));
        uint256 before = s.escape.credit(address(s.demand));
        try s.escape.settleBond(hash) {
            require(may, "a bond was settled that was to stay");
            require((s.escape.credit(address(s.demand)) != before) == wrong, "a bond went the wrong way");
        } catch {
            require(!may, "a bond stayed that was to be settled");
        }
    }

    function pullBond(bool ofVerdict) external {
        uint256 due = s.escape.credit(ofVerdict ? address(s.demand) : PROPOSER);
        if (!ofVerdict) vm.prank(PROPOSER);
        (bool pulled,) = ofVerdict
            ? address(s.demand).call(abi.encodeCall(s.demand.passOn, (s.escape)))
            : address(s.escape).call(abi.encodeCall(s.escape.withdrawCredit, (PROPOSER)));
        require(pulled == (due != 0), "a credit was refused, or paid twice");
        bondsHeld -= due;
    }

    /// @param claimSeed any claim: payouts of one that was not accepted are refused.
    function escapeOut(uint256 claimSeed, uint256 payoutSeed, bool forged) external {
        if (claimHashes.length == 0) return;
        bytes32 hash = claimHashes[claimSeed % claimHashes.length];
        EscapePayout[] memory ps = payouts[hash];
        if (ps.length == 0) return;
        EscapePayout memory p = ps[payoutSeed % ps.length];
        bytes32[] memory proof = Tree.proof(_leaves(ps), p.index, ESCAPE_DEPTH);
        if (forged) p.amount += 1;
        bytes32 accepted = s.escape.acceptedClaim();
        bool due = hash == accepted && !forged && timesEscaped[p.index] == 0 && p.amount <= deposited - paid;

        try s.escape.claim(p, proof) {
            // Another claim may have the very same leaf in the very same tree, under another batch or total.
            require(due || _sameTree(hash, accepted), "paid what was not due");
            timesEscaped[p.index] += 1;
            paid += p.amount;
            escapes += 1;
        } catch {
            require(!due, "refused what was due");
        }
    }

    function refund(uint256 depositSeed, bool forged) external {
        if (queued.length == 0) return;
        uint256 which = depositSeed % queued.length;
        Queued memory q = queued[which];
        if (forged) q.deposit.amount += 1;
        bool due = s.rollup.isSettled() && !forged && timesRefunded[which] == 0
            && q.messageIndex >= headers[headers.length - 1].l1MessageCount && q.deposit.amount <= deposited - paid;

        try s.escape.refund(q.messageIndex, q.l1Block, q.l1Time, q.deposit) {
            require(due, "refunded what was not due");
            timesRefunded[which] += 1;
            paid += q.deposit.amount;
            refunds += 1;
        } catch {
            require(!due, "did not refund what was due");
        }
    }

    // --- for the invariants ---

    function deposits() external view returns (uint256) {
        return queued.length;
    }

    function depositMessage(uint256 which) external view returns (uint64) {
        return queued[which].messageIndex;
    }

    /// @dev What the escape owes: credits, and bonds that were not settled.
    function owedByEscape() external view returns (uint256 sum) {
        sum = s.escape.credit(PROPOSER) + s.escape.credit(address(s.demand));
        for (uint256 i = 0; i < claimHashes.length; ++i) {
            if (!s.escape.proposal(claimHashes[i]).bondSettled) sum += s.escape.bond();
        }
    }

    // --- hands ---

    function _claimOf(EscapePayout[] memory ps, bool ofAnotherBatch) private view returns (EscapeClaim memory c) {
        c.batchHash = keccak256(abi.encode(headers[ofAnotherBatch ? 0 : headers.length - 1]));
        c.payoutsRoot = Tree.root(_leaves(ps), ESCAPE_DEPTH);
        c.payoutCount = ps.length.toUint64();
        for (uint256 i = 0; i < ps.length; ++i) {
            c.total += ps[i].amount;
        }
    }

    function _leaves(EscapePayout[] memory ps) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](ps.length);
        for (uint256 i = 0; i < ps.length; ++i) {
            leaves[i] = Tree.leaf(abi.encode(ps[i]));
        }
    }

    function _sameTree(bytes32 a, bytes32 b) private view returns (bool) {
        bytes32 root = s.escape.proposal(a).claim.payoutsRoot;
        return b != 0 && a != b && root == s.escape.proposal(b).claim.payoutsRoot;
    }

    function _stands(bytes32 hash) private view returns (bool) {
        VerdictStatus status = verdict.ofClaim(hash);
        EscapeProposal memory p = s.escape.proposal(hash);
        bool waited = p.proposedAt + s.rollup.challengeWindow() <= vm.getBlockTimestamp();
        return status == VerdictStatus.VALID || (status == VerdictStatus.UNDISPUTED && waited);
    }

    function _decided(VerdictStatus status) private pure returns (bool) {
        return status == VerdictStatus.VALID || status == VerdictStatus.INVALID;
    }

    function _silent() private view returns (bool) {
        return vm.getBlockTimestamp() > s.rollup.lastPostedAt() + s.rollup.forcedDeadline();
    }

    function _isPassedOver(uint64 id) private view returns (bool) {
        ForcedRecord memory r = s.inbox.forcedRecord(id);
        bool open = r.messageIndex >= headers[headers.length - 1].l1MessageCount;
        return open && vm.getBlockTimestamp() > r.queuedAt + s.rollup.forcedDeadline();
    }

    /// @dev Whether any request was, looked for one by one.
    function _passedOver() private view returns (bool) {
        for (uint64 id = 0; id < forced.length; ++id) {
            if (_isPassedOver(id)) return true;
        }
        return false;
    }
}
