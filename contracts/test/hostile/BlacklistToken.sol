// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @notice Refuses some accounts, or, paused, all of them.
contract BlacklistToken is MintableToken(6) {
    error Blacklisted(address account);
    error Paused();

    mapping(address => bool) public blacklisted;
    bool public paused;

    function blacklist(address account, bool yes) external {
        blacklisted[account] = yes;
    }

    function pause(bool yes) external {
        paused = yes;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!paused, Paused());
        require(!blacklisted[from], Blacklisted(from));
        require(!blacklisted[to], Blacklisted(to));
        super._update(from, to, value);
    }
}
