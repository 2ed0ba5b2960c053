//! Conditional orders as JSON: what they wait for, as it is asked for and as it is shown.

use super::{
    number::{Decimal, Integer},
    request::NewOrderRequest,
};
use ballast_types::{
    Conditional, Direction, Link, LinkKind, Millis, NewOrder, PriceSource, PriceTicks, Trigger,
};
use serde::{Deserialize, Serialize};

/// What an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TriggerView {
    /// The mark at a level or above it.
    MarkAbove {
        /// Level, in ticks.
        price: Decimal,
    },
    /// The mark at a level or below it.
    MarkBelow {
        /// Level, in ticks.
        price: Decimal,
    },
    /// The index at a level or above it.
    IndexAbove {
        /// Level, in ticks.
        price: Decimal,
    },
    /// The index at a level or below it.
    IndexBelow {
        /// Level, in ticks.
        price: Decimal,
    },
    /// A time, and others after it.
    Time {
        /// When the first part is placed, in milliseconds.
        at: Decimal,
        /// In how many parts; 1 when left out.
        #[serde(default = "one")]
        slices: Integer<u16>,
        /// From one part to the next, in milliseconds; 0 when left out.
        #[serde(default)]
        interval: Integer<u32>,
    },
    /// The end of the order that it comes after.
    Opened {},
}

const fn one() -> Integer<u16> {
    Integer(1)
}

/// Which earlier step a conditional order hangs together with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkRequest {
    /// Place of the step, from 0.
    pub step: Integer<u8>,
    /// How.
    pub kind: LinkKindView,
}

/// How orders hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkKindView {
    /// One cancels the other.
    Beside,
    /// One triggers the other.
    After,
}

/// A conditional order that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionalView {
    /// Its id.
    pub conditional_id: Decimal,
    /// Where it will be placed.
    pub market: u16,
    /// What will be placed; of a TWAP order, what is left of it.
    pub order: NewOrderRequest,
    /// When.
    pub trigger: TriggerView,
    /// Its group; null when it stands alone.
    pub group: Option<Decimal>,
}

impl From<&Conditional> for ConditionalView {
    fn from(waits: &Conditional) -> Self {
        Self {
            conditional_id: Integer(waits.id.0),
            market: waits.market.0,
            order: waits.order.into(),
            trigger: waits.trigger.into(),
            group: waits.group.map(|group| Integer(group.0)),
        }
    }
}

impl From<NewOrder> for NewOrderRequest {
    fn from(order: NewOrder) -> Self {
        Self {
            side: order.side.into(),
            price: Integer(order.price.0),
            size: Integer(order.size.0),
            time_in_force: order.time_in_force.into(),
            good_until: order.good_until.map(|until| Integer(until.0)),
            reduce_only: order.reduce_only,
            self_trade: order.self_trade.into(),
            display: order.display.map(|display| Integer(display.0)),
            client_id: Integer(order.client.0),
        }
    }
}

impl From<Trigger> for TriggerView {
    fn from(trigger: Trigger) -> Self {
        match trigger {
            Trigger::Opened => Self::Opened {},
            Trigger::Time { at, slices, interval } => {
                Self::Time { at: Integer(at.0), slices: Integer(slices), interval: Integer(interval) }
            }
            Trigger::Price { source, direction, level } => {
                let price = Integer(level.0);
                match (source, direction) {
                    (PriceSource::Mark, Direction::Above) => Self::MarkAbove { price },
                    (PriceSource::Mark, Direction::Below) => Self::MarkBelow { price },
                    (PriceSource::Index, Direction::Above) => Self::IndexAbove { price },
                    (PriceSource::Index, Direction::Below) => Self::IndexBelow { price },
                }
            }
        }
    }
}

impl From<TriggerView> for Trigger {
    fn from(trigger: TriggerView) -> Self {
        let price =
            |source, direction, level: Decimal| Self::Price { source, direction, level: PriceTicks(level.0) };
        match trigger {
            TriggerView::MarkAbove { price: level } => price(PriceSource::Mark, Direction::Above, level),
            TriggerView::MarkBelow { price: level } => price(PriceSource::Mark, Direction::Below, level),
            TriggerView::IndexAbove { price: level } => price(PriceSource::Index, Direction::Above, level),
            TriggerView::IndexBelow { price: level } => price(PriceSource::Index, Direction::Below, level),
            TriggerView::Time { at, slices, interval } => {
                Self::Time { at: Millis(at.0), slices: slices.0, interval: interval.0 }
            }
            TriggerView::Opened {} => Self::Opened,
        }
    }
}

impl From<LinkRequest> for Link {
    fn from(link: LinkRequest) -> Self {
        let kind = match link.kind {
            LinkKindView::Beside => LinkKind::Beside,
            LinkKindView::After => LinkKind::After,
        };
        Self { step: link.step.0, kind }
    }
}
