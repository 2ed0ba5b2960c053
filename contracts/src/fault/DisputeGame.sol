// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IDataDemand} from "../interfaces/IDataDemand.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IEscape} from "../interfaces/IEscape.sol";
import {IRiscvStep} from "../interfaces/IRiscvStep.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Deadline} from "../libraries/Deadline.sol";
import {Claim, Descent, DisputeTerms, Match} from "../types/Dispute.sol";
import {LeapWitness, MachineState} from "../types/MachineState.sol";
import {Claims} from "./Claims.sol";
import {History} from "./History.sol";
import {StateHash} from "./StateHash.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title DisputeGame
/// @notice See `IDisputeGame`, which also holds every assumption.
/// @dev A match is kept from its first move on; before that it follows from its claims. What it is worth dies with either
/// of them: every act asks whether both are live.
contract DisputeGame is Claims {
    /// @dev What is kept of a match.
    struct Record {
        Match state;
        /// Who made the moves of the claim "valid".
        address[] validMovers;
        /// Who made those of the claim "invalid".
        address[] invalidMovers;
    }

    mapping(bytes32 hash => mapping(bytes32 validRoot => mapping(bytes32 invalidRoot => Record))) private _records;

    /// @param rollup_ it is created later, as are the next two: it names this.
    constructor(IRollup rollup_, IDataDemand demand_, IEscape escape_, IRiscvStep machine_, DisputeTerms memory terms)
        Claims(rollup_, demand_, escape_, machine_, terms)
    {}

    /// @inheritdoc IDisputeGame
    function move(
        bytes32 hash,
        bytes32 validRoot,
        bytes32 invalidRoot,
        Descent calldata descent,
        bytes32[] calldata nodes
    ) external {
        Match memory m = matchOf(hash, validRoot, invalidRoot);
        if (m.level == 0) revert WrongLevel(m.level);
        if (_isPast(_end(hash, m))) revert OutOfTime(hash, validRoot, invalidRoot);
        uint256 height = History.height(m.level);
        _checkDescent(m, descent, height);

        bool byValid = _isTurnOfValid(m);
        uint64 left = _left(hash, m);
        // The number of levels is small.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint8 levels = uint8(height);
        m.level -= levels;
        m.index = (m.index << levels) | descent.offset;
        (m.validNode, m.invalidNode) = (descent.validNode, descent.invalidNode);
        _checkNodes(byValid ? m.validNode : m.invalidNode, m.level, nodes);
        if (byValid) m.validLeft = left;
        else m.invalidLeft = left;
        ++m.moves;
        m.since = SafeCast.toUint64(block.timestamp);

        Record storage record = _records[hash][validRoot][invalidRoot];
        record.state = m;
        (byValid ? record.validMovers : record.invalidMovers).push(msg.sender);
        emit Moved(hash, validRoot, invalidRoot, msg.sender, m.level, m.index, nodes);
    }

    /// @inheritdoc IDisputeGame
    function step(
        bytes32 hash,
        bytes32 validRoot,
        bytes32 invalidRoot,
        MachineState calldata before,
        bytes32[] calldata proof,
        LeapWitness calldata witness
    ) external {
        Match memory m = matchOf(hash, validRoot, invalidRoot);
        if (m.level != 0) revert WrongLevel(m.level);
        _checkLength(proof.length, History.DEPTH);
        // The first leaf is the same in all histories, so there is one before the difference; and so it is in both.
        bytes32 root = History.climb(StateHash.ofState(before), m.index - 1, proof);
        if (root != validRoot && root != invalidRoot) revert InvalidProof();

        bytes32 afterwards = machine.leap(before, witness);
        bool validWins = afterwards == m.validNode;
        bool invalidWins = afterwards == m.invalidNode;
        bool both = !validWins && !invalidWins;
        Record storage record = _records[hash][validRoot][invalidRoot];
        if (!validWins) _kill(hash, validRoot, invalidRoot, record.invalidMovers, both, false);
        if (!invalidWins) _kill(hash, invalidRoot, validRoot, record.validMovers, both, false);
    }

    /// @inheritdoc IDisputeGame
    function expire(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) external {
        Match memory m = matchOf(hash, validRoot, invalidRoot);
        uint256 end = _end(hash, m);
        if (!_isPast(end)) revert InTime(end);
        Record storage record = _records[hash][validRoot][invalidRoot];
        if (_isTurnOfValid(m)) _kill(hash, validRoot, invalidRoot, record.invalidMovers, false, true);
        else _kill(hash, invalidRoot, validRoot, record.validMovers, false, true);
    }

    /// @inheritdoc IDisputeGame
    function due(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) external view returns (uint256) {
        return _end(hash, matchOf(hash, validRoot, invalidRoot));
    }

    /// @inheritdoc IDisputeGame
    function matchOf(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) public view returns (Match memory m) {
        Claim storage valid = _live(hash, validRoot);
        Claim storage invalid = _live(hash, invalidRoot);
        if (!valid.valid) revert NotLive(hash, validRoot);
        if (invalid.valid) revert NotLive(hash, invalidRoot);
        if (_isInvalid(hash)) revert AlreadyFallen(hash);
        m = _records[hash][validRoot][invalidRoot].state;
        if (m.moves != 0) return m;
        (m.validNode, m.invalidNode) = (validRoot, invalidRoot);
        m.level = uint8(History.DEPTH);
        m.since = SafeCast.toUint64(Math.max(valid.filedAt, invalid.filedAt));
        (m.validLeft, m.invalidLeft) = (budget, budget);
    }

    /// @dev The last second of the turn.
    function _end(bytes32 hash, Match memory m) private view returns (uint256) {
        return Deadline.end(rollup.clock(), _start(hash, m), _budget(m));
    }

    /// @dev What the claim whose turn ends now has left of its seconds. Those that were stressed are not counted, but half of
    /// all at most: so its turns together last no longer than twice the budget.
    function _left(bytes32 hash, Match memory m) private view returns (uint64) {
        (uint256 start, uint256 left) = (_start(hash, m), _budget(m));
        uint256 elapsed = Math.saturatingSub(block.timestamp, start);
        uint256 used = elapsed - Math.min(elapsed / 2, rollup.clock().stressed(start, block.timestamp));
        return SafeCast.toUint64(left - Math.min(left, used));
    }

    /// @dev Since when the seconds of the turn count: not while claims of that side can still be filed. A claim is filed once,
    /// and else whoever files the right one first and lets its time pass takes it from all who come in time.
    function _start(bytes32 hash, Match memory m) private view returns (uint64) {
        return SafeCast.toUint64(Math.max(m.since, _filingEnd(hash, _isTurnOfValid(m))));
    }

    /// @dev Seconds that the claim whose turn it is had left when the turn began.
    function _budget(Match memory m) private pure returns (uint64) {
        return _isTurnOfValid(m) ? m.validLeft : m.invalidLeft;
    }

    /// @dev Claims "valid" begin, and execute the step: what is right can be executed, and of what is wrong a leap may be one
    /// that nobody can show, with a preimage that is too large for any transaction.
    function _isTurnOfValid(Match memory m) private pure returns (bool) {
        return m.moves % 2 == 0 || m.level == 0;
    }

    /// @dev The descent leads from both nodes to the first difference below them: the ends differ, and what is to the left of
    /// the way is the same.
    function _checkDescent(Match memory m, Descent calldata descent, uint256 height) private pure {
        _checkLength(descent.validSiblings.length, height);
        _checkLength(descent.invalidSiblings.length, height);
        uint256 offset = descent.offset;
        bool proven = offset >> height == 0
            && History.climb(descent.validNode, offset, descent.validSiblings) == m.validNode
            && History.climb(descent.invalidNode, offset, descent.invalidSiblings) == m.invalidNode;
        if (!proven) revert InvalidProof();
        bool first = descent.validNode != descent.invalidNode;
        for (uint256 i = 0; i < height; ++i) {
            bool isRight = (offset >> i) & 1 == 1;
            if (isRight && descent.validSiblings[i] != descent.invalidSiblings[i]) first = false;
        }
        if (!first) revert NotFirstDifference();
    }

    /// @dev The nodes are those below `node`, which is `level` above the states.
    function _checkNodes(bytes32 node, uint256 level, bytes32[] calldata nodes) private pure {
        _checkLength(nodes.length, level == 0 ? 0 : 2 ** History.height(level));
        if (level != 0 && History.root(nodes) != node) revert InvalidProof();
    }
}
