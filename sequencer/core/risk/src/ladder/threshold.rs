//! At which mark an account falls below maintenance, when nothing else moves.

use super::holding::Holding;
use ballast_types::{PriceTicks, limits::MAX_PRICE};

/// The mark nearest to the present one at which the account has less than its maintenance margin: the highest for a long,
/// the lowest for a short; `None` where there is none from 1 to 2^40 ticks. `slack` is what it has above maintenance now,
/// in u, `E - MMR`; below zero it is liquidated at the present mark already. Exact, as long as other marks, funding and
/// its positions stay as they are. Source: risk.md 5.2.
#[must_use]
pub fn liquidation_mark(holding: &Holding<'_>, slack: i128) -> Option<PriceTicks> {
    if slack < 0 {
        return Some(holding.mark);
    }
    let is_below = |mark: u64| {
        let then = Holding { mark: PriceTicks(mark), ..*holding };
        let value = |at: &Holding<'_>| at.params.value(at.mark, at.size);
        slack + value(&then) - value(holding) - then.margin() + holding.margin() < 0
    };
    // Margin is at most the notional, so that what is left falls towards the end of the scale, tick by tick.
    let (near, far) = (holding.mark.0, if holding.size.0 > 0 { 1 } else { MAX_PRICE });
    if !is_below(far) {
        return None;
    }
    let (mut safe, mut below) = (near, far);
    while safe.abs_diff(below) > 1 {
        let middle = u64::midpoint(safe, below);
        if is_below(middle) { below = middle } else { safe = middle }
    }
    Some(PriceTicks(below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{bitcoin, market};
    use ballast_types::Lots;
    use proptest::prelude::*;

    #[test]
    fn a_long_and_a_short_of_one_bitcoin() {
        let params = bitcoin();
        let mark = PriceTicks(500_000);
        // 50,000 USDC each, 500 of maintenance: with 495 more, a long is there 500 lower, where it needs 495.
        let long =
            Holding { params: &params, maintenance: params.maintenance_margin, mark, size: Lots(100_000) };
        assert_eq!(liquidation_mark(&long, 495_000_000), Some(PriceTicks(494_999)));
        assert_eq!(liquidation_mark(&long, -1), Some(mark));
        let short =
            Holding { params: &params, maintenance: params.maintenance_margin, mark, size: Lots(-100_000) };
        assert_eq!(liquidation_mark(&short, 505_000_000), Some(PriceTicks(505_001)));
        // With all that it is worth behind it nothing happens to a long.
        assert_eq!(liquidation_mark(&long, 50_000_000_000), None);
    }

    proptest! {
        #[test]
        fn there_it_is_below_and_a_tick_before_it_is_not(
            mark in 1..1_000_000_u64, size in 1..1_000_000_i64, is_long in any::<bool>(),
            slack in 0..1_i128 << 60, rate in 1..=1_000_000_u32,
        ) {
            let params = market(rate, rate);
            let size = Lots(if is_long { size } else { -size });
            let holding = Holding { params: &params, maintenance: params.maintenance_margin, mark: PriceTicks(mark), size };
            let left = |at: u64| {
                let then = Holding { mark: PriceTicks(at), ..holding };
                let worth = |it: &Holding<'_>| params.value(it.mark, it.size) - it.margin();
                slack + worth(&then) - worth(&holding)
            };
            match liquidation_mark(&holding, slack) {
                Some(at) => {
                    let before = if is_long { at.0 + 1 } else { at.0 - 1 };
                    prop_assert!(left(at.0) < 0 && left(before) >= 0);
                }
                None => {
                    let end = if is_long { 1 } else { MAX_PRICE };
                    prop_assert!(left(end) >= 0);
                }
            }
        }
    }
}
