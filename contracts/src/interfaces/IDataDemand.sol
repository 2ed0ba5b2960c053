// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";
import {Demand, DemandedBatch} from "../types/Demand.sol";
import {ICredit} from "./ICredit.sol";
import {IRollup} from "./IRollup.sol";
import {IVerdict} from "./IVerdict.sol";

/// @title DataDemand
/// @notice "Show me chunk c of the inputs of batch n": with a bond, until a deadline, or the batch falls.
///
/// Inputs are not on the base layer, and who does not have them can judge nothing. This is a verdict that wraps another
/// one. A batch whose oldest open demand was not answered in time has fallen: it is invalid, by its hash. While a demand is
/// open, and for the review after the last reveal, it is disputed, so that it is not final before somebody could look at
/// what was shown. Otherwise it is what the inner verdict says, and never better than that; what the inner one says of
/// claims is passed through.
///
/// The time to answer stands still while the base layer is stressed, and at most doubles (see `IStressClock`). A proof of
/// stress that comes after the plain end counts as long as nobody acted on the fall: `Rollup.reject`, or `takeBack` of one
/// bond, makes it one for ever.
///
/// A demand is made within the challenge window, so it puts finality off until
/// `Rollup.windowEnd + 2 * deadline + review` at most, however many there are.
/// @dev The last second of the window takes no demand any more (`finalize` works from then on); the second in which a
/// demand is due still takes the reveal. The inner verdict has to take disputes until `heldUntil`. A batch that was
/// dropped, as one before it was invalid, can never come back, so what falls meanwhile does no harm.
///
/// What the inner verdict calls valid is `VALID` here when the window is over. `IStressClock` can stretch a window that
/// was over when nobody finalized the batch meanwhile, and it is `UNDISPUTED` again until the new end: what is `VALID`
/// here is to be acted on in the same transaction, as `Rollup.finalize` does.
///
/// Who shows a chunk is paid what that costs at most (see `RevealPrice`), out of the bond and no more than it; the rest of
/// the bond is the demander's. More would be earned by withholding inputs until they are demanded. Who copies a reveal out of the
/// pool is paid for it, and its sender nothing: the chunk was shown all the same.
/// The ether held is the bonds of demands that are open, and credit. Nobody is paid but by pulling.
interface IDataDemand is IVerdict, ICredit {
    /// @notice A chunk was demanded.
    /// @param batchHash the batch.
    /// @param index its number.
    /// @param chunk which chunk.
    /// @param demander who paid the bond.
    /// @param due the last second in which it can be shown, when nothing is stressed: see `due`.
    event ChunkDemanded(
        bytes32 indexed batchHash, uint64 indexed index, uint32 indexed chunk, address demander, uint256 due
    );

    /// @notice A chunk was shown.
    /// @param batchHash the batch.
    /// @param index its number.
    /// @param chunk which chunk.
    /// @param revealer who showed it.
    /// @param paid what is credited to the revealer of the bond, in wei; the rest is the demander's.
    /// @param data the chunk.
    /// @param proof its siblings up to the batch's `inputsRoot`, so that nobody who reads this need believe it.
    event ChunkRevealed(
        bytes32 indexed batchHash,
        uint64 indexed index,
        uint32 indexed chunk,
        address revealer,
        uint256 paid,
        bytes data,
        bytes32[] proof
    );

    /// @notice The bond of a demand that was not answered went back.
    event BondTakenBack(bytes32 indexed batchHash, uint32 indexed chunk, address indexed demander);

    /// @notice The inner verdict is no contract.
    error NoInnerVerdict(address given);

    /// @notice Demands that cost nothing could be made without end.
    error NoBond();

    /// @notice A time of the terms is zero or longer than `most`.
    error InvalidTime(uint64 given, uint64 most);

    /// @notice A demand is made with the bond, no more and no less.
    error WrongBond(uint256 given, uint256 needed);

    /// @notice The rollup has no such batch, or no longer.
    error NotPosted(uint64 index, bytes32 batchHash);

    /// @notice The batch is final, or its window is over: nothing is demanded of it any more.
    error TooLate(uint64 index);

    /// @notice The batch has only `count` chunks.
    error UnknownChunk(uint32 chunk, uint32 count);

    /// @notice The chunk was demanded before.
    error AlreadyDemanded(bytes32 batchHash, uint32 chunk);

    /// @notice The chunk was not demanded, or the demand is not open any more.
    error NotOpen(bytes32 batchHash, uint32 chunk);

    /// @notice A demand of the batch was not answered in time.
    error Fallen(bytes32 batchHash);

    /// @notice No chunk is as long.
    error ChunkTooLong(uint256 length, uint256 limit);

    /// @notice The proof does not lead from the chunk to the root.
    error InvalidProof(uint32 chunk);

    /// @notice The batch still stands, and the demand may yet be answered.
    error BondStays(bytes32 batchHash, uint32 chunk);

    /// @notice The rollup whose batches it judges.
    function rollup() external view returns (IRollup);

    /// @notice What is asked where no demand decides.
    function inner() external view returns (IVerdict);

    /// @notice Of one demand, in wei.
    function bond() external view returns (uint256);

    /// @notice Seconds in which a chunk has to be shown, without those that are stressed.
    function deadline() external view returns (uint64);

    /// @notice Seconds that are left to dispute a batch after its last reveal.
    function review() external view returns (uint64);

    /// @notice Demands a chunk of a posted batch whose window is not over.
    /// @param header its header.
    /// @param chunk which chunk, below `header.inputChunks`; each is demanded once.
    function demand(BatchHeader calldata header, uint32 chunk) external payable;

    /// @notice Shows a chunk that was demanded. Credits the caller what that costs, as far as the bond goes, and the rest of the
    /// bond to who demanded it.
    /// @param batchHash the batch.
    /// @param chunk which chunk.
    /// @param data the chunk.
    /// @param proof its siblings from the leaf upwards, all of them.
    function reveal(bytes32 batchHash, uint32 chunk, bytes calldata data, bytes32[] calldata proof) external;

    /// @notice Credits the bond of a demand that was not answered to who made it, once the batch has fallen or is dropped.
    /// From then on it has fallen for ever.
    function takeBack(bytes32 batchHash, uint32 chunk) external;

    /// @notice Has what `from` owes to this verdict, the bonds of invalid escape claims, paid to the inner one.
    /// @param from the escape.
    /// @return amount in wei.
    function passOn(ICredit from) external returns (uint256 amount);

    /// @notice A demand; all zero when there is none.
    function demandOf(bytes32 batchHash, uint32 chunk) external view returns (Demand memory);

    /// @notice What is kept of a batch; all zero when nothing was ever demanded of it.
    function batchOf(bytes32 batchHash) external view returns (DemandedBatch memory);

    /// @notice The last second in which a chunk can be shown, as far as stress is proven now: `deadline` to twice that
    /// after it was demanded. 0 when it was not.
    function due(bytes32 batchHash, uint32 chunk) external view returns (uint256);

    /// @notice Whether the oldest demand of the batch that was not answered is past due, or such a fall was acted on.
    function hasFallen(bytes32 batchHash) external view returns (bool);

    /// @notice From when on no demand holds the batch, if what is open were answered at the last moment and all of the time
    /// were stressed; 0 when nothing was demanded. Only more demands make it later.
    function heldUntil(bytes32 batchHash) external view returns (uint256);
}
