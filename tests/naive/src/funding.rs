//! Premium, rate and accrual of a market (protocol, "Prices", "Funding").

use ballast_types::{
    Event, MarketId, Millis, OracleState, PriceTicks, Side,
    limits::{FUNDING_PERIOD_MS, MIN_PREMIUM_SAMPLES, PREMIUM_PERIOD_MS, PREMIUM_SAMPLE_MS},
};

use crate::{
    exchange::Exchange,
    market::Market,
    numbers::{divide_down, divide_up, unsigned},
};

/// Parts of one.
const BILLION: i128 = 1_000_000_000;
/// `rate * mark * kappa` of a minute that is 1 u a lot.
const U_A_LOT: i128 = 60 * BILLION;
/// The bound of `F`, in u a lot.
const MAX_FUNDING: i128 = 1 << 50;

impl Market {
    /// The highest rate, in ppb an hour.
    fn rate_cap(&self) -> i128 {
        500 * (i128::from(self.params.initial_margin.0) - i128::from(self.params.maintenance_margin.0))
    }

    /// Money and lots, times kappa, of the orders of a side that take the impact notional; nothing where they do not.
    fn impact(&self, side: Side) -> Option<(i128, i128)> {
        let impact = i128::from(self.params.impact_notional.0);
        let (mut money, mut lots) = (0, 0);
        let any = PriceTicks(if side == Side::Sell { u64::MAX } else { 0 });
        for order in self.crossed(side, any) {
            let price = i128::from(order.price.0);
            let needed = divide_up(impact - money, self.value(price, 1));
            let taken = needed.min(i128::from(order.size.0));
            money += self.value(price, taken);
            lots += taken;
            if money >= impact {
                return Some((money, lots * i128::from(self.params.kappa)));
            }
        }
        None
    }

    fn premium_sample(&self) -> i128 {
        let above = self.impact(Side::Buy).map_or(0, |(money, lots)| divide_down(money, lots) - self.index);
        let below = self.impact(Side::Sell).map_or(0, |(money, lots)| self.index - divide_up(money, lots));
        let sample = divide_down((above.max(0) - below.max(0)) * BILLION, self.index);
        sample.clamp(-8 * self.rate_cap(), 8 * self.rate_cap())
    }

    /// What the premium is when another hour begins than that of its samples.
    fn turn_hour(&mut self, now: Millis) {
        let hour = |time: Millis| time.0 / PREMIUM_PERIOD_MS;
        let Some(last) = self.ticked.filter(|last| hour(*last) != hour(now)) else { return };
        let sum: i128 = self.samples.iter().map(|(_, sample)| sample).sum();
        let count = self.samples.len() as i128;
        self.premium =
            if count >= i128::from(MIN_PREMIUM_SAMPLES) { divide_down(sum, count) } else { self.premium / 2 };
        for _ in hour(last) + 1..hour(now) {
            self.premium /= 2;
        }
        self.samples.clear();
    }

    fn take_sample(&mut self, now: Millis) {
        let period = |time: Millis| time.0 / PREMIUM_SAMPLE_MS;
        if self.samples.iter().all(|(time, _)| period(*time) != period(now)) {
            let sample = self.premium_sample();
            self.samples.push((now, sample));
        }
    }

    /// In ppb an hour.
    fn rate(&self) -> i128 {
        let eight_hours = self.premium + (100_000 - self.premium).clamp(-500_000, 500_000);
        divide_down(eight_hours, 8).clamp(-self.rate_cap(), self.rate_cap())
    }

    /// What the accruals left over.
    #[must_use]
    pub const fn carry(&self) -> i128 {
        self.funded - self.funding * U_A_LOT
    }
}

impl Exchange {
    /// Moves the premium with the hour, takes a sample, and accrues what the minute costs.
    pub(crate) fn move_funding(&mut self, id: MarketId) -> Option<Event> {
        let now = self.time;
        let market = self.market_mut(id);
        market.turn_hour(now);
        market.ticked = Some(now);
        if market.quality != OracleState::Fresh {
            return None;
        }
        if market.halt.is_none() {
            market.take_sample(now);
        }
        let minute = |time: Millis| time.0 / FUNDING_PERIOD_MS;
        let last = market.freshened.replace(now)?;
        if minute(last) == minute(now) {
            return None;
        }
        let rate = market.rate();
        let funded = market.funded + market.value(market.mark, rate);
        let funding = divide_down(funded, U_A_LOT);
        if funding.abs() > MAX_FUNDING {
            return None;
        }
        (market.funded, market.funding) = (funded, funding);
        Some(Event::FundingAccrued {
            market: id,
            rate: i64::try_from(rate).expect("at most 500 * 10^6"),
            mark: PriceTicks(unsigned(market.mark)),
            funding: i64::try_from(funding).expect("at most 2^50"),
        })
    }
}
