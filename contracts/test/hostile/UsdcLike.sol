// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice Behaves as USDC does (FiatTokenV2_2, as its issuer describes it): each party of a transfer may be blacklisted,
/// the spender too; a pause stops transfers, approvals and permits; an allowance is used up however large it is; permits come as
/// (v, r, s) or as bytes, which a contract may answer for (ERC-1271), in a domain of version "2".
contract UsdcLike {
    string public constant name = "USD Coin";
    string public constant symbol = "USDC";
    string public constant version = "2";
    uint8 public constant decimals = 6;
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => uint256) public nonces;
    mapping(address => bool) public isBlacklisted;
    bool public paused;

    modifier whenNotPaused() {
        _checkNotPaused();
        _;
    }

    constructor() {
        isBlacklisted[address(this)] = true;
    }

    function blacklist(address account, bool yes) external {
        isBlacklisted[account] = yes;
    }

    function pause(bool yes) external {
        paused = yes;
    }

    function mint(address to, uint256 value) external whenNotPaused {
        balanceOf[to] += value;
    }

    function approve(address spender, uint256 value) external whenNotPaused returns (bool) {
        _approve(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external whenNotPaused returns (bool) {
        _checkListed(msg.sender);
        _transfer(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external whenNotPaused returns (bool) {
        _checkListed(msg.sender);
        _checkListed(from);
        require(value <= allowance[from][msg.sender], "ERC20: transfer amount exceeds allowance");
        allowance[from][msg.sender] -= value;
        _transfer(from, to, value);
        return true;
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        whenNotPaused
    {
        _permit(owner, spender, value, deadline, abi.encodePacked(r, s, v));
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature)
        external
        whenNotPaused
    {
        _permit(owner, spender, value, deadline, signature);
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        bytes32 domain = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(domain, keccak256("USD Coin"), keccak256("2"), block.chainid, address(this)));
    }

    function _permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature) private {
        // As the issuer compares it.
        // forge-lint: disable-next-line(block-timestamp)
        require(deadline >= block.timestamp, "FiatTokenV2: permit is expired");
        bytes32 told = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonces[owner]++, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), told));
        require(SignatureChecker.isValidSignatureNow(owner, digest, signature), "EIP2612: invalid signature");
        _approve(owner, spender, value);
    }

    function _approve(address owner, address spender, uint256 value) private {
        require(owner != address(0) && spender != address(0), "ERC20: approve from or to the zero address");
        allowance[owner][spender] = value;
    }

    function _transfer(address from, address to, uint256 value) private {
        _checkListed(to);
        require(from != address(0) && to != address(0), "ERC20: transfer from or to the zero address");
        require(value <= balanceOf[from], "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }

    function _checkListed(address account) private view {
        require(!isBlacklisted[account], "Blacklistable: account is blacklisted");
    }

    function _checkNotPaused() private view {
        require(!paused, "Pausable: paused");
    }
}
