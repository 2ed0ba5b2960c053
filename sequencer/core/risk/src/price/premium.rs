//! Premium and funding of a market (risk.md 2.7, 2.8). Longs pay shorts when the rate is above zero.

use ballast_types::{MarketParams, PriceTicks, limits::MAX_PRICE, math::mul_div_floor};

/// Parts in a billion.
const BILLION: i64 = 1_000_000_000;
/// Interest in 8 hours: 0.01%, in ppb.
const INTEREST_8H: i64 = 100_000;
/// How far interest may pull the premium in 8 hours: 0.05%, in ppb.
const INTEREST_PULL_8H: i64 = 500_000;
/// What a step of the funding index is divided by, 60 minutes to the hour times ppb: a carry is below this.
pub const FUNDING_PARTS: u64 = 60 * BILLION.unsigned_abs();
const ACCRUAL_DIVISOR: i128 = FUNDING_PARTS as i128;
/// Largest kappa: that of whole coins and whole USDC.
const MAX_KAPPA: u32 = 1_000_000;

/// How far the book's impact prices lie outside the index, in ppb of it for 8 hours, rounded down and at most `8 * cap`
/// either way: `(max(0, bid - I) - max(0, I - ask)) * 10^9 / I`. A side that is undefined contributes 0. Prices are 1
/// to 2^40 ticks; `cap` is in ppb per hour. Source: risk.md 2.7.
///
/// # Panics
/// When the index is no price or the cap not within 0 to 10^9: a caller's bug.
#[must_use]
pub fn premium(
    index: PriceTicks,
    impact_bid: Option<PriceTicks>,
    impact_ask: Option<PriceTicks>,
    cap: i64,
) -> i64 {
    assert!(index.is_valid() && is_cap(cap));
    let above = impact_bid.map_or(0, |bid| bid.0.saturating_sub(index.0));
    let below = impact_ask.map_or(0, |ask| index.0.saturating_sub(ask.0));
    let ticks = i128::from(above) - i128::from(below);
    let most = 8 * cap;
    let exact = mul_div_floor(ticks, i128::from(BILLION), i128::from(index.0));
    exact.clamp(i128::from(-most), i128::from(most)) as i64
}

/// Most that funding takes in an hour, in ppb: half of the distance between the margins, exact. Source: risk.md 2.8.
///
/// # Panics
/// When maintenance is above initial margin, or that above 10^6 ppm: a caller's bug.
#[must_use]
pub fn funding_cap(params: &MarketParams) -> i64 {
    let (initial, maintenance) = (params.initial_margin, params.maintenance_margin);
    assert!(maintenance <= initial && initial.0 <= 1_000_000);
    i64::from(initial.0 - maintenance.0) * 500
}

/// Funding of an hour, in ppb, from the mean premium for 8 hours: an eighth of the premium and of the interest that
/// pulls it, rounded down, at most `cap` either way. Source: risk.md 2.8.
///
/// # Panics
/// When the cap is not within 0 to 10^9, or the premium beyond 8 * 10^9: a caller's bug.
#[must_use]
pub fn funding_rate(premium: i64, cap: i64) -> i64 {
    assert!(is_cap(cap) && premium.unsigned_abs() <= 8 * BILLION.unsigned_abs());
    let pull = (INTEREST_8H - premium).clamp(-INTEREST_PULL_8H, INTEREST_PULL_8H);
    (premium + pull).div_euclid(8).clamp(-cap, cap)
}

/// One minute of funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// What the funding index moves by, in u a lot.
    pub step: i64,
    /// What is not payable yet, in 1 / (60 * 10^9) u a lot, below that divisor. It is no cash.
    pub carry: u64,
}

/// One minute of funding at `rate` ppb an hour: `step = floor((rate * M * kappa + carry) / (60 * 10^9))`, and what is
/// left of the numerator is carried on, so that in the long run nothing is rounded. At most 2^55 u a lot: whether the
/// index stays within its bound is for the caller to see to. Source: risk.md 2.8.
///
/// # Panics
/// When the rate is beyond 10^9 ppb, the mark above 2^40 ticks, kappa above 10^6, or the carry not below 60 * 10^9: a
/// caller's bug.
#[must_use]
pub fn accrue(rate: i64, mark: PriceTicks, kappa: u32, carry: u64) -> Accrual {
    assert!(rate.unsigned_abs() <= BILLION.unsigned_abs() && mark.0 <= MAX_PRICE && kappa <= MAX_KAPPA);
    assert!(i128::from(carry) < ACCRUAL_DIVISOR);
    let due = i128::from(rate) * i128::from(mark.0) * i128::from(kappa) + i128::from(carry);
    let (step, carry) = (due.div_euclid(ACCRUAL_DIVISOR), due.rem_euclid(ACCRUAL_DIVISOR));
    // At most 2^30 * 2^40 * 2^20 / 2^35, and below the divisor.
    Accrual { step: i64::try_from(step).expect("a step is in bounds"), carry: carry.unsigned_abs() as u64 }
}

fn is_cap(cap: i64) -> bool {
    (0..=BILLION).contains(&cap)
}

#[cfg(test)]
mod tests;
