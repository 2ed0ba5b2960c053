// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";
import {PromiseLink, SignedPromise} from "../types/Promise.sol";
import {ICredit} from "./ICredit.sol";
import {IRollup} from "./IRollup.sol";

/// @title Bond of the sequencer
/// @notice Ether that the sequencer loses when it breaks its word. Anybody may show a fault; each counts once, and takes all
/// that is there: a quarter is credited to who shows it, three quarters are burned. So a sequencer that reports itself
/// loses three quarters, and who is first is all the same to those who were promised something.
/// @dev A fault is one of three:
/// - two promises for one place of the log that say different things;
/// - a promise that says something else than a final batch. One that is not final proves nothing: it may be dropped, and the
///   batch in its place may keep the promise;
/// - a batch that the rollup rejected because the verdict found it invalid.
/// A promise that no batch ever reached, because the exchange was frozen, is no fault here.
/// The bond stops nothing when it is too small: batches go on, since what users own is in them.
/// Signatures are judged by `ecrecover` alone, also when the signer's account has code: code could disown what was signed.
/// A report can be copied out of the pool of transactions: who is paid is then another, the bond is lost all the same.
interface ISequencerBond is ICredit {
    /// @notice The bond grew by `amount` to `bond`, in wei.
    event ToppedUp(address indexed from, uint256 amount, uint256 bond);

    /// @notice A fault took all of the bond.
    /// @param fault see `placeFault` and `batchFault`.
    /// @param reporter who showed it.
    /// @param reward what he was credited, in wei.
    /// @param burned the rest.
    event Slashed(bytes32 indexed fault, address indexed reporter, uint256 reward, uint256 burned);

    /// @notice The chain after the input `seq` of a final batch is known.
    event Learned(uint64 indexed seq, bytes32 chain);

    /// @notice The owner wants the bond back. What is promised later may never be backed by it.
    event LeaveAnnounced(uint64 announcedAt);

    /// @notice All that was promised before the announcement is final. The bond can be taken after `leavableAt`.
    event LeaveBegun(uint64 leavableAt);

    /// @notice The owner stays.
    event LeaveCancelled();

    /// @notice The owner took the bond.
    event Left(address indexed to, uint256 amount);

    /// @notice The zero address cannot sign, own or be paid.
    error ZeroAddress();

    /// @notice A bond of nothing is none.
    error NoMinimum();

    /// @notice Less than `minimum` was paid.
    error BondTooSmall(uint256 given, uint256 minimum);

    /// @notice The delay is shorter than an exit takes at most, `atLeast` seconds.
    error DelayTooShort(uint64 given, uint256 atLeast);

    /// @notice Nothing was paid.
    error NothingPaid();

    /// @notice Only the owner takes the bond back.
    error NotOwner(address caller);

    /// @notice The owner said before that he leaves.
    error AlreadyAnnounced(uint64 announcedAt);

    /// @notice The owner did not say that he leaves.
    error NotAnnounced();

    /// @notice The delay runs already.
    error AlreadyBegun(uint64 leavableAt);

    /// @notice The batch ends at `givenMs`, and what was promised until `neededMs` is to be final.
    error PromisesOpen(uint64 givenMs, uint256 neededMs);

    /// @notice The delay does not run, 0, or not out before `leavableAt` is over.
    error TooEarly(uint64 leavableAt);

    /// @notice Somebody else signed, or nobody.
    error NotSigned(address signer);

    /// @notice The two promises are for different places.
    error DifferentPlaces(uint64 first, uint64 second);

    /// @notice There is no input of this number.
    error NoSuchPlace(uint64 seq);

    /// @notice More links than one call takes.
    error TooManyLinks(uint256 given, uint256 limit);

    /// @notice Nothing contradicts anything.
    error NoFault(uint64 seq);

    /// @notice This is not the header of a final batch.
    error NotFinal(uint64 index, bytes32 hash);

    /// @notice The links lead to no place that is known, nor to the end of the batch.
    error WrongEnd(uint64 seq, bytes32 chain);

    /// @notice The rollup rejected no such batch.
    error NotRejected(bytes32 batchHash);

    /// @notice The fault was counted.
    error AlreadyPunished(bytes32 fault);

    /// @notice There is no bond to lose. The fault still counts when there is one.
    error NothingAtStake();

    /// @notice Whose batches are compared, and whose address is in the signatures' domain.
    function rollup() external view returns (IRollup);

    /// @notice The key that signs promises.
    function signer() external view returns (address);

    /// @notice Who may take the bond back.
    function owner() external view returns (address);

    /// @notice Wei that should be there.
    function minimum() external view returns (uint256);

    /// @notice Seconds between `beginLeave` and `leave`.
    function leaveDelay() external view returns (uint64);

    /// @notice Wei that are there.
    function bond() external view returns (uint256);

    /// @notice When the owner said that he leaves, unix seconds; 0 while he stays.
    function announcedAt() external view returns (uint64);

    /// @notice The last second in which the bond cannot be taken, unix seconds; 0 while the delay does not run.
    function leavableAt() external view returns (uint64);

    /// @notice Whether a fault was counted.
    function isPunished(bytes32 fault) external view returns (bool);

    /// @notice The chain after the input `seq`, where `learn` was told; else 0.
    function chainAfter(uint64 seq) external view returns (bytes32);

    /// @notice Number of the fault of breaking the promise of a place.
    function placeFault(uint64 seq) external pure returns (bytes32);

    /// @notice Number of the fault of posting an invalid batch.
    function batchFault(bytes32 batchHash) external pure returns (bytes32);

    /// @notice Adds to the bond. Anyone may; it is the owner's then.
    function topUp() external payable;

    /// @notice Says that the owner wants the bond back. It stays as it is, and can be lost as before.
    function announceLeave() external;

    /// @notice Stays after all.
    function cancelLeave() external;

    /// @notice Lets the delay run: all that was promised before the announcement is final. Anyone may call it.
    /// @param end the header of a final batch that ends at least 60 s after the announcement, by the clock of its inputs: so
    /// far may they run ahead. When the rollup is settled no batch comes any more, and any header does.
    function beginLeave(BatchHeader calldata end) external;

    /// @notice Pays all of the bond to `to`.
    function leave(address to) external;

    /// @notice Shows two promises for one place that differ in their chain, or, without links, in their time.
    function slashTwoPromises(SignedPromise calldata first, SignedPromise calldata second) external;

    /// @notice Shows a promise that a final batch does not keep.
    /// @param given the promise.
    /// @param before the chain before the input `given.seq`, in the batch.
    /// @param links of the inputs of the batch, from `given.seq` itself to its last one, or to one that is known. None
    /// when the place is the last of the batch: the header is enough then.
    /// @param end the header of the batch; of no meaning when the links lead to what is known.
    function slashBrokenPromise(
        SignedPromise calldata given,
        bytes32 before,
        PromiseLink[] calldata links,
        BatchHeader calldata end
    ) external;

    /// @notice Shows that the rollup rejected a batch as invalid.
    function slashRejectedBatch(bytes32 batchHash) external;

    /// @notice Tells the chain at a place inside a final batch, so that places before it need fewer links.
    /// @param seq the place.
    /// @param chain the chain after it.
    /// @param links from the next input to the last one of the batch, or to one that is known.
    /// @param end as in `slashBrokenPromise`.
    function learn(uint64 seq, bytes32 chain, PromiseLink[] calldata links, BatchHeader calldata end) external;
}
