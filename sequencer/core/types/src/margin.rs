//! What an account needs of a market's fraction (risk.md 3.3, 3.4), and tiers, by which margin grows faster than the
//! position (risk.md 3.2).

use crate::{
    limits::{MAX_AMOUNT, MAX_MARGIN_TIERS, MAX_SIZE, MAX_TIER_MULTIPLIER, PPM},
    math::{mul_div_ceil, mul_div_floor},
    units::{Ppm, Quote, SizeLots},
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A tier of a market's margin after the first. It reaches to the next tier, the last without end; what lies below all
/// of them is the first tier, at the market's own fractions. So the tiers always cover every size once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct MarginTier {
    /// It covers the lots of a position beyond this many.
    pub above: SizeLots,
    /// What the market's fractions are multiplied with for them, at least 10^6.
    pub multiplier: Ppm,
    /// What lots it is to begin at by what they are worth at the index, in u: once a day its bound follows. 0 where it stays.
    pub notional: Quote,
}

impl MarginTier {
    /// One whose bound stays.
    #[must_use]
    pub const fn fixed(above: SizeLots, multiplier: Ppm) -> Self {
        Self { above, multiplier, notional: Quote::ZERO }
    }

    /// Margin of each lot of the tier as a part of what it is worth, of a market's `fraction`: `fraction * multiplier /
    /// 10^6`, rounded up (risk.md 3.2), and at most all of it.
    #[must_use]
    pub fn rate(&self, fraction: Ppm) -> Ppm {
        raised_ceil(fraction, self.multiplier)
    }

    /// The tiers, their bounds where a lot is worth `lot` u, at least 1 (risk.md 3.2): `floor(notional / lot)`, or as far
    /// towards that as a tenth of the bound goes, rounded down. None where no bound moves, or they would not ascend.
    #[must_use]
    pub fn followed(tiers: &[Self], lot: i128) -> Option<Vec<Self>> {
        let moved: Vec<_> = tiers.iter().map(|tier| tier.followed_one(lot)).collect();
        (moved != tiers && Self::are_tiers(&moved)).then_some(moved)
    }

    fn followed_one(mut self, lot: i128) -> Self {
        if self.notional > Quote::ZERO {
            let above = i128::from(self.above.0);
            let (least, most) = (mul_div_ceil(above, 9, 10), mul_div_floor(above, 11, 10));
            // Below 2^47.
            let bound = (i128::from(self.notional.0) / lot).clamp(least, most);
            self.above = SizeLots(bound.unsigned_abs() as u64);
        }
        self
    }

    /// Whether these are tiers: at most 7, each beyond the one before and not cheaper, the first not cheaper than the
    /// market itself, no bound beyond the largest position; and either all follow the price, each to a higher notional than the
    /// one before, or none.
    #[must_use]
    pub fn are_tiers(tiers: &[Self]) -> bool {
        let multipliers = PPM.unsigned_abs()..=u64::from(MAX_TIER_MULTIPLIER);
        tiers.len() < MAX_MARGIN_TIERS
            && tiers.iter().all(|tier| {
                (1..MAX_SIZE).contains(&tier.above.0) && multipliers.contains(&tier.multiplier.0.into())
            })
            && tiers.is_sorted_by(|low, high| low.above < high.above && low.multiplier <= high.multiplier)
            && (tiers.iter().all(|tier| tier.notional == Quote::ZERO)
                || tiers.is_sorted_by(|low, high| low.notional < high.notional)
                    && tiers.iter().all(|tier| (1..=MAX_AMOUNT).contains(&tier.notional.0)))
    }
}

/// Initial margin of an account with this leverage, as a fraction of notional, before tiers: `1 / leverage`, rounded up,
/// and at least the market's `own` fraction times `factor`, rounded up, which is at most all (risk.md 3.3, 3.4, 6.3). The
/// latter alone at leverage 0, which is none.
#[must_use]
pub fn initial_fraction(own: Ppm, leverage: u16, factor: Ppm) -> Ppm {
    let raised = if factor == Ppm::WHOLE { own } else { raised_ceil(own, factor) };
    if leverage == 0 { raised } else { raised.max(Ppm(Ppm::WHOLE.0.div_ceil(leverage.into()))) }
}

/// `fraction * factor / 10^6`, rounded up, and at most all.
fn raised_ceil(fraction: Ppm, factor: Ppm) -> Ppm {
    let raised = (u64::from(fraction.0) * u64::from(factor.0)).div_ceil(Ppm::WHOLE.0.into());
    // At most 10^6.
    Ppm(raised.min(Ppm::WHOLE.0.into()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn under_stress_the_markets_own_fraction_is_raised_and_no_leverage() {
        let at = |leverage, factor| initial_fraction(Ppm(40_000), leverage, Ppm(factor)).0;
        assert_eq!([0, 25].map(|leverage| at(leverage, 1_250_000)), [50_000; 2]);
        assert_eq!([0, 20, 10].map(|leverage| at(leverage, 1_500_000)), [60_000, 60_000, 100_000]);
        assert_eq!(initial_fraction(Ppm(3), 0, Ppm(1_250_000)), Ppm(4));
        assert_eq!(initial_fraction(Ppm(900_000), 0, Ppm(1_500_000)), Ppm::WHOLE);
    }

    const fn tier(above: u64, multiplier: u32) -> MarginTier {
        MarginTier::fixed(SizeLots(above), Ppm(multiplier))
    }

    #[test]
    fn a_rate_rounds_up_and_is_at_most_all() {
        let rates = [(20_000, 2_500_000), (3, 1_000_001), (500_001, 2_000_000), (0, 5_000_000)]
            .map(|(fraction, multiplier)| tier(1, multiplier).rate(Ppm(fraction)).0);
        assert_eq!(rates, [50_000, 4, 1_000_000, 0]);
    }

    #[test]
    fn tiers_ascend_within_their_bounds() {
        let seven = [1, 2, 3, 4, 5, 6, 7].map(|above| tier(above, 1_000_000));
        assert!(MarginTier::are_tiers(&[]) && MarginTier::are_tiers(&seven));
        assert!(MarginTier::are_tiers(&[tier(MAX_SIZE - 1, MAX_TIER_MULTIPLIER)]));
        let wrong: [&[MarginTier]; 7] = [
            &[seven.as_slice(), &[tier(8, 1_000_000)]].concat(),
            &[tier(0, 1_500_000)],
            &[tier(MAX_SIZE, 1_500_000)],
            &[tier(1, 999_999)],
            &[tier(1, MAX_TIER_MULTIPLIER + 1)],
            &[tier(2, 1_500_000), tier(2, 2_000_000)],
            &[tier(1, 2_000_000), tier(2, 1_999_999)],
        ];
        assert!(wrong.iter().all(|tiers| !MarginTier::are_tiers(tiers)));
    }

    /// Two tiers worth 1,000 and 3,000 u.
    fn following(above: [u64; 2]) -> [MarginTier; 2] {
        let tier = |n: usize, notional| MarginTier { notional: Quote(notional), ..tier(above[n], 2_000_000) };
        [tier(0, 1_000), tier(1, 3_000)]
    }

    fn bounds_at(above: [u64; 2], lot: i128) -> Option<[u64; 2]> {
        let moved = MarginTier::followed(&following(above), lot)?;
        Some([moved[0].above.0, moved[1].above.0])
    }

    #[test]
    fn bounds_follow_what_they_are_worth_by_a_tenth_at_most_and_down_to_the_lot() {
        assert_eq!(bounds_at([100, 300], 10), None);
        // 90.9 and 272.7 lots; 83.3 and 250, of which 90 and 270 are a tenth away; 111.1 and 333.3; 200 and 600.
        assert_eq!(bounds_at([100, 300], 11), Some([90, 272]));
        assert_eq!(bounds_at([100, 300], 12), Some([90, 270]));
        assert_eq!(bounds_at([100, 300], 9), Some([110, 330]));
        assert_eq!(bounds_at([109, 309], 5), Some([119, 339]));
        assert_eq!(bounds_at([91, 271], 20), Some([82, 244]));
        // Each by itself.
        assert_eq!(bounds_at([95, 330], 10), Some([100, 300]));
    }

    #[test]
    fn bounds_that_would_meet_or_pass_the_largest_position_stay_all() {
        // To 15 and 15; to 9 and 9, a tenth of which is less than a lot.
        assert_eq!(bounds_at([14, 15], 63), None);
        assert_eq!(bounds_at([8, 9], 1), None);
        assert_eq!(bounds_at([9, MAX_SIZE - 1], 1), None);
        let none = [tier(10, 2_000_000)];
        assert_eq!(MarginTier::followed(&none, 1), None);
    }

    #[test]
    fn all_follow_to_ever_more_or_none_does() {
        let of = |notionals: [i64; 2]| {
            let mut tiers = following([100, 300]);
            tiers.iter_mut().zip(notionals).for_each(|(tier, notional)| tier.notional = Quote(notional));
            MarginTier::are_tiers(&tiers)
        };
        assert!(of([0, 0]) && of([1, 2]) && of([1, MAX_AMOUNT]));
        assert!(![[0, 1], [1, 0], [2, 2], [3, 2], [-1, 1], [1, MAX_AMOUNT + 1]].into_iter().any(of));
    }

    proptest! {
        #[test]
        fn tiers_that_moved_are_tiers_and_by_a_tenth_at_most(
            above in proptest::collection::btree_set(1..MAX_SIZE, 0..MAX_MARGIN_TIERS),
            worth in 1..MAX_AMOUNT / 8,
            lot in 1..=i128::from(MAX_AMOUNT),
        ) {
            let tiers: Vec<_> = (1..).zip(above).map(|(n, above)| MarginTier {
                notional: Quote(n * worth),
                ..tier(above, 2_000_000)
            }).collect();
            prop_assert!(MarginTier::are_tiers(&tiers));
            if let Some(moved) = MarginTier::followed(&tiers, lot) {
                prop_assert!(MarginTier::are_tiers(&moved));
                for (before, after) in tiers.iter().zip(&moved) {
                    let far = before.above.0.abs_diff(after.above.0);
                    prop_assert!(far * 10 <= before.above.0);
                    let wanted = (i128::from(before.notional.0) / lot).unsigned_abs();
                    let closer = wanted.abs_diff(after.above.0.into()) <= wanted.abs_diff(before.above.0.into());
                    prop_assert!(closer);
                }
            }
        }
    }
}
