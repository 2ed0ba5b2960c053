//! One entry of the ordered input log, the truth from which all state follows (architecture A2).

use crate::{
    command::{PriceReport, UserCommand},
    guardian::GuardianCommand,
    ids::{AccountId, BatchIndex, ConditionalId, MarketId, OrderId, PoolId, Seq},
    l1::L1Message,
    units::Millis,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A secp256k1 signature with its recovery id: `r || s || v`, `v` 27 or 28, `s` in the lower half.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 65]);

impl core::fmt::Debug for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Signature(0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// Who speaks, and what is said.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Source {
    /// A trader, by the owner's key or a session key.
    User {
        /// What is asked for.
        command: UserCommand,
        /// Over the command's EIP-712 digest.
        signature: Signature,
    },
    /// A price publisher.
    Publisher {
        /// What was seen.
        report: PriceReport,
        /// Over the report's EIP-712 digest.
        signature: Signature,
    },
    /// The inbox on L1.
    L1(L1Message),
    /// The sequencer itself.
    System(SystemCommand),
    /// The guardian.
    Guardian {
        /// What is asked for.
        command: GuardianCommand,
        /// Over the command's EIP-712 digest.
        signature: Signature,
    },
}

/// What the sequencer itself puts into the log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum SystemCommand {
    /// The last input of a batch.
    SealBatch {
        /// The batch that ends here.
        index: BatchIndex,
    },
    /// Resting orders that can never trade again leave: their time is over, or they may only close and there is
    /// nothing to close. Whoever is met by another order leaves without this; it keeps the books tidy.
    Sweep {
        /// At most [`MAX_SWEPT`](crate::limits::MAX_SWEPT) of them; those that may still trade are passed over.
        orders: Vec<(MarketId, OrderId)>,
    },
    /// Conditional orders whose condition has come are placed.
    Fire {
        /// At most [`MAX_FIRED`](crate::limits::MAX_FIRED) of them, in any sequence: those that were asked for first
        /// come first, and those whose condition has not come are passed over.
        conditionals: Vec<(AccountId, ConditionalId)>,
    },
    /// The orders that wait in a market that matches in batches trade, at one price.
    Clear {
        /// Which market.
        market: MarketId,
    },
    /// An account that is below its maintenance margin is liquidated by a step.
    Liquidate {
        /// Which account.
        account: AccountId,
    },
    /// Positions of bankrupt accounts that nobody takes over are torn up, and what they owe is paid out of gains.
    Deleverage {
        /// In which market.
        market: MarketId,
        /// The bankrupt accounts, on one side, ascending; at most [`MAX_DELEVERAGED`](crate::limits::MAX_DELEVERAGED).
        accounts: Vec<AccountId>,
        /// All who hold enough on the other side, ascending; at most [`MAX_HOLDERS`](crate::limits::MAX_HOLDERS).
        holders: Vec<AccountId>,
    },
    /// A market ends: it settles at a price.
    Settle {
        /// Which market.
        market: MarketId,
    },
    /// Positions of a market that settled become cash.
    SettlePositions {
        /// Which market.
        market: MarketId,
        /// Whose, ascending; at most [`MAX_SETTLED`](crate::limits::MAX_SETTLED).
        accounts: Vec<AccountId>,
    },
    /// A pool that owed for a day is resolved by a step.
    Resolve {
        /// Which pool.
        pool: PoolId,
    },
    /// An account whose owner forced its exit is closed in a market, and paid out when nothing is left to close.
    Exit {
        /// Which account.
        account: AccountId,
        /// In which market.
        market: MarketId,
        /// All who hold enough on the other side, ascending; at most [`MAX_HOLDERS`](crate::limits::MAX_HOLDERS).
        holders: Vec<AccountId>,
    },
    /// Gains of a pool pay what the pool owes.
    Haircut {
        /// Which pool.
        pool: PoolId,
        /// Who holds most in each of its markets, ascending; at most [`MAX_HOLDERS`](crate::limits::MAX_HOLDERS).
        holders: Vec<AccountId>,
    },
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Input {
    /// Its place, one more than the entry before.
    pub seq: Seq,
    /// The sequencer's time, never less than the entry before.
    pub time: Millis,
    /// Who says what.
    pub source: Source,
}
