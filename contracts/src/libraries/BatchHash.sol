// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../types/BatchHeader.sol";

/// @notice The hashes that tie a batch together. Each has its own leading byte where two could be confused.
library BatchHash {
    /// @dev Tag of the state root, distinct from the tags of `BinaryTree` (0 and 1).
    uint8 private constant STATE_TAG = 2;
    /// @dev Tag of data that lies in blobs.
    uint8 private constant BLOBS_TAG = 0;
    /// @dev Tag of data that lies in calldata.
    uint8 private constant CALLDATA_TAG = 1;

    /// @notice The batch hash: `keccak256(abi.encode(header))`.
    function ofHeader(BatchHeader memory header) internal pure returns (bytes32) {
        return keccak256(abi.encode(header));
    }

    /// @notice The state root that the section roots make: `keccak256(0x02 || sectionRoots[0..6])`.
    function ofSections(bytes32[7] memory sectionRoots) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(STATE_TAG, sectionRoots));
    }

    /// @notice The data hash of a diff in blobs: `keccak256(0x00 || versionedHash0 || versionedHash1 ...)`.
    function ofBlobs(bytes32[] memory versionedHashes) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(BLOBS_TAG, versionedHashes));
    }

    /// @notice The data hash of a diff in calldata: `keccak256(0x01 || diffHash)` with `diffHash = keccak256(data)`.
    function ofCalldata(bytes32 diffHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(CALLDATA_TAG, diffHash));
    }

    /// @dev All blobs of this transaction, in order.
    function blobHashes() internal view returns (bytes32[] memory hashes) {
        uint256 count = 0;
        while (blobhash(count) != 0) ++count;
        hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = blobhash(i);
        }
    }
}
