// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Behaves as USDT does (TetherToken, by its issuer's verified code): nothing is returned; a fee may be switched
/// on, which the receiver bears; approvals go from zero or to zero; a blacklist looks at whom tokens are taken from alone, so
/// that the blacklisted are paid, and can lose it all to the issuer. There is no permit.
contract UsdtLike {
    uint256 public constant decimals = 6;
    /// @dev More than that is refused by the issuer's contract too: 20 basis points, 50 tokens.
    uint256 private constant MAX_BASIS_POINTS = 20;
    uint256 private constant MAX_FEE_TOKENS = 50;

    address public immutable owner = msg.sender;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public isBlackListed;
    bool public paused;
    uint256 public basisPointsRate;
    uint256 public maximumFee;

    modifier whenNotPaused() {
        _checkNotPaused();
        _;
    }

    function blacklist(address account, bool yes) external {
        isBlackListed[account] = yes;
    }

    function destroyBlackFunds(address account) external {
        require(isBlackListed[account]);
        balanceOf[account] = 0;
    }

    function pause(bool yes) external {
        paused = yes;
    }

    function setParams(uint256 basisPoints, uint256 maxFeeTokens) external {
        require(basisPoints < MAX_BASIS_POINTS && maxFeeTokens < MAX_FEE_TOKENS);
        (basisPointsRate, maximumFee) = (basisPoints, maxFeeTokens * 10 ** decimals);
    }

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    /// @dev Not stopped by a pause, in the issuer's contract neither.
    function approve(address spender, uint256 value) external {
        require(value == 0 || allowance[msg.sender][spender] == 0);
        allowance[msg.sender][spender] = value;
    }

    function transfer(address to, uint256 value) external whenNotPaused {
        require(!isBlackListed[msg.sender]);
        _transfer(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external whenNotPaused {
        require(!isBlackListed[from]);
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < type(uint256).max) allowance[from][msg.sender] = allowed - value;
        _transfer(from, to, value);
    }

    function _transfer(address from, address to, uint256 value) private {
        uint256 fee = value * basisPointsRate / 10_000;
        if (fee > maximumFee) fee = maximumFee;
        balanceOf[from] -= value;
        balanceOf[to] += value - fee;
        balanceOf[owner] += fee;
    }

    function _checkNotPaused() private view {
        require(!paused);
    }
}
