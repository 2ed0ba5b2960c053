// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {VerdictStatus} from "../../src/interfaces/IVerdict.sol";
import {DemandState} from "../../src/types/Demand.sol";
import {DemandFixture} from "../support/DemandFixture.sol";
import {TellingClock} from "../support/TellingClock.sol";

/// @notice Demands, answers, time, base fees and stress about one batch and one that follows it, and what must come of them by its own
/// count.
contract DemandHandler is DemandFixture {
    /// @dev Bonds of demands that are open, and what is credited.
    uint256 public owed;
    /// @dev Second in which each chunk was demanded; 0 when it was not.
    uint256[CHUNKS] public madeAt;
    bool[CHUNKS] public shown;
    uint256 public demands;
    uint256 public reveals;
    uint256 public taken;
    /// @dev What is due to who demands, and to who shows, and was not pulled.
    uint256 public demandersOwn;
    uint256 public revealersOwn;
    uint256 public revealedAt;
    /// @dev Of the block in which something is shown, in wei.
    uint256 public baseFee;
    bool public final_;
    bool public dropped;
    /// @dev Seconds of stress that are proven. Whatever span is asked for, all of them lie within.
    uint256 public stressed;

    function setUp() public override {
        super.setUp();
        _post(_next());
        vm.etch(address(clock), type(TellingClock).runtimeCode);
    }

    function stress(uint256 more) external {
        stressed += bound(more, 1, DEMAND_DEADLINE);
        TellingClock(address(clock)).tell(stressed);
    }

    function wait(uint256 elapsed) external {
        skip(bound(elapsed, 1, DEMAND_DEADLINE));
    }

    /// @dev Mostly what bonds pay for, sometimes more.
    function fee(uint256 wei_) external {
        baseFee = bound(wei_, 0, 2 * DEMAND_BOND / 150_000);
    }

    function ask(uint32 seed) external {
        uint32 chunk = seed % (CHUNKS + 1);
        bool may = !final_ && !dropped && chunk < CHUNKS && !fallen();
        may = may && madeAt[chunk % CHUNKS] == 0 && vm.getBlockTimestamp() < posted + _stretched(WINDOW);
        vm.deal(demander, DEMAND_BOND);
        vm.prank(demander);
        try demand.demand{value: DEMAND_BOND}(h, chunk) {
            require(may, "a demand was taken that was not to");
            madeAt[chunk] = vm.getBlockTimestamp();
            owed += DEMAND_BOND;
            demands += 1;
        } catch {
            require(!may, "a demand was refused");
        }
    }

    function show(uint32 seed, bool forged) external {
        uint32 chunk = seed % CHUNKS;
        bool may = !forged && isOpen(chunk) && !fallen() && !dropped;
        bytes memory data = _chunk(forged ? (chunk + 1) % CHUNKS : chunk);
        bytes32[] memory proof = _chunkProof(chunk);
        vm.fee(baseFee);
        vm.prank(revealer);
        try demand.reveal(hash, chunk, data, proof) {
            require(may, "a chunk was shown that was not to");
            shown[chunk] = true;
            reveals += 1;
            uint256 price = _price(data.length);
            uint256 paid = price < DEMAND_BOND ? price : DEMAND_BOND;
            revealersOwn += paid;
            demandersOwn += DEMAND_BOND - paid;
            revealedAt = vm.getBlockTimestamp();
        } catch {
            require(!may, "an answer was refused");
        }
    }

    function takeBack(uint32 seed) external {
        uint32 chunk = seed % CHUNKS;
        bool open = demand.demandOf(hash, chunk).state == DemandState.OPEN;
        bool may = open && (fallen() || dropped);
        try demand.takeBack(hash, chunk) {
            require(may, "a bond went back that was not to");
            taken += 1;
            demandersOwn += DEMAND_BOND;
        } catch {
            require(!may, "a bond did not go back");
        }
    }

    function pull(bool who) external {
        address to = who ? demander : revealer;
        uint256 credit = demand.credit(to);
        vm.prank(to);
        try demand.withdrawCredit(to) {
            require(credit != 0, "nothing was paid");
            owed -= credit;
            if (who) demandersOwn = 0;
            else revealersOwn = 0;
        } catch {
            require(credit == 0, "credit was not paid");
        }
    }

    function finish() external {
        bool before = final_;
        final_ = rollup.finalize(type(uint64).max) > 1;
        require(!before || final_, "a final batch was undone");
        require(before || !final_ || !(held() || fallen()), "a batch became final that a demand held");
    }

    function drop() external {
        bool may = !dropped && !final_ && fallen();
        try rollup.reject(1, _genesis()) {
            require(may, "a batch was dropped that was not to");
            dropped = true;
        } catch {
            require(!may, "a batch that fell was not dropped");
        }
    }

    /// @dev The same batch again. Whatever was proven meanwhile, it falls again.
    function repost() external {
        if (!dropped) return;
        _post(h);
        require(demand.ofBatch(1, hash) == VerdictStatus.INVALID, "a batch that was dropped stands");
        require(rollup.finalize(type(uint64).max) == 1, "a batch that was dropped is final");
        rollup.reject(1, _genesis());
    }

    /// @dev Short ones: what a full one costs is for the tests of one call.
    function _chunk(uint256 chunk) internal pure override returns (bytes memory) {
        return abi.encodePacked("chunk", chunk);
    }

    function isOpen(uint256 chunk) public view returns (bool) {
        return madeAt[chunk] != 0 && !shown[chunk];
    }

    function fallen() public view returns (bool) {
        if (dropped || taken != 0) return true;
        for (uint256 chunk = 0; chunk < CHUNKS; ++chunk) {
            if (isOpen(chunk) && vm.getBlockTimestamp() > madeAt[chunk] + _stretched(DEMAND_DEADLINE)) return true;
        }
        return false;
    }

    function held() public view returns (bool) {
        for (uint256 chunk = 0; chunk < CHUNKS; ++chunk) {
            if (isOpen(chunk)) return true;
        }
        return revealedAt != 0 && vm.getBlockTimestamp() < revealedAt + REVIEW;
    }

    function status() external view returns (VerdictStatus) {
        return demand.ofBatch(1, hash);
    }

    function credits() external view returns (uint256 demanders, uint256 revealers) {
        return (demand.credit(demander), demand.credit(revealer));
    }

    function ether_() external view returns (uint256) {
        return address(demand).balance;
    }

    /// @dev From then on no demand keeps the batch from being final, or fallen.
    function bound_() external view returns (uint256) {
        return posted + 2 * (uint256(WINDOW) + DEMAND_DEADLINE) + REVIEW;
    }

    function heldUntil() external view returns (uint256) {
        return demand.heldUntil(hash);
    }

    function _stretched(uint256 window) private view returns (uint256) {
        return window + (stressed < window ? stressed : window);
    }
}
