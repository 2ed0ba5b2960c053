//! Conditional orders: what a trader wants to be placed when something has happened.
//!
//! Stop and take-profit orders wait for a price, the parts of a TWAP order for times, the closing legs of a bracket
//! for its entry. Until then they rest in no book, need no margin and promise nothing.

use crate::{
    ids::{ConditionalId, KeyNumber, MarketId, OrderId},
    order::NewOrder,
    units::{Millis, PriceTicks, SizeLots},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Which price a trigger looks at. The price of the last trade is not offered (risk.md 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PriceSource {
    /// The mark price.
    Mark = 0,
    /// The index price.
    Index = 1,
}

/// From which side a price reaches a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Direction {
    /// At the level or above it.
    Above = 0,
    /// At the level or below it.
    Below = 1,
}

impl Direction {
    /// Whether `price` has reached `level`.
    #[must_use]
    pub fn is_reached(self, level: PriceTicks, price: PriceTicks) -> bool {
        match self {
            Self::Above => price >= level,
            Self::Below => price <= level,
        }
    }
}

/// What a conditional order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Trigger {
    /// A price: stop and take-profit orders.
    Price {
        /// Which price.
        source: PriceSource,
        /// From which side.
        direction: Direction,
        /// What it must reach.
        level: PriceTicks,
    },
    /// A time, and others after it: with more than one slice, a TWAP order.
    Time {
        /// When the first part is sent.
        at: Millis,
        /// In how many parts, 1 to [`MAX_SLICES`](crate::limits::MAX_SLICES).
        slices: u16,
        /// From one part to the next, in ms; 0 with one slice.
        interval: u32,
    },
    /// The order that opens it is gone, and has traded.
    Opened,
}

/// How a conditional order hangs together with an earlier step of the same command: an order, or another conditional
/// one. All that are linked to one step are a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum LinkKind {
    /// One cancels the other (OCO): what the order trades is taken off the conditional ones, and one that fires ends
    /// the group.
    Beside = 0,
    /// One triggers the other (OTO): it sleeps until the order trades, and is never larger than what that traded;
    /// when the order goes without a trade, it goes too. From then on the group is as one of [`Self::Beside`].
    After = 1,
}

/// A link to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Link {
    /// Which step of the command, before this one.
    pub step: u8,
    /// How.
    pub kind: LinkKind,
}

/// A conditional order that waits: a committed fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Conditional {
    /// Its id.
    pub id: ConditionalId,
    /// Which of the account's keys signed it.
    pub key: KeyNumber,
    /// Where the order will be placed.
    pub market: MarketId,
    /// What will be placed; of a TWAP order, what is left of it.
    pub order: NewOrder,
    /// When.
    pub trigger: Trigger,
    /// Its group.
    pub group: Option<ConditionalId>,
}

/// Conditional orders that hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Group {
    /// The id that a conditional order of the step would have to which all are linked.
    pub id: ConditionalId,
    /// Where all of them are.
    pub market: MarketId,
    /// The order of the group that rests in the book.
    pub order: Option<OrderId>,
    /// What that order has traded, while the others sleep until it has; `None` when they are awake.
    pub opened: Option<SizeLots>,
}
