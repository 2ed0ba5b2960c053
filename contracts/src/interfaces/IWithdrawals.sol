// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";
import {Withdrawal} from "../types/Withdrawal.sol";
import {IRollup} from "./IRollup.sol";
import {IVault} from "./IVault.sol";

/// @title Withdrawals
/// @notice Pays each withdrawal of a final batch once: to its recipient, whoever asks, or to whom the recipient says.
/// @dev A recipient that cannot be paid (a token may refuse it) only makes its own claim revert; the claim stays open.
interface IWithdrawals {
    /// @notice A withdrawal was paid.
    /// @param id its number.
    /// @param batchIndex the batch whose leaf it is.
    /// @param recipient who was owed it.
    /// @param to who got it.
    /// @param account whom it was debited from.
    /// @param asset which one.
    /// @param amount in units of the exchange.
    event Claimed(
        uint64 indexed id,
        uint64 indexed batchIndex,
        address indexed recipient,
        address to,
        uint32 account,
        uint16 asset,
        uint64 amount
    );

    /// @notice The vault obeys another contract, or announces its deposits to another rollup: batches of a stranger
    /// would pay from it.
    error WrongWiring(address rollup, address vault);

    /// @notice The batch can still be disputed, or does not exist.
    error BatchNotFinal(uint64 index);

    /// @notice The header is not the one of the final batch of its index.
    error WrongBatchHash(bytes32 given, bytes32 expected);

    /// @notice The batch has only `count` withdrawals.
    error UnknownLeaf(uint256 leafIndex, uint32 count);

    /// @notice The withdrawal was paid already.
    error AlreadyClaimed(uint64 id);

    /// @notice The proof does not lead to the batch's withdrawal root.
    error InvalidProof(uint64 id, uint256 leafIndex);

    /// @notice Only the recipient says that somebody else is paid.
    error NotRecipient(address caller, address recipient);

    /// @notice Nobody is no recipient.
    error ZeroRecipient();

    /// @notice Says which batches are final.
    function rollup() external view returns (IRollup);

    /// @notice Holds the money.
    function vault() external view returns (IVault);

    /// @notice Whether the withdrawal `id` was paid.
    function isClaimed(uint64 id) external view returns (bool);

    /// @notice Pays `withdrawal` to its recipient.
    /// @param header the batch, which must be final.
    /// @param withdrawal the leaf.
    /// @param leafIndex its position in the batch.
    /// @param proof its siblings in the withdrawal tree, from the leaf upwards.
    function claim(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof
    ) external;

    /// @notice Pays `withdrawal`, whose recipient is the caller, to `to`: for who cannot be paid himself.
    /// @param header the batch, which must be final.
    /// @param withdrawal the leaf.
    /// @param leafIndex its position in the batch.
    /// @param proof its siblings in the withdrawal tree, from the leaf upwards.
    /// @param to not zero.
    function claimTo(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof,
        address to
    ) external;
}
