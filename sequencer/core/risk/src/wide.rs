//! Products of two amounts. An amount may be up to 2^125 (see the crate), so that they are formed in 256 bits.

use alloy_primitives::{I256, U256};
use core::cmp::Ordering;

/// `a * b`: at most 2^254, so it cannot overflow.
pub(crate) fn product(a: i128, b: i128) -> I256 {
    widen(a) * widen(b)
}

/// The value in 256 bits.
pub(crate) fn widen(value: i128) -> I256 {
    let magnitude = I256::from_raw(U256::from(value.unsigned_abs()));
    if value < 0 { -magnitude } else { magnitude }
}

/// `n / d` rounded towards minus infinity; at the ends of an `i128` where it is beyond them.
///
/// # Panics
/// When `d` is not positive: a caller's bug.
pub(crate) fn quotient_floor(n: I256, d: I256) -> i128 {
    assert!(d > I256::ZERO, "a divisor is positive");
    let end = if n.is_negative() { i128::MIN } else { i128::MAX };
    i128::try_from(n.div_euclid(d)).unwrap_or(end)
}

/// `n / d` rounded towards plus infinity; at the ends of an `i128` where it is beyond them.
///
/// # Panics
/// As [`quotient_floor`].
pub(crate) fn quotient_ceil(n: I256, d: I256) -> i128 {
    quotient_floor(-n, d).saturating_neg()
}

/// How `a * b` compares with `c * d`, any of which may be negative.
pub(crate) fn compare_signed(a: i128, b: i128, c: i128, d: i128) -> Ordering {
    match (a.checked_mul(b), c.checked_mul(d)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => product(a, b).cmp(&product(c, d)),
    }
}

/// How `a * b` compares with `c * d`.
pub(crate) fn compare_products(a: u128, b: u128, c: u128, d: u128) -> Ordering {
    match (a.checked_mul(b), c.checked_mul(d)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => (U256::from(a) * U256::from(b)).cmp(&(U256::from(c) * U256::from(d))),
    }
}

/// `a * b / d`, and what is left of it, for a quotient that fits.
///
/// # Panics
/// When `d` is 0 or the quotient does not fit: a caller's bug.
pub(crate) fn mul_div_rem(a: u128, b: u128, d: u128) -> (u128, u128) {
    assert!(d > 0, "a divisor is positive");
    if let Some(product) = a.checked_mul(b) {
        return (product / d, product % d);
    }
    let (quotient, rest) = (U256::from(a) * U256::from(b)).div_rem(U256::from(d));
    let narrow = |value: U256| u128::try_from(value).expect("a share fits");
    (narrow(quotient), narrow(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotients_round_outwards_for_both_signs() {
        let of = |n, d| (quotient_floor(widen(n), widen(d)), quotient_ceil(widen(n), widen(d)));
        assert_eq!([of(7, 2), of(-7, 2), of(-8, 2), of(0, 9)], [(3, 4), (-4, -3), (-4, -4), (0, 0)]);
    }

    #[test]
    fn what_does_not_fit_stays_at_the_end() {
        let one = widen(1);
        let most = product(i128::MIN, i128::MIN);
        assert_eq!((quotient_floor(most, one), quotient_floor(-most, one)), (i128::MAX, i128::MIN));
        assert_eq!((quotient_ceil(most, one), quotient_ceil(-most, one)), (i128::MAX, -i128::MAX));
        assert_eq!(quotient_floor(most, product(i128::MAX, i128::MAX)), 1);
    }

    proptest! {
        #[test]
        fn products_are_exact(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(product(a.into(), b.into()), widen(i128::from(a) * i128::from(b)));
        }

        #[test]
        fn products_of_any_two_numbers_fit_and_keep_their_sign(a in any::<i128>(), b in any::<i128>()) {
            let sign = i8::try_from(a.signum() * b.signum()).unwrap();
            let zero = I256::ZERO;
            prop_assert_eq!(product(a, b).cmp(&zero), sign.cmp(&0));
            prop_assert_eq!(product(a, b), product(b, a));
        }

        #[test]
        fn signed_products_compare_as_in_256_bits(
            a in any::<i128>(), b in any::<i128>(), c in any::<i128>(), d in any::<i128>(), narrow in 0..128_u32,
        ) {
            let [a, b, c, d] = [a, b, c, d].map(|value| value >> narrow);
            prop_assert_eq!(compare_signed(a, b, c, d), product(a, b).cmp(&product(c, d)));
            prop_assert_eq!(compare_signed(a, b, a, b), Ordering::Equal);
        }

        #[test]
        fn narrow_and_wide_agree(a in any::<u64>(), b in any::<u64>(), c in any::<u64>(), d in 1..=u64::MAX) {
            let [a, b, c, d] = [a, b, c, d].map(u128::from);
            let wide = |a: u128, b: u128| U256::from(a) * U256::from(b);
            prop_assert_eq!(compare_products(a, b, c, d), wide(a, b).cmp(&wide(c, d)));
            // The same 2^64 times as large, which is above 128 bits.
            prop_assert_eq!(compare_products(a << 64, b, c << 64, d), (a * b).cmp(&(c * d)));
            let (quotient, rest) = mul_div_rem(a, b, d);
            prop_assert_eq!((quotient * d + rest, rest < d), (a * b, true));
            prop_assert_eq!(mul_div_rem(a << 63, b, d << 63), (quotient, rest << 63));
        }
    }
}
