//! Names of things. Ids are dense integers; none of them is ever reused but an order's slot.

use crate::limits::{CAPACITY_ID, MAX_MARKETS, ORDER_SLOT_BITS, STEP_BITS};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A sub-account: dense from 0 in the order of opening.
    AccountId(u32)
);
id!(
    /// A market: dense from 0 in the order of listing.
    MarketId(u16)
);
/// What publishers name when they tell what a USDC is worth, in ppm of a dollar: no market (risk.md 3.6).
pub const USDC: MarketId = MarketId(u16::MAX);

impl MarketId {
    /// What publishers name when they tell the capacity of the market (risk.md 3.8 a): no market.
    #[must_use]
    pub const fn capacity(self) -> Self {
        debug_assert!(self.0 < MAX_MARKETS, "no market has this id");
        Self(CAPACITY_ID + self.0)
    }

    /// The market whose capacity is told under this name; none for a market, and for [`USDC`].
    #[must_use]
    pub fn of_capacity(self) -> Option<Self> {
        self.0.checked_sub(CAPACITY_ID).filter(|id| *id < MAX_MARKETS).map(Self)
    }
}

id!(
    /// A risk pool (silo).
    PoolId(u16)
);
id!(
    /// An asset: 0 is USDC, the others are dense from 1 in the order of the genesis.
    AssetId(u16)
);
id!(
    /// The place of an input in the log, dense from 1. 0 stands for "before the first input".
    Seq(u64)
);
id!(
    /// A batch; 0 is genesis.
    BatchIndex(u64)
);
id!(
    /// A number the trader chose for an order; 0 when none was chosen.
    ClientId(u64)
);
id!(
    /// A conditional order: the place of its command in the log above, its step below ([`STEP_BITS`] bits). So ids
    /// grow in the order in which they were taken, over all accounts.
    ConditionalId(u64)
);
id!(
    /// A number that a key uses once.
    Nonce(u64)
);
id!(
    /// Which key of an account: 0 the owner's, others in the order in which their sessions began. Never used twice
    /// in one account.
    KeyNumber(u32)
);
id!(
    /// An order of one book: its arrival number above, the slot that it rests in below
    /// ([`ORDER_SLOT_BITS`] bits). Ids of one book grow with arrival, so ordering by id is time priority.
    OrderId(u64)
);

impl OrderId {
    /// Slot of an order that never rested.
    pub const NO_SLOT: u32 = (1 << ORDER_SLOT_BITS) - 1;

    /// The id of the `arrival`-th order of a book, resting in `slot`.
    #[must_use]
    pub const fn new(arrival: u64, slot: u32) -> Self {
        assert!(slot <= Self::NO_SLOT && arrival < 1 << (64 - ORDER_SLOT_BITS));
        Self(arrival << ORDER_SLOT_BITS | slot as u64)
    }

    /// The slot in the book where the order rests, or [`Self::NO_SLOT`].
    #[must_use]
    pub const fn slot(self) -> u32 {
        (self.0 & Self::NO_SLOT as u64) as u32
    }

    /// The order's arrival number in its book.
    #[must_use]
    pub const fn arrival(self) -> u64 {
        self.0 >> ORDER_SLOT_BITS
    }
}

impl ConditionalId {
    /// The id of the conditional order that step `step` of the command at `seq` asks for.
    #[must_use]
    pub const fn new(seq: Seq, step: u8) -> Self {
        assert!(seq.0 < 1 << (64 - STEP_BITS) && (step as u64) < 1 << STEP_BITS);
        Self(seq.0 << STEP_BITS | step as u64)
    }
}

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
