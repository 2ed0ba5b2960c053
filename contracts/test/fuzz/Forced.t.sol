// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {ForcedRecord} from "../../src/types/Forced.sol";
import {Fixture} from "../support/Fixture.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

contract ForcedFuzzTest is Fixture {
    using SafeCast for uint256;

    /// @dev All batches, genesis first.
    BatchHeader[] private headers;

    /// @dev Requests, deposits and batches in any sequence: what is open is what counting says.
    function testFuzz_open_requests_are_those_that_can_still_be_in_time(uint256 seed) public {
        _live(seed, 24);
        uint64 consumed = headers[headers.length - 1].l1MessageCount;
        uint256 open = 0;
        for (uint64 id = 0; id < inbox.forcedCount(); ++id) {
            if (inbox.forcedRecord(id).messageIndex >= consumed && !_isDue(id)) open += 1;
        }
        assertEq(inbox.openForced(), open);
        assertEq(inbox.forcedFee(), _fee(open));
    }

    /// @dev Whatever batch is shown, a fee goes only where it belongs; and one batch brings it there, once it is clear.
    function testFuzz_a_fee_goes_where_it_belongs(uint256 seed) public {
        _live(seed, 12);
        if (inbox.forcedCount() == 0) _force();
        rollup.finalize(type(uint64).max);
        uint64 id = (seed % inbox.forcedCount()).toUint64();

        uint256 proofs = 0;
        for (uint256 i = 0; i < headers.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 before = inbox.credit(alice);
            try inbox.settleForced(id, headers[i]) {
                proofs += 1;
                assertEq(inbox.credit(alice) > before, _isLate(id));
            } catch {}
            vm.revertToState(snapshot);
        }
        assertEq(proofs, _isDue(id) && (_isLate(id) || _isFinal(id)) ? 1 : 0);
    }

    function _live(uint256 seed, uint256 steps) private {
        headers.push(_genesis());
        for (uint256 i = 0; i < steps; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            skip((r >> 8) % 4 * (REFUND_AFTER / 2) + (r >> 16) % 3);
            if (r % 8 == 0) {
                skip(WINDOW);
                rollup.finalize(type(uint64).max);
            }
            if (r % 4 == 0) {
                _deposit(alice, 5e6);
            } else if (r % 4 < 3) {
                _force();
            } else {
                uint256 count = bound(r >> 32, rollup.tip().l1MessageCount, inbox.messageCount());
                headers.push(_postConsuming(count.toUint64()));
            }
        }
    }

    /// @dev The batch that consumed the request, found from the first on; the number of batches while none did.
    function _consumer(uint64 id) private view returns (uint64 i) {
        uint64 message = inbox.forcedRecord(id).messageIndex;
        while (i < headers.length && headers[i].l1MessageCount <= message) ++i;
    }

    function _isLate(uint64 id) private view returns (bool) {
        ForcedRecord memory record = inbox.forcedRecord(id);
        uint64 consumer = _consumer(id);
        uint256 at = consumer < headers.length ? rollup.postedAt(consumer) : vm.getBlockTimestamp();
        return at - record.queuedAt > REFUND_AFTER;
    }

    function _isDue(uint64 id) private view returns (bool) {
        return vm.getBlockTimestamp() - inbox.forcedRecord(id).queuedAt > REFUND_AFTER;
    }

    /// @dev Whether the batches are final that were posted before the request was due.
    function _isFinal(uint64 id) private view returns (bool) {
        uint64 last = 0;
        uint64 queuedAt = inbox.forcedRecord(id).queuedAt;
        for (uint64 i = 0; i < headers.length; ++i) {
            if (rollup.postedAt(i) <= queuedAt + REFUND_AFTER) last = i;
        }
        return rollup.isFinal(last);
    }
}
