//! What a market asks to keep a position, and to open one (risk.md 3.3, 3.9).

use super::glide;
use ballast_types::{Ppm, limits::PPM};
use borsh::{BorshDeserialize, BorshSerialize};

/// A position that is worth nothing but its margin: no market asks for more.
const WHOLE: Ppm = Ppm(PPM as u32);

/// Fractions of notional, at most 10^6 each. Floors are such a pair too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Margins {
    /// To keep a position.
    pub maintenance: Ppm,
    /// To open one.
    pub initial: Ppm,
}

impl Margins {
    /// Where `fraction`, the larger of both sides' at the raw volatility and the market's horizon, draws margins:
    /// maintenance to it and initial to twice it, four times the horizon's loss, but neither below its floor or above
    /// the whole notional.
    #[must_use]
    pub fn target(floors: Self, fraction: Ppm) -> Self {
        let maintenance = floors.maintenance.max(fraction).min(WHOLE);
        let initial = floors.initial.max(Ppm(maintenance.0.saturating_mul(2))).min(WHOLE);
        Self { maintenance, initial }
    }

    /// Margins an hour later. Maintenance rises by at most 2% and 1 ppm, for it can liquidate; initial rises at once, for
    /// it concerns only who takes new risk. Both fall by at most 1%.
    #[must_use]
    pub fn glided(self, target: Self) -> Self {
        Self {
            maintenance: glide::maintenance(self.maintenance, target.maintenance),
            initial: glide::eased(self.initial, target.initial),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const BITCOIN: Margins = Margins { maintenance: Ppm(20_000), initial: Ppm(40_000) };

    #[test]
    fn a_calm_market_is_at_its_floors_and_a_wild_one_at_most_at_its_notional() {
        assert_eq!(Margins::target(BITCOIN, Ppm(19_999)), BITCOIN);
        let wild = Margins { maintenance: Ppm(26_000), initial: Ppm(52_000) };
        assert_eq!(Margins::target(BITCOIN, Ppm(26_000)), wild);
        assert_eq!(
            Margins::target(BITCOIN, Ppm(u32::MAX)),
            Margins { maintenance: Ppm(1_000_000), initial: Ppm(1_000_000) }
        );
    }

    #[test]
    fn when_the_target_doubles_initial_margin_moves_at_once_and_maintenance_by_two_percent() {
        let target = Margins::target(BITCOIN, Ppm(40_000));
        let next = BITCOIN.glided(target);
        assert_eq!(next, Margins { maintenance: Ppm(20_401), initial: Ppm(80_000) });
        assert_eq!(next.glided(BITCOIN), Margins { maintenance: Ppm(20_197), initial: Ppm(79_200) });
    }

    proptest! {
        #[test]
        fn along_any_path_initial_covers_maintenance_and_neither_leaves_its_bounds(
            path in prop::collection::vec(0..1_500_000_u32, 1..200),
        ) {
            let targets: Vec<Margins> = path.iter().map(|&w| Margins::target(BITCOIN, Ppm(w))).collect();
            let mut now = targets[0];
            for target in targets {
                let next = now.glided(target);
                prop_assert!(next.maintenance <= next.initial && next.initial >= target.initial);
                prop_assert!(next.maintenance >= BITCOIN.maintenance && next.initial <= WHOLE);
                prop_assert!(u64::from(next.maintenance.0) <= (u64::from(now.maintenance.0) * 102).div_ceil(100) + 1);
                prop_assert!(u64::from(next.initial.0) * 100 >= u64::from(now.initial.0) * 99);
                now = next;
            }
        }
    }
}
