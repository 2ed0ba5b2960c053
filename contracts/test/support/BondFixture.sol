// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {PromiseLink, SignedPromise} from "../../src/types/Promise.sol";
import {Fixture} from "./Fixture.sol";

/// @notice A log of inputs with its promise chain, made by other code than the contract's.
abstract contract BondFixture is Fixture {
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    /// @dev The input `seq` of the log `name`.
    function _link(string memory name, uint64 seq) internal pure returns (PromiseLink memory) {
        return PromiseLink({time: 1_700_000_000_000 + 10 * seq, sourceHash: keccak256(abi.encode(name, seq))});
    }

    /// @dev Inputs from `first` to `last`, both included.
    function _links(string memory name, uint64 first, uint64 last) internal pure returns (PromiseLink[] memory links) {
        links = new PromiseLink[](last + 1 - first);
        for (uint64 seq = first; seq <= last; ++seq) {
            links[seq - first] = _link(name, seq);
        }
    }

    /// @dev The chain after the input `seq` of the log `name`.
    function _chain(string memory name, uint64 seq) internal pure returns (bytes32 chain) {
        for (uint64 i = 1; i <= seq; ++i) {
            PromiseLink memory link = _link(name, i);
            chain = keccak256(abi.encode(chain, i, link.time, link.sourceHash));
        }
    }

    /// @dev The promise of a place of the log `name`, signed itself.
    function _promise(string memory name, uint64 seq) internal view returns (SignedPromise memory) {
        return _promise(name, seq, seq);
    }

    /// @dev The same, signed for `signed`.
    function _promise(string memory name, uint64 seq, uint64 signed) internal view returns (SignedPromise memory p) {
        p.seq = seq;
        p.chain = _chain(name, seq);
        p.time = _link(name, seq).time;
        p.links = _links(name, seq + 1, signed);
        _sign(p, _digest(block.chainid, address(rollup), signed, _chain(name, signed), _link(name, signed).time));
    }

    function _sign(SignedPromise memory p, bytes32 digest) internal view {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(promiser.key, digest);
        p.signature = abi.encodePacked(r, s, v);
    }

    function _digest(uint256 chainId, address exchange, uint64 seq, bytes32 chain, uint64 time)
        internal
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Ballast"),
                keccak256("1"),
                chainId,
                exchange
            )
        );
        bytes32 told =
            keccak256(abi.encode(keccak256("Promise(uint64 seq,bytes32 chain,uint64 time)"), seq, chain, time));
        return keccak256(abi.encodePacked(hex"1901", domain, told));
    }

    /// @dev Posts the next `count` inputs of the log `name`.
    function _postLog(string memory name, uint64 count) internal returns (BatchHeader memory h) {
        h = _next();
        h.lastSeq = h.firstSeq + count - 1;
        h.promiseHash = _chain(name, h.lastSeq);
        h.lastTimeMs = _link(name, h.lastSeq).time;
        _post(h);
    }

    /// @dev The same, and waits until it is final.
    function _finalLog(string memory name, uint64 count) internal returns (BatchHeader memory h) {
        h = _postLog(name, count);
        skip(WINDOW);
        rollup.finalize(h.index);
    }

    /// @dev Posts a batch and has it rejected.
    function _rejected() internal returns (BatchHeader memory h) {
        h = _next();
        _post(h);
        verdict.setBatch(h.index, _hash(h), VerdictStatus.INVALID);
        rollup.reject(h.index, _genesis());
    }
}
