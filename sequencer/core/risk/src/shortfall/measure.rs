//! What a position may lose: the mean of the worst hours (risk.md 4.4).
//!
//! A mean of the worst `k` of a fixed list is coherent: more risk never needs less, twice the position needs twice as
//! much, and two positions together never need more than each for itself, but for the roundings.

use super::{Ring, Sigma, Stress};
use alloc::vec::Vec;
use ballast_types::{
    Ppm, Quote,
    limits::PPM,
    math::{mul_div_ceil, mul_div_floor},
};

/// How many of a ring's 720 losses are averaged: the worst 1%.
pub const HISTORICAL_TAIL: usize = 7;
/// A loss is in u; a notional times a volatility and a residual, or times a scale and a return, in 10^-15 of it.
const FEMTO: i128 = 1_000_000_000_000_000;

/// The worst end of a list of losses, in u.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The least of them: the value at risk.
    pub threshold: i128,
    /// Their mean, rounded up: the expected shortfall.
    pub mean: i128,
}

impl Tail {
    /// The `count` largest losses, all when there are fewer. No losses are a loss of nothing.
    #[must_use]
    pub fn of(mut losses: Vec<i128>, count: usize) -> Self {
        let count = count.min(losses.len());
        let Some(last) = count.checked_sub(1) else { return Self { threshold: 0, mean: 0 } };
        let (worse, threshold, _) = losses.select_nth_unstable_by(last, |a, b| b.cmp(a));
        let sum = worse.iter().sum::<i128>() + *threshold;
        Self { threshold: *threshold, mean: mul_div_ceil(sum, 1, count as i128) }
    }
}

/// A: what `notional`, short below zero, loses in the worst 1% of the ring's hours at a volatility of `sigma`. Each loss
/// is rounded up. Within the bounds of risk.md 1.1.
#[must_use]
pub fn historical(notional: Quote, sigma: Sigma, scale: Ppm, ring: &Ring) -> Tail {
    let scaled = mul_div_floor(i128::from(notional.0) * i128::from(sigma.0), scale.0.into(), PPM.into());
    let worst = worst(ring.rows().iter().map(|row| i64::from(row.0)), HISTORICAL_TAIL, notional);
    Tail::of(losses(scaled, &worst), HISTORICAL_TAIL)
}

/// S: what `notional`, short below zero, loses in the worst tenth of the stress hours. Each loss is rounded up.
#[must_use]
pub fn stressed(notional: Quote, scale: Ppm, stress: &Stress) -> Tail {
    let scaled = i128::from(notional.0) * i128::from(scale.0);
    let worst = worst(stress.rows().iter().map(|row| row.0), stress.tail(), notional);
    Tail::of(losses(scaled, &worst), stress.tail())
}

/// The `count` rows of which `notional` loses most: the lowest for a long, the highest for a short. A loss is monotonic in
/// its row, so no other is among the `count` largest, and the others need not be reckoned.
fn worst(rows: impl Iterator<Item = i64>, count: usize, notional: Quote) -> Vec<i64> {
    let mut rows: Vec<i64> = rows.collect();
    if count < rows.len() {
        if notional < Quote::ZERO {
            rows.select_nth_unstable_by(count, |a, b| b.cmp(a));
        } else {
            rows.select_nth_unstable(count);
        }
        rows.truncate(count);
    }
    rows
}

/// The losses of these rows, rounded up.
fn losses(scaled: i128, rows: &[i64]) -> Vec<i128> {
    rows.iter().map(|row| -(scaled * i128::from(*row)).div_euclid(FEMTO)).collect()
}

/// R, of A and S: a quarter is stress, when that is more: `max(A, ceil((3 A + S) / 4))`.
#[must_use]
pub fn blended(historical: i128, stressed: i128) -> i128 {
    historical.max(mul_div_ceil(3 * historical + stressed, 1, 4))
}

#[cfg(test)]
mod tests;
