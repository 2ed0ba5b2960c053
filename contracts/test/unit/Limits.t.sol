// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {Limits} from "../../src/types/Limits.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What the contracts rely on in the constants that Rust generates.
contract LimitsTest is Test {
    function test_a_header_holds_every_section() public pure {
        BatchHeader memory h;
        assertEq(h.sectionRoots.length, Limits.SECTION_COUNT);
    }

    function test_a_header_is_twenty_five_words() public pure {
        BatchHeader memory h;
        assertEq(abi.encode(h).length, 25 * 32);
    }

    function test_the_tree_holds_the_withdrawals_of_a_batch() public pure {
        assertEq(Limits.MAX_WITHDRAWALS_PER_BATCH, 2 ** Limits.WITHDRAWAL_TREE_DEPTH);
    }

    function test_amounts_fit_their_type_with_room_to_add() public pure {
        assertLe(Limits.MAX_AMOUNT, uint256(int256(type(int64).max)) / 2);
    }

    function test_the_new_account_is_no_account() public pure {
        assertLt(Limits.MAX_ACCOUNTS, Limits.NEW_ACCOUNT);
        assertEq(Limits.NEW_ACCOUNT, type(uint32).max);
    }
}
