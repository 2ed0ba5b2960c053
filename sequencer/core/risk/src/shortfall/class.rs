//! What is known of a market of which nothing else is: its class, in the long run (risk.md 4.2, 12).
//!
//! Hours of a coin are like those of a Student's t with four degrees of freedom far out: the `j`-th worst of `N` is about
//! `(3 N / (2 j - 1))^(1/4)` standard deviations. Of eight years this puts the worst hour of bitcoin at -18%, half as much
//! again when it stands in for another's; it had -24.5% and -24.0% on 12 March 2020 (risk.md E6).

use super::{
    ClassProfile, FactorKind, HISTORICAL_STRESS_ROWS, RING_ROWS, Residual, Return, Ring, Sigma, Stress,
    stand_in,
};
use alloc::vec::Vec;
use ballast_types::{MarketClass, Ppm};

/// Hours of eight years, whose worst are the stress hours of a class.
const LONG_RUN: usize = 70_080;

impl ClassProfile {
    /// That of a class: no hours that its markets had in common, residuals of the law above in the order of their size, and
    /// the volatility at which their expected shortfall is the long-run one of an hour: 3.9% in A (bitcoin), 6.0% in B and C
    /// (risk.md 12), over the 4.574 standard deviations that the worst seven are on average.
    #[must_use]
    pub fn of(class: MarketClass) -> Self {
        let mut rows = [Residual(0); RING_ROWS];
        for (rank, row) in rows.iter_mut().enumerate() {
            *row = Residual::clipped(ranked(RING_ROWS, rank));
        }
        let sigma = match class {
            MarketClass::A => Sigma(8_530_000),
            MarketClass::B | MarketClass::C => Sigma(13_120_000),
        };
        let common = Ring::new([Residual(0); RING_ROWS]);
        Self { common, own: Ring::new(rows), beta: Ppm::WHOLE, sigma }
    }
}

/// The stress table of a market of this class that has none of its own: the worst hours of the class, which stand in, and the
/// synthetic ones of a coin that is not bitcoin, the harder.
pub(super) fn stress(class: MarketClass) -> Stress {
    let sigma = i128::from(ClassProfile::of(class).sigma.0);
    let history: Vec<Return> = (0..HISTORICAL_STRESS_ROWS)
        .map(|rank| {
            let residual = i128::from(ranked(LONG_RUN, rank));
            let size = sigma * residual.abs() / 1_000_000;
            stand_in(Return::clipped(size * residual.signum()), Ppm::WHOLE)
        })
        .collect();
    Stress::new(&history, FactorKind::Alt).expect("a table has so many rows")
}

/// Of the residuals of so many hours the one of this rank, 0 the lowest, 1 the highest, 2 the next to lowest, in millionths:
/// the size rounded down.
fn ranked(hours: usize, rank: usize) -> i64 {
    const SCALE: u128 = 1_000_000_000_000_000_000_000_000;
    let worse = 2 * (rank as u128 / 2) + 1;
    let size = (3 * hours as u128 * SCALE / worse).isqrt().isqrt();
    // Below 22 * 10^6.
    if rank.is_multiple_of(2) { -(size as i64) } else { size as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shortfall::{Factor, horizon_scale};

    #[test]
    fn the_worst_hours_of_a_month_and_of_eight_years() {
        let month = [0, 1, 2, 12, 13, 719].map(|rank| ranked(RING_ROWS, rank));
        assert_eq!(month, [-6_817_316, 6_817_316, -5_180_040, -3_590_274, 3_590_274, 1_316_531]);
        assert_eq!([0, 51].map(|rank| ranked(LONG_RUN, rank)), [-21_413_065, 8_012_836]);
    }

    #[test]
    fn in_the_long_run_the_core_is_that_of_the_specification() {
        for (class, long_run) in [(MarketClass::A, 39_000), (MarketClass::B, 60_000)] {
            let profile = ClassProfile::of(class);
            let unit = crate::shortfall::UNIT;
            let core =
                crate::shortfall::historical(unit, profile.sigma, Ppm::WHOLE, &Ring::at_listing(&profile));
            assert!((core.mean / 1_000_000).abs_diff(long_run) < 20, "{}", core.mean);
        }
    }

    #[test]
    fn what_a_market_of_each_class_asks_when_it_is_listed() {
        let asked = [MarketClass::A, MarketClass::B, MarketClass::C].map(|class| {
            let factor = Factor::of_class(class);
            factor.fractions(factor.volatility.raw(), horizon_scale(class.horizon())).larger().0
        });
        assert_eq!(asked, [53_582, 113_534, 145_964]);
    }
}
