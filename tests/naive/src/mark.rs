//! The mark of a market and the averages behind it (protocol, "Prices", "Mark").

use ballast_types::{MarketId, Millis, OracleState, PriceTicks, Side, limits::MAX_TOUCH_AGE_MS};

use crate::{
    exchange::Exchange,
    index::element,
    market::{Market, Report},
    numbers::{MAX_PRICE, MILLION, divide_down, divide_up},
};

/// One tick of a price with a fraction.
pub(crate) const ONE: i128 = 1 << 24;
/// What averages move by, in ms.
const STEP: u64 = 50;
/// Seconds in which averages follow.
const BASIS: f64 = 150.0;
const NO_BASIS: f64 = 600.0 / std::f64::consts::LN_2;
const TOUCH: f64 = 30.0;

/// A price with a fraction that follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Average {
    /// In 2^-24 tick.
    pub value: i128,
    /// Up to when it has moved.
    pub moved: Millis,
}

impl Average {
    /// Begins; time is counted in whole steps of Unix time.
    const fn begin(value: i128, now: Millis) -> Self {
        Self { value, moved: Millis(now.0 - now.0 % STEP) }
    }

    /// Follows `x` with `tau` seconds.
    fn follow(self, x: i128, tau: f64, now: Millis) -> Self {
        let k = ((now.0 - self.moved.0) / STEP).min(255);
        Self::begin(self.value + divide_down((x - self.value) * weight(k, tau), 1 << 32), now)
    }
}

/// `W = round(2^32 * (1 - exp(-0.05 k / tau)))`.
fn weight(k: u64, tau: f64) -> i128 {
    let whole = 4_294_967_296.0 * -(-0.05 * k as f64 / tau).exp_m1();
    whole.round() as i128
}

/// `a / b` to the nearest, half to the even one.
fn nearest(a: i128, b: i128) -> i128 {
    let low = divide_down(a, b);
    let above = 2 * (a - low * b);
    if above > b || above == b && low % 2 != 0 { low + 1 } else { low }
}

impl Market {
    /// `b`, in ppm.
    pub(crate) fn reach_of_mark(&self) -> i128 {
        let (floor, in_force) = (self.params.maintenance_margin.0, self.fractions.maintenance);
        divide_down(i128::from(if self.params.shortfall { floor.min(in_force) } else { in_force }), 2)
    }

    /// The best price of what rests on a side.
    pub(crate) fn best(&self, side: Side) -> Option<i128> {
        let any = PriceTicks(if side == Side::Sell { u64::MAX } else { 0 });
        self.crossed(side, any).first().map(|order| i128::from(order.price.0))
    }

    /// The best price of what rests on a side, where it can be met: not in a halt.
    fn best_to_meet(&self, side: Side) -> Option<i128> {
        self.best(side).filter(|_| self.halt.is_none())
    }

    /// How far the middle of the book lies from the index, where both sides are near.
    fn basis_sample(&self) -> Option<i128> {
        let (b, index) = (self.reach_of_mark(), self.index);
        let is_near = |price: &i128| (price - index).abs() * MILLION <= 2 * b * index;
        let bid = self.best_to_meet(Side::Buy).filter(is_near)?;
        let ask = self.best_to_meet(Side::Sell).filter(is_near)?;
        let most = divide_down(b * index * ONE, MILLION);
        Some(((bid + ask) * ONE / 2 - index * ONE).clamp(-most, most))
    }

    /// Where the market trades, in ticks.
    fn touch_now(&self, now: Millis) -> Option<i128> {
        let (bid, ask) = (self.best_to_meet(Side::Buy)?, self.best_to_meet(Side::Sell)?);
        match self.last_trade {
            Some((price, time)) if now.0 - time.0 <= MAX_TOUCH_AGE_MS => Some(element(&[bid, ask, price], 2)),
            _ => Some(nearest(bid + ask, 2)),
        }
    }

    /// Moves the averages, and gives the basis and the touch of now, in 2^-24 tick.
    fn move_averages(&mut self, now: Millis) -> (i128, Option<i128>) {
        let basis = self.basis.unwrap_or(Average::begin(0, now));
        let basis = match self.basis_sample() {
            Some(sample) => basis.follow(sample, BASIS, now),
            None => basis.follow(0, NO_BASIS, now),
        };
        self.basis = Some(basis);
        if self.touched.is_some_and(|last| now.0 - last.0 > MAX_TOUCH_AGE_MS) {
            self.touch = None;
        }
        let touch = self.touch_now(now).map(|ticks| ticks * ONE);
        if let Some(touch) = touch {
            let begins = Average::begin(self.index * ONE + basis.value, now);
            self.touch = Some(self.touch.map_or(begins, |average| average.follow(touch, TOUCH, now)));
            self.touched = Some(now);
        }
        (basis.value, touch)
    }
}

impl Exchange {
    /// Takes the new mark.
    pub(crate) fn move_mark(&mut self, id: MarketId, counting: &[Report]) {
        let (now, quorum) = (self.time, self.quorum);
        let perps: Vec<i128> = counting.iter().filter_map(|report| report.perp).collect();
        let perp = (perps.len() >= quorum).then(|| element(&perps, perps.len().div_ceil(2)) * ONE);
        let market = self.market_mut(id);
        let (basis, touch) = market.move_averages(now);
        let average = market.touch.map(|average| average.value);
        let first = market.index * ONE + basis;
        let price = match (touch, perp, average) {
            (Some(touch), Some(perp), _) => element(&[first, touch, perp], 2),
            (Some(second), None, Some(average)) | (None, Some(second), Some(average)) => {
                element(&[first, second, average], 2)
            }
            _ => first,
        };
        let b = market.reach_of_mark();
        let low = divide_up(market.index * (MILLION - b), MILLION);
        let high = divide_down(market.index * (MILLION + b), MILLION);
        market.mark = nearest(price, ONE).clamp(low, high).clamp(1, MAX_PRICE);
        market.mark_time = now;
        if market.quality == OracleState::Fresh {
            market.fresh_mark = market.mark;
        }
    }
}
