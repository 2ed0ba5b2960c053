// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Inbox} from "../../src/settlement/Inbox.sol";
import {HostilePayee} from "./HostilePayee.sol";

/// @notice Asks for things, and does as a hostile payee when it is paid.
contract HostilePayer is HostilePayee {
    Inbox private immutable _inbox;

    constructor(Inbox inbox_) HostilePayee(address(inbox_)) {
        _inbox = inbox_;
    }

    function exit(uint32 account, uint256 value) external returns (uint64) {
        return _inbox.forceExit{value: value}(account, address(this));
    }

    function pull() external returns (uint256) {
        return _inbox.withdrawCredit(address(this));
    }
}
