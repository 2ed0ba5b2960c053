//! Orders: what a trader asks for, and what rests in a book.

use crate::{
    ids::{AccountId, ClientId, OrderId},
    units::{Lots, PriceTicks, Quote, SizeLots},
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

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum TimeInForce {
    /// Good till cancelled: takes what crosses, the rest rests.
    Gtc = 0,
    /// Immediate or cancel: takes what crosses, the rest is cancelled.
    Ioc = 1,
    /// Fill or kill: takes its whole size or is rejected.
    Fok = 2,
    /// Rests or is rejected: never takes.
    PostOnly = 3,
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
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// The trader's own number for it.
    pub client: ClientId,
}

/// An order that rests in a book: a committed fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Order {
    /// Id; time priority within its price.
    pub id: OrderId,
    /// The account that trades.
    pub account: AccountId,
    /// Bid or ask.
    pub side: Side,
    /// Limit price.
    pub price: PriceTicks,
    /// What is still open, at least 1 lot.
    pub size: SizeLots,
    /// Margin reserved for it through the mark and for its fee (risk.md 3.5), released as it fills or goes.
    pub reserve: Quote,
    /// The trader's own number for it.
    pub client: ClientId,
}
