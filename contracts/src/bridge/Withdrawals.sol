// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";
import {BatchHash} from "../libraries/BatchHash.sol";
import {BinaryTree} from "../libraries/BinaryTree.sol";
import {BatchHeader} from "../types/BatchHeader.sol";
import {Limits} from "../types/Limits.sol";
import {Withdrawal} from "../types/Withdrawal.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title Withdrawals
/// @notice See `IWithdrawals`, which also holds every assumption.
contract Withdrawals is IWithdrawals {
    using BatchHash for BatchHeader;
    using BitMaps for BitMaps.BitMap;

    /// @inheritdoc IWithdrawals
    IRollup public immutable rollup;
    /// @inheritdoc IWithdrawals
    IVault public immutable vault;

    /// @dev By id of the withdrawal.
    BitMaps.BitMap private _claimed;

    /// @dev Deployed last: the other contracts exist.
    constructor(IRollup rollup_, IVault vault_) {
        bool wired = vault_.withdrawals() == address(this) && vault_.inbox().rollup() == address(rollup_);
        if (!wired) revert WrongWiring(address(rollup_), address(vault_));
        rollup = rollup_;
        vault = vault_;
    }

    /// @inheritdoc IWithdrawals
    function claim(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof
    ) external {
        _claim(header, withdrawal, leafIndex, proof, withdrawal.recipient);
    }

    /// @inheritdoc IWithdrawals
    function claimTo(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof,
        address to
    ) external {
        if (msg.sender != withdrawal.recipient) {
            revert NotRecipient(msg.sender, withdrawal.recipient);
        }
        if (to == address(0)) revert ZeroRecipient();
        _claim(header, withdrawal, leafIndex, proof, to);
    }

    /// @inheritdoc IWithdrawals
    function isClaimed(uint64 id) external view returns (bool) {
        return _claimed.get(id);
    }

    function _claim(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof,
        address to
    ) private {
        _checkFinal(header);
        _checkLeaf(header, withdrawal, leafIndex, proof);
        (uint64 id, uint16 asset, uint64 amount) = (withdrawal.id, withdrawal.asset, withdrawal.amount);
        if (_claimed.get(id)) revert AlreadyClaimed(id);

        _claimed.set(id);
        emit Claimed(id, header.index, withdrawal.recipient, to, withdrawal.account, asset, amount);
        vault.pay(asset, to, amount);
    }

    /// @dev `header` is the one of a final batch.
    function _checkFinal(BatchHeader calldata header) private view {
        if (!rollup.isFinal(header.index)) revert BatchNotFinal(header.index);
        bytes32 given = header.ofHeader();
        bytes32 expected = rollup.batchHash(header.index);
        if (given != expected) revert WrongBatchHash(given, expected);
    }

    /// @dev `withdrawal` is the leaf `leafIndex` of the batch.
    function _checkLeaf(
        BatchHeader calldata header,
        Withdrawal calldata withdrawal,
        uint256 leafIndex,
        bytes32[] calldata proof
    ) private pure {
        if (leafIndex >= header.withdrawalCount) {
            revert UnknownLeaf(leafIndex, header.withdrawalCount);
        }
        bytes32 leaf = BinaryTree.leafHash(abi.encode(withdrawal));
        bool proven = BinaryTree.verify(header.withdrawalsRoot, leaf, leafIndex, Limits.WITHDRAWAL_TREE_DEPTH, proof);
        if (!proven) revert InvalidProof(withdrawal.id, leafIndex);
    }
}
