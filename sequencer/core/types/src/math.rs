//! Division with its rounding in the name (risk.md 1.4). Divisors are positive.

/// `a * b / d` rounded towards minus infinity.
///
/// # Panics
/// When `d` is not positive, or the product leaves an `i128`: the bounds of risk.md 1.1 exclude both.
#[must_use]
pub const fn mul_div_floor(a: i128, b: i128, d: i128) -> i128 {
    assert!(d > 0);
    (a * b).div_euclid(d)
}

/// `a * b / d` rounded towards plus infinity: `-floor(-(a * b) / d)`.
///
/// # Panics
/// As [`mul_div_floor`].
#[must_use]
pub const fn mul_div_ceil(a: i128, b: i128, d: i128) -> i128 {
    assert!(d > 0);
    -(-(a * b)).div_euclid(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_and_ceil_round_outwards_for_both_signs() {
        assert_eq!((mul_div_floor(7, 1, 2), mul_div_ceil(7, 1, 2)), (3, 4));
        assert_eq!((mul_div_floor(-7, 1, 2), mul_div_ceil(-7, 1, 2)), (-4, -3));
        assert_eq!((mul_div_floor(-8, 1, 2), mul_div_ceil(-8, 1, 2)), (-4, -4));
    }
}
