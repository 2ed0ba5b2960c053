use super::*;
use crate::samples::market;
use proptest::prelude::*;

/// 1% an hour.
const CAP: i64 = 10_000_000;

fn premium_of(index: u64, bid: Option<u64>, ask: Option<u64>) -> i64 {
    premium(PriceTicks(index), bid.map(PriceTicks), ask.map(PriceTicks), CAP)
}

#[test]
fn only_what_lies_outside_the_index_is_a_premium() {
    assert_eq!(premium_of(100_000, Some(99_999), Some(100_001)), 0);
    // 3 of 100,000 above: 30,000 ppb; a third of it rounded down, either way.
    assert_eq!(premium_of(100_000, Some(100_003), Some(100_004)), 30_000);
    assert_eq!(premium_of(300_000, Some(300_001), None), 3_333);
    assert_eq!(premium_of(300_000, None, Some(299_999)), -3_334);
    assert_eq!(premium_of(100_000, None, None), 0);
}

#[test]
fn it_is_at_most_eight_caps() {
    assert_eq!(premium_of(1_000, Some(2_000), None), 8 * CAP);
    assert_eq!(premium_of(1_000, None, Some(1)), -8 * CAP);
    assert_eq!(premium_of(1, Some(MAX_PRICE), None), 8 * CAP);
    assert_eq!(premium(PriceTicks(9), Some(PriceTicks(10)), None, 0), 0);
}

#[test]
fn half_of_the_distance_between_the_margins_is_the_cap() {
    // BTC: 4% and 2% of risk.md 12 make 1% an hour.
    assert_eq!(funding_cap(&market(40_000, 20_000)), CAP);
    assert_eq!(funding_cap(&market(1_000_000, 1)), 499_999_500);
    assert_eq!(funding_cap(&market(5, 5)), 0);
}

#[test]
fn interest_pulls_the_premium() {
    // Within 0.05% of interest the rate is interest: 100,000 / 8.
    assert_eq!([0, 100_000, -400_000, 600_000].map(|p| funding_rate(p, CAP)), [12_500; 4]);
    // Beyond it, what is beyond: (600,008 - 500,000) / 8 and (-400,001 + 500,000) / 8 = 12,499.875.
    assert_eq!([600_008, -400_001].map(|p| funding_rate(p, CAP)), [12_501, 12_499]);
    // (-500,001 + 500,000) / 8, rounded down.
    assert_eq!(funding_rate(-500_001, CAP), -1);
    assert_eq!([80_000_000, -80_000_000].map(|p| funding_rate(p, CAP)), [9_937_500, -9_937_500]);
    // A cap below interest, and one that fell since the premium was sampled.
    assert_eq!([0, 8_000_000_000, -8_000_000_000].map(|p| funding_rate(p, 7)), [7, 7, -7]);
}

#[test]
fn a_minute_of_one_percent() {
    // 1% an hour of 50,000 USDC a coin: 500,000 ticks of 1 u a lot. 5 * 10^12 / (60 * 10^9) = 83 and a third.
    let first = accrue(CAP, PriceTicks(500_000), 1, 0);
    assert_eq!(first, Accrual { step: 83, carry: 20_000_000_000 });
    let second = accrue(CAP, PriceTicks(500_000), 1, first.carry);
    let third = accrue(CAP, PriceTicks(500_000), 1, second.carry);
    assert_eq!((second.step, third.step, third.carry), (83, 84, 0));
    assert_eq!(accrue(-CAP, PriceTicks(500_000), 1, 0), Accrual { step: -84, carry: 40_000_000_000 });
    assert_eq!(accrue(0, PriceTicks(500_000), 10, 7), Accrual { step: 0, carry: 7 });
}

#[test]
fn the_largest_step_fits() {
    let carry = 59_999_999_999;
    for rate in [BILLION, -BILLION] {
        let step = accrue(rate, PriceTicks(MAX_PRICE), MAX_KAPPA, carry).step;
        assert!(step.unsigned_abs() < 1 << 55);
    }
}

proptest! {
    #[test]
    fn it_is_the_difference_in_the_index(
        index in 1..1_000_000_u64, bid in prop::option::of(1..1_000_000_u64), ask in prop::option::of(1..1_000_000_u64),
        cap in 0..=BILLION,
    ) {
        let found = premium(PriceTicks(index), bid.map(PriceTicks), ask.map(PriceTicks), cap);
        let (index, above) = (i128::from(index), bid.map_or(0, |bid| i128::from(bid) - i128::from(index)).max(0));
        let below = ask.map_or(0, |ask| index - i128::from(ask)).max(0);
        let (exact, found) = ((above - below) * 1_000_000_000, i128::from(found));
        // The largest ppb not above it, or the bound.
        prop_assert!(found.abs() <= 8 * i128::from(cap));
        prop_assert!(found * index <= exact || found == -8 * i128::from(cap));
        prop_assert!((found + 1) * index > exact || found == 8 * i128::from(cap));
    }

    #[test]
    fn a_higher_premium_never_lowers_the_rate(
        premium in -8_000_000_000..7_999_999_999_i64, more in 0..1_000_000_i64, cap in 0..=BILLION,
    ) {
        let (low, high) = (funding_rate(premium, cap), funding_rate((premium + more).min(8 * BILLION), cap));
        prop_assert!(low <= high && low.abs() <= cap && high.abs() <= cap);
        // Interest pulls the rate towards itself and not past it.
        prop_assert!(cap < 12_500 || (premium <= INTEREST_8H) == (low <= 12_500) || low == 12_500);
    }

    /// INV-3: nothing is lost on any path.
    #[test]
    fn the_index_and_the_carry_are_what_accrued(
        path in prop::collection::vec((-BILLION..=BILLION, 1..=MAX_PRICE), 1..200), nth in 0..7_u32,
    ) {
        let kappa = 10_u32.pow(nth);
        let (mut funding, mut carry, mut due) = (0_i128, 0, 0_i128);
        for (rate, mark) in path {
            let accrual = accrue(rate, PriceTicks(mark), kappa, carry);
            funding += i128::from(accrual.step);
            carry = accrual.carry;
            due += i128::from(rate) * i128::from(mark) * i128::from(kappa);
            prop_assert_eq!(funding * ACCRUAL_DIVISOR + i128::from(carry), due);
            prop_assert!(i128::from(carry) < ACCRUAL_DIVISOR);
        }
    }
}
