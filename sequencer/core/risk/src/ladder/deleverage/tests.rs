use super::*;
use crate::samples::bitcoin;
use alloc::vec;
use ballast_types::{Lots, PriceTicks};
use proptest::prelude::*;

/// A position of so many lots at 50,000 USDC, half a USDC each.
fn with<T>(size: i64, then: impl Fn(&Holding<'_>) -> T) -> T {
    let params = bitcoin();
    then(&Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(500_000),
        size: Lots(size),
    })
}

#[test]
fn leverage_weighs_from_1_to_10() {
    // 100 lots are 50 USDC.
    let weight = |size, equity| with(size, |holding| tear_up_weight(holding, equity));
    assert_eq!([weight(100, 50_000_000), weight(-100, 500_000_000)], [100_000_000; 2]);
    assert_eq!([weight(100, 20_000_000), weight(-100, 30_000_000)], [250_000_000, 166_666_600]);
    assert_eq!([weight(100, 5_000_000), weight(100, 1), weight(100, 0), weight(100, -9)], [1_000_000_000; 4]);
    assert_eq!(weight(0, 5), 0);
}

#[test]
fn a_tear_up_leaves_nobody_without_margin() {
    // 100 lots need 0.5 USDC.
    let cap =
        |equity, maintenance| with(-100, |holding| tear_up_cap(&Health { equity, maintenance }, holding).0);
    assert_eq!([cap(500_000, 500_000), cap(0, 500_000), cap(100_000, 600_000)], [100; 3]);
    assert_eq!([cap(-1, 500_000), cap(99_999, 600_000)], [0; 2]);
}

#[test]
fn gains_are_at_most_equity() {
    assert_eq!([gain(7, 9), gain(9, 7), gain(-7, 9), gain(9, -7)], [7, 7, 0, 0]);
}

#[test]
fn winners_pay_an_equal_part() {
    assert_eq!(haircut(&[100, 0, 300], 200), [50, 0, 150]);
    assert_eq!(haircut(&[100, 300], 401), [100, 300]);
    assert_eq!(haircut(&[1, 1, 1], 2), [1, 1, 0]);
}

#[test]
fn what_pays_is_no_gain_any_more() {
    // 7 of a gain on 10 lots: of the 3 that are left 2.1.
    assert_eq!(
        [gain_spent(7, 3, 10), gain_spent(7, 10, 10), gain_spent(7, 0, 10), gain_spent(0, 3, 10)],
        [3, 7, 0, 0]
    );
}

#[test]
fn a_deficit_goes_where_it_was_lost() {
    let losses = |of: &[(i128, i128)]| -> Vec<Loss> {
        of.iter().map(|&(unrealised, margin)| Loss { unrealised, margin }).collect()
    };
    // 100 by 1 : 2, rounded down but for the last; gains do not count.
    assert_eq!(split_deficit(100, &losses(&[(-1, 9), (50, 9), (-2, 9)])), [33, 0, 67]);
    assert_eq!(split_deficit(100, &losses(&[(-2, 9), (-1, 9), (50, 9)])), [66, 33, 1]);
    // Nothing lost: by margin.
    assert_eq!(split_deficit(100, &losses(&[(5, 1), (0, 3)])), [25, 75]);
    assert_eq!(split_deficit(100, &losses(&[(0, 0), (0, 0)])), [0, 100]);
    assert_eq!(split_deficit(100, &[]), vec![0_u128; 0]);
    assert_eq!(split_deficit(1 << 125, &losses(&[(-(1 << 106), 0); 4])), [1 << 123; 4]);
}

proptest! {
    #[test]
    fn nobody_pays_more_than_the_gains(
        gains in prop::collection::vec(0..1_u128 << 100, 0..40), deficit in 0..1_u128 << 110,
    ) {
        let paid = haircut(&gains, deficit);
        prop_assert!(paid.iter().zip(&gains).all(|(paid, gain)| paid <= gain));
        prop_assert_eq!(paid.iter().sum::<u128>(), deficit.min(gains.iter().sum()));
    }

    #[test]
    fn a_deficit_is_split_to_the_unit(
        deficit in 0..1_u128 << 120, of in prop::collection::vec((-(1_i128 << 100)..1 << 100, 1..1_i128 << 100), 1..32),
    ) {
        let losses: Vec<_> = of.into_iter().map(|(unrealised, margin)| Loss { unrealised, margin }).collect();
        prop_assert_eq!(split_deficit(deficit, &losses).iter().sum::<u128>(), deficit);
    }

    /// Closing at the mark changes no equity, and within the cap leaves margin.
    #[test]
    fn within_the_cap_margin_is_left(
        size in 1..1_i64 << 40, short in any::<bool>(), percent in -20..220_i128, elsewhere in 0..3_i128,
        closed in any::<u64>(),
    ) {
        let params = bitcoin();
        let size = Lots(if short { -size } else { size });
        let holding = Holding { params: &params, maintenance: params.maintenance_margin, mark: PriceTicks(77_777), size };
        let maintenance = holding.margin() * (1 + elsewhere);
        let health = Health { equity: holding.margin() * percent / 100, maintenance };
        let cap = tear_up_cap(&health, &holding);
        let closed = SizeLots(closed % (cap.0 + 1));
        let after = maintenance - holding.released(closed);
        if health.equity >= maintenance {
            prop_assert_eq!(cap, size.abs());
            prop_assert!(health.equity >= after);
        }
        if cap > SizeLots::ZERO {
            prop_assert!(health.equity >= maintenance - holding.released(cap));
        }
    }
}
