// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {ISequencerBond} from "../interfaces/ISequencerBond.sol";
import {BatchHash} from "../libraries/BatchHash.sol";
import {PromiseHash} from "../libraries/PromiseHash.sol";
import {PullCredit} from "../libraries/PullCredit.sol";
import {BatchHeader} from "../types/BatchHeader.sol";
import {Limits} from "../types/Limits.sol";
import {BondTerms, PromiseLink, SignedPromise} from "../types/Promise.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title SequencerBond
/// @notice See `ISequencerBond`, which also holds every assumption.
contract SequencerBond is ISequencerBond, PullCredit {
    /// @dev What kind of fault a number is of, so that no place has the number of a batch.
    enum Fault {
        PLACE,
        BATCH
    }

    /// @dev One part of so many goes to who shows a fault.
    uint256 private constant REWARD_PART = 4;
    /// @dev Links of one call: 64 KiB of calldata, half of what nodes pass on.
    uint256 private constant MAX_LINKS = 1024;
    /// @dev Nobody has this address: what comes to it is gone.
    address payable private constant BURNED = payable(0x000000000000000000000000000000000000dEaD);

    /// @inheritdoc ISequencerBond
    IRollup public immutable rollup;
    /// @inheritdoc ISequencerBond
    address public immutable signer;
    /// @inheritdoc ISequencerBond
    address public immutable owner;
    /// @inheritdoc ISequencerBond
    uint256 public immutable minimum;
    /// @inheritdoc ISequencerBond
    uint64 public immutable leaveDelay;

    /// @dev Of the chain at the deployment, as in genesis.
    bytes32 private immutable _domain;

    /// @inheritdoc ISequencerBond
    uint256 public bond;
    /// @inheritdoc ISequencerBond
    uint64 public announcedAt;
    /// @inheritdoc ISequencerBond
    uint64 public leavableAt;
    /// @inheritdoc ISequencerBond
    mapping(bytes32 fault => bool) public isPunished;
    /// @inheritdoc ISequencerBond
    mapping(uint64 seq => bytes32) public chainAfter;

    constructor(IRollup rollup_, BondTerms memory terms) payable {
        if (terms.signer == address(0) || terms.owner == address(0)) revert ZeroAddress();
        if (terms.minimum == 0) revert NoMinimum();
        if (msg.value < terms.minimum) revert BondTooSmall(msg.value, terms.minimum);
        // Both windows as they are when the base layer was stressed all the time.
        uint256 atLeast = 2 * (uint256(rollup_.forcedDeadline()) + rollup_.challengeWindow());
        if (terms.leaveDelay < atLeast) revert DelayTooShort(terms.leaveDelay, atLeast);
        rollup = rollup_;
        signer = terms.signer;
        owner = terms.owner;
        minimum = terms.minimum;
        leaveDelay = terms.leaveDelay;
        _domain = PromiseHash.separator(block.chainid, address(rollup_));
        _add();
    }

    /// @inheritdoc ISequencerBond
    function topUp() external payable {
        if (msg.value == 0) revert NothingPaid();
        _add();
    }

    /// @inheritdoc ISequencerBond
    function announceLeave() external {
        _checkOwner();
        if (announcedAt != 0) revert AlreadyAnnounced(announcedAt);
        announcedAt = SafeCast.toUint64(block.timestamp);
        emit LeaveAnnounced(announcedAt);
    }

    /// @inheritdoc ISequencerBond
    function cancelLeave() external {
        _checkOwner();
        if (announcedAt == 0) revert NotAnnounced();
        (announcedAt, leavableAt) = (0, 0);
        emit LeaveCancelled();
    }

    /// @inheritdoc ISequencerBond
    function beginLeave(BatchHeader calldata end) external {
        if (announcedAt == 0) revert NotAnnounced();
        if (leavableAt != 0) revert AlreadyBegun(leavableAt);
        if (!rollup.isSettled()) {
            _checkFinal(end);
            uint256 needed = uint256(announcedAt) * 1000 + Limits.MAX_BATCH_FUTURE_MS;
            if (end.lastTimeMs < needed) revert PromisesOpen(end.lastTimeMs, needed);
        }
        leavableAt = SafeCast.toUint64(block.timestamp + leaveDelay);
        emit LeaveBegun(leavableAt);
    }

    /// @inheritdoc ISequencerBond
    function leave(address to) external {
        _checkOwner();
        if (to == address(0)) revert ZeroAddress();
        // The delay is days; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        if (leavableAt == 0 || block.timestamp <= leavableAt) revert TooEarly(leavableAt);
        uint256 amount = bond;
        (bond, announcedAt, leavableAt) = (0, 0, 0);
        emit Left(to, amount);
        Address.sendValue(payable(to), amount);
    }

    /// @inheritdoc ISequencerBond
    function slashTwoPromises(SignedPromise calldata first, SignedPromise calldata second) external {
        if (first.seq != second.seq) revert DifferentPlaces(first.seq, second.seq);
        _checkSigned(first);
        _checkSigned(second);
        bool timed = first.links.length == 0 && second.links.length == 0;
        bool differ = first.chain != second.chain || (timed && first.time != second.time);
        if (!differ) revert NoFault(first.seq);
        _slash(placeFault(first.seq));
    }

    /// @inheritdoc ISequencerBond
    function slashBrokenPromise(
        SignedPromise calldata given,
        bytes32 before,
        PromiseLink[] calldata links,
        BatchHeader calldata end
    ) external {
        _checkSigned(given);
        (bytes32 chain, uint64 time) = _posted(given.seq, before, links, end);
        bool broken = given.chain != chain || (given.links.length == 0 && given.time != time);
        if (!broken) revert NoFault(given.seq);
        _slash(placeFault(given.seq));
    }

    /// @inheritdoc ISequencerBond
    function slashRejectedBatch(bytes32 batchHash) external {
        if (!rollup.isRejected(batchHash)) revert NotRejected(batchHash);
        _slash(batchFault(batchHash));
    }

    /// @inheritdoc ISequencerBond
    function learn(uint64 seq, bytes32 chain, PromiseLink[] calldata links, BatchHeader calldata end) external {
        _checkEnd(seq, chain, links, end);
        chainAfter[seq] = chain;
        emit Learned(seq, chain);
    }

    /// @inheritdoc ISequencerBond
    function placeFault(uint64 seq) public pure returns (bytes32) {
        return keccak256(abi.encode(Fault.PLACE, seq));
    }

    /// @inheritdoc ISequencerBond
    function batchFault(bytes32 batchHash) public pure returns (bytes32) {
        return keccak256(abi.encode(Fault.BATCH, batchHash));
    }

    function _add() private {
        bond += msg.value;
        emit ToppedUp(msg.sender, msg.value, bond);
    }

    function _slash(bytes32 fault) private {
        if (isPunished[fault]) revert AlreadyPunished(fault);
        uint256 amount = bond;
        if (amount == 0) revert NothingAtStake();
        isPunished[fault] = true;
        bond = 0;
        uint256 reward = amount / REWARD_PART;
        _owe(msg.sender, reward);
        emit Slashed(fault, msg.sender, reward, amount - reward);
        Address.sendValue(BURNED, amount - reward);
    }

    function _checkOwner() private view {
        if (msg.sender != owner) revert NotOwner(msg.sender);
    }

    /// @dev The sequencer signed where the links lead.
    function _checkSigned(SignedPromise calldata given) private view {
        uint256 count = given.links.length;
        bytes32 chain = _follow(given.seq, given.chain, given.links);
        // `_follow` bounds both.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 seq = given.seq + uint64(count);
        uint64 time = count == 0 ? given.time : given.links[count - 1].time;
        bytes32 digest = PromiseHash.digest(_domain, seq, chain, time);
        (address found, ECDSA.RecoverError trouble,) = ECDSA.tryRecover(digest, given.signature);
        if (trouble != ECDSA.RecoverError.NoError || found != signer) revert NotSigned(found);
    }

    /// @return chain what final batches say of the chain after the input `seq`.
    /// @return time of that input, in milliseconds.
    function _posted(uint64 seq, bytes32 before, PromiseLink[] calldata links, BatchHeader calldata end)
        private
        view
        returns (bytes32 chain, uint64 time)
    {
        if (seq == 0) revert NoSuchPlace(seq);
        if (links.length == 0) {
            _checkFinal(end);
            if (end.lastSeq != seq) revert WrongEnd(seq, end.promiseHash);
            return (end.promiseHash, end.lastTimeMs);
        }
        _checkEnd(seq - 1, before, links, end);
        return (PromiseHash.follow(seq - 1, before, links[:1]), links[0].time);
    }

    /// @dev The links lead from the chain after the input `seq` to one that final batches have.
    function _checkEnd(uint64 seq, bytes32 chain, PromiseLink[] calldata links, BatchHeader calldata end) private view {
        bytes32 last = _follow(seq, chain, links);
        // `_follow` bounds both.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 lastSeq = seq + uint64(links.length);
        if (last != 0 && chainAfter[lastSeq] == last) return;
        _checkFinal(end);
        if (end.lastSeq != lastSeq || end.promiseHash != last) revert WrongEnd(lastSeq, last);
    }

    function _follow(uint64 seq, bytes32 chain, PromiseLink[] calldata links) private pure returns (bytes32) {
        if (links.length > MAX_LINKS) revert TooManyLinks(links.length, MAX_LINKS);
        if (seq > type(uint64).max - MAX_LINKS) revert NoSuchPlace(seq);
        return PromiseHash.follow(seq, chain, links);
    }

    function _checkFinal(BatchHeader calldata header) private view {
        bytes32 hash = BatchHash.ofHeader(header);
        bool found = rollup.isFinal(header.index) && rollup.batchHash(header.index) == hash;
        if (!found) revert NotFinal(header.index, hash);
    }
}
