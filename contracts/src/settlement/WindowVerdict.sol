// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IVerdict, VerdictStatus} from "../interfaces/IVerdict.sol";

/// @title WindowVerdict
/// @notice A placeholder for development chains: nothing is ever disputed, so whatever is posted is right when its window
/// has passed.
///
/// It is *not* a dispute game, *not* a proof, and no protection at all: with it whoever holds the sequencer's key can take
/// the whole vault after one challenge window, and nobody can stop him. So it cannot be created but on chain 31337, the
/// number of development chains.
contract WindowVerdict is IVerdict {
    uint256 private constant DEVELOPMENT_CHAIN = 31337;

    /// @notice This protects nothing, and this chain may hold money.
    error NotADevelopmentChain(uint256 chainId);

    constructor() {
        if (block.chainid != DEVELOPMENT_CHAIN) revert NotADevelopmentChain(block.chainid);
    }

    /// @inheritdoc IVerdict
    function ofBatch(uint64, bytes32) external pure returns (VerdictStatus) {
        return VerdictStatus.UNDISPUTED;
    }

    /// @inheritdoc IVerdict
    function ofClaim(bytes32) external pure returns (VerdictStatus) {
        return VerdictStatus.UNDISPUTED;
    }
}
