// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PromiseLink} from "../types/Promise.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title PromiseHash
/// @notice The promise chain and the digest of a promise, as `sequencer/core/batch` and `sequencer/core/auth` make them.
library PromiseHash {
    /// @dev The domain has name, version, chain id and contract, as EIP-5267 numbers its fields.
    bytes1 private constant DOMAIN_FIELDS = 0x0f;
    bytes32 private constant PROMISE_TYPE = keccak256("Promise(uint64 seq,bytes32 chain,uint64 time)");

    /// @notice Separator of the domain that all signatures of the exchange have: it names the rollup.
    function separator(uint256 chainId, address rollup) internal pure returns (bytes32) {
        return
            MessageHashUtils.toDomainSeparator(DOMAIN_FIELDS, keccak256("Ballast"), keccak256("1"), chainId, rollup, 0);
    }

    /// @notice What is signed.
    /// @param time in milliseconds.
    function digest(bytes32 domain, uint64 seq, bytes32 chain, uint64 time) internal pure returns (bytes32) {
        bytes32 promiseHash = keccak256(abi.encode(PROMISE_TYPE, seq, chain, time));
        return MessageHashUtils.toTypedDataHash(domain, promiseHash);
    }

    /// @notice The chain after so many more inputs.
    /// @dev One chain of a length leads to one end, so an end that is known makes all before it known.
    /// @param seq the last input in `chain`; with the links no more than fit.
    function follow(uint64 seq, bytes32 chain, PromiseLink[] calldata links) internal pure returns (bytes32) {
        for (uint256 i = 0; i < links.length; ++i) {
            chain = keccak256(abi.encode(chain, ++seq, links[i].time, links[i].sourceHash));
        }
        return chain;
    }
}
