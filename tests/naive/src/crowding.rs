//! What the open interest of a market asks of initial margin (protocol, "Open interest").

use ballast_types::{Event, MarketId, Ppm, limits::HOUR_MS};

use crate::{
    exchange::Exchange,
    market::Market,
    numbers::{MILLION, divide_down, divide_up},
};

/// What is asked is a multiple of this, in ppm.
const STEP: i128 = 10_000;

impl Market {
    /// Whether its parameters say anything of it.
    const fn minds_crowding(&self) -> bool {
        let (free, cap) = (self.params.open_interest_free.0, self.params.open_interest_cap.0);
        free != 0 && cap > free
    }

    /// `asked`, with an open interest of so many lots, in ppm.
    fn asked_by(&self, lots: i128) -> i128 {
        let worth = self.value(self.mark, lots);
        let lo = i128::from(self.params.open_interest_free.0);
        let hi = i128::from(self.params.open_interest_cap.0);
        if worth <= lo {
            return 0;
        }
        let base = i128::from(self.params.initial_margin.0);
        let exact = base + divide_up((MILLION - base) * (worth.min(hi) - lo), hi - lo);
        (divide_up(exact, STEP) * STEP).min(MILLION)
    }
}

impl Exchange {
    /// The market got an index: its open interest may ask for more, or by and by for less.
    pub(crate) fn crowd(&mut self, id: MarketId) -> Option<Event> {
        let (hour, lots) = (self.time.0 / HOUR_MS, self.open_interest(id));
        let market = self.market_mut(id);
        let before = market.crowding;
        if !market.minds_crowding() {
            market.crowding = 0;
        } else {
            let asked = market.asked_by(lots);
            if asked > before {
                (market.crowding, market.crowded) = (asked, hour);
            } else if hour > market.crowded {
                let fallen = divide_down(before * 990, 1_000);
                let is_over = fallen < i128::from(market.params.initial_margin.0);
                (market.crowding, market.crowded) = (if is_over { asked } else { asked.max(fallen) }, hour);
            }
        }
        let margin = Ppm(u32::try_from(market.crowding).expect("at most 10^6"));
        (market.crowding != before).then_some(Event::OpenInterestMargin { market: id, margin })
    }
}
