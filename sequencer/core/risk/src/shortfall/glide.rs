//! How fast what margin goes by may move: 2% an hour up, 1% an hour down (risk.md 3.9).

use super::Sigma;
use ballast_types::Ppm;

/// Per mille of what was an hour ago that there may be now.
const UP: u64 = 1_020;
/// Per mille of what was an hour ago that there must be now.
const DOWN: u64 = 990;
const WHOLE: u64 = 1_000;

/// Volatility an hour later: up to `102% + 1` ppb of `now` and down to 99%, both rounded down.
#[must_use]
pub(super) fn sigma(now: Sigma, target: Sigma) -> Sigma {
    if target > now {
        target.min(Sigma(now.0 * UP / WHOLE + 1))
    } else {
        target.max(Sigma(now.0 * DOWN / WHOLE))
    }
}

/// A maintenance fraction an hour later: up to `102% + 1` ppm of `now` and down to 99%, both rounded up, so it stays
/// where it is once it is below 100 ppm.
#[must_use]
pub(super) fn maintenance(now: Ppm, target: Ppm) -> Ppm {
    if target > now { target.min(Ppm(part(now, UP).saturating_add(1))) } else { eased(now, target) }
}

/// An initial fraction an hour later: `target` at once if that is more, and down to 99% of `now`, rounded up.
#[must_use]
pub(super) fn eased(now: Ppm, target: Ppm) -> Ppm {
    target.max(Ppm(part(now, DOWN)))
}

/// So many per mille of a fraction, rounded up. What does not fit is as much as fits: such a fraction does not exist.
fn part(fraction: Ppm, per_mille: u64) -> u32 {
    u32::try_from((u64::from(fraction.0) * per_mille).div_ceil(WHOLE)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_hour_by_hand() {
        assert_eq!(sigma(Sigma(1_000_050), Sigma(2_000_000)), Sigma(1_020_052));
        assert_eq!(sigma(Sigma(1_000_050), Sigma(0)), Sigma(990_049));
        assert_eq!(sigma(Sigma(1_000), Sigma(1_001)), Sigma(1_001));
        assert_eq!(maintenance(Ppm(20_001), Ppm(40_000)), Ppm(20_403));
        assert_eq!(maintenance(Ppm(20_001), Ppm(0)), Ppm(19_801));
        assert_eq!(eased(Ppm(20_001), Ppm(40_000)), Ppm(40_000));
        assert_eq!(eased(Ppm(20_001), Ppm(0)), Ppm(19_801));
    }

    proptest! {
        /// INV-15.
        #[test]
        fn a_maintenance_fraction_moves_towards_its_target_and_no_faster_than_it_may(
            now in 0..=5_000_000_u32, target in 0..=5_000_000_u32,
        ) {
            let next = maintenance(Ppm(now), Ppm(target)).0;
            prop_assert!(next <= (u64::from(now) * 102).div_ceil(100) as u32 + 1);
            prop_assert!(u64::from(next) * 100 >= u64::from(now) * 99);
            prop_assert!(next >= now.min(target) && next <= now.max(target));
            let initial = eased(Ppm(now), Ppm(target)).0;
            prop_assert!(initial >= target && u64::from(initial) * 100 >= u64::from(now) * 99);
            prop_assert!(initial <= now.max(target));
        }

        #[test]
        fn a_target_that_stays_is_reached(now in 100..=1_000_000_u32, target in 100..=1_000_000_u32) {
            let mut it = Ppm(now);
            for _ in 0..1_000 {
                it = maintenance(it, Ppm(target));
            }
            prop_assert_eq!(it, Ppm(target));
        }
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(maintenance(Ppm(u32::MAX), Ppm(u32::MAX)), Ppm(u32::MAX));
        assert_eq!(maintenance(Ppm(u32::MAX - 1), Ppm(u32::MAX)), Ppm(u32::MAX));
        assert_eq!(sigma(Sigma::MAX, Sigma::MAX), Sigma::MAX);
    }
}
