// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDataDemand} from "../interfaces/IDataDemand.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IEscape} from "../interfaces/IEscape.sol";
import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IVerdict, VerdictStatus} from "../interfaces/IVerdict.sol";
import {Deadline} from "../libraries/Deadline.sol";
import {PullCredit} from "../libraries/PullCredit.sol";
import {Claim, ClaimState, Dispute, DisputeTerms, Filing, Subject} from "../types/Dispute.sol";
import {EscapeProposal} from "../types/EscapeClaim.sol";
import {History} from "./History.sol";
import {Start} from "./Start.sol";
import {StateHash} from "./StateHash.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Claims
/// @notice The part of `IDisputeGame` that takes claims, decides what they decide, and keeps their bonds. How a claim dies
/// is `DisputeGame`'s.
abstract contract Claims is IDisputeGame, PullCredit {
    /// @dev Longest time that the terms may give.
    uint64 private constant MAX_TIME = 30 days;
    /// @dev Of a bond that is lost, one part in so many is burned.
    uint256 internal constant BURNED = 4;

    /// @inheritdoc IDisputeGame
    IRollup public immutable rollup;
    /// @inheritdoc IDisputeGame
    IDataDemand public immutable demand;
    /// @inheritdoc IDisputeGame
    IEscape public immutable escape;
    /// @inheritdoc IDisputeGame
    IRiscvStep public immutable machine;
    /// @inheritdoc IDisputeGame
    bytes32 public immutable memoryRoot;
    /// @inheritdoc IDisputeGame
    uint64 public immutable entry;
    /// @inheritdoc IDisputeGame
    bytes32 public immutable programHash;
    /// @inheritdoc IDisputeGame
    uint256 public immutable bond;
    /// @inheritdoc IDisputeGame
    uint64 public immutable defence;
    /// @inheritdoc IDisputeGame
    uint64 public immutable budget;

    mapping(bytes32 hash => Dispute) private _disputes;
    mapping(bytes32 hash => mapping(bytes32 root => Claim)) private _claims;
    /// @dev Claims "invalid", in the order they were filed.
    mapping(bytes32 hash => bytes32[]) private _challenges;
    mapping(bytes32 hash => bool) private _collected;

    /// @param rollup_ it is created later, as are the next two: it names this.
    constructor(IRollup rollup_, IDataDemand demand_, IEscape escape_, IRiscvStep machine_, DisputeTerms memory terms) {
        if (address(machine_).code.length == 0) revert NoStep(address(machine_));
        if (terms.bond == 0) revert NoBond();
        _checkTime(terms.defence);
        _checkTime(terms.budget);
        rollup = rollup_;
        demand = demand_;
        escape = escape_;
        machine = machine_;
        memoryRoot = terms.memoryRoot;
        entry = terms.entry;
        programHash = Start.programHash(terms.memoryRoot, terms.entry);
        bond = terms.bond;
        defence = terms.defence;
        budget = terms.budget;
    }

    /// @dev Bonds of escape claims that have fallen.
    receive() external payable {
        if (msg.sender != address(escape)) revert NotFromEscape(msg.sender);
    }

    /// @inheritdoc IDisputeGame
    function file(Filing calldata filing) external payable returns (bytes32 root) {
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        bool valid = filing.last.halted && filing.last.exitCode == 0;
        _checkOpen(filing, valid);
        root = _rootOf(filing);
        Claim storage c = _claims[filing.hash][root];
        if (c.state != ClaimState.NONE) revert AlreadyFiled(filing.hash, root);

        c.author = msg.sender;
        c.filedAt = SafeCast.toUint64(block.timestamp);
        c.valid = valid;
        c.state = ClaimState.LIVE;
        Dispute storage d = _disputes[filing.hash];
        if (valid) {
            ++d.valid;
        } else {
            ++d.invalid;
            (d.subject, d.index, d.challengedAt) = (filing.subject, filing.index, c.filedAt);
            _challenges[filing.hash].push(root);
        }
        emit ClaimFiled(filing.hash, root, msg.sender, filing.subject, filing.index, valid, filing.nodes);
    }

    /// @inheritdoc IDisputeGame
    function conclude(bytes32 hash) external {
        Dispute storage d = _disputes[hash];
        if (d.fallen) revert AlreadyFallen(hash);
        bool decided = d.invalid != 0 && d.valid == 0 && _isPast(defenceEnd(hash));
        if (!decided) revert NotDecided(hash);
        _fall(hash, d);
    }

    /// @inheritdoc IDisputeGame
    function takeBack(bytes32 hash, bytes32 root) external {
        Claim storage c = _live(hash, root);
        Dispute storage d = _disputes[hash];
        if (!d.fallen && _isDropped(d, hash)) _fall(hash, d);
        if (!d.fallen && !_isDone(d, hash)) revert BondStays(hash, root);

        c.state = ClaimState.TAKEN_BACK;
        _owe(c.author, bond);
        emit BondTakenBack(hash, root, c.author);
    }

    /// @inheritdoc IDisputeGame
    function collect(bytes32 hash) external {
        Dispute storage d = _disputes[hash];
        bool due_ = d.subject == Subject.ESCAPE && d.fallen && !_collected[hash];
        if (!due_) revert NothingToCollect(hash);
        bytes32 root = _firstChallenge(hash);
        uint256 amount = escape.bond();
        amount -= amount / BURNED;
        address author = _claims[hash][root].author;

        _collected[hash] = true;
        _owe(author, amount);
        emit BondCollected(hash, root, author, amount);
        if (!escape.proposal(hash).bondSettled) escape.settleBond(hash);
        // Somebody may have passed it on, and that of others with it.
        if (escape.credit(address(demand)) != 0) demand.passOn(escape);
    }

    /// @inheritdoc IVerdict
    function ofBatch(uint64, bytes32 batchHash) external view returns (VerdictStatus) {
        return _status(batchHash);
    }

    /// @inheritdoc IVerdict
    function ofClaim(bytes32 claimHash) external view returns (VerdictStatus) {
        return _status(claimHash);
    }

    /// @inheritdoc IDisputeGame
    function disputeOf(bytes32 hash) external view returns (Dispute memory) {
        return _disputes[hash];
    }

    /// @inheritdoc IDisputeGame
    function claimOf(bytes32 hash, bytes32 root) external view returns (Claim memory) {
        return _claims[hash][root];
    }

    /// @inheritdoc IDisputeGame
    function startOf(Subject subject, bytes32 hash) public view returns (bytes32) {
        return Start.stateHash(memoryRoot, entry, subject, hash);
    }

    /// @inheritdoc IDisputeGame
    function defenceEnd(bytes32 hash) public view returns (uint256) {
        uint64 challengedAt = _disputes[hash].challengedAt;
        return challengedAt == 0 ? 0 : Deadline.end(rollup.clock(), challengedAt, defence);
    }

    /// @dev Kills a claim that lost a match. Three quarters of its bond go to who made the moves of the other side, who acted
    /// last, and the author of the other claim unless it died, too: one share each. What is left is burned.
    function _kill(bytes32 hash, bytes32 root, bytes32 by, address[] storage movers, bool both, bool byTime) internal {
        Dispute storage d = _disputes[hash];
        Claim storage c = _claims[hash][root];
        c.state = ClaimState.DEAD;
        if (c.valid) --d.valid;
        else --d.invalid;

        uint256 moves = movers.length;
        uint256 share = (bond - bond / BURNED) / (moves + (both ? 1 : 2));
        for (uint256 i = 0; i < moves; ++i) {
            _owe(movers[i], share);
        }
        _owe(msg.sender, share);
        if (!both) _owe(_claims[hash][by].author, share);
        emit ClaimDied(hash, root, by, byTime);
    }

    /// @dev A claim that has lost no match.
    function _live(bytes32 hash, bytes32 root) internal view returns (Claim storage c) {
        c = _claims[hash][root];
        if (c.state != ClaimState.LIVE) revert NotLive(hash, root);
    }

    /// @dev Whether the subject is invalid: it was decided, or its batch went with another one that was rejected.
    function _isInvalid(bytes32 hash) internal view returns (bool) {
        Dispute storage d = _disputes[hash];
        return d.fallen || _isDropped(d, hash);
    }

    /// @dev Until when claims of one side can be filed, as far as stress is proven now.
    function _filingEnd(bytes32 hash, bool valid) internal view returns (uint256) {
        if (valid) return defenceEnd(hash);
        Dispute storage d = _disputes[hash];
        return _challengeEnd(d.subject, d.index, hash);
    }

    function _isPast(uint256 time) internal view returns (bool) {
        // Times are hours; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp > time;
    }

    function _checkLength(uint256 given, uint256 expected) internal pure {
        if (given != expected) revert WrongLength(given, expected);
    }

    function _fall(bytes32 hash, Dispute storage d) private {
        d.fallen = true;
        emit Fallen(hash, d.subject, d.index);
    }

    /// @dev A claim can be filed of the subject: while its window lasts, or in answer to one.
    function _checkOpen(Filing calldata f, bool valid) private view {
        Dispute storage d = _disputes[f.hash];
        if (d.fallen) revert AlreadyFallen(f.hash);
        bool known = f.subject == Subject.BATCH
            ? _isPosted(f.index, f.hash) && !rollup.isFinal(f.index)
            : f.subject == Subject.ESCAPE && f.index == 0 && _isProposed(f.hash, valid);
        if (!known) revert UnknownSubject(f.hash);
        if (valid) {
            if (d.challengedAt == 0) revert NotChallenged(f.hash);
            if (_isPast(defenceEnd(f.hash))) revert TooLate(f.hash);
        } else {
            uint256 end = _challengeEnd(f.subject, f.index, f.hash);
            // Windows are days; what a proposer can do to the clock is seconds.
            // forge-lint: disable-next-line(block-timestamp)
            if (block.timestamp >= end) revert TooLate(f.hash);
        }
    }

    /// @dev The first second in which no claim "invalid" can be filed: the end of the window, or of what demands hold.
    function _challengeEnd(Subject subject, uint64 index, bytes32 hash) private view returns (uint256) {
        if (subject == Subject.ESCAPE) return escape.windowEnd(hash);
        return Math.max(rollup.windowEnd(index), demand.heldUntil(hash));
    }

    /// @dev Root of the history, whose two ends are proven.
    function _rootOf(Filing calldata f) private view returns (bytes32) {
        uint256 below = History.DEPTH - History.REVEAL;
        _checkLength(f.nodes.length, 2 ** History.REVEAL);
        _checkLength(f.startProof.length, below);
        _checkLength(f.lastProof.length, below);
        bytes32 last = StateHash.ofState(f.last);
        bool proven = History.climb(startOf(f.subject, f.hash), 0, f.startProof) == f.nodes[0]
            && History.climb(last, 2 ** below - 1, f.lastProof) == f.nodes[f.nodes.length - 1];
        if (!proven) revert InvalidProof();
        return History.root(f.nodes);
    }

    /// @dev The first claim "invalid" that did not die. There is one when a subject has fallen.
    function _firstChallenge(bytes32 hash) private view returns (bytes32 root) {
        bytes32[] storage challenges = _challenges[hash];
        uint256 i = 0;
        while (_claims[hash][challenges[i]].state == ClaimState.DEAD) ++i;
        return challenges[i];
    }

    function _status(bytes32 hash) private view returns (VerdictStatus) {
        Dispute storage d = _disputes[hash];
        if (d.fallen) return VerdictStatus.INVALID;
        return d.invalid == 0 ? VerdictStatus.UNDISPUTED : VerdictStatus.DISPUTED;
    }

    /// @dev Whether the rollup has this batch now.
    function _isPosted(uint64 index, bytes32 hash) private view returns (bool) {
        return index < rollup.batchCount() && rollup.batchHash(index) == hash;
    }

    /// @dev Whether there is this escape claim, and its bond has not ended it. When another one is accepted it is challenged no
    /// more; what challenges it got are answered all the same.
    function _isProposed(bytes32 hash, bool valid) private view returns (bool) {
        EscapeProposal memory p = escape.proposal(hash);
        return p.proposer != address(0) && !p.bondSettled && (valid || escape.acceptedClaim() == 0);
    }

    /// @dev Whether the batch went with another one that was rejected: it can never come back.
    function _isDropped(Dispute storage d, bytes32 hash) private view returns (bool) {
        return d.subject == Subject.BATCH && !_isPosted(d.index, hash);
    }

    /// @dev Whether nothing can be said against the subject any more. A claim that was outrun is disputed to the end: only so
    /// its bond and those of its dispute go where they belong.
    function _isDone(Dispute storage d, bytes32 hash) private view returns (bool) {
        if (d.subject == Subject.BATCH) return _isPosted(d.index, hash) && rollup.isFinal(d.index);
        return escape.acceptedClaim() != 0 && d.invalid == 0;
    }

    function _checkTime(uint64 time) private pure {
        if (time == 0 || time > MAX_TIME) revert InvalidTime(time, MAX_TIME);
    }
}
