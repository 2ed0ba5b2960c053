//! What became of the operations of a command.

use super::EventView;
use crate::wire::{answer::id, number::Integer};
use ballast_types::Event;

/// Of a step of a command, and of what was scheduled by one.
pub(super) fn operation_view(event: &Event) -> EventView {
    match *event {
        Event::OperationRejected { step, rejection } => {
            EventView::OperationRejected { step, rejection: rejection.into() }
        }
        Event::OrderAccepted { step, market, account, order, client, side, price, size } => {
            EventView::OrderAccepted {
                step,
                market: market.0,
                account: account.0,
                order_id: id(order),
                client_id: Integer(client.0),
                side: side.into(),
                price: price.0,
                size: size.0,
            }
        }
        Event::AllCancelled { step, count } => EventView::AllCancelled { step, count },
        Event::CancelScheduled { step, account, at } => {
            EventView::CancelScheduled { step, account: account.0, at: at.map(|at| Integer(at.0)) }
        }
        Event::LeverageSet { step, account, market, leverage } => {
            EventView::LeverageSet { step, account: account.0, market: market.0, leverage }
        }
        Event::ScheduledCancel { account, count } => EventView::ScheduledCancel { account: account.0, count },
        _ => unreachable!("the caller has looked"),
    }
}
