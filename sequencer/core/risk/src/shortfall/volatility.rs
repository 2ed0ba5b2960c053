//! How much a factor moves in an hour: two exponential averages of squared returns, and a glided one (risk.md 4.2).

use super::{Residual, Return, Sigma, glide};
use borsh::{BorshDeserialize, BorshSerialize};

/// Weights are parts of 2^20.
const WEIGHT_BITS: u32 = 20;
/// What is kept of the fast average each hour: half is left after 24.
const FAST_WEIGHT: u128 = 1_018_725;
/// What is kept of the slow average each hour: half is left after 720.
const SLOW_WEIGHT: u128 = 1_047_567;
/// A residual is never measured against less than this, in ppb: 0.01%.
const LEAST_SIGMA: u64 = 100_000;
/// An hour counts for at most this many times the volatility in force. A sample is the index of a few seconds, which
/// somebody may have bought; one hour then at most doubles the volatility (1 + 100 * 29,851 / 2^20 is below 4). Who
/// crashes goes on moving, hour by hour, and the stress table has no such bound (risk.md 4.2, 4.3).
const MOST_SIGMAS: u64 = 10;

/// Variances in ppb^2, at most 9 * 10^18, and the volatility that maintenance margin goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Volatility {
    fast: u64,
    slow: u64,
    glided: Sigma,
}

impl Volatility {
    /// Both averages and the glided volatility at `sigma`, or at [`Sigma::MAX`] if that is less.
    #[must_use]
    pub fn new(sigma: Sigma) -> Self {
        let sigma = sigma.min(Sigma::MAX);
        Self { fast: sigma.0 * sigma.0, slow: sigma.0 * sigma.0, glided: sigma }
    }

    /// These variances, in ppb^2, at most 9 * 10^18 each, and this glided volatility.
    #[must_use]
    pub const fn of(fast: u64, slow: u64, glided: Sigma) -> Self {
        Self { fast, slow, glided }
    }

    /// The fast and the slow variance, in ppb^2.
    #[must_use]
    pub const fn variances(&self) -> [u64; 2] {
        [self.fast, self.slow]
    }

    /// The volatility of the last day or so, rounded down.
    #[must_use]
    pub const fn fast(&self) -> Sigma {
        Sigma(self.fast.isqrt())
    }

    /// The volatility of the last months, rounded down.
    #[must_use]
    pub const fn slow(&self) -> Sigma {
        Sigma(self.slow.isqrt())
    }

    /// The larger of the two: a calm day does not make the market forget.
    #[must_use]
    pub fn raw(&self) -> Sigma {
        self.fast().max(self.slow())
    }

    /// What follows [`Self::raw`] by at most 2% up and 1% down an hour.
    #[must_use]
    pub const fn glided(&self) -> Sigma {
        self.glided
    }

    /// `r`, held within ten times the volatility in force, [`Self::raw`], as it is known before `r`.
    #[must_use]
    pub fn bounded(&self, r: Return) -> Return {
        // Below 10^11.
        let most = (self.raw().0.max(LEAST_SIGMA) * MOST_SIGMAS) as i64;
        Return(r.0.clamp(-most, most))
    }

    /// `r` in millionths of the fast volatility as it is known before `r`: rounded down, then clipped.
    #[must_use]
    pub fn residual(&self, r: Return) -> Residual {
        // Both fit: a return of at most 3 * 10^9 times 10^6, a root below 2^32.
        let sigma = self.fast().0.max(LEAST_SIGMA) as i64;
        Residual::clipped((r.0 * 1_000_000).div_euclid(sigma))
    }

    /// Takes an hour's return in.
    pub fn update(&mut self, r: Return) {
        self.fast = averaged(self.fast, r, FAST_WEIGHT);
        self.slow = averaged(self.slow, r, SLOW_WEIGHT);
        self.glided = glide::sigma(self.glided, self.raw());
    }
}

/// `(weight * variance + (2^20 - weight) * r^2) / 2^20`, rounded down: between the two, so it fits where they do.
fn averaged(variance: u64, r: Return, weight: u128) -> u64 {
    let square = u128::from(r.0.unsigned_abs()) * u128::from(r.0.unsigned_abs());
    ((weight * u128::from(variance) + ((1 << WEIGHT_BITS) - weight) * square) >> WEIGHT_BITS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_hour_by_hand() {
        // 1% volatility, then +2%: 2 sigma; fast variance (1018725 * 10^14 + 29851 * 4 * 10^14) / 2^20.
        let mut it = Volatility::new(Sigma(10_000_000));
        assert_eq!(it.residual(Return(20_000_000)), Residual(2_000_000));
        it.update(Return(20_000_000));
        assert_eq!(it.fast, 108_540_439_605_712);
        assert_eq!(it.fast(), Sigma(10_418_274));
        // (1047567 + 1009 * 4) * 10^14 / 2^20.
        assert_eq!(it.slow, 100_288_677_215_576);
        assert_eq!((it.slow(), it.raw()), (Sigma(10_014_423), Sigma(10_418_274)));
        assert_eq!(it.glided(), Sigma(10_200_001));
    }

    /// A price that was moved for ten seconds raised maintenance margin by its glide for days.
    #[test]
    fn an_hour_of_thirty_sigma_would_have_taken_the_volatility_to_five_times_what_it_was() {
        let calm = Volatility::new(Sigma(10_000_000));
        let moved = Return(300_000_000);
        assert_eq!(calm.bounded(moved), Return(100_000_000));
        assert_eq!(calm.bounded(Return(-100_000_001)), Return(-100_000_000));
        assert_eq!(calm.bounded(Return(99_999_999)), Return(99_999_999));
        let (mut bounded, mut unbounded) = (calm, calm);
        bounded.update(calm.bounded(moved));
        unbounded.update(moved);
        assert_eq!((bounded.raw(), unbounded.raw()), (Sigma(19_540_586), Sigma(51_568_256)));
        // What goes on moving is followed: in three hours by more than the eightfold.
        for _ in 0..2 {
            bounded.update(bounded.bounded(moved));
        }
        assert!(bounded.raw() > Sigma(55_000_000), "{bounded:?}");
        // The larger of the two volatilities counts, and never less than a hundredth of a percent.
        assert_eq!(Volatility::of(0, 10_000_000_u64.pow(2), Sigma(0)).bounded(moved), Return(100_000_000));
        assert_eq!(Volatility::new(Sigma(0)).bounded(moved), Return(1_000_000));
    }

    #[test]
    fn half_is_left_after_24_and_720_quiet_hours() {
        let mut it = Volatility::new(Sigma(10_000_000));
        for _ in 0..24 {
            it.update(Return(0));
        }
        assert!(it.fast.abs_diff(50_000_000_000_000) < 50_000_000_000, "{}", it.fast);
        for _ in 24..720 {
            it.update(Return(0));
        }
        assert!(it.slow.abs_diff(50_000_000_000_000) < 50_000_000_000, "{}", it.slow);
        assert_eq!(it.raw(), it.slow());
    }

    #[test]
    fn residuals_of_a_market_that_stood_still_are_measured_against_a_hundredth_of_a_percent() {
        let still = Volatility::new(Sigma(0));
        assert_eq!(still.residual(Return(100_000)), Residual(1_000_000));
        assert_eq!(still.residual(Return::MAX), Residual::MAX);
        assert_eq!(still.residual(Return(-1)), Residual(-10));
    }

    #[test]
    fn the_largest_returns_for_ever_fit() {
        let mut it = Volatility::new(Sigma(u64::MAX));
        for r in [Return::MAX, Return::MIN].into_iter().cycle().take(1_000) {
            it.update(r);
            assert!(it.raw() <= Sigma::MAX && it.glided() <= Sigma::MAX);
        }
    }

    proptest! {
        #[test]
        fn an_average_lies_between_what_it_averages(
            sigma in 0..=Sigma::MAX.0, r in Return::MIN.0..=Return::MAX.0,
        ) {
            let mut it = Volatility::new(Sigma(sigma));
            let (variance, square) = (it.fast, r.unsigned_abs() * r.unsigned_abs());
            it.update(Return(r));
            for average in [it.fast, it.slow] {
                prop_assert!(average >= variance.min(square).saturating_sub(1) && average <= variance.max(square));
            }
            prop_assert!(it.glided().0 <= sigma * 102 / 100 + 1);
            prop_assert!(it.glided().0 >= sigma * 99 / 100);
        }
    }
}
