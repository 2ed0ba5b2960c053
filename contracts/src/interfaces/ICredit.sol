// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Credit
/// @notice Ether that a contract owes to somebody, and that its owner pulls. So whoever refuses ether, or calls back,
/// stops nobody but himself.
interface ICredit {
    /// @notice A credit was paid out.
    /// @param owner whose it was.
    /// @param to who got it.
    /// @param amount in wei.
    event CreditWithdrawn(address indexed owner, address indexed to, uint256 amount);

    /// @notice Nobody would be paid.
    error ZeroRecipient();

    /// @notice There is nothing to pull.
    error NoCredit(address owner);

    /// @notice What `owner` may pull, in wei.
    function credit(address owner) external view returns (uint256);

    /// @notice Pays the caller's credit to `to`, all of it.
    /// @param to not zero. It must take ether, else nothing happens.
    /// @return amount in wei.
    function withdrawCredit(address to) external returns (uint256 amount);
}
