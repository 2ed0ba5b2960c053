// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice An asset that the vault takes, decided at the deployment.
struct AssetListing {
    /// Its token; it has 6 to 24 decimals.
    IERC20Metadata token;
    /// Smallest deposit, in units of the exchange (1e-6); of USDC at least `Limits.MIN_WITHDRAWAL`, of others at least 1.
    uint64 minDeposit;
}
