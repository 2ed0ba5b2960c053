// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {DisputeGame} from "../../src/fault/DisputeGame.sol";
import {Filing} from "../../src/types/Dispute.sol";
import {HostilePayee} from "./HostilePayee.sol";

/// @notice Files claims, and does as a hostile payee when their bonds come back.
contract HostileAuthor is HostilePayee {
    DisputeGame private immutable _game;

    constructor(DisputeGame game_) HostilePayee(address(game_)) {
        _game = game_;
    }

    function file(Filing calldata filing, uint256 bond) external returns (bytes32) {
        return _game.file{value: bond}(filing);
    }

    function pull() external returns (uint256) {
        return _game.withdrawCredit(address(this));
    }
}
