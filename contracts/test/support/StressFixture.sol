// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {StressClock} from "../../src/settlement/StressClock.sol";
import {EscapeFixture} from "./EscapeFixture.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Headers of a base layer that is dear when a test says so, and the contract that tells their hashes.
abstract contract StressFixture is EscapeFixture {
    using RLP for RLP.Encoder;
    using SafeCast for uint256;

    /// @dev EIP-2935, with the code that it has on every chain.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    bytes internal constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
    uint256 internal constant HISTORY_BLOCKS = 8191;

    uint64 internal constant INTERVAL = 10 minutes;
    uint64 internal constant STEP = 64;
    uint256 internal constant CALM = 2 gwei;
    uint256 internal constant DEAR = 100 gwei;
    /// @dev A multiple of `STEP`: abnormal blocks come after it, samples before.
    uint64 internal constant BASE = 1536 * STEP;
    /// @dev The interval that begins with the deployment.
    uint64 internal constant FIRST = START / INTERVAL;

    uint64 private _blocks = BASE;

    function setUp() public virtual override {
        super.setUp();
        vm.etch(HISTORY, HISTORY_CODE);
        vm.roll(BASE + 2000);
    }

    /// @dev As mainnet has them since Prague.
    function _header(bytes32 parent, uint64 number, uint64 time, uint256 fee) internal pure returns (bytes memory) {
        return _fields(parent, number, time, fee, 21);
    }

    /// @dev The first so many fields of a header; those from 22 on are of a future.
    function _fields(bytes32 parent, uint64 number, uint64 time, uint256 fee, uint256 count)
        internal
        pure
        returns (bytes memory)
    {
        RLP.Encoder memory e = RLP.encoder();
        for (uint256 i = 0; i < count; ++i) {
            if (i == 0) e.push(parent);
            else if (i == 2) e.push(address(0xC01));
            else if (i == 6) e.push(new bytes(256));
            else if (i == 8) e.push(uint256(number));
            else if (i == 11) e.push(uint256(time));
            else if (i == 12) e.push(bytes("extra"));
            else if (i == 14) e.push(new bytes(8));
            else if (i == 15) e.push(fee);
            else if (i == 7 || i == 9 || i == 10 || i == 17 || i == 18) e.push(30_000_000 * i);
            else e.push(keccak256(abi.encode("field", i)));
        }
        return e.encode();
    }

    /// @dev The base layer has this header at this number.
    function _include(uint64 number, bytes memory header) internal {
        vm.store(HISTORY, bytes32(number % HISTORY_BLOCKS), keccak256(header));
    }

    function _one(bytes memory header) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = header;
    }

    /// @dev The next block has this time and this base fee.
    function _mine(uint64 time, uint256 fee) internal returns (bytes memory header) {
        ++_blocks;
        if (_blocks % STEP == 0) ++_blocks;
        header = _header(keccak256("parent"), _blocks, time, fee);
        _include(_blocks, header);
    }

    /// @dev Makes and proves the sample of a block.
    function _sample(uint64 number, uint256 fee) internal {
        bytes memory header = _header(keccak256("parent"), number, START, fee);
        _include(number, header);
        clock.prove(_one(header));
    }

    /// @dev The samples of blocks from `BASE` on: so many, the oldest first, of this base fee.
    function _samples(uint256 count, uint256 fee) internal {
        for (uint64 i = 31; i > 31 - count; --i) {
            _sample(BASE - i * STEP, fee);
        }
    }

    /// @dev Marks an interval, counted from the deployment.
    function _mark(uint64 index) internal {
        clock.prove(_one(_mine((FIRST + index) * INTERVAL, DEAR)));
    }

    /// @dev Makes `count` intervals from `first` on stressed, counted from the deployment.
    function _stress(uint64 first, uint64 count) internal {
        bytes[] memory headers = new bytes[](count + 1);
        for (uint64 i = 0; i <= count; ++i) {
            headers[i] = _mine((FIRST + first + i) * INTERVAL, DEAR);
        }
        clock.prove(headers);
    }

    /// @dev A clock that knows nothing.
    function _freshClock() internal returns (StressClock) {
        return new StressClock(_stressTerms());
    }
}
