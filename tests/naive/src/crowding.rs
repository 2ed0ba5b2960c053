//! What the open interest of a market asks of initial margin (protocol, "Open interest").

use ballast_types::{Event, MarketId, Ppm};

use crate::{
    exchange::Exchange,
    market::Market,
    numbers::{MILLION, divide_up},
};

/// What is asked is a multiple of this, in ppm.
const STEP: i128 = 10_000;

impl Market {
    /// `asked`, with an open interest of so many lots, in ppm.
    fn asked_by(&self, lots: i128) -> i128 {
        let worth = self.value(self.mark, lots);
        let hi = i128::from(self.params.open_interest_cap.0);
        let lo = i128::from(self.params.open_interest_free.0).min(hi - 1);
        if self.params.open_interest_free.0 == 0 || hi == 0 || worth <= lo {
            return 0;
        }
        let base = i128::from(self.params.initial_margin.0);
        let exact = base + divide_up((MILLION - base) * (worth.min(hi) - lo), hi - lo);
        (divide_up(exact, STEP) * STEP).min(MILLION)
    }
}

impl Exchange {
    /// The market got an index: its open interest may ask for more or for less.
    pub(crate) fn crowd(&mut self, id: MarketId) -> Option<Event> {
        let lots = self.open_interest(id);
        let market = self.market_mut(id);
        let asked = market.asked_by(lots);
        let margin = Ppm(u32::try_from(asked).expect("at most 10^6"));
        let before = std::mem::replace(&mut market.crowding, asked);
        (asked != before).then_some(Event::OpenInterestMargin { market: id, margin })
    }
}
