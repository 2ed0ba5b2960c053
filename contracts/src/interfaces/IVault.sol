// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "./IInbox.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Vault
/// @notice Holds the collateral. Tokens come in by deposits and leave only as paid withdrawals and, after a freeze,
/// by the escape; there is no owner, no pause, and no other way out.
///
/// Amounts of the exchange are `uint64` in units of 1e-6; an asset's `scale` is how many token units make one of them.
/// @dev What is assumed of a registered token: `balanceOf` tells the truth, and a transfer debits the vault by exactly
/// the amount transferred. Nothing is assumed of what arrives (fees are seen in the balance), of return values, or of
/// whom the token calls meanwhile. A token that breaks the assumption, or pauses, hurts its own asset only.
/// Tokens sent here without `deposit` belong to nobody and stay.
interface IVault {
    /// @notice A deposit was accepted and queued.
    /// @param asset which one.
    /// @param payer who paid.
    /// @param owner see `Deposit`.
    /// @param account see `Deposit`.
    /// @param amount what is credited, in units of the exchange.
    /// @param messageIndex number of the inbox message.
    event Deposited(
        uint16 indexed asset,
        address indexed payer,
        address indexed owner,
        uint32 account,
        uint64 amount,
        uint64 messageIndex
    );

    /// @notice A withdrawal, a payout of the escape, or a refund was paid.
    /// @param asset which one.
    /// @param to the recipient.
    /// @param amount in units of the exchange.
    event Paid(uint16 indexed asset, address indexed to, uint64 amount);

    /// @notice An address that must be given is zero.
    error ZeroAddress();

    /// @notice The inbox listens to another vault.
    error WrongInbox(address inbox);

    /// @notice What is less than the smallest withdrawal could come in and not leave again. In units of the exchange.
    error MinimumDepositTooSmall(uint16 asset, uint64 given, uint256 least);

    /// @notice The vault takes USDC, and a few other assets at most.
    error WrongAssetCount(uint256 given, uint256 most);

    /// @notice Two assets have the same token.
    error ListedTwice(address token);

    /// @notice The token's units are coarser than the exchange's, or absurdly fine.
    error UnsupportedDecimals(uint8 decimals);

    /// @notice No such asset.
    error UnknownAsset(uint16 asset);

    /// @notice A deposit is for somebody.
    error ZeroOwner();

    /// @notice What arrived is worth less than the minimum. In units of the exchange.
    error DepositTooSmall(uint256 amount, uint64 minimum);

    /// @notice What arrived is more than the exchange can still credit: all deposits of an asset together stay within
    /// `Limits.MAX_AMOUNT`, so that none is refused after the vault took it. In units of the exchange.
    error DepositTooLarge(uint256 amount, uint256 maximum);

    /// @notice Only the withdrawals contract and the escape order payments.
    error NotPayer(address caller);

    /// @notice The payment exceeds what was deposited and not paid yet. In units of the exchange.
    error InsufficientDeposits(uint16 asset, uint64 amount, uint128 available);

    /// @notice Where deposits are announced.
    function inbox() external view returns (IInbox);

    /// @notice One of the two contracts that order payments: of withdrawals.
    function withdrawals() external view returns (address);

    /// @notice The other: of what is owed after a freeze.
    function escape() external view returns (address);

    /// @notice How many assets there are. Their numbers are dense from 0, which is USDC; none is added or removed.
    function assetCount() external view returns (uint16);

    /// @notice The token of an asset, its scale, and its smallest deposit in units of the exchange; zeros when there is no
    /// such asset.
    function assets(uint16 asset) external view returns (IERC20 token, uint96 scale, uint64 minDeposit);

    /// @notice Everything ever deposited of an asset, in units of the exchange.
    function totalDeposited(uint16 asset) external view returns (uint128);

    /// @notice Everything ever paid of an asset, in units of the exchange. Never more than `totalDeposited`.
    function totalPaid(uint16 asset) external view returns (uint128);

    /// @notice Takes tokens from the caller and queues the deposit for what really arrived, rounded down to a unit of
    /// the exchange.
    /// @dev The owner trades and withdraws by secp256k1 signatures. A contract has no key: an account that a contract
    /// owns, such as a multi-signature wallet, cannot be used, and its money cannot leave.
    /// @param asset which one.
    /// @param amount in units of the token.
    /// @param owner see `Deposit`.
    /// @param account see `Deposit`.
    /// @return credited what is credited, in units of the exchange.
    function deposit(uint16 asset, uint256 amount, address owner, uint32 account) external returns (uint64 credited);

    /// @notice `deposit` with an ERC-2612 permit of the caller for exactly `amount`.
    /// @dev A permit that fails is ignored: somebody may have used it first, and then the allowance is there. If it is
    /// not, the transfer fails.
    /// @param asset which one.
    /// @param amount in units of the token, and what the permit is for.
    /// @param owner see `Deposit`.
    /// @param account see `Deposit`.
    /// @param deadline until when the permit holds, unix seconds.
    /// @param v of the permit's signature.
    /// @param r of the permit's signature.
    /// @param s of the permit's signature.
    /// @return credited what is credited, in units of the exchange.
    function depositWithPermit(
        uint16 asset,
        uint256 amount,
        address owner,
        uint32 account,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint64 credited);

    /// @notice Pays a withdrawal, a payout, or a refund.
    /// @param asset which one.
    /// @param to the recipient.
    /// @param amount in units of the exchange.
    function pay(uint16 asset, address to, uint64 amount) external;
}
