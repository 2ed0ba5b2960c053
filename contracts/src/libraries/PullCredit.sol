// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../interfaces/ICredit.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title PullCredit
/// @notice See `ICredit`, which also holds every assumption.
/// @dev The one call to somebody else comes after everything that is written.
abstract contract PullCredit is ICredit {
    /// @inheritdoc ICredit
    mapping(address owner => uint256) public credit;

    /// @inheritdoc ICredit
    function withdrawCredit(address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroRecipient();
        amount = credit[msg.sender];
        if (amount == 0) revert NoCredit(msg.sender);

        credit[msg.sender] = 0;
        emit CreditWithdrawn(msg.sender, to, amount);
        Address.sendValue(payable(to), amount);
    }

    /// @dev Owes `owner` `amount` wei more, which this contract holds.
    function _owe(address owner, uint256 amount) internal {
        credit[owner] += amount;
    }
}
