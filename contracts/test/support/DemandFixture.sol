// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeFixture} from "./EscapeFixture.sol";
import {Tree} from "./Tree.sol";

/// @notice A batch whose inputs are known, and the hands of who demands and who shows them.
abstract contract DemandFixture is EscapeFixture {
    uint32 internal constant CHUNKS = 3;

    address internal demander = makeAddr("demander");
    address internal revealer = makeAddr("revealer");
    BatchHeader internal h;
    bytes32 internal hash;
    uint64 internal posted;

    function setUp() public virtual override {
        super.setUp();
        h = _next();
        h.inputsRoot = Tree.root(_chunkLeaves(), DEPTH);
        h.inputChunks = CHUNKS;
        hash = _hash(h);
        _post(h);
        posted = rollup.postedAt(1);
    }

    /// @dev A full chunk without a zero byte, another, and a short one.
    function _chunk(uint256 chunk) internal pure virtual returns (bytes memory data) {
        data = new bytes(chunk == CHUNKS - 1 ? 5 : 24_576);
        for (uint256 i = 0; i < data.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            data[i] = bytes1(uint8(1 + (chunk + i) % 255));
        }
    }

    function _chunkLeaves() internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](CHUNKS);
        for (uint256 i = 0; i < CHUNKS; ++i) {
            leaves[i] = Tree.leaf(_chunk(i));
        }
    }

    function _chunkProof(uint256 chunk) internal pure returns (bytes32[] memory) {
        return Tree.proof(_chunkLeaves(), chunk, DEPTH);
    }

    function _demand(uint32 chunk) internal {
        vm.deal(demander, DEMAND_BOND);
        vm.prank(demander);
        demand.demand{value: DEMAND_BOND}(h, chunk);
    }

    function _reveal(uint32 chunk) internal {
        bytes32[] memory proof = _chunkProof(chunk);
        vm.prank(revealer);
        demand.reveal(hash, chunk, _chunk(chunk), proof);
    }

    function _expectNoDemand(BatchHeader memory header, uint32 chunk, uint256 value, bytes memory reason) internal {
        vm.deal(demander, value);
        vm.expectRevert(reason);
        vm.prank(demander);
        demand.demand{value: value}(header, chunk);
    }

    function _expectNoReveal(uint32 chunk, bytes memory data, bytes32[] memory proof, bytes memory reason) internal {
        vm.expectRevert(reason);
        demand.reveal(hash, chunk, data, proof);
    }

    /// @dev What showing so many bytes costs, were there no bond.
    function _price(uint256 length) internal view returns (uint256) {
        return (150_000 + 40 * length) * (block.basefee * 5 / 4 + 1 gwei);
    }

    /// @dev Of one bond the revealer has so much, and the demander the rest.
    function _assertPaid(uint256 paid) internal view {
        assertEq(demand.credit(revealer), paid);
        assertEq(demand.credit(demander), DEMAND_BOND - paid);
    }

    function _assertIs(VerdictStatus status) internal view {
        assertEq(uint256(demand.ofBatch(1, hash)), uint256(status));
    }
}
