// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../interfaces/ICredit.sol";
import {IDataDemand} from "../interfaces/IDataDemand.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IVerdict, VerdictStatus} from "../interfaces/IVerdict.sol";
import {BatchHash} from "../libraries/BatchHash.sol";
import {BinaryTree} from "../libraries/BinaryTree.sol";
import {Deadline} from "../libraries/Deadline.sol";
import {PullCredit} from "../libraries/PullCredit.sol";
import {RevealPrice} from "../libraries/RevealPrice.sol";
import {BatchHeader} from "../types/BatchHeader.sol";
import {Demand, DemandState, DemandTerms, DemandedBatch} from "../types/Demand.sol";
import {Limits} from "../types/Limits.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title DataDemand
/// @notice See `IDataDemand`, which also holds every assumption.
/// @dev One look at the first of a batch's list says whether the batch has fallen. An answer takes its demand out of the
/// list; a bond that goes back does not, so that the list of what is lost is never empty.
contract DataDemand is IDataDemand, PullCredit {
    using BatchHash for BatchHeader;

    uint64 private constant MAX_TIME = 30 days;

    /// @inheritdoc IDataDemand
    IRollup public immutable rollup;
    /// @inheritdoc IDataDemand
    IVerdict public immutable inner;
    /// @inheritdoc IDataDemand
    uint256 public immutable bond;
    /// @inheritdoc IDataDemand
    uint64 public immutable deadline;
    /// @inheritdoc IDataDemand
    uint64 public immutable review;

    mapping(bytes32 batchHash => DemandedBatch) private _batches;
    mapping(bytes32 batchHash => mapping(uint32 chunk => Demand)) private _demands;

    /// @param rollup_ it is created later: it names this.
    constructor(IRollup rollup_, IVerdict inner_, DemandTerms memory terms) {
        if (address(inner_).code.length == 0) revert NoInnerVerdict(address(inner_));
        if (terms.bond == 0) revert NoBond();
        _checkTime(terms.deadline);
        _checkTime(terms.review);
        rollup = rollup_;
        inner = inner_;
        bond = terms.bond;
        deadline = terms.deadline;
        review = terms.review;
    }

    /// @inheritdoc IDataDemand
    function demand(BatchHeader calldata header, uint32 chunk) external payable {
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        bytes32 batchHash = header.ofHeader();
        uint64 index = header.index;
        if (!_isPosted(index, batchHash)) revert NotPosted(index, batchHash);
        if (rollup.isFinal(index) || !_inWindow(index)) revert TooLate(index);
        if (chunk >= header.inputChunks) revert UnknownChunk(chunk, header.inputChunks);
        Demand storage d = _demands[batchHash][chunk];
        if (d.state != DemandState.NONE) revert AlreadyDemanded(batchHash, chunk);
        if (hasFallen(batchHash)) revert Fallen(batchHash);

        d.demander = msg.sender;
        d.madeAt = SafeCast.toUint48(block.timestamp);
        d.state = DemandState.OPEN;
        _link(batchHash, chunk, d);
        DemandedBatch storage batch = _batches[batchHash];
        batch.inputsRoot = header.inputsRoot;
        batch.index = index;
        emit ChunkDemanded(batchHash, index, chunk, msg.sender, uint256(d.madeAt) + deadline);
    }

    /// @inheritdoc IDataDemand
    function reveal(bytes32 batchHash, uint32 chunk, bytes calldata data, bytes32[] calldata proof) external {
        DemandedBatch storage batch = _batches[batchHash];
        Demand storage d = _demands[batchHash][chunk];
        if (d.state != DemandState.OPEN) revert NotOpen(batchHash, chunk);
        if (hasFallen(batchHash)) revert Fallen(batchHash);
        if (!_isPosted(batch.index, batchHash)) revert NotPosted(batch.index, batchHash);
        if (data.length > Limits.INPUT_CHUNK_BYTES) revert ChunkTooLong(data.length, Limits.INPUT_CHUNK_BYTES);
        bytes32 leaf = BinaryTree.leafHash(data);
        bool proven = BinaryTree.verify(batch.inputsRoot, leaf, chunk, Limits.INPUT_TREE_DEPTH, proof);
        if (!proven) revert InvalidProof(chunk);

        d.state = DemandState.REVEALED;
        _unlink(batchHash, d);
        batch.revealedAt = SafeCast.toUint64(block.timestamp);
        uint256 paid = Math.min(bond, RevealPrice.ofBytes(data.length));
        _owe(msg.sender, paid);
        _owe(d.demander, bond - paid);
        emit ChunkRevealed(batchHash, batch.index, chunk, msg.sender, paid, data, proof);
    }

    /// @inheritdoc IDataDemand
    function takeBack(bytes32 batchHash, uint32 chunk) external {
        Demand storage d = _demands[batchHash][chunk];
        if (d.state != DemandState.OPEN) revert NotOpen(batchHash, chunk);
        bool lost = hasFallen(batchHash) || !_isPosted(_batches[batchHash].index, batchHash);
        if (!lost) revert BondStays(batchHash, chunk);

        d.state = DemandState.TAKEN_BACK;
        _batches[batchHash].lost = true;
        _owe(d.demander, bond);
        emit BondTakenBack(batchHash, chunk, d.demander);
    }

    /// @inheritdoc IDataDemand
    function passOn(ICredit from) external returns (uint256 amount) {
        return from.withdrawCredit(address(inner));
    }

    /// @inheritdoc IVerdict
    function ofBatch(uint64 index, bytes32 batchHash) external view returns (VerdictStatus status) {
        status = inner.ofBatch(index, batchHash);
        if (status == VerdictStatus.INVALID || hasFallen(batchHash)) return VerdictStatus.INVALID;
        if (_isHeld(batchHash)) return VerdictStatus.DISPUTED;
        // Else what is valid would be disputed by a demand that comes later, and what is valid never changes.
        bool early = status == VerdictStatus.VALID && !(_isPosted(index, batchHash) && !_inWindow(index));
        return early ? VerdictStatus.UNDISPUTED : status;
    }

    /// @inheritdoc IVerdict
    function ofClaim(bytes32 claimHash) external view returns (VerdictStatus) {
        return inner.ofClaim(claimHash);
    }

    /// @inheritdoc IDataDemand
    function due(bytes32 batchHash, uint32 chunk) external view returns (uint256) {
        Demand storage d = _demands[batchHash][chunk];
        return d.state == DemandState.NONE ? 0 : _due(d);
    }

    /// @inheritdoc IDataDemand
    function demandOf(bytes32 batchHash, uint32 chunk) external view returns (Demand memory) {
        return _demands[batchHash][chunk];
    }

    /// @inheritdoc IDataDemand
    function batchOf(bytes32 batchHash) external view returns (DemandedBatch memory) {
        return _batches[batchHash];
    }

    /// @inheritdoc IDataDemand
    function heldUntil(bytes32 batchHash) external view returns (uint256) {
        DemandedBatch storage batch = _batches[batchHash];
        if (batch.last != 0) return uint256(_listed(batchHash, batch.last).madeAt) + 2 * uint256(deadline) + review;
        return batch.revealedAt == 0 ? 0 : uint256(batch.revealedAt) + review;
    }

    /// @inheritdoc IDataDemand
    function hasFallen(bytes32 batchHash) public view returns (bool) {
        DemandedBatch storage batch = _batches[batchHash];
        if (batch.first == 0) return false;
        // What somebody acted on stays, whatever is proven of the base layer then.
        if (batch.lost || rollup.isRejected(batchHash)) return true;
        // Deadlines are hours; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp > _due(_listed(batchHash, batch.first));
    }

    /// @dev Puts a demand at the end of the batch's list.
    function _link(bytes32 batchHash, uint32 chunk, Demand storage d) private {
        DemandedBatch storage batch = _batches[batchHash];
        uint16 name = SafeCast.toUint16(uint256(chunk) + 1);
        uint16 last = batch.last;
        d.previous = last;
        if (last == 0) batch.first = name;
        else _listed(batchHash, last).next = name;
        batch.last = name;
    }

    /// @dev Takes a demand out of the batch's list.
    function _unlink(bytes32 batchHash, Demand storage d) private {
        DemandedBatch storage batch = _batches[batchHash];
        (uint16 previous, uint16 next) = (d.previous, d.next);
        if (previous == 0) batch.first = next;
        else _listed(batchHash, previous).next = next;
        if (next == 0) batch.last = previous;
        else _listed(batchHash, next).previous = previous;
        (d.previous, d.next) = (0, 0);
    }

    /// @dev The demand with this name in the list, which is one more than its chunk.
    function _listed(bytes32 batchHash, uint16 name) private view returns (Demand storage) {
        return _demands[batchHash][name - 1];
    }

    /// @dev The last second in which the chunk can be shown. The clock rounds inwards, so a demand may be due before an
    /// earlier one, by less than an interval of the clock: the earlier one decides.
    function _due(Demand storage d) private view returns (uint256) {
        return Deadline.end(rollup.clock(), d.madeAt, deadline);
    }

    /// @dev Whether a demand is open, or what was shown may still be looked at.
    function _isHeld(bytes32 batchHash) private view returns (bool) {
        DemandedBatch storage batch = _batches[batchHash];
        if (batch.first != 0) return true;
        // Reviews are hours; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        return batch.revealedAt != 0 && block.timestamp < uint256(batch.revealedAt) + review;
    }

    /// @dev Whether the rollup has this batch now.
    function _isPosted(uint64 index, bytes32 batchHash) private view returns (bool) {
        return index < rollup.batchCount() && rollup.batchHash(index) == batchHash;
    }

    /// @dev Whether the window of a posted batch is not over.
    function _inWindow(uint64 index) private view returns (bool) {
        // Windows are days; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp < rollup.windowEnd(index);
    }

    function _checkTime(uint64 time) private pure {
        if (time == 0 || time > MAX_TIME) revert InvalidTime(time, MAX_TIME);
    }
}
