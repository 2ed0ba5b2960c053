//! Arithmetic (protocol, "Numbers"): everything in 128 bits, ratios in 256, rounding as the table says.

use alloy_primitives::{I256, U256};
use ballast_types::{Quote, RejectCode, Rejection};

/// 2^60: the bound of money, in u.
pub(crate) const MAX_MONEY: i128 = 1 << 60;
/// 2^46: the bound of sizes and positions, in lots.
pub(crate) const MAX_LOTS: i128 = 1 << 46;
/// 2^40: the highest price, in ticks.
pub(crate) const MAX_PRICE: i128 = 1 << 40;
/// Parts in a fraction.
pub(crate) const MILLION: i128 = 1_000_000;

/// `a / b` towards minus infinity, for a positive `b`.
pub(crate) const fn divide_down(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b < 0 { quotient - 1 } else { quotient }
}

/// `a / b` towards plus infinity, for a positive `b`.
pub(crate) const fn divide_up(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b > 0 { quotient + 1 } else { quotient }
}

/// The product of the factors, in 256 bits.
fn product(factors: &[i128]) -> I256 {
    let wide = |x: i128| I256::try_from(x).expect("128 bits fit 256");
    factors.iter().fold(I256::ONE, |all, factor| all * wide(*factor))
}

/// The product of `above` by that of `below`, which is above zero, towards minus infinity.
pub(crate) fn ratio_down(above: &[i128], below: &[i128]) -> i128 {
    let (a, b) = (product(above), product(below));
    let quotient = a / b;
    let whole = if (a % b).is_negative() { quotient - I256::ONE } else { quotient };
    i128::try_from(whole).expect("a ratio of amounts fits 128 bits")
}

/// `ratio_down` towards plus infinity.
pub(crate) fn ratio_up(above: &[i128], below: &[i128]) -> i128 {
    let negated = [&[-1], above].concat();
    -ratio_down(&negated, below)
}

/// `a * b >= c * d`, in 256 bits.
pub(crate) fn product_not_less(a: i128, b: i128, c: i128, d: i128) -> bool {
    let wide = |x: i128| I256::try_from(x).expect("128 bits fit 256");
    wide(a) * wide(b) >= wide(c) * wide(d)
}

/// A number that is not below zero, in 256 bits.
pub(crate) fn unsigned_wide(x: i128) -> U256 {
    U256::from(u128::try_from(x).expect("not below zero"))
}

/// Whether this is an amount of money within its bound.
pub(crate) const fn is_money(u: i128) -> bool {
    u >= -MAX_MONEY && u <= MAX_MONEY
}

/// Money as events tell it; it was checked to lie within its bound.
pub(crate) fn quote(u: i128) -> Quote {
    assert!(is_money(u), "{u} u is out of bounds");
    Quote(i64::try_from(u).expect("2^60 fits 64 bits"))
}

/// An unsigned number as 64 bits; it was checked to lie within its bound.
pub(crate) fn unsigned(x: i128) -> u64 {
    u64::try_from(x).expect("checked: not below zero")
}

/// A refusal with value and limit.
pub(crate) fn refuse<T>(
    code: RejectCode,
    value: impl Into<i128>,
    limit: impl Into<i128>,
) -> Result<T, Rejection> {
    Err(Rejection { code, value: value.into(), limit: limit.into() })
}

/// A refusal without numbers.
pub(crate) fn refuse_plainly<T>(code: RejectCode) -> Result<T, Rejection> {
    refuse(code, 0, 0)
}
