//! Which position of an account is closed, and how much of it (risk.md 5.3).

use super::{holding::Holding, level::Health, price::fillable_price};
use crate::wide::{product, quotient_ceil, widen};
use alloc::vec::Vec;
use ballast_types::{Lots, MarketId, Ppm, SizeLots, math::mul_div_ceil};
use core::cmp::Reverse;

/// Smallest slice, and smallest rest, in u: 1,000 USDC.
const MIN_SLICE: i128 = 1_000_000_000;
/// Position that is closed at once, in u: 5,000 USDC.
const SMALL: i128 = 5_000_000_000;
/// Health below which a large position may be closed at any pace: 85%, as a fraction.
const HURRY: (i128, i128) = (17, 20);

/// In which order positions are closed: the largest maintenance margin first, of ties the lowest id. Source: risk.md 5.3.
#[must_use]
pub fn closing_order(margins: impl IntoIterator<Item = (MarketId, i128)>) -> Vec<MarketId> {
    let mut all: Vec<_> = margins.into_iter().map(|(market, margin)| (Reverse(margin), market)).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, market)| market).collect()
}

/// Lots to close so that health is 1.15 again, if they trade half way from the mark to the fillable price and pay a
/// `penalty`: `x = (1.15 MMR - E) / (M * kappa * (1.15 mm - pen - slip))`, rounded up, exact before. At least 1,000
/// USDC, and the whole position where that is at most 5,000 USDC, where less than 1,000 would be left, or where no lot
/// closed helps. `mm` is the rate of the highest tier that the position reaches: where more would be closed than lies in
/// that tier, health comes out lower and the next slice follows. At least 1 and at most what is held. Source: risk.md 5.3.
///
/// # Panics
/// When the account is not below maintenance: a caller's bug.
#[must_use]
pub fn lots_to_close(health: &Health, holding: &Holding<'_>, penalty: Ppm) -> SizeLots {
    assert!(health.equity < health.maintenance, "only an account below maintenance is liquidated");
    let (held, lot_value) = (holding.size.abs(), holding.lot_value());
    if holding.notional() <= SMALL {
        return held;
    }
    let needed = needed(health, holding, penalty).unwrap_or(i128::MAX);
    let slice = needed.max(mul_div_ceil(MIN_SLICE, 1, lot_value));
    let left = i128::from(held.0) - slice.min(held.0.into());
    let closed = if left * lot_value < MIN_SLICE { held.0 } else { held.0 - left.unsigned_abs() as u64 };
    SizeLots(closed)
}

/// Lots that bring health to 1.15, rounded up; `None` when no number does.
fn needed(health: &Health, holding: &Holding<'_>, penalty: Ppm) -> Option<i128> {
    // Times 20, as 1.15 is 23 / 20, and in the divisor times 10^6, as its rates are in ppm.
    let need = product(23, health.maintenance) - product(20, health.equity);
    let (mark, kappa) = (i128::from(holding.mark.0), i128::from(holding.params.kappa));
    let freed = 23 * i128::from(holding.marginal_rate().0) - 20 * i128::from(penalty.0);
    let way = i128::from(fillable_price(health, holding).0.abs_diff(holding.mark.0));
    // Half of the way is the slip. Below 2^20 * (2^40 * 2^37 + 2^40 * 2^24).
    let each = kappa * (mark * freed - 10_000_000 * way);
    (each > 0).then(|| quotient_ceil(need * widen(1_000_000), widen(each)))
}

/// What may be closed now of a position of which `closed` lots were closed in the last 5 s: all of it where it was
/// worth at most `big` u at the mark before that, or health is below 0.85; else a fifth of what it was, rounded up,
/// less what was closed. May be 0. Source: risk.md 5.3.
#[must_use]
pub fn paced(health: &Health, holding: &Holding<'_>, big: i128, closed: SizeLots) -> SizeLots {
    let held = holding.size.abs();
    // At most 2^46 each.
    let before = held.0 + closed.0;
    let worth = holding.params.value(holding.mark, Lots(before.cast_signed()));
    if worth <= big || health.is_below(HURRY.0, HURRY.1) {
        return held;
    }
    SizeLots(before.div_ceil(5).saturating_sub(closed.0)).min(held)
}

#[cfg(test)]
mod tests;
