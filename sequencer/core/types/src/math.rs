//! Division with its rounding in the name (risk.md 1.4). Divisors are positive.

/// `a * b / d` rounded towards minus infinity.
///
/// # Panics
/// When `d` is not positive, or the product leaves an `i128`: the bounds of risk.md 1.1 exclude both.
#[must_use]
#[inline]
pub const fn mul_div_floor(a: i128, b: i128, d: i128) -> i128 {
    assert!(d > 0);
    floor(a * b, d)
}

/// `a * b / d` rounded towards plus infinity: `-floor(-(a * b) / d)`.
///
/// # Panics
/// As [`mul_div_floor`].
#[must_use]
#[inline]
pub const fn mul_div_ceil(a: i128, b: i128, d: i128) -> i128 {
    assert!(d > 0);
    -floor(-(a * b), d)
}

/// `n / d` rounded towards minus infinity, `d` above zero. What fits 64 bits, as nearly all of it does, is divided
/// there: that takes a fraction of the time.
#[inline]
const fn floor(n: i128, d: i128) -> i128 {
    let (narrow_n, narrow_d) = (n as i64, d as i64);
    if narrow_n as i128 == n && narrow_d as i128 == d {
        narrow_n.div_euclid(narrow_d) as i128
    } else {
        n.div_euclid(d)
    }
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

    #[test]
    fn narrow_and_wide_divisions_agree() {
        let edges = [0, 1, -1, 7, -7, i128::from(i64::MAX), i128::from(i64::MIN)];
        for n in edges.into_iter().flat_map(|n| [n - 1, n, n + 1]) {
            for d in [1, 2, 3, 1_000_000, i128::from(i64::MAX), i128::from(i64::MAX) + 1, 1 << 100] {
                assert_eq!(floor(n, d), n.div_euclid(d), "{n} / {d}");
            }
        }
    }
}
