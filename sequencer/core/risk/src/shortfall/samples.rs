//! Rings and tables for tests.

use super::{FactorKind, RING_ROWS, Residual, Return, Ring, Stress};
use alloc::vec::Vec;

/// Numbers that look random and are the same every time (Knuth's linear congruential generator).
fn numbers(seed: u64) -> impl Iterator<Item = i64> {
    let mut state = seed;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64
    })
}

/// Residuals of up to six deviations either way, small ones more often.
pub(crate) fn ring(seed: u64) -> Ring {
    let mut numbers = numbers(seed);
    let mut rows = [Residual(0); RING_ROWS];
    for row in &mut rows {
        let thirds: i64 = numbers.by_ref().take(3).map(|n| n % 4_000_001 - 2_000_000).sum();
        *row = Residual::clipped(thirds);
    }
    Ring::new(rows)
}

/// 256 hours of up to 20% either way, of an alt.
pub(crate) fn stress(seed: u64) -> Stress {
    let rows: Vec<Return> = numbers(seed).take(256).map(|n| Return(n % 400_000_001 - 200_000_000)).collect();
    Stress::new(&rows, FactorKind::Alt).expect("256 rows fit")
}
