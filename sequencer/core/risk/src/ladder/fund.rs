//! What the insurance fund of a pool may pay, and how large it should be (risk.md 5.8). Amounts are in u, at least 0.

use crate::fraction::{fraction_ceil, fraction_floor};
use ballast_types::{MarketClass, Ppm, math::mul_div_ceil};

/// Largest requirements that the target looks at.
const LARGEST_ACCOUNTS: usize = 20;
/// Part of their requirement that the fund should hold: 45%.
const EXCESS: Ppm = Ppm(450_000);

/// The fund as it stands before a payment for a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it holds.
    pub balance: i128,
    /// What it held when the day began.
    pub day_start: i128,
    /// What it has paid for this market since.
    pub paid_today: i128,
    /// Most that it held in the running period of 8 hours and in the one before, now included.
    pub peak: i128,
}

impl Claims {
    /// Most that one payment for the market may be: what any may be, and what is left today of `share` of what the fund
    /// held when the day began, rounded down. Never negative. Source: risk.md 5.8.
    #[must_use]
    pub fn claimable(&self, share: Ppm) -> i128 {
        let today = fraction_floor(self.day_start, share) - self.paid_today;
        self.bearable().min(today).max(0)
    }

    /// Most that any payment may be: what the fund holds, and what is left until it is 30% below its peak, whatever
    /// brought it there. Never negative. Source: risk.md 5.8.
    #[must_use]
    pub fn bearable(&self) -> i128 {
        self.balance.min(self.balance - self.stop()).max(0)
    }

    /// What the fund must keep: 70% of its peak, rounded up.
    fn stop(&self) -> i128 {
        mul_div_ceil(self.peak, 7, 10)
    }
}

/// The part of the open interest of a market of this class that the fund of its pool should hold at least.
/// Source: risk.md 5.8.
#[must_use]
pub const fn interest_part(class: MarketClass) -> Ppm {
    match class {
        MarketClass::A => Ppm(10_000),
        MarketClass::B => Ppm(20_000),
        MarketClass::C => Ppm(100_000),
    }
}

/// `IF*`: what the fund of a pool should hold: the largest of its `floor`, what the two largest accounts would leave
/// unpaid under stress (`cover_two`), a part of the open interest of every market (amount and part), and 45% of the
/// requirements of the 20 largest accounts, the first of those that are given; every term rounded up. For whoever writes a
/// genesis, where it is a number: no rule asks it again. Source: risk.md 5.8.
#[must_use]
pub fn fund_target(
    floor: i128,
    cover_two: i128,
    open_interest: impl IntoIterator<Item = (i128, Ppm)>,
    largest_requirements: impl IntoIterator<Item = i128>,
) -> i128 {
    let interest: i128 = open_interest.into_iter().map(|(amount, part)| fraction_ceil(amount, part)).sum();
    let requirements = largest_requirements.into_iter().take(LARGEST_ACCOUNTS);
    let excess: i128 = requirements.map(|requirement| fraction_ceil(requirement, EXCESS)).sum();
    floor.max(cover_two).max(interest).max(excess)
}

/// Who gets a penalty: the fund and the backstop. All goes to the fund while it holds less than its target, then half
/// of it, rounded up. Source: risk.md 5.5.
#[must_use]
pub fn split_penalty(penalty: i128, balance: i128, target: i128) -> (i128, i128) {
    let backstop = if balance < target { 0 } else { penalty.div_euclid(2) };
    (penalty - backstop, backstop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claims(balance: i128, day_start: i128, paid_today: i128, peak: i128) -> Claims {
        Claims { balance, day_start, paid_today, peak }
    }

    #[test]
    fn a_payment_has_three_caps() {
        let share = Ppm(250_000);
        // A quarter of 1,000 today, 40 of it paid.
        assert_eq!(claims(1_000, 1_000, 40, 1_000).claimable(share), 210);
        // 701 is 1 above 70% of 1,000.
        assert_eq!(claims(701, 1_000, 0, 1_000).claimable(share), 1);
        assert_eq!(claims(701, 1_000, 0, 1_001).claimable(share), 0);
        // A fund that grew since the day began.
        assert_eq!(claims(2_000, 1_000, 0, 2_000).claimable(Ppm(1_000_000)), 600);
        assert_eq!(claims(0, 1_000, 0, 0).claimable(share), 0);
        assert_eq!(claims(900, 1_000, 300, 1_000).claimable(share), 0);
    }

    #[test]
    fn the_target_is_the_largest_of_four() {
        let interest = || [(1_001, Ppm(10_000)), (50, Ppm(100_000))];
        // 11 and 5; 45% of 1 is rounded up, of 21 accounts the last is left out.
        assert_eq!(fund_target(0, 0, interest(), []), 16);
        assert_eq!(fund_target(0, 0, interest(), [1; 21]), 20);
        assert_eq!(fund_target(30, 21, interest(), [1; 21]), 30);
        assert_eq!(fund_target(30, 31, interest(), [1; 21]), 31);
    }

    #[test]
    fn above_the_target_the_backstop_gets_half() {
        assert_eq!(split_penalty(7, 99, 100), (7, 0));
        assert_eq!(split_penalty(7, 100, 100), (4, 3));
    }

    proptest! {
        /// INV-4: however much is claimed, the fund stays above 0, above its stop, and each market within its day.
        #[test]
        fn payments_keep_within_the_caps(
            start in 0..1_000_000_i128, asked in prop::collection::vec((0..200_000_i128, any::<bool>()), 1..50),
        ) {
            let share = Ppm(500_000);
            let (mut balance, mut paid) = (start, [0; 2]);
            for (wanted, second) in asked {
                let paid = &mut paid[usize::from(second)];
                let claim = claims(balance, start, *paid, start).claimable(share);
                prop_assert!(claim >= 0);
                balance -= wanted.min(claim);
                *paid += wanted.min(claim);
                prop_assert!(10 * balance >= 7 * start && 2 * *paid <= start);
            }
        }
    }
}
