//! Exponential moving averages in fixed point, over steps that differ in length (risk.md 2.5).

use super::tables;
use ballast_types::PriceTicks;

/// Bits of a fixed-point price below the tick.
pub(crate) const FIXED_BITS: u32 = 24;

/// Length of a step, in milliseconds.
pub const STEP_MS: u64 = 50;

/// How fast an average follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The touch of the book: a time constant of 30 s.
    Touch,
    /// The basis: a time constant of 150 s.
    Basis,
    /// A basis that is not observed goes to 0 with a half-life of 10 minutes.
    Fade,
}

impl Pace {
    /// Part of the way that an average goes in as many steps, in 2^-32.
    const fn weights(self) -> &'static [u32; 256] {
        match self {
            Self::Touch => &tables::TOUCH,
            Self::Basis => &tables::BASIS,
            Self::Fade => &tables::FADE,
        }
    }
}

/// A price in fixed point: ticks times 2^24, exact.
#[must_use]
pub const fn fixed(price: PriceTicks) -> i128 {
    (price.0 as i128) << FIXED_BITS
}

/// The average `old` after `steps` steps of [`STEP_MS`] at `sample`, both ticks times 2^24, either way, at most 2^94:
/// `old + (sample - old) * w / 2^32`, rounded towards minus infinity, with `w = 2^32 * (1 - exp(-steps * 50 ms / tau))`
/// from a table. More than 255 steps, 12.75 s, count as 255. Lies between the two. Source: risk.md 2.5.
///
/// Because it rounds down an average stops short of a sample above it, by less than `2^32 / w`: 0.0011 ticks after
/// single steps of the slowest pace.
#[must_use]
pub fn blend(old: i128, sample: i128, steps: u64, pace: Pace) -> i128 {
    let weight = pace.weights()[steps.min(255) as usize];
    old + (((sample - old) * i128::from(weight)) >> u32::BITS)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use ballast_types::limits::MAX_PRICE;
    use proptest::prelude::*;

    const PACES: [Pace; 3] = [Pace::Touch, Pace::Basis, Pace::Fade];

    #[expect(clippy::disallowed_types, reason = "the tables are checked against what they approximate")]
    #[test]
    fn the_tables_are_the_formula() {
        let half_life = 600.0 / core::f64::consts::LN_2;
        for (pace, tau) in PACES.into_iter().zip([30.0, 150.0, half_life]) {
            for (steps, &weight) in (0_u32..).zip(pace.weights()) {
                let exact: f64 = -(-0.05 * f64::from(steps) / tau).exp_m1() * 4_294_967_296.0;
                assert!((exact - f64::from(weight)).abs() <= 1.0, "{pace:?} {steps}: {weight} for {exact}");
            }
            assert!(pace.weights().is_sorted_by(|less, more| less < more));
        }
    }

    #[test]
    fn after_no_time_nothing_moves() {
        assert_eq!(PACES.map(|pace| blend(7, fixed(PriceTicks(9)), 0, pace)), [7; 3]);
    }

    #[test]
    fn one_second_moves_a_touch_by_a_thirtieth() {
        // 1 - exp(-1/30) = 0.0327839: 327.84 of 10,000 ticks.
        let moved = blend(0, fixed(PriceTicks(10_000)), 20, Pace::Touch);
        assert_eq!(moved >> FIXED_BITS, 327);
        assert_eq!((moved * 100) >> FIXED_BITS, 32_783);
    }

    #[test]
    fn a_basis_fades_by_half_in_ten_minutes() {
        // 48 times 12.5 s, from 1,000 ticks either way.
        for start in [1_000, -1_000] {
            let end = (0..48).fold(start << FIXED_BITS, |basis, _| blend(basis, 0, 250, Pace::Fade));
            let half = (start << FIXED_BITS) / 2;
            assert!((end - half).abs() < 200, "{end} for {half}");
        }
    }

    #[test]
    fn long_gaps_count_as_255_steps() {
        let [less, most, longer] = [254, 255, u64::MAX].map(|steps| blend(0, 1 << 60, steps, Pace::Basis));
        assert!(less < most && most == longer);
    }

    #[test]
    fn the_largest_values_fit() {
        let most = fixed(PriceTicks(MAX_PRICE));
        let moved = blend(-most, most, 255, Pace::Touch);
        assert!(-most < moved && moved < 0);
        assert!(blend(-(1 << 94), 1 << 94, 255, Pace::Touch) < 0);
    }

    proptest! {
        #[test]
        fn it_lies_between_and_follows(
            old in -(1_i128 << 65)..1 << 65, sample in -(1_i128 << 65)..1 << 65, steps in 0..300_u64, nth in 0..3_usize,
        ) {
            let pace = PACES[nth];
            let new = blend(old, sample, steps, pace);
            prop_assert!(old.min(sample) <= new && new <= old.max(sample));
            let longer = blend(old, sample, steps + 1, pace);
            prop_assert!((sample - longer).abs() <= (sample - new).abs());
        }

        /// Two steps one after the other are one of both lengths, but for rounding.
        #[test]
        fn steps_may_be_split(
            old in -(1_i128 << 40)..1 << 40, sample in -(1_i128 << 40)..1 << 40, a in 0..128_u64, b in 0..128_u64,
        ) {
            for pace in PACES {
                let apart = blend(blend(old, sample, a, pace), sample, b, pace);
                let together = blend(old, sample, a + b, pace);
                // Three weights, each half a unit of 2^-32 off, on a distance below 2^41; and the floors.
                prop_assert!((apart - together).abs() <= 3 * (1 << 8) + 2);
            }
        }
    }
}
