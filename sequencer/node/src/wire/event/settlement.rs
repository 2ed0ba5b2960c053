//! The end of a market and of a pool.

use super::EventView;
use crate::wire::number::{Amount, Integer};
use ballast_types::Event;

/// Of an event of an end.
pub(super) fn settlement_view(event: &Event) -> EventView {
    match *event {
        Event::MarketSettled { market, price } => {
            EventView::MarketSettled { market: market.0, price: price.0 }
        }
        Event::PositionSettled { market, account, size, price, cash } => EventView::PositionSettled {
            market: market.0,
            account: account.0,
            size: size.0,
            price: price.0,
            cash: Amount(cash.0.into()),
        },
        Event::PoolPaused { pool, until } => EventView::PoolPaused { pool: pool.0, until: Integer(until.0) },
        Event::ResolutionBegan { pool } => EventView::ResolutionBegan { pool: pool.0 },
        Event::PoolResolved { pool, ratio } => EventView::PoolResolved { pool: pool.0, ratio },
        _ => unreachable!("the caller has looked"),
    }
}
