//! What happens to a market besides its orders.

use super::EventView;
use crate::wire::{
    mode::cause_names,
    number::{Amount, Integer},
};
use ballast_types::{Event, Restrict};

/// Of an event of a market.
pub(super) fn market_view(event: &Event) -> EventView {
    match *event {
        Event::PriceUpdated { market, index, mark, oracle } => {
            EventView::PriceUpdated { market: market.0, index: index.0, mark: mark.0, oracle: oracle.into() }
        }
        Event::FundingAccrued { market, rate, mark, funding } => {
            let (rate, funding) = (Amount(rate.into()), Amount(funding.into()));
            EventView::FundingAccrued { market: market.0, rate, mark: mark.0, funding }
        }
        Event::Restricted(Restrict { market, mode, until, .. }) => {
            EventView::Restricted { market: market.0, mode: mode.into(), until: Integer(until.0) }
        }
        Event::ModeChanged { market, mode, causes, initial_factor, calls_from } => EventView::ModeChanged {
            market: market.0,
            mode: mode.into(),
            causes: cause_names(causes),
            initial_factor: initial_factor.0,
            calls_from: calls_from.0,
        },
        Event::CollateralPriced { market, average, haircut, haircut_initial } => {
            EventView::CollateralPriced {
                market: market.0,
                average: average.0,
                haircut: haircut.0,
                haircut_initial: haircut_initial.0,
            }
        }
        Event::MarginChanged { market, maintenance, initial } => {
            EventView::MarginChanged { market: market.0, maintenance: maintenance.0, initial: initial.0 }
        }
        Event::OpenInterestMargin { market, margin } => {
            EventView::OpenInterestMargin { market: market.0, margin: margin.0 }
        }
        Event::TiersMoved { market, ref above } => EventView::TiersMoved {
            market: market.0,
            above: above.iter().map(|lots| Integer(lots.0)).collect(),
        },
        Event::PegChanged { price, weak, broken, low } => {
            EventView::PegChanged { price: price.0, weak, broken, low: low.0 }
        }
        Event::AuctionPutOff { market, until, rounds } => {
            EventView::AuctionPutOff { market: market.0, until: until.0, rounds }
        }
        Event::Cleared { market, price, volume } => EventView::Cleared {
            market: market.0,
            price: price.map(|price| price.0),
            volume: Integer(volume.0),
        },
        _ => unreachable!("called for events of markets only"),
    }
}
