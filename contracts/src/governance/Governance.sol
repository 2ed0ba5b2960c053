// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Governance
/// @notice The only contract that queues messages of governance: what the council proposes waits at least the exit window,
/// and whoever does not like it has left by then.
///
/// The exit window is the time in which what anybody asks for through the base layer is in a final batch, or the exchange can be
/// frozen, after which nothing of this takes effect: a forced request's deadline, the challenge window of the batch that
/// serves it, and the time to answer a demand for its inputs, all stretched to twice their length, and the review. The
/// council proposes and cancels; anybody executes what is due. No other contract of the exchange knows this one but the inbox, so it can stop, change or pay
/// nothing here: what it queues moves parameters of the engine, and replaces who signs prices, within the engine's bounds.
/// @dev OpenZeppelin's `TimelockController` with one more rule: its own delay, which it could set by a proposal, never goes
/// below the exit window. Nobody is its administrator but itself, so roles change by proposals alone, too.
contract Governance is TimelockController {
    /// @notice Seconds that the delay never goes below.
    uint256 public immutable exitWindow;

    /// @notice Users could not leave before something takes effect.
    error DelayTooShort(uint256 given, uint256 exitWindow);

    /// @notice There is nobody to propose anything.
    error NoCouncil();

    /// @param delay seconds between proposal and execution, at least `exitWindow_`.
    /// @param council proposes and cancels.
    constructor(uint256 delay, uint256 exitWindow_, address council)
        TimelockController(delay, _only(council), _only(address(0)), address(0))
    {
        if (delay < exitWindow_) revert DelayTooShort(delay, exitWindow_);
        if (council == address(0)) revert NoCouncil();
        exitWindow = exitWindow_;
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        super.updateDelay(newDelay);
        if (newDelay < exitWindow) revert DelayTooShort(newDelay, exitWindow);
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
