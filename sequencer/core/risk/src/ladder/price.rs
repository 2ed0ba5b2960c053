//! Prices of forced orders (risk.md 5.5, 5.6). Each lies some way from the mark, down for an order that sells and up
//! for one that buys; the way is rounded down to the tick, so that the price is up when selling and down when buying.

use super::{holding::Holding, level::Health};
use crate::wide::{product, quotient_floor};
use ballast_types::{Lots, MarketParams, PriceTicks, Side, SizeLots, limits::MAX_PRICE, math::mul_div_floor};

/// `p0`: the price at which closing `closed` lots leaves health as it is, `M -+ E * Delta / (MMR * x * kappa)`: a fill
/// at it or better never lowers `E / MMR`. Beyond the mark where equity is negative. Within 1 to 2^40 ticks: the upper
/// bound is the one case in which health may fall, for a bankrupt long, or the lower for a short. Source: risk.md 5.5.
///
/// # Panics
/// When nothing or more than is held is closed, or there is no requirement: a caller's bug.
#[must_use]
pub fn zero_price(health: &Health, holding: &Holding<'_>, closed: SizeLots) -> PriceTicks {
    assert!(closed > SizeLots::ZERO && health.maintenance > 0);
    let freed = product(health.equity, holding.released(closed));
    let per_tick = product(health.maintenance, tick_value(holding.params, closed));
    away(holding.closing(), holding.mark, quotient_floor(freed, per_tick))
}

/// `pf`: the limit of the forced order, at the mark where health is 1 and 1.5 times the maintenance margin away from it
/// where there is no equity left: `M -+ M * rate * 1.5 * min(MMR, MMR - E) / MMR`. Within 1 to 2^40 ticks. It may be
/// beyond the zero price. Source: risk.md 5.5.
///
/// # Panics
/// When there is no requirement: a caller's bug.
#[must_use]
pub fn fillable_price(health: &Health, holding: &Holding<'_>) -> PriceTicks {
    assert!(health.maintenance > 0);
    // The spread to margin ratio is 3 / 2, the rate in millionths. Below 2^40 * 2^20 * 2^2.
    let widest = i128::from(holding.mark.0) * i128::from(holding.rate().0) * 3;
    let lacking = health.maintenance.saturating_sub(health.equity).clamp(0, health.maintenance);
    let way = quotient_floor(product(widest, lacking), product(health.maintenance, 2_000_000));
    away(holding.closing(), holding.mark, way)
}

/// The worst limit that the fund can bear: no worse than `fillable`, and so near the zero price that what the fund must
/// add for `size` lots is at most `claim` u. Within 1 to 2^40 ticks. Source: risk.md 5.5.
///
/// # Panics
/// When there are no lots, or the claim is negative: a caller's bug.
#[must_use]
pub fn affordable_limit(
    holding: &Holding<'_>,
    fillable: PriceTicks,
    zero: PriceTicks,
    size: SizeLots,
    claim: i128,
) -> PriceTicks {
    assert!(size > SizeLots::ZERO && claim >= 0);
    let side = holding.closing();
    let worst = away(side, zero, claim / tick_value(holding.params, size));
    better(side, fillable, worst)
}

/// `pt`: what the backstop pays for a position of an account with equity: the zero price, but at most half of the
/// maintenance margin away from the mark. Source: risk.md 5.6.
#[must_use]
pub fn takeover_price(holding: &Holding<'_>, zero: PriceTicks) -> PriceTicks {
    better(holding.closing(), zero, margin_away(holding, 2))
}

/// At what an account that exits is closed by those whose leave is not asked: half of the maintenance margin away from the
/// mark, or at the mark on `average` where that is worse for it and not 0. So a price that somebody made for a moment is no
/// way out, and whoever is closed is paid for it. Within 1 to 2^40 ticks.
#[must_use]
pub fn exit_price(holding: &Holding<'_>, average: PriceTicks) -> PriceTicks {
    let half = margin_away(holding, 2);
    if average.is_valid() { better(holding.closing().opposite(), half, average) } else { half }
}

/// Whether an account of this health gets no less healthy when `closed` lots of the holding are closed at `price`.
///
/// # Panics
/// As [`zero_price`].
#[must_use]
pub fn bears(health: &Health, holding: &Holding<'_>, closed: SizeLots, price: PriceTicks) -> bool {
    let zero = zero_price(health, holding, closed);
    health.equity > 0 && better(holding.closing(), price, zero) == price
}

/// What the backstop pays for a position of an account without equity: a quarter of the maintenance margin away from
/// the mark; the fund adds what is missing to the zero price. Source: risk.md 5.6.
#[must_use]
pub fn rescue_price(holding: &Holding<'_>) -> PriceTicks {
    margin_away(holding, 4)
}

/// The price that lies a `part` of the maintenance margin away from the mark.
fn margin_away(holding: &Holding<'_>, part: i128) -> PriceTicks {
    let way = mul_div_floor(holding.mark.0.into(), holding.rate().0.into(), part * 1_000_000);
    away(holding.closing(), holding.mark, way)
}

/// What one tick makes on so many lots, in u.
fn tick_value(params: &MarketParams, size: SizeLots) -> i128 {
    params.value(PriceTicks(1), Lots(size.0.cast_signed()))
}

/// The price `ticks` worse than another for whoever trades on `side`, within 1 to 2^40.
fn away(side: Side, price: PriceTicks, ticks: i128) -> PriceTicks {
    let price = i128::from(price.0);
    let worse = match side {
        Side::Sell => price.saturating_sub(ticks),
        Side::Buy => price.saturating_add(ticks),
    };
    PriceTicks(worse.clamp(1, MAX_PRICE.into()).unsigned_abs() as u64)
}

/// The better of two prices for whoever trades on `side`.
fn better(side: Side, a: PriceTicks, b: PriceTicks) -> PriceTicks {
    match side {
        Side::Sell => a.max(b),
        Side::Buy => a.min(b),
    }
}

#[cfg(test)]
mod tests;
