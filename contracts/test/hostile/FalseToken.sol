// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @notice Answers a transfer with `answer` and does nothing, once it is told to.
contract FalseToken is MintableToken(6) {
    bool private _idle;
    bool private _answer;

    function idle(bool answer) external {
        (_idle, _answer) = (true, answer);
    }

    function work() external {
        _idle = false;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return _idle ? _answer : super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return _idle ? _answer : super.transferFrom(from, to, value);
    }
}
