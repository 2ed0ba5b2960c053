use super::*;
use crate::shortfall::{
    FactorKind, Margins, Residual, horizon_scale,
    samples::{ring, stress},
};
use proptest::prelude::*;

const HOUR: Ppm = Ppm(1_000_000);

fn class() -> ClassProfile {
    ClassProfile { common: ring(1), own: ring(2), beta: Ppm(1_200_000), sigma: Sigma(8_000_000) }
}

fn listed() -> Factor {
    Factor::at_listing(PriceTicks(500_000), &class(), stress(3))
}

#[test]
fn a_market_is_listed_at_twice_the_volatility_of_its_class() {
    let factor = listed();
    assert_eq!(factor.volatility, Volatility::new(Sigma(16_000_000)));
    assert_eq!(factor.ring, Ring::at_listing(&class()));
}

#[test]
fn an_hour_by_hand() {
    // 1.6% volatility, then -4%: -2.5 sigma.
    let mut factor = listed();
    factor.end_hour(720 * 3 + 5, PriceTicks(480_000));
    assert_eq!(factor.ring.rows()[5], Residual(-2_500_000));
    assert_eq!(factor.close, PriceTicks(480_000));
    let mut volatility = Volatility::new(Sigma(16_000_000));
    volatility.update(Return(-40_000_000));
    assert_eq!(factor.volatility, volatility);
}

#[test]
fn fractions_by_hand() {
    // Seven hours of -3 sigma at 1% are 3%; bitcoin's synthetic row of -35% alone makes it (9 + 35) / 4 = 11%.
    let mut factor = listed();
    factor.ring = Ring::new([Residual(-3_000_000); 720]);
    factor.stress = Stress::new(&[], FactorKind::Bitcoin).expect("no rows fit");
    let fractions = factor.fractions(Sigma(10_000_000), HOUR);
    // A short gains 3% in the ring and loses 25% in the table: (-9 + 25) / 4 = 4%.
    assert_eq!(fractions, Fractions { long: Ppm(110_000), short: Ppm(40_000) });
    assert_eq!(fractions.larger(), Ppm(110_000));
    let quarter = factor.fractions(Sigma(10_000_000), horizon_scale(15));
    assert_eq!(quarter.long, Ppm(60_500));
}

#[test]
fn a_factor_is_one_leaf_of_5_kb() {
    let bytes = borsh::to_vec(&listed()).expect("a factor encodes");
    assert_eq!(bytes.len(), 8 + 24 + 720 * 4 + 4 + 260 * 8);
    assert_eq!(borsh::from_slice::<Factor>(&bytes).expect("and decodes"), listed());
}

proptest! {
    #[test]
    fn no_prices_within_bounds_make_it_panic(
        closes in prop::collection::vec(prop_oneof![1..=1_u64 << 40, Just(1), Just(1 << 40)], 1..40),
        hour: u64, minutes: u16,
    ) {
        let mut factor = listed();
        let floors = Margins { maintenance: Ppm(20_000), initial: Ppm(40_000) };
        let mut margins = floors;
        for (later, close) in closes.into_iter().enumerate() {
            factor.end_hour(hour.wrapping_add(later as u64), PriceTicks(close));
            let fractions = factor.fractions(factor.volatility.raw(), horizon_scale(minutes));
            prop_assert!(fractions.larger() <= Ppm(5_000_000));
            let next = margins.glided(Margins::target(floors, fractions.larger()));
            prop_assert!(u64::from(next.maintenance.0) <= (u64::from(margins.maintenance.0) * 102).div_ceil(100) + 1);
            margins = next;
            for notional in [1 << 60, -(1 << 60)] {
                let raw = factor.requirement(Quote(notional), factor.volatility.raw(), horizon_scale(minutes));
                let glided = factor.requirement(Quote(notional), factor.volatility.glided(), horizon_scale(minutes));
                prop_assert!(raw.abs() <= 450 << 60 && glided.abs() <= 450 << 60);
            }
        }
    }

    #[test]
    fn a_fraction_covers_what_its_notional_requires(
        seed in 0..20_u64, sigma in 100_000..100_000_000_u64, minutes in 1..1_440_u16, notional in -(1_i64 << 59)..1 << 59,
    ) {
        let mut factor = listed();
        factor.ring = ring(seed);
        let (sigma, scale) = (Sigma(sigma), horizon_scale(minutes));
        let fractions = factor.fractions(sigma, scale);
        let fraction = if notional < 0 { fractions.short } else { fractions.long };
        let margin = mul_div_ceil(i128::from(notional).abs(), fraction.0.into(), 1_000_000);
        // The fraction is rounded up to a ppm, the requirement to a u three times.
        let required = factor.requirement(Quote(notional), sigma, scale);
        prop_assert!(required <= margin + 3, "{required} {margin}");
    }
}
