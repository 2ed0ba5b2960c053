// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Test token
/// @notice USDC of development networks: six decimals, permits, and anyone may mint.
contract TestToken is ERC20, ERC20Permit {
    constructor() ERC20("Test USDC", "USDC") ERC20Permit("Test USDC") {}

    /// @notice Six, as USDC.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Gives `to` tokens out of nothing.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
