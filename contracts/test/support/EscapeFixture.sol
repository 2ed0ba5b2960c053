// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapeClaim, EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Deposit} from "../../src/types/Messages.sol";
import {Fixture} from "./Fixture.sol";
import {Tree} from "./Tree.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice A system that dies, and the hand of whoever gets the money out.
abstract contract EscapeFixture is Fixture {
    using SafeCast for uint256;

    uint256 internal constant ESCAPE_DEPTH = 32;

    address internal carol = makeAddr("carol");

    /// @dev Freezes by silence.
    function _freeze() internal {
        vm.warp(rollup.lastPostedAt() + DEADLINE + 1);
        rollup.freezeSilent();
    }

    /// @dev Freezes, and makes all that was posted final.
    function _settleAll() internal {
        _freeze();
        skip(WINDOW);
        rollup.finalize(type(uint64).max);
        assertTrue(rollup.isSettled());
    }

    /// @dev So much each to alice and bob in turn.
    function _payouts(uint256 count, uint64 amount) internal view returns (EscapePayout[] memory ps) {
        ps = new EscapePayout[](count);
        for (uint256 i = 0; i < count; ++i) {
            ps[i] = EscapePayout({index: i.toUint64(), recipient: i % 2 == 0 ? alice : bob, asset: 0, amount: amount});
        }
    }

    function _claimOf(EscapePayout[] memory ps) internal view returns (EscapeClaim memory c) {
        c.batchHash = rollup.batchHash(rollup.batchCount() - 1);
        c.payoutsRoot = Tree.root(_payoutLeaves(ps), ESCAPE_DEPTH);
        c.payoutCount = ps.length.toUint64();
        for (uint256 i = 0; i < ps.length; ++i) {
            c.total += ps[i].amount;
        }
    }

    function _payoutProof(EscapePayout[] memory ps, uint256 index) internal pure returns (bytes32[] memory) {
        return Tree.proof(_payoutLeaves(ps), index, ESCAPE_DEPTH);
    }

    function _payoutLeaves(EscapePayout[] memory ps) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](ps.length);
        for (uint256 i = 0; i < ps.length; ++i) {
            leaves[i] = Tree.leaf(abi.encode(ps[i]));
        }
    }

    function _hash(EscapeClaim memory c) internal pure returns (bytes32) {
        return keccak256(abi.encode(c));
    }

    /// @dev Carol proposes.
    function _propose(EscapeClaim memory c) internal returns (bytes32) {
        vm.deal(carol, BOND);
        vm.prank(carol);
        return escape.propose{value: BOND}(c);
    }

    /// @dev Carol proposes, the verdict agrees, and it is accepted.
    function _accept(EscapePayout[] memory ps) internal returns (bytes32 claimHash) {
        claimHash = _propose(_claimOf(ps));
        verdict.setClaim(claimHash, VerdictStatus.VALID);
        escape.accept(claimHash);
    }

    function _claim(EscapePayout[] memory ps, uint256 index) internal {
        escape.claim(ps[index], _payoutProof(ps, index));
    }

    /// @dev The deposit that `_deposit` makes, as the inbox was told it.
    function _depositOf(address who, uint64 amount) internal pure returns (Deposit memory) {
        return Deposit({asset: 0, owner: who, account: NEW, amount: amount});
    }

    function _setBatch(BatchHeader memory h, VerdictStatus status) internal {
        verdict.setBatch(h.index, _hash(h), status);
    }
}
