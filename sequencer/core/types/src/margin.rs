//! What an account needs of a market's fraction (risk.md 3.3, 3.4), and tiers, by which margin grows faster than the
//! position (risk.md 3.2).

use crate::{
    limits::{
        LEAST_TIER_NOTIONAL, MAX_AMOUNT, MAX_MARGIN_TIERS, MAX_SIZE, MAX_TIER_MULTIPLIER, PPM, TIER_STEPS,
    },
    math::mul_div_floor,
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
    /// What its bound is to be worth at the index, in u, which it follows by the hour; 0 where it stays.
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

    /// The tiers an hour later, where a lot is worth `lot` u, at least 1 (risk.md 3.2): each bound is `floor(notional / lot)`
    /// lots, but at least [`TIER_STEPS`], or as far towards that as a part of so many of it goes, rounded down; and beyond the
    /// bound before. None where no bound moves. Such a step raises nobody's requirement by 2%, for no tier costs more than five
    /// times the first.
    #[must_use]
    pub fn followed(tiers: &[Self], lot: i128) -> Option<Vec<Self>> {
        let (mut moved, mut before) = (tiers.to_vec(), 0);
        for (after, tier) in (1..=tiers.len() as u64).rev().zip(&mut moved) {
            if tier.notional > Quote::ZERO {
                let (above, step) = (tier.above.0, tier.above.0 / TIER_STEPS);
                let worth = (i128::from(tier.notional.0) / lot).unsigned_abs() as u64;
                let wanted = worth.clamp(TIER_STEPS, MAX_SIZE - after);
                before = wanted.clamp(above - step, above + step).max(before + 1);
                tier.above = SizeLots(before);
            }
        }
        (moved != tiers).then_some(moved)
    }

    /// The tiers, the notional of the first being `first` u, within [`Self::scale_range`]; the others grow or shrink with it,
    /// rounded down, but each to more than the one before. Their bounds stay where they are until they follow.
    #[must_use]
    pub fn scaled(tiers: &[Self], first: Quote) -> Vec<Self> {
        let was = tiers.first().map_or(1, |tier| i128::from(tier.notional.0.max(1)));
        let (mut scaled, mut before) = (tiers.to_vec(), 0);
        for tier in &mut scaled {
            let exact = mul_div_floor(tier.notional.0.into(), first.0.into(), was);
            // Within the range at most 2^60.
            before = i64::try_from(exact).unwrap_or(MAX_AMOUNT).max(before + 1);
            tier.notional = Quote(before);
        }
        scaled
    }

    /// What the notional of the first tier may be, in u: the least, so that others stay in proportion, and the most. The most
    /// is below the least where tiers do not follow the price.
    #[must_use]
    pub fn scale_range(tiers: &[Self]) -> [u64; 2] {
        let of = |tier: Option<&Self>| tier.map_or(0, |tier| i128::from(tier.notional.0));
        let (first, last) = (of(tiers.first()), of(tiers.last()));
        // At most 2^60, as no tier is worth more than the last.
        let most = if last > 0 { mul_div_floor(MAX_AMOUNT.into(), first, last) } else { 0 };
        let least = first.min(LEAST_TIER_NOTIONAL.into()).max(1);
        [least.unsigned_abs() as u64, most.unsigned_abs() as u64]
    }

    /// Whether these are tiers: at most 7, each beyond the one before and not cheaper, the first not cheaper than the
    /// market itself, no bound beyond the largest position; and either all follow the price, each to a higher notional than the
    /// one before, and none begins below [`TIER_STEPS`] lots, or none does.
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
                    && tiers.iter().all(|tier| {
                        tier.above.0 >= TIER_STEPS && (1..=MAX_AMOUNT).contains(&tier.notional.0)
                    }))
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

    /// Two tiers worth 1,000 and 3,000 USDC.
    fn following(above: [u64; 2]) -> [MarginTier; 2] {
        let tier = |n: usize, usdc: i64| MarginTier {
            notional: Quote(usdc * 1_000_000),
            ..tier(above[n], 2_000_000)
        };
        [tier(0, 1_000), tier(1, 3_000)]
    }

    fn bounds_at(above: [u64; 2], lot: i128) -> Option<[u64; 2]> {
        let moved = MarginTier::followed(&following(above), lot)?;
        assert!(MarginTier::are_tiers(&moved));
        Some([moved[0].above.0, moved[1].above.0])
    }

    #[test]
    fn bounds_follow_what_they_are_worth_by_a_256th_at_most_and_down_to_the_lot() {
        assert_eq!(bounds_at([1_000, 3_000], 1_000_000), None);
        // 998.003 and 2,994.01 lots; 990.1 and 2,970.3, of which 997 and 2,989 are a 256th away; 1,010.1 and 3,030.3.
        assert_eq!(bounds_at([1_000, 3_000], 1_002_001), Some([998, 2_994]));
        assert_eq!(bounds_at([1_000, 3_000], 1_010_000), Some([997, 2_989]));
        assert_eq!(bounds_at([1_000, 3_000], 990_000), Some([1_003, 3_011]));
        // Each by itself.
        assert_eq!(bounds_at([990, 3_010], 1_000_000), Some([993, 3_000]));
        // 255 lots and fewer have no 256th: none falls below 256, and those rise again.
        assert_eq!(bounds_at([257, 600], i128::from(MAX_AMOUNT)), Some([256, 598]));
        assert_eq!(bounds_at([256, 257], i128::from(MAX_AMOUNT)), None);
        assert_eq!(bounds_at([256, 257], 1), Some([257, 258]));
    }

    #[test]
    fn bounds_stay_apart_and_within_the_largest_position() {
        let [first, second] = following([1_000, 1_001]);
        let near = [first, MarginTier { notional: Quote(1_000_000_001), ..second }];
        let bounds = |lot| -> Option<Vec<u64>> {
            Some(MarginTier::followed(&near, lot)?.iter().map(|tier| tier.above.0).collect())
        };
        assert_eq!(bounds(999_000), Some(alloc::vec![1_001, 1_002]));
        assert_eq!(bounds(2_000_000), Some(alloc::vec![997, 998]));
        assert_eq!(bounds(1_000_000), None);
        let [first, second] = following([MAX_SIZE - 3, MAX_SIZE - 2]);
        let far = [first, second].map(|tier| MarginTier { notional: Quote(tier.notional.0 << 26), ..tier });
        let moved = MarginTier::followed(&far, 1).expect("they move");
        assert_eq!([0, 1].map(|n: usize| moved[n].above.0), [MAX_SIZE - 2, MAX_SIZE - 1]);
        assert_eq!(MarginTier::followed(&moved, 1), None);
        assert_eq!(MarginTier::followed(&[tier(10, 2_000_000)], 1), None);
    }

    #[test]
    fn all_follow_to_ever_more_or_none_does() {
        let of = |notionals: [i64; 2]| {
            let mut tiers = following([300, 900]);
            tiers.iter_mut().zip(notionals).for_each(|(tier, notional)| tier.notional = Quote(notional));
            MarginTier::are_tiers(&tiers)
        };
        assert!(of([0, 0]) && of([1, 2]) && of([1, MAX_AMOUNT]));
        assert!(![[0, 1], [1, 0], [2, 2], [3, 2], [-1, 1], [1, MAX_AMOUNT + 1]].into_iter().any(of));
        assert!(
            MarginTier::are_tiers(&following([256, 257])) && !MarginTier::are_tiers(&following([255, 257]))
        );
    }

    #[test]
    fn what_tiers_are_worth_moves_in_proportion_and_stays_apart() {
        let worth = |tiers: &[MarginTier], first| -> Vec<i64> {
            let tiers = MarginTier::scaled(tiers, Quote(first));
            assert!(MarginTier::are_tiers(&tiers));
            tiers.iter().map(|tier| tier.notional.0).collect()
        };
        let two = following([300, 900]);
        assert_eq!(worth(&two, 1_000_000_001), [1_000_000_001, 3_000_000_003]);
        assert_eq!(worth(&two, 333), [333, 999]);
        let [first, second] = two;
        let near = [first, MarginTier { notional: Quote(first.notional.0 + 1), ..second }];
        assert_eq!(worth(&near, 500), [500, 501]);
        assert_eq!(worth(&near, 1), [1, 2]);
        let most = MAX_AMOUNT.unsigned_abs() / 3;
        assert_eq!(MarginTier::scale_range(&two), [1_000_000_000, most]);
        let small = two.map(|tier| MarginTier { notional: Quote(tier.notional.0 / 1_000_000), ..tier });
        assert_eq!(MarginTier::scale_range(&small), [1_000, most]);
        assert_eq!(worth(&two, most.cast_signed()), [most.cast_signed(), 3 * most.cast_signed()]);
        assert_eq!(MarginTier::scale_range(&[tier(10, 2_000_000)]), [1, 0]);
        assert_eq!(MarginTier::scale_range(&[]), [1, 0]);
    }

    proptest! {
        #[test]
        fn tiers_that_moved_are_tiers_and_by_a_256th_at_most(
            first in TIER_STEPS..MAX_SIZE / 64,
            gaps in proptest::collection::vec((1..1_000_u64, 0..9_u32), 0..MAX_MARGIN_TIERS - 1),
            lot in 1..=10_000_i128,
            skews in proptest::collection::vec(900..1_100_i64, MAX_MARGIN_TIERS),
        ) {
            let mut bounds = alloc::vec![first];
            for (gap, scale) in gaps {
                let next = bounds[bounds.len() - 1] + gap * (u64::from(scale) * first / 1_000).max(1);
                bounds.extend((next < MAX_SIZE).then_some(next));
            }
            let mut worth = 0;
            let tiers: Vec<_> = bounds.iter().zip(skews).map(|(above, skew)| {
                worth = (i64::try_from(i128::from(*above) * lot / 1_000).expect("small") * skew).max(worth + 1);
                MarginTier { notional: Quote(worth), ..tier(*above, 2_000_000) }
            }).collect();
            prop_assert!(MarginTier::are_tiers(&tiers));
            let moved = MarginTier::followed(&tiers, lot).unwrap_or_else(|| tiers.clone());
            prop_assert!(MarginTier::are_tiers(&moved));
            let mut least = 0;
            for (before, after) in tiers.iter().zip(&moved) {
                let (above, step) = (before.above.0, before.above.0 / TIER_STEPS);
                let wanted = u64::try_from(i128::from(before.notional.0) / lot).expect("small").max(TIER_STEPS);
                let expected = if wanted > above { wanted.min(above + step) } else { wanted.max(above - step) };
                prop_assert_eq!(after.above.0, expected.max(least));
                prop_assert!(after.above.0.abs_diff(above) <= step);
                least = after.above.0 + 1;
            }
        }
    }
}
