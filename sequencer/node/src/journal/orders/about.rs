//! Which orders an event is about: the one place that names every event.

use ballast_types::{Event, MarketId, Order, OrderId};

/// The orders that an event is about.
pub(super) enum About {
    /// One that was not there before.
    New((MarketId, OrderId)),
    /// One that was.
    Old((MarketId, OrderId)),
    /// Two that were.
    Two([(MarketId, OrderId); 2]),
    /// No single order, or one of which another event of the same input tells.
    None,
}

/// Which it is.
pub(super) fn about(event: &Event) -> About {
    match *event {
        Event::OrderAccepted { market, order, .. } => About::New((market, order)),
        Event::Fill { market, maker_order, taker_order, .. } => {
            About::Two([(market, maker_order), (market, taker_order)])
        }
        Event::OrderReduced { market, order, .. }
        | Event::OrderRemoved { market, order, .. }
        | Event::OrderRested { market, order: Order { id: order, .. } } => About::Old((market, order)),
        // Of an order that is accepted by the same input.
        Event::OrderWaits { .. } => About::None,
        Event::OperationRejected { .. }
        | Event::AllCancelled { .. }
        | Event::CancelScheduled { .. }
        | Event::LeverageSet { .. }
        | Event::ScheduledCancel { .. }
        | Event::ConditionalPlaced { .. }
        | Event::ConditionalFired { .. }
        | Event::ConditionalReduced { .. }
        | Event::ConditionalRemoved { .. }
        | Event::Deposited { .. }
        | Event::Withdrawn { .. }
        | Event::WithdrawalQueued { .. }
        | Event::SessionGranted { .. }
        | Event::SessionRevoked { .. }
        | Event::PriceUpdated { .. }
        | Event::FundingAccrued { .. }
        | Event::BatchPosted { .. }
        | Event::BatchSealed { .. }
        | Event::Restricted(_)
        | Event::ModeChanged { .. }
        | Event::AuctionPutOff { .. }
        | Event::MarginChanged { .. }
        | Event::CollateralPriced { .. }
        | Event::OpenInterestMargin { .. }
        | Event::TiersMoved { .. }
        | Event::PegChanged { .. }
        | Event::Liquidated { .. }
        | Event::TakenOver { .. }
        | Event::Deleveraged { .. }
        | Event::GainsCut { .. }
        | Event::DeficitCovered { .. }
        | Event::CollateralSold { .. }
        | Event::FundDeposited { .. }
        | Event::Transferred { .. }
        | Event::MarketSettled { .. }
        | Event::PositionSettled { .. }
        | Event::PoolPaused { .. }
        | Event::ResolutionBegan { .. }
        | Event::PoolResolved { .. }
        | Event::ForcedRequest { .. }
        | Event::Exiting { .. }
        | Event::ExitEnded { .. }
        | Event::ChangeScheduled(..)
        | Event::ParameterChanged(_)
        | Event::GovernanceRefused(..)
        | Event::Cleared { .. } => About::None,
    }
}
