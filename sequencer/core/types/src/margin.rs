//! What an account needs of a market's fraction (risk.md 3.3, 3.4), and tiers, by which margin grows faster than the
//! position (risk.md 3.2).

use crate::{
    limits::{MAX_MARGIN_TIERS, MAX_SIZE, MAX_TIER_MULTIPLIER, PPM},
    units::{Ppm, SizeLots},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A tier of a market's margin after the first. It reaches to the next tier, the last without end; what lies below all
/// of them is the first tier, at the market's own fractions. So the tiers always cover every size once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct MarginTier {
    /// It covers the lots of a position beyond this many.
    pub above: SizeLots,
    /// What the market's fractions are multiplied with for them, at least 10^6.
    pub multiplier: Ppm,
}

impl MarginTier {
    /// Margin of each lot of the tier as a part of what it is worth, of a market's `fraction`: `fraction * multiplier /
    /// 10^6`, rounded up (risk.md 3.2), and at most all of it.
    #[must_use]
    pub fn rate(&self, fraction: Ppm) -> Ppm {
        raised_ceil(fraction, self.multiplier)
    }

    /// Whether these are tiers: at most 7, each beyond the one before and not cheaper, the first not cheaper than the
    /// market itself, no bound beyond the largest position.
    #[must_use]
    pub fn are_tiers(tiers: &[Self]) -> bool {
        let multipliers = PPM.unsigned_abs()..=u64::from(MAX_TIER_MULTIPLIER);
        tiers.len() < MAX_MARGIN_TIERS
            && tiers.iter().all(|tier| {
                (1..MAX_SIZE).contains(&tier.above.0) && multipliers.contains(&tier.multiplier.0.into())
            })
            && tiers.is_sorted_by(|low, high| low.above < high.above && low.multiplier <= high.multiplier)
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

    #[test]
    fn under_stress_the_markets_own_fraction_is_raised_and_no_leverage() {
        let at = |leverage, factor| initial_fraction(Ppm(40_000), leverage, Ppm(factor)).0;
        assert_eq!([0, 25].map(|leverage| at(leverage, 1_250_000)), [50_000; 2]);
        assert_eq!([0, 20, 10].map(|leverage| at(leverage, 1_500_000)), [60_000, 60_000, 100_000]);
        assert_eq!(initial_fraction(Ppm(3), 0, Ppm(1_250_000)), Ppm(4));
        assert_eq!(initial_fraction(Ppm(900_000), 0, Ppm(1_500_000)), Ppm::WHOLE);
    }

    const fn tier(above: u64, multiplier: u32) -> MarginTier {
        MarginTier { above: SizeLots(above), multiplier: Ppm(multiplier) }
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
}
