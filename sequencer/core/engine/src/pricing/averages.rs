//! The averages that the mark follows (risk.md 2.5): of the basis, and of the touch.

use ballast_risk::price::{Pace, STEP_MS, basis_sample, blend, fixed, touch};
use ballast_state::Pricing;
use ballast_types::{Millis, Ppm, PriceTicks, limits::MAX_TOUCH_AGE_MS};

use crate::breakers::Top;

/// Moves the averages to `now`, and returns the touch, if there is one.
pub(super) fn follow(
    pricing: &mut Pricing,
    index: PriceTicks,
    top: Top,
    bound: Ppm,
    now: Millis,
) -> Option<PriceTicks> {
    let steps = steps(pricing, now);
    pricing.basis = match basis_sample(index, top.bid, top.ask, bound) {
        Some(sample) => blend(pricing.basis, sample, steps, Pace::Basis),
        None => blend(pricing.basis, 0, steps, Pace::Fade),
    };
    let last = Some(pricing.last).filter(|last| last.is_valid() && is_young(pricing.traded, now));
    if !is_young(pricing.touched, now) {
        pricing.touch = None;
    }
    let touch = touch(top.bid, top.ask, last)?;
    let sample = fixed(touch);
    let steps = steps_between(pricing.touched, now);
    // Who shows a touch where there was none moves no mark at once.
    let begins = fixed(index) + pricing.basis;
    pricing.touch = Some(pricing.touch.map_or(begins, |average| blend(average, sample, steps, Pace::Touch)));
    pricing.touched = now;
    Some(touch)
}

/// Whole steps since the basis last moved; what is left over counts for the next time.
const fn steps(pricing: &mut Pricing, now: Millis) -> u64 {
    let steps = now.since(pricing.averaged) / STEP_MS;
    pricing.averaged = Millis(pricing.averaged.0 + steps * STEP_MS);
    steps
}

/// Steps of Unix time that began after `then`, up to `now`: those since the touch's average moved, for it stands still
/// while there is no touch.
const fn steps_between(then: Millis, now: Millis) -> u64 {
    (now.0 / STEP_MS).saturating_sub(then.0 / STEP_MS)
}

const fn is_young(then: Millis, now: Millis) -> bool {
    now.since(then) <= MAX_TOUCH_AGE_MS
}
