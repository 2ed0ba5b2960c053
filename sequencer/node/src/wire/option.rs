//! The choices of an order as JSON writes them.

use ballast_types::{SelfTrade, Side, TimeInForce};
use serde::{Deserialize, Serialize};

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SideView {
    /// Bid.
    Buy,
    /// Ask.
    Sell,
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimeInForceView {
    /// Good till cancelled.
    #[default]
    Gtc,
    /// Immediate or cancel.
    Ioc,
    /// Fill or kill.
    Fok,
    /// Rests or is rejected.
    PostOnly,
    /// Rests, one tick behind what it would have met.
    PostOnlySlide,
}

/// What happens when two orders of one owner would trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SelfTradeView {
    /// The resting order is cancelled.
    #[default]
    CancelMaker,
    /// The rest of the order that takes is cancelled.
    CancelTaker,
    /// Both are cancelled.
    CancelBoth,
    /// Both shrink by the smaller of the two.
    Decrement,
}

impl From<SideView> for Side {
    fn from(side: SideView) -> Self {
        match side {
            SideView::Buy => Self::Buy,
            SideView::Sell => Self::Sell,
        }
    }
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell => Self::Sell,
        }
    }
}

impl From<TimeInForceView> for TimeInForce {
    fn from(time_in_force: TimeInForceView) -> Self {
        match time_in_force {
            TimeInForceView::Gtc => Self::Gtc,
            TimeInForceView::Ioc => Self::Ioc,
            TimeInForceView::Fok => Self::Fok,
            TimeInForceView::PostOnly => Self::PostOnly,
            TimeInForceView::PostOnlySlide => Self::PostOnlySlide,
        }
    }
}

impl From<TimeInForce> for TimeInForceView {
    fn from(time_in_force: TimeInForce) -> Self {
        match time_in_force {
            TimeInForce::Gtc => Self::Gtc,
            TimeInForce::Ioc => Self::Ioc,
            TimeInForce::Fok => Self::Fok,
            TimeInForce::PostOnly => Self::PostOnly,
            TimeInForce::PostOnlySlide => Self::PostOnlySlide,
        }
    }
}

impl From<SelfTrade> for SelfTradeView {
    fn from(mode: SelfTrade) -> Self {
        match mode {
            SelfTrade::CancelMaker => Self::CancelMaker,
            SelfTrade::CancelTaker => Self::CancelTaker,
            SelfTrade::CancelBoth => Self::CancelBoth,
            SelfTrade::Decrement => Self::Decrement,
        }
    }
}

impl From<SelfTradeView> for SelfTrade {
    fn from(mode: SelfTradeView) -> Self {
        match mode {
            SelfTradeView::CancelMaker => Self::CancelMaker,
            SelfTradeView::CancelTaker => Self::CancelTaker,
            SelfTradeView::CancelBoth => Self::CancelBoth,
            SelfTradeView::Decrement => Self::Decrement,
        }
    }
}
