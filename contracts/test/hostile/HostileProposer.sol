// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Escape} from "../../src/bridge/Escape.sol";
import {EscapeClaim} from "../../src/types/EscapeClaim.sol";
import {HostilePayee} from "./HostilePayee.sol";

/// @notice Proposes a claim, and does as a hostile payee when its bond comes back.
contract HostileProposer is HostilePayee {
    Escape private immutable _escape;

    constructor(Escape escape_) HostilePayee(address(escape_)) {
        _escape = escape_;
    }

    function propose(EscapeClaim calldata claim, uint256 bond) external returns (bytes32) {
        return _escape.propose{value: bond}(claim);
    }

    function pull() external returns (uint256) {
        return _escape.withdrawCredit(address(this));
    }
}
