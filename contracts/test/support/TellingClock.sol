// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A clock that says what it was told to say, of every span.
contract TellingClock {
    uint256 private _said;

    function tell(uint256 said) external {
        _said = said;
    }

    function stressed(uint256, uint256) external view returns (uint256) {
        return _said;
    }
}
