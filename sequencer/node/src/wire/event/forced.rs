//! What is forced through L1.

use super::EventView;
use crate::wire::number::Amount;
use ballast_types::{Event, ForcedRequest};
use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestView {
    /// That all orders are cancelled.
    CancelAll,
    /// That money is withdrawn.
    Withdraw,
    /// That all positions are closed and the cash is paid out.
    Exit,
    /// That the account is liquidated by a step.
    Liquidate,
}

impl From<ForcedRequest> for RequestView {
    fn from(request: ForcedRequest) -> Self {
        match request {
            ForcedRequest::CancelAll => Self::CancelAll,
            ForcedRequest::Withdraw => Self::Withdraw,
            ForcedRequest::Exit => Self::Exit,
            ForcedRequest::Liquidate => Self::Liquidate,
        }
    }
}

/// Of a request, or of an exit.
pub(super) fn forced_view(event: &Event) -> EventView {
    match *event {
        Event::ForcedRequest { index, account, request } => {
            EventView::ForcedRequest { index, account: account.0, request: request.into() }
        }
        Event::Exiting { account, market, lots } => {
            EventView::Exiting { account: account.0, market: market.0, lots: lots.0 }
        }
        Event::ExitEnded { account, recipient, amount } => {
            EventView::ExitEnded { account: account.0, recipient, amount: Amount(amount.0.into()) }
        }
        _ => unreachable!("the caller has looked"),
    }
}
