// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStressClock} from "../interfaces/IStressClock.sol";
import {Bits} from "../libraries/Bits.sol";
import {StressTerms} from "../types/Stress.sol";
import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

/// @title StressClock
/// @notice See `IStressClock`, which also holds every assumption.
contract StressClock is IStressClock {
    using BitMaps for BitMaps.BitMap;
    using BlockHeader for Memory.Slice[];

    /// @dev What is read of a header.
    struct Header {
        bytes32 hash;
        bytes32 parentHash;
        uint64 number;
        uint64 timestamp;
        uint256 baseFee;
    }

    /// @dev Samples that a block is compared with, and how many of them are half of them and one.
    uint64 private constant SAMPLES = 31;
    uint64 private constant MAJORITY = 16;
    /// @dev Hashes reach back 8,191 blocks: every sample can be proven for as long as it takes to the next one.
    uint32 private constant MAX_REFERENCE_STEP = 4096;
    uint32 private constant MAX_INTERVAL = 1 days;
    /// @dev Intervals that are added up: 64 words of storage.
    uint256 private constant MAX_INTERVALS = 64 * 256;

    /// @inheritdoc IStressClock
    uint64 public immutable minBaseFee;
    /// @inheritdoc IStressClock
    uint32 public immutable multiple;
    /// @inheritdoc IStressClock
    uint32 public immutable interval;
    /// @inheritdoc IStressClock
    uint32 public immutable referenceStep;

    /// @inheritdoc IStressClock
    uint64 public stressedUntil;
    /// @inheritdoc IStressClock
    mapping(uint64 number => uint64) public sample;
    /// @inheritdoc IStressClock
    mapping(bytes32 blockHash => bool) public isRemembered;

    /// @dev By index of the interval.
    BitMaps.BitMap private _marked;
    BitMaps.BitMap private _stressed;

    constructor(StressTerms memory terms) {
        bool measured = terms.minBaseFee != 0 && terms.multiple >= 2;
        bool cut = terms.interval >= 2 && terms.interval <= MAX_INTERVAL;
        bool stepped = terms.referenceStep != 0 && terms.referenceStep <= MAX_REFERENCE_STEP;
        if (!measured || !cut || !stepped) revert InvalidTerms(terms);
        minBaseFee = terms.minBaseFee;
        multiple = terms.multiple;
        interval = terms.interval;
        referenceStep = terms.referenceStep;
    }

    /// @inheritdoc IStressClock
    function prove(bytes[] calldata headers) external {
        Header memory h;
        for (uint256 i = 0; i < headers.length; ++i) {
            bytes32 linked = h.parentHash;
            h = _read(headers[i]);
            bool known = h.hash == linked || h.hash == Blockhash.blockHash(h.number) || isRemembered[h.hash];
            if (!known) revert UnknownHeader(i, h.hash);
            _take(h);
        }
        if (h.number != 0 && Blockhash.blockHash(h.number - 1) == 0) isRemembered[h.parentHash] = true;
    }

    /// @inheritdoc IStressClock
    function reach() external view returns (uint256) {
        return MAX_INTERVALS * interval;
    }

    /// @inheritdoc IStressClock
    function stressed(uint256 from, uint256 to) external view returns (uint256) {
        uint256 until = stressedUntil;
        if (until <= from) return 0;
        // Rounded inwards: what is stressed in part of the span does not count.
        uint256 first = Math.ceilDiv(from, interval);
        uint256 end = Math.min(Math.min(to, until) / interval, first + MAX_INTERVALS);
        uint256 count = 0;
        while (first < end) {
            uint256 word = first / 256;
            uint256 next = Math.min(end, (word + 1) * 256);
            count += Bits.count(_stressed._data[word] & Bits.range(first % 256, next - word * 256));
            first = next;
        }
        return count * interval;
    }

    /// @inheritdoc IStressClock
    function isMarked(uint64 index) external view returns (bool) {
        return _marked.get(index);
    }

    /// @inheritdoc IStressClock
    function isStressed(uint64 index) external view returns (bool) {
        return _stressed.get(index);
    }

    /// @inheritdoc IStressClock
    function isAbnormal(uint64 number, uint256 baseFee) public view returns (bool) {
        if (baseFee < minBaseFee) return false;
        uint64 last = number - number % referenceStep;
        uint64 above = 0;
        for (uint64 i = 1; i <= SAMPLES && above < MAJORITY; ++i) {
            if (i * referenceStep > last) break;
            uint256 known = sample[last - i * referenceStep];
            if (known != 0 && baseFee >= multiple * known) ++above;
        }
        return above == MAJORITY;
    }

    /// @dev Reverts for what is no list, or has fewer fields, or numbers that are none.
    function _read(bytes memory rlp) private pure returns (Header memory) {
        Memory.Slice[] memory fields = BlockHeader.parseHeader(rlp);
        return Header({
            hash: keccak256(rlp),
            parentHash: fields.getParentHash(),
            number: SafeCast.toUint64(fields.getNumber()),
            timestamp: SafeCast.toUint64(fields.getTimestamp()),
            baseFee: fields.getBaseFeePerGas()
        });
    }

    /// @dev Keeps what a known header says.
    function _take(Header memory h) private {
        if (h.number % referenceStep == 0 && h.baseFee != 0 && sample[h.number] == 0) {
            uint64 baseFee = SafeCast.toUint64(Math.min(h.baseFee, type(uint64).max));
            sample[h.number] = baseFee;
            emit Sampled(h.number, baseFee);
        }
        uint64 index = h.timestamp / interval;
        // Of a block, not of now.
        // forge-lint: disable-next-line(block-timestamp)
        bool early = h.timestamp % interval < interval / 2;
        if (!early || _marked.get(index) || !isAbnormal(h.number, h.baseFee)) return;
        _marked.set(index);
        emit Marked(index, h.number, h.baseFee);
        if (index != 0 && _marked.get(index - 1)) _stress(index - 1);
        if (_marked.get(uint256(index) + 1)) _stress(index);
    }

    function _stress(uint64 index) private {
        _stressed.set(index);
        uint64 end = SafeCast.toUint64((uint256(index) + 1) * interval);
        if (end > stressedUntil) stressedUntil = end;
        emit Stressed(index);
    }
}
