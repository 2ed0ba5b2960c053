//! The mark of a market: the price at which positions are valued (risk.md 2.5).

use super::average::{FIXED_BITS, fixed};
use ballast_types::{
    Ppm, PriceTicks,
    limits::{MAX_PRICE, PPM},
    math::{mul_div_ceil, mul_div_floor},
};

const MILLION: i128 = PPM as i128;

/// What the mark is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// `I`, 1 to 2^40 ticks.
    pub index: PriceTicks,
    /// `e`: average of the book's distance from the index, in ticks times 2^24.
    pub basis: i128,
    /// The book's price now, see [`touch`].
    pub touch: Option<PriceTicks>,
    /// Average of the book's price over 30 s, in ticks times 2^24.
    pub touch_average: Option<i128>,
    /// Median of the perpetuals' prices elsewhere.
    pub external: Option<PriceTicks>,
    /// `b`: how far the mark may lie from the index, at most 10^6 ppm downwards.
    pub bound: Ppm,
}

/// The mark: the median of index and basis, the book's price and the price elsewhere, as far as they are defined, to
/// the nearest tick, ties to the even one, and then at most `bound` from the index, inward to the tick, within
/// 1 to 2^40. Where two of the three are defined the average of the book's price is the third, and without that, or
/// where only the first is defined, that one alone decides. Source: risk.md 2.5.
///
/// # Panics
/// When the index is no price: a caller's bug.
#[must_use]
pub fn mark(inputs: &Inputs) -> PriceTicks {
    assert!(inputs.index.is_valid(), "a mark needs an index");
    let first = fixed(inputs.index) + inputs.basis;
    let third = inputs.touch_average.unwrap_or(first);
    let raw = match (inputs.touch.map(fixed), inputs.external.map(fixed)) {
        (Some(touch), Some(external)) => median(first, touch, external),
        (Some(other), None) | (None, Some(other)) => median(first, other, third),
        (None, None) => first,
    };
    let (low, high) = mark_band(inputs.index, inputs.bound);
    PriceTicks(nearest_tick(raw).clamp(low, high).unsigned_abs() as u64)
}

/// The book's price: the median of best bid, best ask and last price, or without a last price the middle of the two,
/// to the nearest tick, ties to the even one. `None` unless there are both sides. The caller drops a last price that is
/// older than 60 s. Source: risk.md 2.5.
#[must_use]
pub fn touch(
    best_bid: Option<PriceTicks>,
    best_ask: Option<PriceTicks>,
    last: Option<PriceTicks>,
) -> Option<PriceTicks> {
    let (bid, ask) = (best_bid?, best_ask?);
    Some(match last {
        Some(last) => last.clamp(bid.min(ask), bid.max(ask)),
        None => PriceTicks(nearest_tick(middle(bid, ask)).unsigned_abs() as u64),
    })
}

/// The book's distance from the index, in ticks times 2^24, for the average that is the basis: the middle of bid and
/// ask less the index, exact, and at most `bound` of the index either way, rounded towards 0. `None` unless both lie
/// within twice `bound` of the index, compared exactly. Source: risk.md 2.5.
#[must_use]
pub fn basis_sample(
    index: PriceTicks,
    best_bid: Option<PriceTicks>,
    best_ask: Option<PriceTicks>,
    bound: Ppm,
) -> Option<i128> {
    let (bid, ask) = (best_bid?, best_ask?);
    let (most, bound) = (i128::from(index.0) * i128::from(bound.0), i128::from(bound.0));
    let is_near = |price: PriceTicks| i128::from(price.0.abs_diff(index.0)) * MILLION <= 2 * most;
    let limit = mul_div_floor(fixed(index), bound, MILLION);
    (is_near(bid) && is_near(ask)).then(|| (middle(bid, ask) - fixed(index)).clamp(-limit, limit))
}

/// Whether the exact middle of bid and ask lies further from the index than `bound` of it. Source: risk.md 6.3, CB1.
#[must_use]
pub fn is_outside(index: PriceTicks, bid: PriceTicks, ask: PriceTicks, bound: Ppm) -> bool {
    let (index, twice) = (i128::from(index.0), i128::from(bid.0) + i128::from(ask.0));
    (twice - 2 * index).abs() * MILLION > 2 * index * i128::from(bound.0)
}

/// Lowest and highest mark that the index admits, in ticks.
fn mark_band(index: PriceTicks, bound: Ppm) -> (i128, i128) {
    let (index, bound) = (i128::from(index.0), i128::from(bound.0));
    let low = mul_div_ceil(index, MILLION - bound.min(MILLION), MILLION).max(1);
    let high = mul_div_floor(index, MILLION + bound, MILLION).min(i128::from(MAX_PRICE));
    (low, high)
}

/// The middle of two prices in fixed point, exact.
fn middle(a: PriceTicks, b: PriceTicks) -> i128 {
    (fixed(a) + fixed(b)) / 2
}

/// A fixed-point price to the nearest tick, ties to the even one.
fn nearest_tick(price: i128) -> i128 {
    let (below, rest) = (price >> FIXED_BITS, price & ((1 << FIXED_BITS) - 1));
    let half = 1 << (FIXED_BITS - 1);
    below + i128::from(rest > half || rest == half && below & 1 == 1)
}

/// The one of three that lies between the others.
fn median(a: i128, b: i128, c: i128) -> i128 {
    c.clamp(a.min(b), a.max(b))
}

#[cfg(test)]
mod tests;
