// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Inbox} from "../../src/settlement/Inbox.sol";

/// @notice Asks for things, and when it is paid either refuses or calls back and remembers how that went.
contract HostilePayer {
    Inbox private immutable _inbox;
    bytes private _call;
    bool public refuses;
    bool public succeeded;
    uint256 public calls;

    constructor(Inbox inbox_) {
        _inbox = inbox_;
    }

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    /// @dev `call_` is made back into the inbox with all that this contract has, at the next payment.
    function arm(bytes calldata call_) external {
        _call = call_;
    }

    function exit(uint32 account, uint256 value) external returns (uint64) {
        return _inbox.forceExit{value: value}(account, address(this));
    }

    function pull() external returns (uint256) {
        return _inbox.withdrawCredit(address(this));
    }

    receive() external payable {
        require(!refuses, "I take nothing");
        if (_call.length == 0) return;
        calls += 1;
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded,) = address(_inbox).call(_call);
    }
}
