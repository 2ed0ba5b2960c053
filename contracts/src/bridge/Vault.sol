// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../interfaces/IInbox.sol";
import {IVault} from "../interfaces/IVault.sol";
import {AssetListing} from "../types/AssetListing.sol";
import {Limits} from "../types/Limits.sol";
import {Deposit} from "../types/Messages.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Vault
/// @notice See `IVault`, which also holds every assumption.
contract Vault is IVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What is kept of every asset; amounts in units of the exchange, the totals at most `Limits.MAX_AMOUNT`.
    struct Asset {
        IERC20 token;
        uint96 scale;
        uint64 minDeposit;
        uint96 deposited;
        uint96 paid;
    }

    /// @dev The exchange counts in units of 1e-6.
    uint8 private constant EXCHANGE_DECIMALS = 6;
    /// @dev Keeps the scale in `uint96`, generously.
    uint8 private constant MAX_DECIMALS = 24;

    /// @inheritdoc IVault
    IInbox public immutable inbox;
    /// @inheritdoc IVault
    address public immutable withdrawals;
    /// @inheritdoc IVault
    address public immutable escape;
    /// @inheritdoc IVault
    uint16 public immutable assetCount;

    mapping(uint16 asset => Asset) private _assets;

    /// @param listings the assets, by their numbers; the first is USDC.
    /// @param withdrawals_ does not exist yet: it checks in its constructor that this vault names it.
    /// @param escape_ likewise.
    constructor(AssetListing[] memory listings, IInbox inbox_, address withdrawals_, address escape_) {
        if (withdrawals_ == address(0) || escape_ == address(0)) revert ZeroAddress();
        if (inbox_.vault() != address(this)) revert WrongInbox(address(inbox_));
        uint256 count = listings.length;
        if (count == 0 || count > Limits.MAX_ASSETS) revert WrongAssetCount(count, Limits.MAX_ASSETS);
        inbox = inbox_;
        withdrawals = withdrawals_;
        escape = escape_;
        assetCount = SafeCast.toUint16(count);
        for (uint16 asset = 0; asset < count; ++asset) {
            _list(asset, listings[asset]);
        }
    }

    /// @inheritdoc IVault
    function deposit(uint16 asset, uint256 amount, address owner, uint32 account)
        external
        nonReentrant
        returns (uint64 credited)
    {
        return _deposit(asset, amount, owner, account);
    }

    /// @inheritdoc IVault
    function depositWithPermit(
        uint16 asset,
        uint256 amount,
        address owner,
        uint32 account,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint64 credited) {
        address token = address(_asset(asset).token);
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(asset, amount, owner, account);
    }

    /// @inheritdoc IVault
    function pay(uint16 asset, address to, uint64 amount) external nonReentrant {
        if (msg.sender != withdrawals && msg.sender != escape) revert NotPayer(msg.sender);
        Asset storage a = _asset(asset);
        uint128 available = a.deposited - a.paid;
        if (amount > available) revert InsufficientDeposits(asset, amount, available);

        a.paid += amount;
        emit Paid(asset, to, amount);
        a.token.safeTransfer(to, uint256(amount) * a.scale);
    }

    /// @inheritdoc IVault
    function assets(uint16 asset) external view returns (IERC20 token, uint96 scale, uint64 minDeposit) {
        Asset storage a = _assets[asset];
        return (a.token, a.scale, a.minDeposit);
    }

    /// @inheritdoc IVault
    function totalDeposited(uint16 asset) external view returns (uint128) {
        return _assets[asset].deposited;
    }

    /// @inheritdoc IVault
    function totalPaid(uint16 asset) external view returns (uint128) {
        return _assets[asset].paid;
    }

    /// @dev In the constructor alone.
    function _list(uint16 asset, AssetListing memory listing) private {
        uint256 least = asset == 0 ? Limits.MIN_WITHDRAWAL : 1;
        if (listing.minDeposit < least) revert MinimumDepositTooSmall(asset, listing.minDeposit, least);
        for (uint16 other = 0; other < asset; ++other) {
            if (address(_assets[other].token) == address(listing.token)) revert ListedTwice(address(listing.token));
        }
        uint8 decimals = listing.token.decimals();
        if (decimals < EXCHANGE_DECIMALS || decimals > MAX_DECIMALS) revert UnsupportedDecimals(decimals);

        Asset storage a = _assets[asset];
        a.token = listing.token;
        a.scale = SafeCast.toUint96(10 ** (decimals - EXCHANGE_DECIMALS));
        a.minDeposit = listing.minDeposit;
    }

    function _deposit(uint16 asset, uint256 amount, address owner, uint32 account) private returns (uint64 credited) {
        if (owner == address(0)) revert ZeroOwner();
        Asset storage a = _asset(asset);

        uint256 units = _take(a.token, amount) / a.scale;
        if (units < a.minDeposit) revert DepositTooSmall(units, a.minDeposit);
        uint256 room = Limits.MAX_AMOUNT - a.deposited;
        if (units > room) revert DepositTooLarge(units, room);
        credited = SafeCast.toUint64(units);

        a.deposited += credited;
        uint64 messageIndex =
            inbox.queueDeposit(Deposit({asset: asset, owner: owner, account: account, amount: credited}));
        emit Deposited(asset, msg.sender, owner, account, credited, messageIndex);
    }

    /// @dev Takes `amount` from the caller; what arrives is the difference of the balance.
    function _take(IERC20 token, uint256 amount) private returns (uint256 received) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        return token.balanceOf(address(this)) - before;
    }

    function _asset(uint16 asset) private view returns (Asset storage a) {
        a = _assets[asset];
        if (address(a.token) == address(0)) revert UnknownAsset(asset);
    }
}
