//! What becomes of conditional orders, as JSON.

use super::EventView;
use crate::wire::{number::Integer, removal::removal_reason};
use ballast_types::Event;

/// Of an event of a conditional order.
pub(super) fn conditional_view(event: &Event) -> EventView {
    match *event {
        Event::ConditionalPlaced { step, account, ref conditional } => {
            EventView::ConditionalPlaced { step, account: account.0, conditional: conditional.into() }
        }
        Event::ConditionalFired { step, account, market, conditional, client, size, slices_left } => {
            EventView::ConditionalFired {
                step,
                account: account.0,
                market: market.0,
                conditional_id: Integer(conditional.0),
                client_id: Integer(client.0),
                size: size.0,
                slices_left,
            }
        }
        Event::ConditionalReduced { account, market, conditional, client, left } => {
            EventView::ConditionalReduced {
                account: account.0,
                market: market.0,
                conditional_id: Integer(conditional.0),
                client_id: Integer(client.0),
                left: left.0,
            }
        }
        Event::ConditionalRemoved { account, market, conditional, client, reason } => {
            EventView::ConditionalRemoved {
                account: account.0,
                market: market.0,
                conditional_id: Integer(conditional.0),
                client_id: Integer(client.0),
                reason: removal_reason(reason).into(),
            }
        }
        _ => unreachable!("called for events of conditional orders only"),
    }
}
