//! From an hour to the time that a position takes to be closed (risk.md 4.6).

use ballast_types::Ppm;

/// The longest horizon, in minutes: a day, whose scale of 4.9 is within the bound of fractions.
pub const MAX_HORIZON: u16 = 1_440;
/// An hour, in minutes: what the residuals are of.
const HOUR: u64 = 60;
/// The tail of a quarter of an hour is thicker than the root of time says, by up to 9%.
const SHORT_SQUARE: u64 = 1_210_000_000_000;
const SQUARE: u64 = 1_000_000_000_000;

/// What an hour's requirement is multiplied by for a horizon of `minutes`, rounded up:
/// `1.1 * sqrt(h / 60)` below an hour, but never above 1, and `sqrt(h / 60)` from an hour on. At most 4.9, a day's.
#[must_use]
pub fn horizon_scale(minutes: u16) -> Ppm {
    let minutes = u64::from(minutes.min(MAX_HORIZON));
    let scale = if minutes < HOUR {
        root_ceil((SHORT_SQUARE * minutes).div_ceil(HOUR)).min(1_000_000)
    } else {
        root_ceil((SQUARE * minutes).div_ceil(HOUR))
    };
    // At most 4,898,980.
    Ppm(scale as u32)
}

/// The square root, rounded up.
fn root_ceil(square: u64) -> u64 {
    let root = square.isqrt();
    if root * root == square { root } else { root + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_a_b_and_c() {
        assert_eq!(horizon_scale(15), Ppm(550_000));
        assert_eq!(horizon_scale(30), Ppm(777_818));
        assert_eq!(horizon_scale(60), Ppm(1_000_000));
        assert_eq!(horizon_scale(240), Ppm(2_000_000));
    }

    #[test]
    fn a_longer_horizon_never_needs_less() {
        let scales: alloc::vec::Vec<Ppm> = (0..=u16::MAX).map(horizon_scale).collect();
        assert!(scales.is_sorted());
        assert_eq!((scales[0], scales[65_535]), (Ppm(0), horizon_scale(MAX_HORIZON)));
    }
}
