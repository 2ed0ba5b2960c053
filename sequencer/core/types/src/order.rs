//! Orders: what a trader asks for, and what rests in a book.

use crate::{
    ids::{AccountId, ClientId, KeyNumber, OrderId},
    units::{Lots, Millis, PriceTicks, Quote, SizeLots},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Side {
    /// Bid.
    Buy = 0,
    /// Ask.
    Sell = 1,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Whether an order of this side limited at `limit` may trade at `price`.
    #[must_use]
    pub fn accepts(self, limit: PriceTicks, price: PriceTicks) -> bool {
        match self {
            Self::Buy => price <= limit,
            Self::Sell => price >= limit,
        }
    }

    /// `size` signed as the position that this side builds. Sizes are at most 2^46.
    #[must_use]
    pub const fn signed(self, size: SizeLots) -> Lots {
        match self {
            Self::Buy => Lots(size.0.cast_signed()),
            Self::Sell => Lots(-size.0.cast_signed()),
        }
    }
}

/// What an order does with what it cannot trade at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum TimeInForce {
    /// Good till cancelled, or till the time it names: takes what crosses, the rest rests.
    Gtc = 0,
    /// Immediate or cancel: takes what crosses, the rest is cancelled. A market order is one of these, limited at
    /// its protection price.
    Ioc = 1,
    /// Fill or kill: takes its whole size or is rejected.
    Fok = 2,
    /// Rests or is rejected: never takes.
    PostOnly = 3,
    /// Rests, one tick behind the best opposite price where its own would cross: never takes.
    PostOnlySlide = 4,
}

/// What happens when two orders of one owner, of whichever of his accounts, would trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum SelfTrade {
    /// The resting order is cancelled; the other goes on.
    #[default]
    CancelMaker = 0,
    /// What is left of the order that takes is cancelled; the resting one stays.
    CancelTaker = 1,
    /// The resting order and what is left of the other are cancelled.
    CancelBoth = 2,
    /// Both shrink by the smaller of the two, without a trade.
    Decrement = 3,
}

/// A limit order as the trader asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NewOrder {
    /// Bid or ask.
    pub side: Side,
    /// Worst price at which it trades.
    pub price: PriceTicks,
    /// Size in lots, at least 1.
    pub size: SizeLots,
    /// What becomes of what does not trade at once.
    pub time_in_force: TimeInForce,
    /// Last time at which it may trade, for an order that may rest; none when it is good till cancelled.
    pub good_until: Option<Millis>,
    /// Only ever closes: never opens, grows or turns a position, and shrinks to what there is to close.
    pub reduce_only: bool,
    /// What it does when it meets an order of its own owner.
    pub self_trade: SelfTrade,
    /// How much of what rests is shown at a time; all of it when none.
    pub display: Option<SizeLots>,
    /// The trader's own number for it, 0 for none. No two open orders of an account in a market share one, those that
    /// wait for a condition among them.
    pub client: ClientId,
}

impl NewOrder {
    /// An order without any of the options.
    #[must_use]
    pub const fn plain(
        side: Side,
        price: PriceTicks,
        size: SizeLots,
        time_in_force: TimeInForce,
        client: ClientId,
    ) -> Self {
        Self {
            side,
            price,
            size,
            time_in_force,
            good_until: None,
            reduce_only: false,
            self_trade: SelfTrade::CancelMaker,
            display: None,
            client,
        }
    }
}

/// An order that rests in a book or waits for a clearing: a committed fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Order {
    /// Id; time priority within its price, but for an iceberg.
    pub id: OrderId,
    /// The account that trades.
    pub account: AccountId,
    /// Which of the account's keys signed it.
    pub key: KeyNumber,
    /// Bid or ask.
    pub side: Side,
    /// Limit price.
    pub price: PriceTicks,
    /// What is open and shown, at least 1 lot.
    pub size: SizeLots,
    /// Margin reserved for it through the mark and for its fee (risk.md 3.5), released as it fills or goes.
    pub reserve: Quote,
    /// The trader's own number for it; 0 for none.
    pub client: ClientId,
    /// Only ever closes.
    pub reduce_only: bool,
    /// Last time at which it may trade.
    pub good_until: Option<Millis>,
    /// What is not shown of it.
    pub iceberg: Option<Iceberg>,
    /// What it waits for, in a market that matches in batches; none when it rests.
    pub waits: Option<Waits>,
}

/// What becomes of an order that waits when the market is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Waits {
    /// What does not trade rests.
    Rest = 0,
    /// What does not trade goes.
    Once = 1,
    /// What does not trade goes. The exchange sells or buys it off an account that lacks margin: its trader has no say
    /// over it.
    Forced = 2,
}

/// The hidden part of an order that shows little of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Iceberg {
    /// How much is shown at a time, at least 1 lot.
    pub display: SizeLots,
    /// What is open besides the shown size.
    pub hidden: SizeLots,
    /// Arrival number of the part that is shown: its time priority. That of the id until the first part is gone.
    pub arrival: u64,
}

impl Order {
    /// All that is open of it, shown and hidden; at most 2^46.
    #[must_use]
    pub fn open(&self) -> SizeLots {
        SizeLots(self.size.0 + self.iceberg.map_or(0, |iceberg| iceberg.hidden.0))
    }

    /// Whether it waits to close a position of an account that lacks margin.
    #[must_use]
    pub fn is_forced(&self) -> bool {
        self.waits == Some(Waits::Forced)
    }

    /// Time priority within its price: smaller is served first.
    #[must_use]
    pub fn priority(&self) -> u64 {
        self.iceberg.map_or(self.id.arrival(), |iceberg| iceberg.arrival)
    }

    /// Whether it may still trade at `time`.
    #[must_use]
    pub fn is_good_at(&self, time: Millis) -> bool {
        self.good_until.is_none_or(|until| time <= until)
    }
}
