//! The index of a market: a median of what its publishers report (risk.md 2.3).

use ballast_types::{Ppm, PriceTicks, limits::PPM};

/// The index of `prices`, one for each publisher with a valid report; `None` when there is none. The order of the
/// prices does not matter, and they are left sorted.
///
/// The median of `n` prices is the one at `(n - 1) / 2` from below, so that it is a price that was reported and fewer
/// than half of them cannot move it beyond what the others say. Source: risk.md 2.3.
///
/// # Panics
/// When a price is not 1 to 2^40 ticks: a caller's bug.
pub fn index_of(prices: &mut [PriceTicks]) -> Option<PriceTicks> {
    prices.sort_unstable();
    let (lowest, highest) = (prices.first()?, prices.last()?);
    assert!(lowest.is_valid() && highest.is_valid(), "a reported price is one");
    Some(prices[(prices.len() - 1) / 2])
}

/// How far the quartiles of `prices`, which are sorted, lie apart, in ppm of `index`, 1 or more: rounded up, saturating.
/// Quartiles are by nearest rank: those at `ceil(n / 4) - 1` and `ceil(3 n / 4) - 1` of `n`. 0 without prices. Source:
/// risk.md 2.3.
#[must_use]
pub fn dispersion_of(prices: &[PriceTicks], index: PriceTicks) -> u64 {
    let count = prices.len();
    if count == 0 {
        return 0;
    }
    let spread = prices[(3 * count).div_ceil(4) - 1].0 - prices[count.div_ceil(4) - 1].0;
    let dispersion = (u128::from(spread) * u128::from(PPM.unsigned_abs())).div_ceil(index.0.into());
    u64::try_from(dispersion).unwrap_or(u64::MAX)
}

/// Whether the index went from `before` to `now` by more than `bound` of what it was: `|now - before| * 10^6 >
/// bound * before`, compared exactly. Any prices.
#[must_use]
pub fn has_jumped(before: PriceTicks, now: PriceTicks, bound: Ppm) -> bool {
    let step = u128::from(now.0.abs_diff(before.0));
    step * u128::from(PPM.unsigned_abs()) > u128::from(bound.0) * u128::from(before.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};
    use ballast_types::limits::MAX_PRICE;
    use proptest::prelude::*;

    fn index(prices: &[u64]) -> Option<(u64, u64)> {
        let mut prices: Vec<_> = prices.iter().copied().map(PriceTicks).collect();
        index_of(&mut prices).map(|index| (index.0, dispersion_of(&prices, index)))
    }

    #[test]
    fn nobody_reports_no_index() {
        assert_eq!(index(&[]), None);
    }

    #[test]
    fn one_or_two_reports() {
        assert_eq!(index(&[500]), Some((500, 0)));
        // Lower median 500; quartiles are both prices: 3 / 500.
        assert_eq!(index(&[503, 500]), Some((500, 6_000)));
    }

    #[test]
    fn several_reports() {
        // Sorted 1, 990, 995, 1000, 1002, 1004, 5000: quartiles at places 1 and 5.
        assert_eq!(index(&[1_004, 1, 1_000, 5_000, 990, 1_002, 995]), Some((1_000, 14_000)));
        // Four: places 0 and 2, of which the highest is none. (3 - 1) / 2.
        assert_eq!(index(&[9, 2, 1, 3]), Some((2, 1_000_000)));
        // Five: places 1 and 3, 1 / 3 of 10^6 rounded up.
        assert_eq!(index(&[3, 3, 4, 3, 9]), Some((3, 333_334)));
    }

    #[test]
    fn the_widest_spread_fits() {
        assert_eq!(index(&[1, 1, MAX_PRICE, MAX_PRICE]), Some((1, (MAX_PRICE - 1) * 1_000_000)));
    }

    #[test]
    fn a_dispersion_is_a_part_of_the_index_that_it_is_given() {
        let prices = [90, 99, 100].map(PriceTicks);
        assert_eq!(dispersion_of(&prices, PriceTicks(100)), 100_000);
        assert_eq!(dispersion_of(&[], PriceTicks(100)), 0);
    }

    #[test]
    fn a_jump_is_more_than_the_bound() {
        let jumped = |before, now| has_jumped(PriceTicks(before), PriceTicks(now), Ppm(30_000));
        assert!(!jumped(1_000, 1_030) && !jumped(1_000, 970) && !jumped(1_000, 1_000));
        assert!(jumped(1_000, 1_031) && jumped(1_000, 969));
        assert!(!jumped(MAX_PRICE, MAX_PRICE) && jumped(1, MAX_PRICE));
    }

    proptest! {
        #[test]
        fn the_median_has_enough_prices_on_either_side(
            prices in prop::collection::vec(1..2_000_u64, 1..17), turn in any::<prop::sample::Index>(),
        ) {
            let (price, dispersion) = index(&prices).expect("there are prices");
            let (count, below) = (prices.len(), prices.iter().filter(|&&p| p < price).count());
            let above = prices.iter().filter(|&&p| p > price).count();
            prop_assert!(prices.contains(&price) && 2 * below < count && 2 * above <= count);
            let range = prices.iter().max().unwrap() - prices.iter().min().unwrap();
            prop_assert!(dispersion <= (range * 1_000_000).div_ceil(price));
            let mut turned = prices.clone();
            turned.rotate_left(turn.index(count));
            prop_assert_eq!(index(&turned), Some((price, dispersion)));
        }

        /// INV-17: liars, fewer than half, leave the index among the honest prices.
        #[test]
        fn fewer_than_half_move_nothing_beyond_the_others(
            honest in prop::collection::vec(900..1_100_u64, 1..10),
            lies in prop::collection::vec(prop_oneof![1..10_u64, 1_000_000..MAX_PRICE], 0..10),
        ) {
            let lies = &lies[..lies.len().min(honest.len() - 1)];
            let all = [honest.as_slice(), lies].concat();
            let price = index(&all).expect("there are prices").0;
            prop_assert!(honest.iter().min() <= Some(&price) && Some(&price) <= honest.iter().max());
        }
    }

    #[test]
    fn the_prices_are_left_sorted() {
        let mut prices = vec![PriceTicks(3), PriceTicks(1), PriceTicks(2)];
        index_of(&mut prices);
        assert!(prices.is_sorted());
    }
}
