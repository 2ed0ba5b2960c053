// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Escape} from "../../src/bridge/Escape.sol";
import {EscapeClaim} from "../../src/types/EscapeClaim.sol";

/// @notice Proposes a claim, and when its bond comes back either refuses it or calls back and remembers how that went.
contract HostileProposer {
    Escape private immutable _escape;
    bytes private _call;
    bool public refuses;
    bool public succeeded;
    uint256 public calls;

    constructor(Escape escape_) {
        _escape = escape_;
    }

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function arm(bytes calldata call_) external {
        _call = call_;
    }

    function propose(EscapeClaim calldata claim, uint256 bond) external returns (bytes32) {
        return _escape.propose{value: bond}(claim);
    }

    function pull() external returns (uint256) {
        return _escape.withdrawCredit(address(this));
    }

    receive() external payable {
        require(!refuses, "I take nothing");
        if (_call.length == 0) return;
        calls += 1;
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded,) = address(_escape).call(_call);
    }
}
