// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Deposit} from "../../src/types/Messages.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";

contract EscapeFuzzTest is EscapeFixture {
    /// @dev Whatever the claim, each of its payouts is paid once and whole, and never more than was deposited.
    function testFuzz_any_payout_is_paid_once(uint64[6] memory amounts, uint256 which, uint64 put) public {
        put = uint64(bound(put, MIN_DEPOSIT, 2 ** 60));
        _deposit(alice, put);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(6, 0);
        for (uint256 i = 0; i < 6; ++i) {
            ps[i].amount = uint64(bound(amounts[i], 0, put / 5));
        }
        _accept(ps);
        which = bound(which, 0, 5);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 index = (which + i) % 6;
            bool due = i < 6 && vault.totalPaid(0) + ps[index].amount <= put;
            bytes32[] memory proof = _payoutProof(ps, index);
            try escape.claim(ps[index], proof) {
                assertTrue(due);
            } catch {
                assertFalse(due);
            }
        }
        assertEq(token.balanceOf(alice) + token.balanceOf(bob), vault.totalPaid(0));
        assertEq(token.balanceOf(address(vault)), put - vault.totalPaid(0));
    }

    /// @dev No payout but the leaf itself, whatever is changed of it, and no path but its own.
    function testFuzz_no_other_payout_is_paid(EscapePayout memory forged, uint256 which, uint256 level) public {
        _deposit(alice, 100e6);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(5, 10e6);
        _accept(ps);
        which = bound(which, 0, 4);
        bytes32[] memory proof = _payoutProof(ps, which);
        if (keccak256(abi.encode(forged)) != keccak256(abi.encode(ps[which]))) {
            try escape.claim(forged, proof) {
                fail();
            } catch {}
        }
        level = bound(level, 0, 31);
        proof[level] = ~proof[level];
        try escape.claim(ps[which], proof) {
            fail();
        } catch {}
        assertEq(vault.totalPaid(0), 0);
    }

    /// @dev Of any number of deposits, of which any number was consumed, by a batch that stands or falls.
    function testFuzz_refunds_are_what_was_not_consumed(uint8 count, uint8 consumed, bool falls) public {
        count = uint8(bound(count, 1, 8));
        consumed = uint8(bound(consumed, 0, count));
        uint256 all = 0;
        for (uint64 i = 0; i < count; ++i) {
            _deposit(alice, 1e6 + i);
            all += 1e6 + i;
        }
        BatchHeader memory h = _postConsuming(consumed);
        _freeze();
        skip(WINDOW);
        if (falls) {
            _setBatch(h, VerdictStatus.INVALID);
            rollup.reject(1, _genesis());
        }
        rollup.finalize(type(uint64).max);
        uint256 back = 0;
        for (uint64 i = 0; i < count; ++i) {
            Deposit memory d = _depositOf(alice, 1e6 + i);
            bool due = falls || i >= consumed;
            for (uint256 again = 0; again < 2; ++again) {
                try escape.refund(i, 1000, START, d) {
                    assertTrue(due && again == 0);
                    back += d.amount;
                } catch {
                    assertFalse(due && again == 0);
                }
            }
        }
        assertEq(token.balanceOf(alice), back);
        assertEq(token.balanceOf(address(vault)), all - back);
    }

    /// @dev The deadline, to the second, whenever the request came and the batches that passed it over.
    function testFuzz_freezes_after_the_deadline_alone(uint32 wait, uint32 elapsed, uint8 batches) public {
        skip(bound(wait, 0, 10 * DEADLINE));
        uint64 id = _force();
        uint256 due = block.timestamp + DEADLINE;
        for (uint256 i = 0; i < batches % 4; ++i) {
            _postConsuming(0);
        }
        skip(bound(elapsed, 0, 3 * uint256(DEADLINE)));
        uint256 now_ = block.timestamp;
        bool silent = now_ > uint256(rollup.lastPostedAt()) + DEADLINE;
        try rollup.freeze(id) {
            assertGt(now_, due);
        } catch {
            assertLe(now_, due);
            try rollup.freezeSilent() {
                assertTrue(silent);
            } catch {
                assertFalse(silent);
            }
        }
    }
}
