//! Fractions of amounts, in ppm, for amounts too large to be multiplied first.
//!
//! With `v = a * 10^6 + b`, `0 <= b < 10^6`: `v * f / 10^6 = a * f + b * f / 10^6`, exactly.

use ballast_types::{
    Ppm,
    limits::PPM,
    math::{mul_div_ceil, mul_div_floor},
};

const MILLION: i128 = PPM as i128;

/// `value * fraction / 10^6`, rounded towards plus infinity. Any value whose result fits.
#[must_use]
pub(crate) const fn fraction_ceil(value: i128, fraction: Ppm) -> i128 {
    let (whole, rest) = split(value);
    whole * fraction.0 as i128 + mul_div_ceil(rest, fraction.0 as i128, MILLION)
}

/// `value * fraction / 10^6`, rounded towards minus infinity. Any value whose result fits.
#[must_use]
pub(crate) const fn fraction_floor(value: i128, fraction: Ppm) -> i128 {
    let (whole, rest) = split(value);
    whole * fraction.0 as i128 + mul_div_floor(rest, fraction.0 as i128, MILLION)
}

/// `value * millionths / 10^6`, rounded towards plus infinity. `millionths` may be any number not below zero whose result
/// fits; the value is at most 2^100 either way.
#[must_use]
pub(crate) const fn scaled_ceil(value: i128, millionths: i128) -> i128 {
    let (whole, rest) = split(millionths);
    value * whole + mul_div_ceil(value, rest, MILLION)
}

/// Millions, and what is left, at least 0. In 64 bits where the value fits them: a constant is divided by without a
/// division there.
const fn split(value: i128) -> (i128, i128) {
    let narrow = value as i64;
    if narrow as i128 == value {
        (narrow.div_euclid(PPM) as i128, narrow.rem_euclid(PPM) as i128)
    } else {
        (value.div_euclid(MILLION), value.rem_euclid(MILLION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        fn it_is_the_product_divided(value in -(1_i128 << 100)..1 << 100, ppm in 0..=1_000_000_u32) {
            prop_assert_eq!(fraction_ceil(value, Ppm(ppm)), mul_div_ceil(value, ppm.into(), MILLION));
            prop_assert_eq!(fraction_floor(value, Ppm(ppm)), mul_div_floor(value, ppm.into(), MILLION));
        }

        #[test]
        fn scaled_it_is_the_product_divided(value in 0..1_i128 << 60, millionths in 0..1_i128 << 67) {
            prop_assert_eq!(scaled_ceil(value, millionths), mul_div_ceil(value, millionths, MILLION));
        }
    }
}
