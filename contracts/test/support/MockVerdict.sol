// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IVerdict, VerdictStatus} from "../../src/interfaces/IVerdict.sol";

/// @notice Says what it was told to say; of what it was told nothing, that it is undisputed.
contract MockVerdict is IVerdict {
    mapping(uint64 index => mapping(bytes32 batchHash => VerdictStatus)) private _batches;
    mapping(bytes32 claimHash => VerdictStatus) private _claims;

    function setBatch(uint64 index, bytes32 batchHash, VerdictStatus status) external {
        _batches[index][batchHash] = status;
    }

    function setClaim(bytes32 claimHash, VerdictStatus status) external {
        _claims[claimHash] = status;
    }

    function ofBatch(uint64 index, bytes32 batchHash) external view returns (VerdictStatus) {
        return _batches[index][batchHash];
    }

    function ofClaim(bytes32 claimHash) external view returns (VerdictStatus) {
        return _claims[claimHash];
    }

    /// @notice A real one takes the bonds of invalid claims.
    receive() external payable {}
}
