// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IEscape} from "../interfaces/IEscape.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IStressClock} from "../interfaces/IStressClock.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IVerdict, VerdictStatus} from "../interfaces/IVerdict.sol";
import {BinaryTree} from "../libraries/BinaryTree.sol";
import {Deadline} from "../libraries/Deadline.sol";
import {MessageHash} from "../libraries/MessageHash.sol";
import {PullCredit} from "../libraries/PullCredit.sol";
import {EscapeClaim, EscapePayout, EscapeProposal} from "../types/EscapeClaim.sol";
import {Limits} from "../types/Limits.sol";
import {Deposit, MessageKind} from "../types/Messages.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Escape
/// @notice See `IEscape`, which also holds every assumption.
/// @dev Every payment is marked before the vault is asked for it, so that a token that calls back finds it marked.
contract Escape is IEscape, PullCredit {
    using BitMaps for BitMaps.BitMap;

    /// @inheritdoc IEscape
    IRollup public immutable rollup;
    /// @inheritdoc IEscape
    IVault public immutable vault;
    /// @inheritdoc IEscape
    IVerdict public immutable verdict;
    /// @inheritdoc IEscape
    uint256 public immutable bond;

    IInbox private immutable _inbox;
    uint64 private immutable _challengeWindow;
    IStressClock private immutable _clock;

    /// @inheritdoc IEscape
    bytes32 public acceptedClaim;
    /// @inheritdoc IEscape
    uint64 public totalEscaped;

    mapping(bytes32 claimHash => EscapeProposal) private _proposals;
    /// @dev By index of the payout.
    BitMaps.BitMap private _paid;
    /// @dev By index of the message.
    BitMaps.BitMap private _refunded;

    /// @dev Deployed last: the other contracts exist.
    constructor(IRollup rollup_, IVault vault_, uint256 bond_) {
        bool wired = vault_.escape() == address(this) && vault_.inbox().rollup() == address(rollup_);
        if (!wired) revert WrongWiring(address(rollup_), address(vault_));
        if (bond_ == 0) revert NoBond();
        rollup = rollup_;
        vault = vault_;
        bond = bond_;
        verdict = rollup_.verdict();
        _inbox = rollup_.inbox();
        _challengeWindow = rollup_.challengeWindow();
        _clock = rollup_.clock();
    }

    /// @inheritdoc IEscape
    function propose(EscapeClaim calldata claim_) external payable returns (bytes32 claimHash) {
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        if (acceptedClaim != 0) revert AlreadyAccepted(acceptedClaim);
        _checkSettled();
        bytes32 last = rollup.batchHash(rollup.batchCount() - 1);
        if (claim_.batchHash != last) revert WrongBatch(claim_.batchHash, last);
        uint256 most = 2 ** Limits.ESCAPE_TREE_DEPTH;
        if (claim_.payoutCount > most) revert TooManyPayouts(claim_.payoutCount, most);

        claimHash = keccak256(abi.encode(claim_));
        EscapeProposal storage p = _proposals[claimHash];
        if (p.proposer != address(0)) revert AlreadyProposed(claimHash);
        p.claim = claim_;
        p.proposer = msg.sender;
        p.proposedAt = SafeCast.toUint64(block.timestamp);
        emit ClaimProposed(claimHash, msg.sender, claim_);
    }

    /// @inheritdoc IEscape
    function accept(bytes32 claimHash) external {
        EscapeProposal storage p = _proposal(claimHash);
        if (acceptedClaim != 0) revert AlreadyAccepted(acceptedClaim);
        // A bond that was settled went to the verdict: the claim was invalid, whatever is said of it now.
        if (p.bondSettled || !_stands(p, verdict.ofClaim(claimHash))) revert NotAcceptable(claimHash);

        acceptedClaim = claimHash;
        emit ClaimAccepted(claimHash);
        _settle(p, claimHash, p.proposer);
    }

    /// @inheritdoc IEscape
    function settleBond(bytes32 claimHash) external {
        EscapeProposal storage p = _proposal(claimHash);
        if (p.bondSettled) revert BondAlreadySettled(claimHash);
        VerdictStatus status = verdict.ofClaim(claimHash);
        bool wrong = status == VerdictStatus.INVALID;
        bool outrun = acceptedClaim != 0 && _stands(p, status);
        if (!wrong && !outrun) revert BondStays(claimHash);
        _settle(p, claimHash, wrong ? address(verdict) : p.proposer);
    }

    /// @inheritdoc IEscape
    function claim(EscapePayout calldata payout, bytes32[] calldata proof) external {
        _claim(payout, proof, payout.recipient);
    }

    /// @inheritdoc IEscape
    function claimTo(EscapePayout calldata payout, bytes32[] calldata proof, address to) external {
        if (msg.sender != payout.recipient) revert NotRecipient(msg.sender, payout.recipient);
        if (to == address(0)) revert ZeroRecipient();
        _claim(payout, proof, to);
    }

    /// @inheritdoc IEscape
    function refund(uint64 messageIndex, uint64 l1Block, uint64 l1Time, Deposit calldata deposit) external {
        _refund(messageIndex, l1Block, l1Time, deposit, deposit.owner);
    }

    /// @inheritdoc IEscape
    function refundTo(uint64 messageIndex, uint64 l1Block, uint64 l1Time, Deposit calldata deposit, address to)
        external
    {
        if (msg.sender != deposit.owner) revert NotRecipient(msg.sender, deposit.owner);
        if (to == address(0)) revert ZeroRecipient();
        _refund(messageIndex, l1Block, l1Time, deposit, to);
    }

    /// @inheritdoc IEscape
    function proposal(bytes32 claimHash) external view returns (EscapeProposal memory) {
        return _proposals[claimHash];
    }

    /// @inheritdoc IEscape
    function windowEnd(bytes32 claimHash) external view returns (uint256) {
        return _windowEnd(_proposal(claimHash));
    }

    /// @inheritdoc IEscape
    function isPaid(uint64 index) external view returns (bool) {
        return _paid.get(index);
    }

    /// @inheritdoc IEscape
    function isRefunded(uint64 messageIndex) external view returns (bool) {
        return _refunded.get(messageIndex);
    }

    function _claim(EscapePayout calldata payout, bytes32[] calldata proof, address to) private {
        if (acceptedClaim == 0) revert NoneAccepted();
        EscapeClaim storage accepted = _proposals[acceptedClaim].claim;
        uint64 index = payout.index;
        if (index >= accepted.payoutCount) revert UnknownPayout(index, accepted.payoutCount);
        if (_paid.get(index)) revert AlreadyPaid(index);

        bytes32 leaf = BinaryTree.leafHash(abi.encode(payout));
        bool proven = BinaryTree.verify(accepted.payoutsRoot, leaf, index, Limits.ESCAPE_TREE_DEPTH, proof);
        if (!proven) revert InvalidProof(index);
        uint64 left = accepted.total - totalEscaped;
        if (payout.amount > left) revert ExceedsTotal(payout.amount, left);

        _paid.set(index);
        totalEscaped += payout.amount;
        emit Escaped(index, payout.recipient, to, payout.asset, payout.amount);
        vault.pay(payout.asset, to, payout.amount);
    }

    function _refund(uint64 messageIndex, uint64 l1Block, uint64 l1Time, Deposit calldata deposit, address to) private {
        _checkSettled();
        uint64 consumed = rollup.tip().l1MessageCount;
        if (messageIndex < consumed) revert Consumed(messageIndex, consumed);
        if (_refunded.get(messageIndex)) revert AlreadyRefunded(messageIndex);

        bytes32 message = MessageHash.ofMessage(MessageKind.DEPOSIT, l1Block, l1Time, abi.encode(deposit));
        bytes32 rolling = MessageHash.roll(_inbox.rollingHashAt(messageIndex), message);
        if (rolling != _inbox.rollingHashAt(messageIndex + 1)) revert WrongMessage(messageIndex);

        _refunded.set(messageIndex);
        emit DepositRefunded(messageIndex, deposit.owner, to, deposit.asset, deposit.amount);
        vault.pay(deposit.asset, to, deposit.amount);
    }

    /// @dev Credits the bond of `p`, once.
    function _settle(EscapeProposal storage p, bytes32 claimHash, address to) private {
        p.bondSettled = true;
        _owe(to, bond);
        emit BondSettled(claimHash, to, bond);
    }

    /// @dev Whether the claim is right, as far as L1 will ever know: by the verdict, or by the time nobody disputed it.
    function _stands(EscapeProposal storage p, VerdictStatus status) private view returns (bool) {
        // Windows are days; what a proposer can do to the clock is seconds.
        // forge-lint: disable-next-line(block-timestamp)
        bool waited = _windowEnd(p) <= block.timestamp;
        return status == VerdictStatus.VALID || (status == VerdictStatus.UNDISPUTED && waited);
    }

    /// @dev From when on an undisputed claim may be taken for right.
    function _windowEnd(EscapeProposal storage p) private view returns (uint256) {
        return Deadline.end(_clock, p.proposedAt, _challengeWindow);
    }

    function _checkSettled() private view {
        if (!rollup.isSettled()) revert NotSettled();
    }

    function _proposal(bytes32 claimHash) private view returns (EscapeProposal storage p) {
        p = _proposals[claimHash];
        if (p.proposer == address(0)) revert UnknownClaim(claimHash);
    }
}
