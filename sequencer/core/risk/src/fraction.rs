//! Fractions of amounts, in ppm, for amounts too large to be multiplied first.
//!
//! With `v = a * 10^6 + b`, `0 <= b < 10^6`: `v * f / 10^6 = a * f + b * f / 10^6`, exactly. What fits a word, as nearly
//! all of it does, is cut up there: a constant is divided by without a division then.

use ballast_types::{Ppm, limits::PPM};

const MILLION: u64 = PPM.unsigned_abs();

/// `value * fraction / 10^6`, rounded towards plus infinity. Any value whose result fits.
#[must_use]
#[inline]
pub(crate) fn fraction_ceil(value: i128, fraction: Ppm) -> i128 {
    let (whole, rest) = cut(value, fraction);
    whole + i128::from(rest.div_ceil(MILLION))
}

/// `value * fraction / 10^6`, rounded towards minus infinity. Any value whose result fits.
#[must_use]
#[inline]
pub(crate) fn fraction_floor(value: i128, fraction: Ppm) -> i128 {
    let (whole, rest) = cut(value, fraction);
    whole + i128::from(rest / MILLION)
}

/// `a * f` and `b * f`.
#[inline]
fn cut(value: i128, fraction: Ppm) -> (i128, u64) {
    let factor = u64::from(fraction.0);
    match u64::try_from(value) {
        Ok(word) => (i128::from(word / MILLION) * i128::from(factor), word % MILLION * factor),
        Err(_) => cut_wide(value, fraction),
    }
}

#[cold]
fn cut_wide(value: i128, fraction: Ppm) -> (i128, u64) {
    let million = i128::from(MILLION);
    let rest = value.rem_euclid(million).unsigned_abs() as u64;
    (value.div_euclid(million) * i128::from(fraction.0), rest * u64::from(fraction.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::math::{mul_div_ceil, mul_div_floor};
    use proptest::prelude::*;

    #[test]
    fn the_largest_value_at_the_largest_fraction_is_itself() {
        let one = Ppm(1_000_000);
        assert_eq!((fraction_ceil(1 << 120, one), fraction_floor(-(1 << 120), one)), (1 << 120, -(1 << 120)));
    }

    #[test]
    fn one_ppm_of_one_unit_rounds_outwards() {
        assert_eq!((fraction_ceil(1, Ppm(1)), fraction_floor(1, Ppm(1))), (1, 0));
        assert_eq!((fraction_ceil(-1, Ppm(1)), fraction_floor(-1, Ppm(1))), (0, -1));
    }

    proptest! {
        #[test]
        fn it_is_the_product_divided(
            value in -(1_i128 << 100)..1 << 100, shift in 0..100, ppm in 0..=1_000_000_u32,
        ) {
            let value = value >> shift;
            prop_assert_eq!(fraction_ceil(value, Ppm(ppm)), mul_div_ceil(value, ppm.into(), PPM.into()));
            prop_assert_eq!(fraction_floor(value, Ppm(ppm)), mul_div_floor(value, ppm.into(), PPM.into()));
        }

        /// Where a word ends, at whatever fraction.
        #[test]
        fn the_ends_of_a_word_are_cut_like_others(off in -2..=2_i128, ppm in any::<u32>()) {
            for value in [off, i128::from(i64::MIN) + off, i128::from(i64::MAX) + off, i128::from(u64::MAX) + off] {
                prop_assert_eq!(fraction_ceil(value, Ppm(ppm)), mul_div_ceil(value, ppm.into(), PPM.into()));
                prop_assert_eq!(fraction_floor(value, Ppm(ppm)), mul_div_floor(value, ppm.into(), PPM.into()));
            }
        }
    }
}
