// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice When it is paid, either refuses or calls back and remembers how that went.
abstract contract HostilePayee {
    address private immutable _target;
    bytes private _call;
    bool public refuses;
    bool public succeeded;
    uint256 public calls;

    constructor(address target) {
        _target = target;
    }

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    /// @dev `call_` is made back into the target with all that this contract has, at the next payment.
    function arm(bytes calldata call_) external {
        _call = call_;
    }

    receive() external payable {
        require(!refuses, "I take nothing");
        if (_call.length == 0) return;
        calls += 1;
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded,) = _target.call(_call);
    }
}
