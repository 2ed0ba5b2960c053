//! Money and other assets that come, leave, or go to another account.

use super::EventView;
use crate::wire::number::{Amount, Integer};
use ballast_types::{Event, Quote};

/// The view of an event about money alone.
///
/// # Panics
/// When it is another: the caller has looked.
pub(super) fn money_view(event: &Event) -> EventView {
    match *event {
        Event::Deposited { account, owner, asset, amount, opened } => {
            EventView::Deposited { account: account.0, owner, asset: asset.0, amount: quote(amount), opened }
        }
        Event::Withdrawn { id, account, recipient, asset, amount, ticket } => EventView::Withdrawn {
            id: Integer(id),
            account: account.0,
            recipient,
            asset: asset.0,
            amount: quote(amount),
            ticket: ticket.map(Integer),
        },
        Event::WithdrawalQueued { ticket, account, recipient, amount } => EventView::WithdrawalQueued {
            ticket: Integer(ticket),
            account: account.0,
            recipient,
            amount: quote(amount),
        },
        Event::FundDeposited { owner, amount, pool } => {
            EventView::FundDeposited { owner, amount: quote(amount), pool: pool.0 }
        }
        Event::Transferred { account, to, pool, amount, fee } => EventView::Transferred {
            account: account.0,
            to: to.0,
            pool: pool.0,
            amount: quote(amount),
            fee: quote(fee),
        },
        _ => unreachable!("the caller has looked"),
    }
}

fn quote(amount: Quote) -> Amount {
    Amount(amount.0.into())
}
