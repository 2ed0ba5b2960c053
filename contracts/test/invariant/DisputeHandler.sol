// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Claim, ClaimState, Match} from "../../src/types/Dispute.sol";
import {DisputeFixture, Story} from "../support/DisputeFixture.sol";
import {Run, Runs} from "../support/Runs.sol";

/// @notice Random liars on both sides, and one honest hand that acts whenever it must: what it knows is what anybody knows. It may
/// sleep as long as it is promised that it can, while a liar holds the right claim.
contract DisputeHandler is DisputeFixture {
    using Runs for Run;

    uint256 private constant MOST = 6;

    /// Who lies, on either side.
    address private _liar = makeAddr("liar");
    address private _honest = makeAddr("honest");
    /// Whether the batch is right.
    bool public isRight;
    bytes32 public honestRoot;
    /// From when on the honest hand acts, unix seconds.
    uint256 public wakesAt;
    /// Claims that were filed.
    uint256 public filed;
    /// Claims that died.
    uint256 public died;

    Story[] private _valid;
    Story[] private _invalid;
    /// Roots of the stories.
    bytes32[] private _validRoots;
    bytes32[] private _invalidRoots;

    /// @param late a liar files the right claim, and the honest hand wakes in the last second in which it could have filed it.
    constructor(bool right, bool late) {
        isRight = right;
        address first = late ? _liar : _honest;
        setUp();
        _truth(right ? 0 : 1);
        if (right) {
            _fileBy(_liar, _wrong(17, 1));
            _fileBy(first, _true(0));
            wakesAt = late ? game.defenceEnd(hash) : 0;
        } else {
            _fileBy(first, _true(1));
            wakesAt = late ? rollup.windowEnd(1) - 1 : 0;
        }
        honestRoot = _run(_true(right ? 0 : 1)).root();
    }

    /// @dev A liar files a claim that is wrong from a leaf on, on either side.
    function file(uint64 from, bool valid) external {
        if (filed >= MOST) return;
        Story memory story = _wrong(1 + from % LENGTH, valid ? 0 : 1);
        bytes32 root = _run(story).root();
        bool open =
            valid ? vm.getBlockTimestamp() <= game.defenceEnd(hash) : vm.getBlockTimestamp() < rollup.windowEnd(1);
        if (!open || game.claimOf(hash, root).state != ClaimState.NONE || game.disputeOf(hash).fallen) return;
        _fileBy(_liar, story);
    }

    /// @dev Somebody makes the move of a match of liars, or of the liar in one of the honest claim.
    function move(uint256 v, uint256 i) external {
        (uint256 valid, uint256 invalid) = (v % (_valid.length + 1), i % _invalid.length);
        if (valid == _valid.length || !_isOn(valid, invalid)) return;
        _act(_liar, valid, invalid);
    }

    /// @dev Time passes, and before any turn of the honest claim ends its moves are made.
    function wait(uint256 time) external {
        _defend();
        bool sleeps = vm.getBlockTimestamp() < wakesAt;
        uint256 end = vm.getBlockTimestamp() + 1 + time % (sleeps ? WINDOW / 4 : BUDGET / 8);
        vm.warp(sleeps && wakesAt < end ? wakesAt : end);
        _defend();
    }

    /// @dev Out of time, over, or decided: whoever can say so does.
    function settle(uint256 v, uint256 i) external {
        (uint256 valid, uint256 invalid) = (v % (_valid.length + 1), i % _invalid.length);
        if (valid != _valid.length && _isOn(valid, invalid)) _expire(valid, invalid);
        bool decided = game.disputeOf(hash).invalid != 0 && game.disputeOf(hash).valid == 0
            && vm.getBlockTimestamp() > game.defenceEnd(hash);
        if (decided && !game.disputeOf(hash).fallen) game.conclude(hash);
        if (!game.disputeOf(hash).fallen) return;
        for (uint256 k = 0; k < _invalidRoots.length; ++k) {
            if (game.claimOf(hash, _invalidRoots[k]).state != ClaimState.LIVE) continue;
            game.takeBack(hash, _invalidRoots[k]);
        }
    }

    /// @dev Live claims, as the game counts them and as they are.
    function live() external view returns (uint256 counted, uint256 found) {
        counted = uint256(game.disputeOf(hash).valid) + game.disputeOf(hash).invalid;
        for (uint256 k = 0; k < _validRoots.length; ++k) {
            if (game.claimOf(hash, _validRoots[k]).state == ClaimState.LIVE) ++found;
        }
        for (uint256 k = 0; k < _invalidRoots.length; ++k) {
            ClaimState state = game.claimOf(hash, _invalidRoots[k]).state;
            if (state == ClaimState.LIVE || state == ClaimState.TAKEN_BACK) ++found;
        }
    }

    function honest() external view returns (Claim memory) {
        return game.claimOf(hash, honestRoot);
    }

    function fallen() external view returns (bool) {
        return game.disputeOf(hash).fallen;
    }

    /// @dev Ether that the game holds, and what it owes: bonds of live claims, credit, and what was burned at most.
    function money() external view returns (uint256 held, uint256 bonds, uint256 credit) {
        held = address(game).balance;
        for (uint256 k = 0; k < _validRoots.length; ++k) {
            if (game.claimOf(hash, _validRoots[k]).state == ClaimState.LIVE) bonds += DISPUTE_BOND;
        }
        for (uint256 k = 0; k < _invalidRoots.length; ++k) {
            if (game.claimOf(hash, _invalidRoots[k]).state == ClaimState.LIVE) bonds += DISPUTE_BOND;
        }
        credit = game.credit(_liar) + game.credit(_honest) + game.credit(address(this));
    }

    function _fileBy(address who, Story memory story) private {
        Run memory run = _file(who, story);
        if (story.exitCode == 0) {
            _valid.push(story);
            _validRoots.push(run.root());
        } else {
            _invalid.push(story);
            _invalidRoots.push(run.root());
        }
        ++filed;
    }

    /// @dev All that the honest claim has to do now.
    function _defend() private {
        if (vm.getBlockTimestamp() < wakesAt) return;
        for (uint256 k = 0; k < (isRight ? _invalid.length : _valid.length); ++k) {
            (uint256 v, uint256 i) = isRight ? (_honestIndex(_validRoots), k) : (k, _honestIndex(_invalidRoots));
            if (!_isOn(v, i)) continue;
            Match memory m = game.matchOf(hash, _validRoots[v], _invalidRoots[i]);
            bool ours = (m.moves % 2 == 0) == isRight;
            if (m.level == 0 || ours) _act(_honest, v, i);
            else _expire(v, i);
        }
    }

    function _act(address who, uint256 v, uint256 i) private {
        if (vm.getBlockTimestamp() > game.due(hash, _validRoots[v], _invalidRoots[i])) {
            return _expire(v, i);
        }
        (Run memory valid, Run memory invalid) = (_run(_valid[v]), _run(_invalid[i]));
        if (game.matchOf(hash, _validRoots[v], _invalidRoots[i]).level == 0) {
            uint256 before = uint256(game.disputeOf(hash).valid) + game.disputeOf(hash).invalid;
            _step(who, _valid[v], valid, invalid);
            died += before - game.disputeOf(hash).valid - game.disputeOf(hash).invalid;
        } else {
            _move(who, valid, invalid);
        }
    }

    function _expire(uint256 v, uint256 i) private {
        if (vm.getBlockTimestamp() <= game.due(hash, _validRoots[v], _invalidRoots[i])) return;
        game.expire(hash, _validRoots[v], _invalidRoots[i]);
        ++died;
    }

    function _isOn(uint256 v, uint256 i) private view returns (bool) {
        return game.claimOf(hash, _validRoots[v]).state == ClaimState.LIVE
            && game.claimOf(hash, _invalidRoots[i]).state == ClaimState.LIVE;
    }

    function _honestIndex(bytes32[] storage roots) private view returns (uint256 k) {
        while (roots[k] != honestRoot) ++k;
    }
}
