//! Which view an event has: those of a kind are made in one file.

use super::{
    EventView,
    conditional::conditional_view,
    forced::forced_view,
    governance::governance_view,
    liquidation::liquidation_view,
    market::market_view,
    money::money_view,
    operation::operation_view,
    order::{fill_view, reduced_view, removed_view, rested_view, waits_view},
    settlement::settlement_view,
};
use crate::wire::number::Integer;
use ballast_types::Event;

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        match event.clone() {
            Event::OperationRejected { .. }
            | Event::OrderAccepted { .. }
            | Event::AllCancelled { .. }
            | Event::CancelScheduled { .. }
            | Event::LeverageSet { .. }
            | Event::ScheduledCancel { .. } => operation_view(event),
            Event::Fill { .. } => fill_view(event),
            Event::OrderRested { market, order } => rested_view(market, &order),
            Event::OrderReduced { .. } => reduced_view(event),
            Event::OrderRemoved { .. } => removed_view(event),
            Event::ConditionalPlaced { .. }
            | Event::ConditionalFired { .. }
            | Event::ConditionalReduced { .. }
            | Event::ConditionalRemoved { .. } => conditional_view(event),
            Event::Deposited { .. }
            | Event::Withdrawn { .. }
            | Event::WithdrawalQueued { .. }
            | Event::FundDeposited { .. }
            | Event::Transferred { .. } => money_view(event),
            Event::SessionGranted { account, key, valid_until, scope } => {
                Self::SessionGranted { account: account.0, key, valid_until: Integer(valid_until.0), scope }
            }
            Event::SessionRevoked { account, key } => Self::SessionRevoked { account: account.0, key },
            Event::BatchPosted { index, batch_hash } => Self::BatchPosted { index: index.0, batch_hash },
            Event::BatchSealed { index } => Self::BatchSealed { index: index.0 },
            Event::OrderWaits { market, order } => waits_view(market, &order),
            Event::PriceUpdated { .. }
            | Event::FundingAccrued { .. }
            | Event::Restricted(_)
            | Event::ModeChanged { .. }
            | Event::AuctionPutOff { .. }
            | Event::MarginChanged { .. }
            | Event::CollateralPriced { .. }
            | Event::OpenInterestMargin { .. }
            | Event::TiersMoved { .. }
            | Event::PegChanged { .. }
            | Event::Cleared { .. } => market_view(event),
            Event::MarketSettled { .. }
            | Event::PositionSettled { .. }
            | Event::PoolPaused { .. }
            | Event::ResolutionBegan { .. }
            | Event::PoolResolved { .. } => settlement_view(event),
            Event::ForcedRequest { .. } | Event::Exiting { .. } | Event::ExitEnded { .. } => {
                forced_view(event)
            }
            Event::ChangeScheduled(..) | Event::ParameterChanged(_) | Event::GovernanceRefused(..) => {
                governance_view(event)
            }
            _ => liquidation_view(event),
        }
    }
}
