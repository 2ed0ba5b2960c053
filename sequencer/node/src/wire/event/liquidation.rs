//! What a liquidation does, as JSON.

use super::EventView;
use crate::wire::number::Amount;
use ballast_types::{Cover, Event, Quote};
use serde::{Deserialize, Serialize};

/// Who pays what an account owes, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CoverView {
    /// The insurance fund.
    Fund,
    /// The backstop.
    Backstop,
    /// Nobody: the pool has a deficit.
    Pool,
    /// The fees that the pool earned.
    Fees,
}

impl From<Cover> for CoverView {
    fn from(cover: Cover) -> Self {
        match cover {
            Cover::Fund => Self::Fund,
            Cover::Backstop => Self::Backstop,
            Cover::Pool => Self::Pool,
            Cover::Fees => Self::Fees,
        }
    }
}

/// Of an event of a liquidation.
pub(super) fn liquidation_view(event: &Event) -> EventView {
    let quote = |amount: Quote| Amount(amount.0.into());
    match *event {
        Event::Liquidated { account, level, equity, maintenance } => EventView::Liquidated {
            account: account.0,
            level,
            equity: Amount(equity),
            maintenance: Amount(maintenance),
        },
        Event::TakenOver { account, market, side, size, price, fund } => EventView::TakenOver {
            account: account.0,
            market: market.0,
            side: side.into(),
            size: size.0,
            price: price.0,
            fund: quote(fund),
        },
        Event::Deleveraged { market, account, size, price, paid } => EventView::Deleveraged {
            account: account.0,
            market: market.0,
            size: size.0,
            price: price.0,
            paid: quote(paid),
        },
        Event::GainsCut { account, paid } => EventView::GainsCut { account: account.0, paid: quote(paid) },
        Event::DeficitCovered { account, by, amount } => {
            EventView::DeficitCovered { account: account.0, by: by.into(), amount: quote(amount) }
        }
        Event::CollateralSold { account, asset, amount, proceeds } => EventView::CollateralSold {
            account: account.0,
            asset: asset.0,
            amount: Amount(amount.0.into()),
            proceeds: quote(proceeds),
        },
        _ => unreachable!("the caller has looked"),
    }
}
