// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {EscapeClaim, EscapePayout, EscapeProposal} from "../types/EscapeClaim.sol";
import {Deposit} from "../types/Messages.sol";
import {ICredit} from "./ICredit.sol";
import {IRollup} from "./IRollup.sol";
import {IVault} from "./IVault.sol";
import {IVerdict} from "./IVerdict.sol";

/// @title Escape
/// @notice Pays everybody out of a frozen exchange, without anybody's leave.
///
/// The rollup is frozen for ever, and *settled* once each posted batch is final or was rejected. From then on:
///
/// - Anybody proposes, with a bond, what everybody is owed by the state of the last final batch. The verdict says whether
///   that is right. A claim that is valid, or that nobody disputed within the challenge window, is accepted, the first
///   and no other. Each of its payouts is paid once.
/// - A deposit that no final batch has consumed goes back to its owner in full. That needs no claim.
///
/// Withdrawals of final batches are claimed from `IWithdrawals` as ever, before and after. The three never meet: what was
/// withdrawn is debited in the state that the claim is computed from, and so is what was deposited and consumed credited
/// there.
/// @dev Somebody has to look: a wrong claim that nobody disputes for the challenge window is accepted, and can take what
/// withdrawals and refunds are owed. A recipient that cannot be paid makes its own payout or refund revert; it stays open,
/// and the recipient says who is to be paid instead.
interface IEscape is ICredit {
    /// @notice A claim was proposed.
    /// @param claimHash `keccak256(abi.encode(claim))`.
    /// @param proposer who paid the bond.
    /// @param claim the claim itself.
    event ClaimProposed(bytes32 indexed claimHash, address indexed proposer, EscapeClaim claim);

    /// @notice The claim by which everybody is paid was accepted.
    event ClaimAccepted(bytes32 indexed claimHash);

    /// @notice A bond was settled, and credited.
    /// @param claimHash the claim it was for.
    /// @param to the proposer, or the verdict when the claim is invalid.
    /// @param amount in wei.
    event BondSettled(bytes32 indexed claimHash, address indexed to, uint256 amount);

    /// @notice A payout was paid.
    /// @param index its number.
    /// @param recipient who was owed it.
    /// @param to who got it.
    /// @param asset which one.
    /// @param amount in units of the exchange.
    event Escaped(uint64 indexed index, address indexed recipient, address indexed to, uint16 asset, uint64 amount);

    /// @notice A deposit that was never consumed went back.
    /// @param messageIndex its message in the inbox.
    /// @param owner whose it was.
    /// @param to who got it.
    /// @param asset which one.
    /// @param amount in units of the exchange.
    event DepositRefunded(
        uint64 indexed messageIndex, address indexed owner, address indexed to, uint16 asset, uint64 amount
    );

    /// @notice The vault obeys another contract, or announces its deposits to another rollup.
    error WrongWiring(address rollup, address vault);

    /// @notice A claim that costs nothing could be made without end.
    error NoBond();

    /// @notice The exchange is not frozen, or a posted batch is not final yet.
    error NotSettled();

    /// @notice A claim is proposed with the bond, no more and no less.
    error WrongBond(uint256 given, uint256 needed);

    /// @notice The claim is on another batch than the last final one.
    error WrongBatch(bytes32 given, bytes32 expected);

    /// @notice The payouts do not fit the tree.
    error TooManyPayouts(uint64 given, uint256 limit);

    /// @notice The claim was proposed before.
    error AlreadyProposed(bytes32 claimHash);

    /// @notice A claim was accepted; there is no other.
    error AlreadyAccepted(bytes32 claimHash);

    /// @notice No such claim was proposed.
    error UnknownClaim(bytes32 claimHash);

    /// @notice The claim is disputed or invalid, or undisputed for too short a time.
    error NotAcceptable(bytes32 claimHash);

    /// @notice The bond stays: the claim is not invalid, and either it may still be disputed or no claim was accepted yet.
    error BondStays(bytes32 claimHash);

    /// @notice The bond was settled before.
    error BondAlreadySettled(bytes32 claimHash);

    /// @notice No claim was accepted yet.
    error NoneAccepted();

    /// @notice The claim has only `count` payouts.
    error UnknownPayout(uint64 index, uint64 count);

    /// @notice The payout was paid already.
    error AlreadyPaid(uint64 index);

    /// @notice The proof does not lead to the root of the payouts.
    error InvalidProof(uint64 index);

    /// @notice All payouts together would be more than the claim said.
    error ExceedsTotal(uint64 amount, uint64 left);

    /// @notice Only its recipient says to whom else a payout goes, and only its owner a refund.
    error NotRecipient(address caller, address recipient);

    /// @notice A final batch has consumed the message: it is in the state.
    error Consumed(uint64 messageIndex, uint64 consumed);

    /// @notice The inbox holds another message there.
    error WrongMessage(uint64 messageIndex);

    /// @notice The deposit went back already.
    error AlreadyRefunded(uint64 messageIndex);

    /// @notice Says what is settled, and which batch is the last final one.
    function rollup() external view returns (IRollup);

    /// @notice Holds the money.
    function vault() external view returns (IVault);

    /// @notice Says which claims are right: the rollup's.
    function verdict() external view returns (IVerdict);

    /// @notice What it takes to propose a claim, in wei. Not zero.
    function bond() external view returns (uint256);

    /// @notice Hash of the claim that was accepted; zero while there is none.
    function acceptedClaim() external view returns (bytes32);

    /// @notice Sum of the payouts that were paid, in units of the exchange. Never more than the total of the claim.
    function totalEscaped() external view returns (uint64);

    /// @notice What is kept of a claim; its proposer is zero when there is no such claim.
    function proposal(bytes32 claimHash) external view returns (EscapeProposal memory);

    /// @notice From when on an undisputed claim may be taken for right, unix seconds: `challengeWindow` after it was
    /// proposed, stretched as far as is proven now (see `IStressClock`). Reverts for one that nobody proposed.
    function windowEnd(bytes32 claimHash) external view returns (uint256);

    /// @notice Whether the payout `index` was paid.
    function isPaid(uint64 index) external view returns (bool);

    /// @notice Whether the deposit of the message was refunded.
    function isRefunded(uint64 messageIndex) external view returns (bool);

    /// @notice Proposes a claim on the last final batch, once the exchange is settled and while no claim was accepted.
    /// @dev With exactly the bond. The same claim is proposed once, by whomever; several may stand beside each other.
    /// @return claimHash `keccak256(abi.encode(claim))`.
    function propose(EscapeClaim calldata claim_) external payable returns (bytes32 claimHash);

    /// @notice Accepts a claim, once for all: one that the verdict says is valid, or that is undisputed
    /// from `windowEnd` on, that second included. Its bond is credited to its proposer.
    /// Anyone may call it.
    function accept(bytes32 claimHash) external;

    /// @notice Settles the bond of a claim that was not accepted: that of an invalid one is credited to the verdict, at any
    /// time; that of one that could be accepted, had another not been, to its proposer. Anyone may call it.
    function settleBond(bytes32 claimHash) external;

    /// @notice Pays a payout to its recipient. Anyone may call it.
    /// @param payout the leaf.
    /// @param proof its siblings in the tree of payouts, from the leaf upwards.
    function claim(EscapePayout calldata payout, bytes32[] calldata proof) external;

    /// @notice Pays a payout of the caller's to `to`: for who cannot be paid himself.
    /// @param payout the leaf, whose recipient is the caller.
    /// @param proof its siblings in the tree of payouts, from the leaf upwards.
    /// @param to not zero.
    function claimTo(EscapePayout calldata payout, bytes32[] calldata proof, address to) external;

    /// @notice Gives a deposit that no final batch has consumed back to its owner, in full, once the exchange is settled.
    /// Anyone may call it.
    /// @dev Its account does not matter, nor whether it was meant for a fund. The four say what the inbox's event
    /// `MessageQueued` says, and are proven by the rolling hashes before and after it.
    /// @param messageIndex its message in the inbox.
    /// @param l1Block the block that queued it.
    /// @param l1Time its time.
    /// @param deposit the deposit.
    function refund(uint64 messageIndex, uint64 l1Block, uint64 l1Time, Deposit calldata deposit) external;

    /// @notice The same, to whom its owner, who calls, says: a token may refuse the owner himself.
    /// @param to who is paid.
    function refundTo(uint64 messageIndex, uint64 l1Block, uint64 l1Time, Deposit calldata deposit, address to) external;
}
