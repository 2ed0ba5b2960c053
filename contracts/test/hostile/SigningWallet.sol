// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract that holds tokens, and stands by one signature.
contract SigningWallet is IERC1271 {
    bytes32 private constant SIGNATURE = keccak256("a word");

    function isValidSignature(bytes32, bytes memory signature) external pure returns (bytes4) {
        return keccak256(signature) == SIGNATURE ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
