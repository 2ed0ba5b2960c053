// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @notice Calls somebody in the middle of the next transfer and remembers how it went.
contract CallbackToken is MintableToken(6) {
    address private _target;
    bytes private _call;
    bool public succeeded;
    bytes public result;

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded, result) = target.call(_call);
    }
}
