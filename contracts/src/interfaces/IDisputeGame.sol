// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Claim, Descent, Dispute, Filing, Match, Subject} from "../types/Dispute.sol";
import {LeapWitness, MachineState} from "../types/MachineState.sol";
import {ICredit} from "./ICredit.sol";
import {IDataDemand} from "./IDataDemand.sol";
import {IEscape} from "./IEscape.sol";
import {IRiscvStep} from "./IRiscvStep.sol";
import {IRollup} from "./IRollup.sol";
import {IVerdict} from "./IVerdict.sol";

/// @title DisputeGame
/// @notice Decides whether the program, started on a batch hash or on the hash of an escape claim, exits with code 0
/// (docs/machine.md): by making whoever says otherwise show where.
///
/// A *claim* is the root of a whole history of the machine on the subject, with a bond. It proves its first leaf, which is
/// the start that the program and the subject fix, and its last: halted with code 0 it says "valid", anything else says
/// "invalid". Anybody files one.
///
/// - A subject is *challenged* by a claim "invalid", until its window is over, and by every other one from then on.
/// - It is *defended* by a claim "valid", until the defence is over, counted from the last challenge.
/// - Each claim "valid" plays a *match* against each claim "invalid", all at the same time. It begins by itself with the
///   later of the two. In turns, "valid" first, they descend to the first difference of the two histories. A move shows
///   that difference a few levels below, which is one and no other, and the nodes below it in the history of the claim
///   whose turn it is. So each move is forced: anybody may make it for anybody, and nobody can make a bad one.
/// - At a leaf the state before it is the same in both: one leap, executed here, kills the claim that is wrong of it, or
///   both. It is the turn of "valid": what is right can be executed, and what is wrong may come to a leap that nobody can
///   show, as one with a preimage that is too large for any transaction.
/// - The claim whose turn it is when its seconds are used up is dead, once somebody says so. No second counts in which other
///   claims of its side can be filed: a claim is filed once, and who comes in time finds the right one with all of its
///   seconds, whoever filed it, and however early.
///
/// A dead claim is out of every match, and a subject that has fallen has none, nor has a batch that was dropped. When the defence is over and a live claim "invalid" faces no live one "valid", the
/// subject has *fallen*: anybody concludes it, for ever. When no claim "invalid" is live, nothing is disputed.
///
/// An honest claim never loses a match, if somebody makes its moves in time. A quarter of the bond of a dead claim is
/// burned, so that nobody plays with himself for nothing; the rest goes to who made the moves of the winner in that match,
/// one share each, the last act included, and one share to its author.
/// @dev `VALID` is never said: what nobody disputes any more is good when its window is over. What is disputed is not for
/// longer than its window, twice the defence and four times the budget, all stress included.
/// The ether held is the bonds of live claims, credit, bonds of escape claims that came from the escape, and what was
/// burned.
interface IDisputeGame is IVerdict, ICredit {
    /// @notice A claim was filed.
    /// @param hash the subject's.
    /// @param root of the claimed history.
    /// @param author who paid the bond.
    /// @param subject what it is.
    /// @param index number of the batch; 0 of an escape claim.
    /// @param valid whether it says that the subject is valid.
    /// @param nodes what is `REVEAL` levels below the root, from the left.
    event ClaimFiled(
        bytes32 indexed hash,
        bytes32 indexed root,
        address indexed author,
        Subject subject,
        uint64 index,
        bool valid,
        bytes32[] nodes
    );

    /// @notice A match went on.
    /// @param hash the subject's.
    /// @param validRoot the claim "valid".
    /// @param invalidRoot the claim "invalid".
    /// @param mover who made the move.
    /// @param level of the nodes that differ now.
    /// @param index their number in it, from the left.
    /// @param nodes what is below the mover's one, from the left; none below a state.
    event Moved(
        bytes32 indexed hash,
        bytes32 indexed validRoot,
        bytes32 indexed invalidRoot,
        address mover,
        uint8 level,
        uint64 index,
        bytes32[] nodes
    );

    /// @notice A claim lost a match.
    /// @param hash the subject's.
    /// @param root the claim that is dead.
    /// @param by the claim it lost to.
    /// @param byTime whether it had no time left, or was wrong.
    event ClaimDied(bytes32 indexed hash, bytes32 indexed root, bytes32 by, bool byTime);

    /// @notice The subject is invalid.
    event Fallen(bytes32 indexed hash, Subject subject, uint64 index);

    /// @notice The bond of a claim that stood went back.
    event BondTakenBack(bytes32 indexed hash, bytes32 indexed root, address indexed author);

    /// @notice The bond of an invalid escape claim went to who challenged it.
    event BondCollected(bytes32 indexed hash, bytes32 indexed root, address indexed author, uint256 amount);

    /// @notice There is no contract that executes a leap.
    error NoStep(address given);

    /// @notice Claims that cost nothing could be made without end.
    error NoBond();

    /// @notice A time of the terms is zero or longer than `most`.
    error InvalidTime(uint64 given, uint64 most);

    /// @notice A claim is filed with the bond, no more and no less.
    error WrongBond(uint256 given, uint256 needed);

    /// @notice There is no such batch or escape claim, or no longer.
    error UnknownSubject(bytes32 hash);

    /// @notice The window, or the defence, is over.
    error TooLate(bytes32 hash);

    /// @notice A claim "valid" answers a challenge, and there is none.
    error NotChallenged(bytes32 hash);

    /// @notice It was decided that the subject is invalid, or its batch went with another one that was rejected.
    error AlreadyFallen(bytes32 hash);

    /// @notice The same claim was filed before.
    error AlreadyFiled(bytes32 hash, bytes32 root);

    /// @notice There must be `expected` of them.
    error WrongLength(uint256 given, uint256 expected);

    /// @notice The proof does not lead to the root, or the nodes not to what they are below.
    error InvalidProof();

    /// @notice The claim does not stand, or is not on that side.
    error NotLive(bytes32 hash, bytes32 root);

    /// @notice The claim whose turn it is has no time left.
    error OutOfTime(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot);

    /// @notice The claim whose turn it is has time until `end`.
    error InTime(uint256 end);

    /// @notice Something before it differs already, or it does not differ.
    error NotFirstDifference();

    /// @notice The match has not come down to a state; or has, and no move is left but the step.
    error WrongLevel(uint8 level);

    /// @notice The defence is not over, or no claim "invalid" stands alone.
    error NotDecided(bytes32 hash);

    /// @notice The bond stays while the subject is disputed or may be.
    error BondStays(bytes32 hash, bytes32 root);

    /// @notice Ether comes from the escape alone.
    error NotFromEscape(address sender);

    /// @notice There is no bond of an escape claim to collect, or it was collected.
    error NothingToCollect(bytes32 hash);

    /// @notice Says which batches are posted, and until when they are challenged.
    function rollup() external view returns (IRollup);

    /// @notice The verdict around this one, which can put a window off.
    function demand() external view returns (IDataDemand);

    /// @notice Says which escape claims are proposed, and until when they are challenged.
    function escape() external view returns (IEscape);

    /// @notice Executes one leap.
    function machine() external view returns (IRiscvStep);

    /// @notice Root over the memory that the program starts with.
    function memoryRoot() external view returns (bytes32);

    /// @notice Address of its first instruction.
    function entry() external view returns (uint64);

    /// @notice `keccak256(memoryRoot || entry)`: what `IRollup.programHash` must be.
    function programHash() external view returns (bytes32);

    /// @notice Of one claim, in wei.
    function bond() external view returns (uint256);

    /// @notice Seconds in which a challenge has to be answered, without those that are stressed.
    function defence() external view returns (uint64);

    /// @notice Seconds that each claim has in each match, without those that are stressed, and those in which claims of its
    /// side can be filed.
    function budget() external view returns (uint64);

    /// @notice State hash in which the machine starts on a subject.
    function startOf(Subject subject, bytes32 hash) external view returns (bytes32);

    /// @notice Files a claim, with the bond.
    /// @return root of the claimed history, by which the claim is known.
    function file(Filing calldata filing) external payable returns (bytes32 root);

    /// @notice Makes the next move of a match. Anyone may.
    /// @param hash the subject's.
    /// @param validRoot the claim "valid".
    /// @param invalidRoot the claim "invalid".
    /// @param descent to the first difference, 8 levels down, or as many as there are.
    /// @param nodes below it in the history of the claim whose turn it is, 8 levels down, or as many as there are, from the left;
    /// none below a state.
    function move(
        bytes32 hash,
        bytes32 validRoot,
        bytes32 invalidRoot,
        Descent calldata descent,
        bytes32[] calldata nodes
    ) external;

    /// @notice Executes the leap that both claims differ in, and so kills one or both. Anyone may.
    /// @param hash the subject's.
    /// @param validRoot the claim "valid".
    /// @param invalidRoot the claim "invalid".
    /// @param before the state before the difference.
    /// @param proof its 38 siblings in the history of either claim, from the leaf upwards: it is in both.
    /// @param witness what the leap needs.
    function step(
        bytes32 hash,
        bytes32 validRoot,
        bytes32 invalidRoot,
        MachineState calldata before,
        bytes32[] calldata proof,
        LeapWitness calldata witness
    ) external;

    /// @notice Kills the claim whose turn it is and whose seconds are used up. Anyone may.
    function expire(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) external;

    /// @notice Decides that a subject is invalid: the defence is over, and a live claim "invalid" faces no other. Anyone may.
    function conclude(bytes32 hash) external;

    /// @notice Credits the bond of a live claim to its author: of one "invalid" when the subject has fallen, of one "valid"
    /// when it is final, or when it or another escape claim is accepted and no claim "invalid" is live; of either when its batch
    /// was dropped.
    function takeBack(bytes32 hash, bytes32 root) external;

    /// @notice Credits three quarters of the bond of an escape claim that has fallen to who filed the first live claim
    /// against it, and burns the rest. Anyone may.
    function collect(bytes32 hash) external;

    /// @notice What was claimed of a subject; all zero when nothing was.
    function disputeOf(bytes32 hash) external view returns (Dispute memory);

    /// @notice A claim; all zero when there is none.
    function claimOf(bytes32 hash, bytes32 root) external view returns (Claim memory);

    /// @notice A match, also one in which nobody has moved. Reverts with `NotLive` when one of the claims is not live, and with
    /// `AlreadyFallen` when they are of a subject that has fallen, or of a batch that was dropped.
    function matchOf(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) external view returns (Match memory);

    /// @notice The last second in which the next move of a match can be made, or in which it is sure that the step can be, as
    /// far as stress is proven now.
    function due(bytes32 hash, bytes32 validRoot, bytes32 invalidRoot) external view returns (uint256);

    /// @notice The last second in which a claim "valid" can be filed, as far as stress is proven now; 0 while the subject is not challenged.
    function defenceEnd(bytes32 hash) external view returns (uint256);
}
