//! Why an order left or shrank, and what it waits for, as JSON.

use ballast_types::{RemovalReason, Waits};

/// The name of a reason for which an order left.
#[must_use]
pub const fn removal_reason(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Filled => "filled",
        RemovalReason::Cancelled => "cancelled",
        RemovalReason::Replaced => "replaced",
        RemovalReason::ImmediateOrCancel => "immediateOrCancel",
        RemovalReason::FillLimit => "fillLimit",
        RemovalReason::OpenInterest => "openInterest",
        RemovalReason::SelfTrade => "selfTrade",
        RemovalReason::MakerMargin => "makerMargin",
        RemovalReason::Expired => "expired",
        RemovalReason::ReduceOnly => "reduceOnly",
        RemovalReason::Scheduled => "scheduled",
        RemovalReason::Reduced => "reduced",
        RemovalReason::SelfTradeTaker => "selfTradeTaker",
        RemovalReason::OneCancelsOther => "oneCancelsOther",
        RemovalReason::NotOpened => "notOpened",
        RemovalReason::OutsideBand => "outsideBand",
        RemovalReason::Liquidation => "liquidation",
        RemovalReason::Settled => "settled",
        RemovalReason::Exit => "exit",
    }
}

/// The name of what becomes of an order after the clearing that it waits for.
#[must_use]
pub const fn waits_for(waits: Waits) -> &'static str {
    match waits {
        Waits::Rest => "rest",
        Waits::Once => "once",
        Waits::Forced => "forced",
    }
}
