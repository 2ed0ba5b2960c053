// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Vault} from "../../src/bridge/Vault.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {AssetListing} from "../../src/types/AssetListing.sol";
import {MintableToken} from "../hostile/MintableToken.sol";
import {Fixture} from "../support/Fixture.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract VaultTest is Fixture {
    function setUp() public override {
        super.setUp();
        token.mint(alice, 1_000e6);
        vm.prank(alice);
        token.approve(address(vault), type(uint256).max);
    }

    // --- construction ---

    function test_knows_its_tokens() public view {
        assertEq(vault.assetCount(), 2);
        (IERC20 t, uint96 scale, uint64 minDeposit) = vault.assets(0);
        assertEq(address(t), address(token));
        assertEq(scale, 1);
        assertEq(minDeposit, MIN_DEPOSIT);
        (t, scale, minDeposit) = vault.assets(1);
        assertEq(address(t), address(weth));
        assertEq(scale, 1e12);
        assertEq(minDeposit, MIN_WETH);
        (t, scale, minDeposit) = vault.assets(2);
        assertEq(address(t), address(0));
        assertEq(scale, 0);
        assertEq(minDeposit, 0);
    }

    function test_refuses_bad_construction() public {
        AssetListing[] memory listings = _assets(token);
        vm.expectRevert(IVault.ZeroAddress.selector);
        new Vault(listings, inbox, address(0), address(escape));
        vm.expectRevert(IVault.ZeroAddress.selector);
        new Vault(listings, inbox, address(withdrawals), address(0));
        vm.expectRevert(abi.encodeWithSelector(IVault.WrongInbox.selector, address(inbox)));
        new Vault(listings, inbox, address(withdrawals), address(escape));
    }

    function test_refuses_minimums_that_let_in_what_could_not_leave() public {
        AssetListing[] memory listings = _assets(token);
        listings[0].minDeposit = 1e6 - 1;
        _expectNoVault(listings, abi.encodeWithSelector(IVault.MinimumDepositTooSmall.selector, 0, 1e6 - 1, 1e6));
        (listings[0].minDeposit, listings[1].minDeposit) = (1e6, 0);
        _expectNoVault(listings, abi.encodeWithSelector(IVault.MinimumDepositTooSmall.selector, 1, 0, 1));
        listings[1].minDeposit = 1;
        _mockWiring();
        new Vault(listings, inbox, address(withdrawals), address(escape));
    }

    function test_refuses_no_assets_too_many_and_one_token_twice() public {
        _expectNoVault(new AssetListing[](0), abi.encodeWithSelector(IVault.WrongAssetCount.selector, 0, 8));
        AssetListing[] memory nine = new AssetListing[](9);
        _expectNoVault(nine, abi.encodeWithSelector(IVault.WrongAssetCount.selector, 9, 8));
        AssetListing[] memory eight = new AssetListing[](8);
        for (uint256 i = 0; i < 8; ++i) {
            eight[i] = AssetListing({token: new MintableToken(18), minDeposit: 1e6});
        }
        _mockWiring();
        assertEq(new Vault(eight, inbox, address(withdrawals), address(escape)).assetCount(), 8);
        eight[7] = eight[3];
        _expectNoVault(eight, abi.encodeWithSelector(IVault.ListedTwice.selector, address(eight[3].token)));
    }

    function test_refuses_tokens_coarser_than_the_exchange_or_absurdly_fine() public {
        uint8[2] memory bad = [5, 25];
        for (uint256 i = 0; i < bad.length; ++i) {
            AssetListing[] memory listings = _assets(token);
            for (uint256 asset = 0; asset < listings.length; ++asset) {
                listings = _assets(token);
                listings[asset].token = new MintableToken(bad[i]);
                _expectNoVault(listings, abi.encodeWithSelector(IVault.UnsupportedDecimals.selector, bad[i]));
            }
        }
    }

    // --- deposits ---

    function test_deposits() public {
        vm.expectEmit(true, true, false, false, address(inbox));
        emit IInbox.MessageQueued(0, 1, 0, 0, "", 0);
        vm.expectEmit(address(vault));
        emit IVault.Deposited(0, alice, bob, 7, 5e6, 0);
        vm.prank(alice);
        assertEq(vault.deposit(0, 5e6, bob, 7), 5e6);

        assertEq(token.balanceOf(address(vault)), 5e6);
        assertEq(vault.totalDeposited(0), 5e6);
        assertEq(vault.totalPaid(0), 0);
        bytes32 payload = keccak256(abi.encode(uint16(0), bob, uint32(7), uint64(5e6)));
        bytes32 message = keccak256(abi.encode(uint8(1), block.number, block.timestamp, payload));
        assertEq(inbox.rollingHashAt(1), keccak256(abi.encode(bytes32(0), message)));
    }

    function test_deposits_from_the_minimum_on() public {
        vm.startPrank(alice);
        assertEq(vault.deposit(0, MIN_DEPOSIT, alice, NEW), MIN_DEPOSIT);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooSmall.selector, MIN_DEPOSIT - 1, MIN_DEPOSIT));
        vault.deposit(0, MIN_DEPOSIT - 1, alice, NEW);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooSmall.selector, 0, MIN_DEPOSIT));
        vault.deposit(0, 0, alice, NEW);
        vm.stopPrank();
    }

    function test_deposits_up_to_the_maximum() public {
        uint256 max = 2 ** 60;
        token.mint(alice, 2 * max);
        vm.startPrank(alice);
        assertEq(vault.deposit(0, max, alice, NEW), max);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooLarge.selector, max + 1, 0));
        vault.deposit(0, max + 1, alice, NEW);
        vm.stopPrank();
    }

    function test_an_amount_beyond_uint64_does_not_wrap() public {
        uint256 amount = 2 ** 64 + MIN_DEPOSIT;
        token.mint(alice, amount);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooLarge.selector, amount, 2 ** 60));
        vm.prank(alice);
        vault.deposit(0, amount, alice, NEW);
    }

    /// The engine credits at most 2^60 in total: what it could not credit must not be taken.
    function test_refuses_what_the_exchange_could_not_credit_any_more() public {
        uint256 max = 2 ** 60;
        token.mint(alice, max);
        vm.startPrank(alice);
        vault.deposit(0, max - 5e6, alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IVault.DepositTooLarge.selector, 5e6 + 1, 5e6));
        vault.deposit(0, 5e6 + 1, alice, 0);
        vault.deposit(0, 5e6, alice, 0);
        vm.stopPrank();
        assertEq(vault.totalDeposited(0), max);
    }

    function test_refuses_a_deposit_for_nobody() public {
        vm.expectRevert(IVault.ZeroOwner.selector);
        vm.prank(alice);
        vault.deposit(0, 5e6, address(0), NEW);
    }

    function test_refuses_unknown_assets() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IVault.UnknownAsset.selector, 2));
        vault.deposit(2, 5e6, alice, NEW);
        vm.expectRevert(abi.encodeWithSelector(IVault.UnknownAsset.selector, 2));
        vault.depositWithPermit(2, 5e6, alice, NEW, 0, 0, 0, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IVault.UnknownAsset.selector, 2));
        vm.prank(address(withdrawals));
        vault.pay(2, alice, 1);
    }

    function test_tokens_sent_past_deposit_belong_to_nobody() public {
        token.mint(address(vault), 100e6);
        assertEq(vault.totalDeposited(0), 0);
        assertEq(inbox.messageCount(), 0);
        vm.expectRevert(abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 0, 1, 0));
        vm.prank(address(withdrawals));
        vault.pay(0, alice, 1);
    }

    // --- permits ---

    function test_deposits_with_a_permit() public {
        (address carol, uint256 key) = makeAddrAndKey("carol");
        token.mint(carol, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = _permit(carol, key, 10e6, START);

        vm.prank(carol);
        assertEq(vault.depositWithPermit(0, 10e6, carol, NEW, START, v, r, s), 10e6);
        assertEq(token.allowance(carol, address(vault)), 0);
    }

    function test_a_permit_used_by_somebody_else_first_does_not_block_the_deposit() public {
        (address carol, uint256 key) = makeAddrAndKey("carol");
        token.mint(carol, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = _permit(carol, key, 10e6, START);

        vm.prank(bob);
        token.permit(carol, address(vault), 10e6, START, v, r, s);
        vm.prank(carol);
        assertEq(vault.depositWithPermit(0, 10e6, carol, NEW, START, v, r, s), 10e6);
    }

    function test_a_bad_permit_without_allowance_moves_nothing() public {
        (address carol, uint256 key) = makeAddrAndKey("carol");
        token.mint(carol, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = _permit(carol, key, 10e6, START - 1);

        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, 10e6)
        );
        vm.prank(carol);
        vault.depositWithPermit(0, 10e6, carol, NEW, START - 1, v, r, s);
    }

    function test_the_permit_of_another_is_of_no_use() public {
        (address carol, uint256 key) = makeAddrAndKey("carol");
        token.mint(carol, 10e6);
        (uint8 v, bytes32 r, bytes32 s) = _permit(carol, key, 10e6, START);

        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, 10e6)
        );
        vm.prank(bob);
        vault.depositWithPermit(0, 10e6, bob, NEW, START, v, r, s);
    }

    // --- payments ---

    function test_pays() public {
        _deposit(alice, 10e6);
        vm.expectEmit(address(vault));
        emit IVault.Paid(0, bob, 4e6);
        vm.prank(address(withdrawals));
        vault.pay(0, bob, 4e6);
        assertEq(token.balanceOf(bob), 4e6);
        assertEq(vault.totalPaid(0), 4e6);
    }

    function test_pays_the_last_unit_and_no_more() public {
        _deposit(alice, 10e6);
        vm.startPrank(address(withdrawals));
        vault.pay(0, bob, 9e6);
        vm.expectRevert(abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 0, 1e6 + 1, 1e6));
        vault.pay(0, bob, 1e6 + 1);
        vault.pay(0, bob, 1e6);
        vm.expectRevert(abi.encodeWithSelector(IVault.InsufficientDeposits.selector, 0, 1, 0));
        vault.pay(0, bob, 1);
        vm.stopPrank();
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function test_pays_on_the_order_of_withdrawals_alone() public {
        _deposit(alice, 10e6);
        address[5] memory others = [alice, sequencer, address(rollup), address(inbox), address(vault)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IVault.NotPayer.selector, others[i]));
            vm.prank(others[i]);
            vault.pay(0, others[i], 1);
        }
    }

    function _expectNoVault(AssetListing[] memory listings, bytes memory reason) private {
        _mockWiring();
        vm.expectRevert(reason);
        new Vault(listings, inbox, address(withdrawals), address(escape));
    }

    function _mockWiring() private {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.mockCall(address(inbox), abi.encodeCall(inbox.vault, ()), abi.encode(next));
    }

    function _permit(address owner, uint256 key, uint256 amount, uint256 deadline)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash =
            keccak256(abi.encode(typeHash, owner, address(vault), amount, token.nonces(owner), deadline));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
