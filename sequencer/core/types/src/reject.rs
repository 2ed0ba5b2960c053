//! Rejections are data: a stable code, the offending value and the limit it broke.

use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rejection {
    /// Stable code.
    pub code: RejectCode,
    /// The offending value, in the unit that the code names; 0 where there is none.
    pub value: i128,
    /// The limit that it broke; 0 where there is none.
    pub limit: i128,
}

impl Rejection {
    /// A refusal with the value that broke a limit.
    pub fn new(code: RejectCode, value: impl Into<i128>, limit: impl Into<i128>) -> Self {
        Self { code, value: value.into(), limit: limit.into() }
    }
}

impl From<RejectCode> for Rejection {
    fn from(code: RejectCode) -> Self {
        Self { code, value: 0, limit: 0 }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.text())?;
        if self.value != 0 || self.limit != 0 {
            write!(f, " (value {}, limit {})", self.value, self.limit)?;
        }
        Ok(())
    }
}

macro_rules! codes {
    ($($number:literal $name:ident $text:literal,)*) => {
        /// Stable codes in bands: 1xxx form, 2xxx authority, 3xxx orders, 4xxx risk, 5xxx prices, 6xxx L1,
        /// 9xxx capacity. A number never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum RejectCode {
            $(#[doc = $text] $name = $number,)*
        }

        impl RejectCode {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The code with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// What the code means, with the units of value and limit.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The code's name, as in this list.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

codes! {
    1001 Malformed "the request could not be read",
    1002 TooLarge "the request is larger than the limit (bytes)",
    1003 NoOperations "a batch of operations is empty",
    1004 TooManyOperations "too many operations under one signature, or too many that cancel all orders",
    1005 InvalidPrice "the price is not between 1 and 2^40 ticks",
    1006 InvalidSize "the size is not between 1 and 2^46 lots",
    1007 InvalidAmount "the amount is out of bounds (micro-USDC)",
    1008 InvalidScope "the session scope has unknown bits or none",
    1009 InvalidRecipient "the recipient is the zero address, or the very account that pays",
    1010 UnsortedPrices "the markets of a report, or the accounts of a list, do not strictly ascend, or there are none",
    1011 TooManyItems "the list or page asked for is longer than the limit",
    1012 InvalidOption "this option does not go with the order's time in force, or with its size",
    1013 InvalidTime "the time is over (ms)",
    1014 InvalidTrigger "the trigger's level, slices or interval are out of bounds, or it does not go with the order or the link",
    1015 InvalidLeverage "the leverage is above the most that the market allows",
    1016 UnknownAction "governance has no such action (its number)",
    1017 OutOfBounds "the value is out of the parameter's bounds, or moves it by more than may be at a time (the value, the bound), or its owner signs for another place (the account, the place)",
    2001 BadSignature "the signature is malformed, not canonical, or recovers to nobody",
    2002 UnknownSigner "the signer is neither the account's owner nor one of its session keys",
    2003 SessionExpired "the session key's validity is over (ms)",
    2004 OutOfScope "the key may not do this",
    2005 NonceUsed "the nonce was used before",
    2006 NonceTooOld "the nonce lies behind the window of this key",
    2007 NonceTooFar "the nonce lies too far ahead of the highest used one",
    2008 Expired "the command expired (ms)",
    2009 ExpiryTooFar "the command's expiry lies too far ahead (ms)",
    2010 UnknownAccount "no such account",
    2011 TooManySessions "the account has the maximum of session keys",
    2012 UnknownSession "no such session key",
    2013 UnknownPublisher "no such publisher (its place), or the report is not signed by it",
    2014 InvalidSessionKey "a session key may not be zero or the owner",
    2015 UnknownGuardian "there is no guardian, or none at this place, or the command is not signed by it",
    2016 ForeignAccount "the account that is to be paid, or of which something is forced, has another owner",
    2017 AccountExiting "the account exits: its owner forced that through L1 (the account)",
    3001 UnknownMarket "no such market",
    3002 UnknownOrder "no such order of this account in this market",
    3003 WouldCross "a post-only order would trade (its price, best opposite price in ticks)",
    3004 CannotFill "a fill-or-kill order cannot be filled whole (lots available, lots asked)",
    3005 TooManyOpenOrders "the account has the maximum of open orders",
    3006 BookFull "the book has the maximum of resting orders",
    3007 OutsideBand "the price lies outside the band around the index (ticks)",
    3008 NotionalTooLarge "the order's notional is above 2^60 micro-USDC",
    3009 TooManyPositions "the account has the maximum of positions",
    3010 NothingToClose "a reduce-only order has nothing to close (position, lots asked)",
    3011 DuplicateClientId "an open order of the account in this market has this client id (client id, order id)",
    3012 NotAtomic "another step of the atomic batch was rejected (its place)",
    3013 TooManyConditionals "the account has the maximum of conditional orders",
    3014 NotLinked "the step to which this one is linked left no order and no trade (its place)",
    3016 BatchFull "the market has the maximum of orders that wait for a clearing",
    3017 TooManyLeverages "the account has said a leverage in the maximum of markets",
    3018 BackstopOnlyReduces "the backstop's orders may only close positions",
    3019 UnknownPool "no such pool, or the account is of another (the pool; how many there are, or the account's)",
    4001 InsufficientMargin "equity is below the initial margin that would be required (micro-USDC)",
    4002 InsufficientFunds "more than the withdrawable amount (micro-USDC)",
    4003 PositionTooLarge "the position would pass 2^46 lots",
    4004 Overflow "a balance would leave its bounds",
    4005 PoolInDeficit "the pool owes what nobody could pay: nothing leaves it until that is made good (micro-USDC)",
    4006 OpenInterestLimited "the position that the account's open orders could make would be more than its part of the open interest that the market may have (lots)",
    4007 WithdrawalPaced "more than the pool lets out now: wait, or transfer less (micro-USDC)",
    4008 PoolInResolution "the pool is in resolution: nothing comes in, and nothing leaves before all its accounts are cash (the pool)",
    4009 WithdrawalsPaused "somebody in the pool owes what nobody has paid yet: nothing leaves it for some time (the time, and when that ends)",
    5001 NoPrice "the market has no price yet",
    5002 StalePrice "the market's price is stale: only orders that reduce the position (age in ms)",
    5003 ReportTooOld "the report is older than allowed, or not newer than the publisher's last (ms)",
    5004 ReportFromFuture "the report lies ahead of the exchange's time (ms)",
    5005 InvalidOracle "the market's price is invalid: orders can only be cancelled, and who has a position in it withdraws nothing (the market)",
    5006 UncertainOracle "the price of a position is uncertain, or its market settled less than a minute ago: withdraw when it is fresh, or that minute over (the market)",
    5007 MarketHalted "the market is halted: orders can only be cancelled (the market, from when on it takes orders)",
    5008 MarketReduceOnly "the market is reduce-only: only orders that reduce the position (the market)",
    5009 MarketSettled "the market settled: orders can only be cancelled, for ever (the market)",
    6001 WrongL1Index "the L1 message is not the next of the inbox",
    6002 UnknownAsset "the asset is not accepted",
    6003 WrongBatchIndex "not the index of the open batch",
    6004 NothingDue "no order named is at its end, no condition has come, no clearing is due, no account is to be liquidated, or exits, or no gains pay what a pool owes, so",
    6005 ExitDue "an exit is due: no message of L1 is taken before it (the market in which it is, or 2^32 and the pool)",
    9001 Busy "the sequencer's queue is full: try again",
    9002 TooManyAccounts "no more accounts can be opened",
    9003 WithdrawalsFull "the batch has the maximum of withdrawals, or the pool or the account of those that wait, or governance of changes that wait: try again later",
    9004 TooManyRequests "more requests than this connection may have in flight",
    9005 ShuttingDown "the node is stopping: the request was not taken",
    9006 NotFound "nothing is known under this name",
    9007 PoolQuarantined "a fault of ours was found in the pool: nothing is done there but what lets its owners go (the pool)",
}

impl BorshSerialize for RejectCode {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.number().serialize(writer)
    }
}

impl BorshDeserialize for RejectCode {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let number = u16::deserialize_reader(reader)?;
        Self::from_number(number).ok_or_else(|| borsh::io::Error::from(borsh::io::ErrorKind::InvalidData))
    }
}
