use super::*;
use crate::shortfall::{
    FactorKind, Residual, Return,
    samples::{ring, stress},
};
use alloc::vec;
use proptest::prelude::*;

const HOUR: Ppm = Ppm(1_000_000);
/// 1% an hour.
const SIGMA: Sigma = Sigma(10_000_000);

fn required(notional: i64, ring: &Ring, stress: &Stress) -> i128 {
    blended(historical(Quote(notional), SIGMA, HOUR, ring).mean, stressed(Quote(notional), HOUR, stress).mean)
}

/// The specification: sort, take the worst, add up.
fn by_sorting(losses: &[i128], count: usize) -> i128 {
    let mut sorted = losses.to_vec();
    sorted.sort_unstable();
    let worst: i128 = sorted.iter().rev().take(count).sum();
    -(-worst).div_euclid(count.min(losses.len()) as i128)
}

#[test]
fn a_ring_by_hand() {
    // Ten hours of -1 to -10 sigma of 1%: the worst seven are -10 to -4, on average -7: 7% of 1,000 USDC are 70.
    let mut rows = [Residual(0); 720];
    for (k, row) in rows.iter_mut().take(10).enumerate() {
        *row = Residual(-1_000_000 * (k as i32 + 1));
    }
    let ring = Ring::new(rows);
    let long = historical(Quote(1_000_000_000), SIGMA, HOUR, &ring);
    assert_eq!(long, Tail { threshold: 40_000_000, mean: 70_000_000 });
    assert_eq!(historical(Quote(-1_000_000_000), SIGMA, HOUR, &ring), Tail { threshold: 0, mean: 0 });
    // A quarter of an hour needs 55% of it.
    assert_eq!(historical(Quote(1_000_000_000), SIGMA, Ppm(550_000), &ring).mean, 38_500_000);
}

#[test]
fn a_table_of_the_synthetic_rows_alone_by_hand() {
    let table = Stress::new(&[], FactorKind::Bitcoin).expect("no rows fit");
    let mean = |notional| stressed(Quote(notional), HOUR, &table).mean;
    assert_eq!([mean(1_000_000_000), mean(-1_000_000_000)], [350_000_000, 250_000_000]);
}

#[test]
fn stress_is_a_quarter_when_it_is_worse_and_nothing_when_it_is_not() {
    assert_eq!([blended(100, 200), blended(100, 100), blended(100, 0)], [125, 100, 100]);
    assert_eq!(blended(1, 2), 2);
}

#[test]
fn losses_round_up() {
    // One u at 1% and one sigma loses 0.01 u.
    let ring = Ring::new([Residual(-1_000_000); 720]);
    assert_eq!(historical(Quote(1), SIGMA, HOUR, &ring).mean, 1);
    assert_eq!(historical(Quote(-1), SIGMA, HOUR, &ring).mean, 0);
}

#[test]
fn no_losses_are_a_loss_of_nothing() {
    let nothing = Tail { threshold: 0, mean: 0 };
    assert_eq!((Tail::of(vec![], 7), Tail::of(vec![5], 0)), (nothing, nothing));
    assert_eq!(Tail::of(vec![5, 6], 7), Tail { threshold: 5, mean: 6 });
}

#[test]
fn the_largest_of_everything_fits() {
    for notional in [Quote(1 << 60), Quote(-(1 << 60))] {
        for z in [Residual::MAX, Residual(-Residual::MAX.0)] {
            let tail = historical(notional, Sigma::MAX, Ppm(5_000_000), &Ring::new([z; 720]));
            // 3 * 30 * 5 times the notional.
            assert_eq!(tail.mean.abs(), 450 << 60);
        }
        for r in [Return::MAX, Return::MIN] {
            let table = Stress::new(&[r; 256], FactorKind::Alt).expect("256 rows fit");
            let tail = stressed(notional, Ppm(5_000_000), &table);
            assert!(blended(450 << 60, tail.mean) <= 450 << 60);
        }
    }
}

proptest! {
    #[test]
    fn the_mean_of_the_worst_is_that_of_the_sorted(
        losses in prop::collection::vec(-(1_i128 << 72)..1 << 72, 1..300), count in 1..40_usize,
    ) {
        let tail = Tail::of(losses.clone(), count);
        prop_assert_eq!(tail.mean, by_sorting(&losses, count));
        let worse = losses.iter().filter(|&&loss| loss > tail.threshold).count();
        prop_assert!(worse < count && tail.mean >= tail.threshold);
    }

    #[test]
    fn twice_the_position_needs_twice_as_much(
        notional in -(1_i64 << 50)..1 << 50, times in 1..1_000_i64, seed in 0..20_u64,
    ) {
        let (ring, stress) = (ring(seed), stress(seed));
        let one = required(notional, &ring, &stress);
        let many = required(notional * times, &ring, &stress);
        // A loss, a mean and the blend are each rounded up once, by less than one.
        prop_assert!(many <= one * i128::from(times) + 1);
        prop_assert!(many >= (one - 3) * i128::from(times));
    }

    #[test]
    fn two_positions_never_need_more_than_each_for_itself(
        first in -(1_i64 << 59)..1 << 59, second in -(1_i64 << 59)..1 << 59, seed in 0..20_u64,
    ) {
        let (ring, stress) = (ring(seed), stress(seed));
        let each = required(first, &ring, &stress) + required(second, &ring, &stress);
        // INV-14 for one factor.
        prop_assert!(required(first + second, &ring, &stress) <= each + 4);
    }

    #[test]
    fn a_worse_hour_never_needs_less(
        seed in 0..20_u64, row in 0..720_u64, stress_row in 0..256_usize, worse in 0..30_000_000_i32, long: bool,
    ) {
        let (mut ring, stress) = (ring(seed), stress(seed));
        let notional = if long { 1_000_000_000 } else { -1_000_000_000 };
        let down = if long { -1 } else { 1 };
        let before = required(notional, &ring, &stress);
        let z = ring.rows()[row as usize];
        ring.record(row, Residual::clipped(i64::from(z.0) + i64::from(down * worse)));
        let after = required(notional, &ring, &stress);
        prop_assert!(after >= before);
        let mut hours = stress.rows()[..256].to_vec();
        hours[stress_row].0 += i64::from(down * worse);
        let stress = Stress::new(&hours, FactorKind::Alt).expect("256 rows fit");
        prop_assert!(required(notional, &ring, &stress) >= after);
    }
}
