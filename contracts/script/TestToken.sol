// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Test token
/// @notice What stands for USDC and other assets on development networks: it takes permits, and anyone may mint.
contract TestToken is ERC20, ERC20Permit {
    uint8 private immutable _decimals;

    constructor(string memory symbol, uint8 decimals_)
        ERC20(string.concat("Test ", symbol), symbol)
        ERC20Permit(string.concat("Test ", symbol))
    {
        _decimals = decimals_;
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @notice Gives `to` tokens out of nothing.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
