// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice One step of the promise chain: what the next input adds to it.
struct PromiseLink {
    /// Of the input, in milliseconds.
    uint64 time;
    /// keccak256 of who says what in it.
    bytes32 sourceHash;
}

/// @notice What the sequencer answered, as the exchange's RPC gives it: the place of an input, the chain after it, and a
/// signature of where the links lead.
struct SignedPromise {
    uint64 seq;
    bytes32 chain;
    /// In milliseconds. With links the signature says nothing of it.
    uint64 time;
    /// From the next input to the one that is signed; none when that is this one.
    PromiseLink[] links;
    /// 65 bytes, over EIP-712 `Promise(seq, chain, time)` of where the links lead.
    bytes signature;
}

/// @notice What a bond is deployed with, for ever.
struct BondTerms {
    /// The key that signs promises. It should hold no code: a signature is judged by the curve alone.
    address signer;
    /// Who may take the bond back, and calls that off.
    address owner;
    /// Wei below which the bond is told to be too small; at least so much is paid at the deployment.
    uint256 minimum;
    /// Seconds in which a fault can still be shown when everything that was promised before the owner's word is final.
    uint64 leaveDelay;
}
