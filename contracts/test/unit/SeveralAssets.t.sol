// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IVault} from "../../src/interfaces/IVault.sol";
import {AssetListing} from "../../src/types/AssetListing.sol";
import {BatchHeader} from "../../src/types/BatchHeader.sol";
import {EscapePayout} from "../../src/types/EscapeClaim.sol";
import {Deposit} from "../../src/types/Messages.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {BlacklistToken} from "../hostile/BlacklistToken.sol";
import {EscapeFixture} from "../support/EscapeFixture.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice What is of one asset is never paid with another, through each door by which money leaves.
contract SeveralAssetsTest is EscapeFixture {
    /// @dev Token units of `weth` in a unit of the exchange.
    uint256 private constant SCALE = 1e12;

    /// @dev Asset 1 of a system that has another there than `weth`.
    IERC20Metadata private _second;

    function test_counts_each_asset_in_its_own_units() public {
        _deposit(alice, 5e6);
        assertEq(_depositWeth(alice, 2 ether + SCALE - 1), 2e6);
        assertEq(vault.totalDeposited(0), 5e6);
        assertEq(vault.totalDeposited(1), 2e6);
        assertEq(weth.balanceOf(address(vault)), 2 ether + SCALE - 1, "the dust stays");

        bytes32 payload = keccak256(abi.encode(uint16(1), alice, NEW, uint64(2e6)));
        bytes32 message = keccak256(abi.encode(uint8(1), block.number, block.timestamp, payload));
        assertEq(inbox.rollingHashAt(2), keccak256(abi.encode(inbox.rollingHashAt(1), message)));
    }

    function test_each_asset_has_its_own_minimum() public {
        weth.mint(alice, 1 ether);
        vm.startPrank(alice);
        weth.approve(address(vault), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooSmall.selector, MIN_WETH - 1, MIN_WETH));
        vault.deposit(1, (MIN_WETH - 1) * SCALE, alice, NEW);
        assertEq(vault.deposit(1, MIN_WETH * SCALE, alice, NEW), MIN_WETH);
        vm.stopPrank();
    }

    function test_takes_a_permit_of_each_token() public {
        (address owner, uint256 key) = makeAddrAndKey("permitting");
        weth.mint(owner, 1 ether);
        bytes32 type_ = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 inner = keccak256(abi.encode(type_, owner, address(vault), 1 ether, 0, START));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", weth.DOMAIN_SEPARATOR(), inner));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        vm.prank(owner);
        assertEq(vault.depositWithPermit(1, 1 ether, owner, NEW, START, v, r, s), 1e6);
    }

    function test_a_withdrawal_is_paid_in_its_asset() public {
        _deposit(alice, 5e6);
        _depositWeth(alice, 2 ether);
        Withdrawal[] memory ws = _withdrawals(0, 2);
        (ws[0].asset, ws[0].amount) = (1, 1_500_000);
        BatchHeader memory h = _settle(ws);
        withdrawals.claim(h, ws[0], 0, _proof(ws, 0));
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        assertEq(weth.balanceOf(alice), 1.5 ether);
        assertEq(token.balanceOf(alice), 0);
        assertEq(token.balanceOf(bob), 1e6);
        assertEq(vault.totalPaid(0), 1e6);
        assertEq(vault.totalPaid(1), 1_500_000);
    }

    /// A state that says more of an asset than came in takes from nobody who has another.
    function test_one_asset_never_pays_for_another() public {
        _deposit(bob, 1_000e6);
        _depositWeth(alice, 1 ether);
        Withdrawal[] memory ws = _withdrawals(0, 1);
        (ws[0].asset, ws[0].amount) = (1, 1e6 + 1);
        BatchHeader memory h = _settle(ws);
        bytes32[] memory proof = _proof(ws, 0);
        vm.expectRevert(abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 1, 1e6 + 1, 1e6));
        withdrawals.claim(h, ws[0], 0, proof);
        assertFalse(withdrawals.isClaimed(0));
    }

    function test_an_escape_pays_in_kind() public {
        _deposit(bob, 100e6);
        _depositWeth(alice, 2 ether);
        _post(_next());
        _settleAll();
        EscapePayout[] memory ps = _payouts(3, 50e6);
        (ps[1].recipient, ps[1].asset, ps[1].amount) = (alice, 1, 2e6);
        _accept(ps);
        for (uint256 i = 0; i < ps.length; ++i) {
            _claim(ps, i);
        }
        assertEq(token.balanceOf(alice), 100e6);
        assertEq(weth.balanceOf(alice), 2 ether);
        assertEq(escape.totalEscaped(), 102e6);
    }

    function test_a_deposit_that_was_never_read_goes_back_in_its_asset() public {
        _depositWeth(alice, 2 ether);
        _settleAll();
        Deposit memory deposit = Deposit({asset: 1, owner: alice, account: NEW, amount: 2e6});
        escape.refund(0, 1000, START, deposit);
        assertEq(weth.balanceOf(alice), 2 ether);
    }

    /// Whoever has USDC leaves, whatever becomes of the other token.
    function test_a_token_that_stops_shuts_the_doors_of_its_own_asset_alone() public {
        BlacklistToken stopping = new BlacklistToken();
        _second = stopping;
        _deploy(token);
        _deposit(bob, 1e6);
        stopping.mint(alice, 1e6);
        vm.startPrank(alice);
        stopping.approve(address(vault), 1e6);
        vault.deposit(1, 1e6, alice, NEW);
        vm.stopPrank();
        Withdrawal[] memory ws = _withdrawals(0, 2);
        (ws[0].asset, ws[0].amount) = (1, 1e6);
        BatchHeader memory h = _settle(ws);
        bytes32[] memory proof = _proof(ws, 0);
        stopping.pause(true);
        vm.expectRevert(BlacklistToken.Paused.selector);
        withdrawals.claim(h, ws[0], 0, proof);
        withdrawals.claim(h, ws[1], 1, _proof(ws, 1));
        assertEq(token.balanceOf(bob), 1e6);
        stopping.pause(false);
        withdrawals.claim(h, ws[0], 0, proof);
        assertEq(stopping.balanceOf(alice), 1e6);
    }

    /// @dev However deposits and payments of two assets follow one another, the books of each are its own.
    function testFuzz_the_books_of_two_assets_stay_apart(uint256[8] calldata moves) public {
        uint256[2] memory had;
        uint256[2] memory left;
        for (uint256 i = 0; i < moves.length; ++i) {
            uint16 asset = uint16(moves[i] % 2);
            uint64 units = uint64(bound(moves[i] >> 1, MIN_DEPOSIT, 1e12));
            if (moves[i] % 3 != 0) {
                if (asset == 0) _deposit(alice, units);
                else _depositWeth(alice, units * SCALE);
                had[asset] += units;
            } else if (units <= had[asset] - left[asset]) {
                vm.prank(address(withdrawals));
                vault.pay(asset, bob, units);
                left[asset] += units;
            } else {
                bytes4 reason = IVault.InsufficientDeposits.selector;
                vm.expectRevert(abi.encodeWithSelector(reason, asset, units, had[asset] - left[asset]));
                vm.prank(address(withdrawals));
                vault.pay(asset, bob, units);
            }
            for (uint16 a = 0; a < 2; ++a) {
                assertEq(vault.totalDeposited(a), had[a]);
                assertEq(vault.totalPaid(a), left[a]);
            }
            assertEq(token.balanceOf(address(vault)), had[0] - left[0]);
            assertEq(weth.balanceOf(address(vault)), (had[1] - left[1]) * SCALE);
        }
    }

    function _assets(IERC20Metadata token_) internal view override returns (AssetListing[] memory listings) {
        listings = super._assets(token_);
        if (address(_second) != address(0)) listings[1].token = _second;
    }

    function _depositWeth(address who, uint256 amount) private returns (uint64 credited) {
        weth.mint(who, amount);
        vm.startPrank(who);
        weth.approve(address(vault), amount);
        credited = vault.deposit(1, amount, who, NEW);
        vm.stopPrank();
    }
}
