// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRiscvStep} from "../interfaces/IRiscvStep.sol";

/// @notice Field elements of blobs, by the point-evaluation precompile of EIP-4844.
library Opening {
    /// @dev Bytes of an opening: the element, KZG commitment and KZG proof.
    uint256 private constant BYTES = 32 + 48 + 48;
    address private constant POINT_EVALUATION = address(0x0a);
    /// @dev Field elements are below this.
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// @dev Its 4,096th power, and none before, is 1: 7^((MODULUS - 1) / 4096).
    uint256 private constant ROOT_OF_UNITY = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    /// @dev The number of the highest bit of an index.
    uint256 private constant HIGHEST = 11;

    /// @notice Field element `index`, below 4,096, of the blob that `versionedHash` names.
    function element(bytes calldata opening, bytes32 versionedHash, uint256 index) internal view returns (bytes32) {
        if (opening.length != BYTES) revert IRiscvStep.WrongOpening();
        bytes32 value = bytes32(opening[:32]);
        // The precompile compares the versioned hash with that of the commitment, and takes numbers in their range only.
        (bool isRight, bytes memory answer) = POINT_EVALUATION.staticcall(
            abi.encodePacked(versionedHash, point(index), value, opening[32:80], opening[80:])
        );
        // It answers with two words. Where there is no precompile there is no answer either.
        if (!isRight || answer.length != 64) revert IRiscvStep.WrongOpening();
        return value;
    }

    /// @notice Where the polynomial of a blob has the value of element `index`, below 4,096.
    /// @dev The root of unity to the power of the index with its twelve bits reversed: the highest bit counts one, the next two.
    function point(uint256 index) internal pure returns (uint256 z) {
        z = 1;
        uint256 power = ROOT_OF_UNITY;
        for (uint256 i = 0; i <= HIGHEST; ++i) {
            if ((index >> (HIGHEST - i)) & 1 == 1) z = mulmod(z, power, MODULUS);
            power = mulmod(power, power, MODULUS);
        }
    }
}
