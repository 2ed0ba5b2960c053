//! A position that is closed by force.

use crate::requirement::{maintenance_margin, marginal_maintenance};
use ballast_types::{
    Lots, MarketParams, Ppm, PriceTicks, Side, SizeLots,
    limits::{MAX_SIZE, PPM},
    math::mul_div_ceil,
};

/// An account's position in one market, at the mark.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The market.
    pub params: &'a MarketParams,
    /// Its maintenance margin in force as a fraction of notional, before tiers.
    pub maintenance: Ppm,
    /// Its mark, `M`, 1 to 2^40 ticks.
    pub mark: PriceTicks,
    /// Signed size, not 0, at most 2^46 lots either way.
    pub size: Lots,
}

impl Holding<'_> {
    /// Side of the order that closes it.
    #[must_use]
    pub const fn closing(&self) -> Side {
        if self.size.0 > 0 { Side::Sell } else { Side::Buy }
    }

    /// What a lot is worth at the mark, in u: exact.
    #[must_use]
    pub fn lot_value(&self) -> i128 {
        self.params.value(self.mark, Lots(1))
    }

    /// `N`: what the position is worth at the mark without its sign, in u, exact.
    #[must_use]
    pub fn notional(&self) -> i128 {
        self.params.value(self.mark, self.size).abs()
    }

    /// `MM_i(q)`: maintenance margin of the position, in u, rounded up.
    #[must_use]
    pub fn margin(&self) -> i128 {
        maintenance_margin(self.params, self.maintenance, self.mark, self.size.abs())
    }

    /// `Delta = MM_i(q) - MM_i(q - x)`: what closing `closed` lots frees of the requirement, in u; the difference of
    /// two that are rounded up.
    ///
    /// # Panics
    /// When there are fewer lots: a caller's bug.
    #[must_use]
    pub fn released(&self, closed: SizeLots) -> i128 {
        let held = self.size.abs();
        assert!(held.0 <= MAX_SIZE && closed <= held, "no more is closed than is held");
        let left = SizeLots(held.0 - closed.0);
        self.margin() - maintenance_margin(self.params, self.maintenance, self.mark, left)
    }

    /// `mm_bar`: margin of its last lot as a part of what that is worth, which closing it frees first.
    #[must_use]
    pub fn marginal_rate(&self) -> Ppm {
        marginal_maintenance(self.params, self.maintenance, self.size)
    }

    /// `rate_bar = MM_i * 10^6 / N_i`: margin of the position as a part of what it is worth, rounded up; at most
    /// 10^6 ppm. 0 when it is worth nothing.
    #[must_use]
    pub fn rate(&self) -> Ppm {
        match self.notional() {
            0 => Ppm(0),
            // A fraction of at most 100% rounded up to the unit is at most the notional, itself a whole number.
            notional => Ppm(mul_div_ceil(self.margin(), PPM.into(), notional).unsigned_abs() as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{bitcoin, market};
    use alloc::vec;
    use ballast_types::MarginTier;

    #[test]
    fn a_short_of_one_bitcoin() {
        let params = bitcoin();
        let short = Holding {
            params: &params,
            maintenance: params.maintenance_margin,
            mark: PriceTicks(500_000),
            size: Lots(-100_000),
        };
        assert_eq!(
            (short.closing(), short.lot_value(), short.notional()),
            (Side::Buy, 500_000, 50_000_000_000)
        );
        assert_eq!((short.margin(), short.rate()), (500_000_000, Ppm(10_000)));
        assert_eq!(
            [0, 1, 50_000, 100_000].map(|x| short.released(SizeLots(x))),
            [0, 5_000, 250_000_000, 500_000_000]
        );
    }

    #[test]
    fn margins_round_up_and_so_does_the_rate() {
        let params = bitcoin();
        // 1% of 3 lots at 50 is 1.5, of 2 lots 1.
        let long = Holding {
            params: &params,
            maintenance: params.maintenance_margin,
            mark: PriceTicks(50),
            size: Lots(3),
        };
        assert_eq!((long.closing(), long.margin(), long.rate()), (Side::Sell, 2, Ppm(13_334)));
        assert_eq!([1, 2, 3].map(|x| long.released(SizeLots(x))), [1, 1, 2]);
        let tiny = Holding {
            params: &params,
            maintenance: params.maintenance_margin,
            mark: PriceTicks(1),
            size: Lots(1),
        };
        assert_eq!(tiny.rate(), Ppm(1_000_000));
    }

    #[test]
    fn a_large_position_frees_more_at_its_end_than_it_needs_on_average() {
        let tier = MarginTier::fixed(SizeLots(40_000), Ppm(2_500_000));
        let params = MarketParams { margin_tiers: vec![tier], ..bitcoin() };
        let long = Holding {
            params: &params,
            maintenance: params.maintenance_margin,
            mark: PriceTicks(500_000),
            size: Lots(100_000),
        };
        // 40,000 lots at 1% and 60,000 at 2.5%, of half a USDC each.
        assert_eq!(
            (long.margin(), long.rate(), long.marginal_rate()),
            (950_000_000, Ppm(19_000), Ppm(25_000))
        );
        assert_eq!(
            [1, 60_000, 60_001].map(|x| long.released(SizeLots(x))),
            [12_500, 750_000_000, 750_005_000]
        );
        let small = Holding { size: Lots(-40_000), ..long };
        assert_eq!((small.rate(), small.marginal_rate()), (Ppm(10_000), Ppm(10_000)));
    }

    #[test]
    fn the_largest_position_fits() {
        let params = market(1_000_000, 1_000_000);
        let most = Holding {
            params: &params,
            maintenance: params.maintenance_margin,
            mark: PriceTicks(1 << 40),
            size: Lots(-(1 << 46)),
        };
        assert_eq!((most.margin(), most.rate()), ((1 << 86) * 1_000_000, Ppm(1_000_000)));
    }
}
