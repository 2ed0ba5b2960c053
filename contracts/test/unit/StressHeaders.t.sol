// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../../src/interfaces/IStressClock.sol";
import {StressClock} from "../../src/settlement/StressClock.sol";
import {StressTerms} from "../../src/types/Stress.sol";
import {StressFixture} from "../support/StressFixture.sol";
import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @notice Which headers are known, and what of them is read.
contract StressHeadersTest is StressFixture {
    /// @dev Of mainnet, the block 23,513,000 of October 5, 2025, with its hash.
    bytes private constant MAINNET =
        hex"f90286a05b5b6bff48fe6a2167a2c70193bd1ec94e140ad09ebca6d64f468bc273518d36a01dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347944838b106fce9647bdf1e7877bf73ce8b0bad5f97a09099fb0c9d079059756770f425953cbc7965cf14a6f99e2007ceb5fc0c86f695a00ed75b9475c7d88f3656ae833b9af1249efe1d51234ae9c318e92fb9bbc58cefa05a70f4c705bec8d642aef9d9fa593a9292a2b70e85fe303cc20f407af4814be4b901009ff9dbe477c99f97b7556c0ffaf95a41bbeb73bdee22fd307bf7739ae6d7bf37eb3defd7f3ff78d772d5d7b5fc3fb5dddfd9d3f8fe85aeffbfa92cc29aaff5b7e5edf80e6e4addfc7cdbf1ce895bbd71d71d9a756a74cdbcbf7ddca5cbf306d9fedf3b278a7f13ef3545ab52fecd7cfb4eefef63f8e8c6e5a1b8ee57874ff67f0f5beeffd7bc503f6379c76f2ff6a4fff17d7fddbbff336ef42fd1d43ad3bddee246af87a6bdfe977ffb35f57a5dfdfca566d5e5d8f7fc9cba4f4531e666f5f0f3d7bcaf65b7e7708dcdf679afe6b4add57f6f4a3e397efb9cdf9f77f0f7fbcf3bb3bc880b2b71c0b4eee1dee95f72e5ffcd9eefeffc37fecd84ba435ebdf70d80840166c7a88402aea4ea84014204dd8468e2a7cf98546974616e2028746974616e6275696c6465722e78797a29a0542df7cb12be5ee5281247c44fbef1a534899cacf6f4a7cbb005e451dd416de68800000000000000008407e356e5a0740234ba028832cd35e1e2923133d136e54fbded84e1e1f1f21747508c8edb92830c00008404100000a030297d32b4bb781dea1b6861b8b15db62f4428d1ae766615b4c29cd515df3a9da0e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    bytes32 private constant MAINNET_HASH = 0x65407618ec1f44bd793f024f9ce855d7287ea4a9d7ae4c9e672362a372b9ded4;
    uint64 private constant MAINNET_NUMBER = 23_513_000;
    uint64 private constant MAINNET_TIME = 1_759_684_559;

    function test_reads_a_header_of_mainnet() public {
        assertEq(keccak256(MAINNET), MAINNET_HASH);
        StressTerms memory terms = StressTerms({minBaseFee: 0.1 gwei, multiple: 2, interval: 2, referenceStep: 8});
        clock = new StressClock(terms);
        vm.roll(MAINNET_NUMBER + 4000);
        for (uint64 i = 31; i > 0; --i) {
            _sample(MAINNET_NUMBER - 8 * i, 0.05 gwei);
        }
        vm.store(HISTORY, bytes32(MAINNET_NUMBER % HISTORY_BLOCKS), MAINNET_HASH);
        vm.expectEmit(address(clock));
        emit IStressClock.Sampled(MAINNET_NUMBER, 132_339_429);
        clock.prove(_one(MAINNET));
        assertEq(clock.sample(MAINNET_NUMBER), 132_339_429);
        // Its time is odd: the second half of its interval.
        assertFalse(clock.isMarked(MAINNET_TIME / 2));
        terms.interval = 720;
        clock = new StressClock(terms);
        for (uint64 i = 31; i > 0; --i) {
            _sample(MAINNET_NUMBER - 8 * i, 0.05 gwei);
        }
        vm.expectEmit(address(clock));
        emit IStressClock.Marked(MAINNET_TIME / 720, MAINNET_NUMBER, 132_339_429);
        clock.prove(_one(MAINNET));
    }

    // --- known ---

    /// @dev With hashes that the machine itself tells, without the contract of EIP-2935.
    function test_the_last_256_blocks_are_known_without_a_history() public {
        vm.etch(HISTORY, "");
        uint64 number = BASE + 2048 - STEP;
        bytes memory header = _header(0, number, START, CALM);
        vm.roll(number + 256);
        vm.setBlockhash(number, keccak256(header));
        clock.prove(_one(header));
        assertEq(clock.sample(number), CALM);

        clock = _freshClock();
        vm.roll(number + 257);
        _expectUnknown(0, header);
        clock.prove(_one(header));
    }

    function test_the_last_8191_blocks_are_known() public {
        bytes memory header = _header(0, BASE, START, CALM);
        _include(BASE, header);
        vm.roll(BASE + HISTORY_BLOCKS + 1);
        _expectUnknown(0, header);
        clock.prove(_one(header));
        vm.roll(BASE + HISTORY_BLOCKS);
        clock.prove(_one(header));
        assertEq(clock.sample(BASE), CALM);
    }

    function test_blocks_to_come_are_not_known() public {
        uint64[4] memory numbers = [BASE + 2000, BASE + 2001, BASE + 2000 + 8191, type(uint64).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            bytes memory header = _header(0, numbers[i], START, CALM);
            _include(numbers[i], header);
            _expectUnknown(0, header);
            clock.prove(_one(header));
        }
    }

    function test_another_header_of_the_same_number_is_not_known() public {
        _include(BASE, _header(0, BASE, START, CALM));
        bytes memory other = _header(0, BASE, START, CALM + 1);
        _expectUnknown(0, other);
        clock.prove(_one(other));
    }

    function test_parents_are_known_by_their_children() public {
        bytes[] memory chain = _chain(4);
        _include(BASE + 3, chain[0]);
        clock.prove(chain);
        assertEq(clock.sample(BASE), CALM);
    }

    function test_a_parent_follows_its_child_at_once() public {
        bytes[] memory chain = _chain(4);
        _include(BASE + 3, chain[0]);
        (chain[1], chain[2]) = (chain[2], chain[1]);
        _expectUnknown(1, chain[1]);
        clock.prove(chain);
        assertEq(clock.sample(BASE), 0);
    }

    /// @dev Where no number tells the parent's hash any more, a later call goes on from there.
    function test_the_parent_of_the_last_header_is_remembered() public {
        bytes[] memory chain = _chain(4);
        _include(BASE + 3, chain[0]);
        vm.roll(BASE + 3 + HISTORY_BLOCKS);
        bytes[] memory first = new bytes[](2);
        (first[0], first[1]) = (chain[0], chain[1]);
        clock.prove(first);
        assertTrue(clock.isRemembered(keccak256(chain[2])));
        vm.roll(BASE + 100_000);
        _expectUnknown(0, chain[1]);
        clock.prove(_one(chain[1]));
        bytes[] memory rest = new bytes[](2);
        (rest[0], rest[1]) = (chain[2], chain[3]);
        clock.prove(rest);
        assertEq(clock.sample(BASE), CALM);
    }

    function test_nothing_is_remembered_that_a_number_tells() public {
        bytes[] memory chain = _chain(2);
        _include(BASE + 1, chain[0]);
        _include(BASE, chain[1]);
        clock.prove(_one(chain[0]));
        assertFalse(clock.isRemembered(keccak256(chain[1])));
        clock.prove(new bytes[](0));
        assertFalse(clock.isRemembered(0));
    }

    function test_one_unknown_header_refuses_all() public {
        bytes[] memory list = new bytes[](2);
        list[0] = _header(0, BASE, START, CALM);
        list[1] = _header(0, BASE + STEP, START, CALM);
        _include(BASE, list[0]);
        _expectUnknown(1, list[1]);
        clock.prove(list);
        assertEq(clock.sample(BASE), 0);
    }

    // --- read ---

    /// @dev What comes after the base fee is for later forks to say.
    function test_more_fields_are_no_matter() public {
        for (uint256 count = 16; count < 30; ++count) {
            clock = _freshClock();
            bytes memory header = _fields(0, BASE, START, CALM, count);
            _include(BASE, header);
            clock.prove(_one(header));
            assertEq(clock.sample(BASE), CALM);
        }
    }

    function test_fewer_fields_are_no_header() public {
        bytes memory header = _fields(0, BASE, START, CALM, 15);
        _include(BASE, header);
        bytes4 selector = BlockHeader.FieldNotPresentInBlockHeader.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, BlockHeader.HeaderField.BaseFeePerGas));
        clock.prove(_one(header));
    }

    function test_what_is_no_list_is_no_header() public {
        bytes[4] memory bad = [bytes(""), hex"00", hex"80", hex"b90100"];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(RLP.RLPInvalidEncoding.selector);
            clock.prove(_one(bad[i]));
        }
        bytes memory cut = MAINNET;
        assembly ("memory-safe") {
            mstore(cut, 100)
        }
        vm.expectRevert(RLP.RLPInvalidEncoding.selector);
        clock.prove(_one(cut));
    }

    /// @dev `count` blocks, each the parent of the one before it; the last is `BASE`.
    function _chain(uint64 count) private pure returns (bytes[] memory chain) {
        chain = new bytes[](count);
        bytes32 parent = keccak256("before");
        for (uint64 i = 0; i < count; ++i) {
            chain[count - 1 - i] = _header(parent, BASE + i, START + 12 * i, CALM);
            parent = keccak256(chain[count - 1 - i]);
        }
    }

    function _expectUnknown(uint256 place, bytes memory header) private {
        vm.expectRevert(abi.encodeWithSelector(IStressClock.UnknownHeader.selector, place, keccak256(header)));
    }
}
