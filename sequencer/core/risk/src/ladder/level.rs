//! Where an account stands on the ladder (risk.md 5.1).

use crate::{summary::Summary, wide::compare_signed};
use core::cmp::Ordering;

/// An account's equity and what it must keep, in u.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// `E`.
    pub equity: i128,
    /// `MMR` of the whole account, at least 0.
    pub maintenance: i128,
}

impl From<&Summary> for Health {
    fn from(summary: &Summary) -> Self {
        Self { equity: summary.equity, maintenance: summary.maintenance }
    }
}

impl Health {
    /// Whether `h = E / MMR` is below `parts / of`, compared exactly. Without a requirement it is below when equity is
    /// negative.
    #[must_use]
    pub fn is_below(&self, parts: i128, of: i128) -> bool {
        compare_signed(self.equity, of, self.maintenance, parts).is_lt()
    }

    /// How the health compares with another's: less is worse. One without a requirement stands above or below all
    /// that have one, as its equity is at least 0 or not.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |health: &Self| match (health.maintenance, health.equity) {
            (1.., _) => 0,
            (_, 0..) => 1,
            _ => -1,
        };
        rank(self)
            .cmp(&rank(other))
            .then_with(|| compare_signed(self.equity, other.maintenance, other.equity, self.maintenance))
    }
}

/// How far down an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It meets initial margin.
    Healthy,
    /// L0, `MMR <= E < IMR`: it may only reduce.
    PreLiquidation,
    /// L1, `2/3 MMR <= E < MMR`: its orders are cancelled and part of its position is closed.
    Liquidation,
    /// L2, `0 < E < 2/3 MMR`: the backstop may take over.
    CloseOut,
    /// L3, `E <= 0` and below maintenance: the fund pays, the backstop takes over, the rest is torn up.
    Bankrupt,
}

/// The level of an account with this equity, initial and maintenance margin, in u; compared exactly. An account
/// without positions is bankrupt when it owes. Source: risk.md 5.1.
#[must_use]
pub fn level(equity: i128, initial: i128, maintenance: i128) -> Level {
    let health = Health { equity, maintenance };
    if equity >= initial.max(maintenance) {
        Level::Healthy
    } else if equity >= maintenance {
        Level::PreLiquidation
    } else if equity <= 0 {
        Level::Bankrupt
    } else if health.is_below(2, 3) {
        Level::CloseOut
    } else {
        Level::Liquidation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Bankrupt, CloseOut, Healthy, Liquidation, PreLiquidation};
    use proptest::prelude::*;

    #[test]
    fn every_level_begins_where_the_one_above_ends() {
        let of = |equity| level(equity, 200, 100);
        assert_eq!([of(200), of(199), of(100)], [Healthy, PreLiquidation, PreLiquidation]);
        // Two thirds of 100 are 66.7.
        assert_eq!([of(99), of(67), of(66), of(1)], [Liquidation, Liquidation, CloseOut, CloseOut]);
        assert_eq!([of(0), of(-1)], [Bankrupt, Bankrupt]);
        assert_eq!([level(2, 3, 3), level(1, 3, 3)], [Liquidation, CloseOut]);
    }

    #[test]
    fn without_positions_only_a_debt_is_bankrupt() {
        assert_eq!([level(0, 0, 0), level(0, 1, 0), level(-1, 0, 0)], [Healthy, PreLiquidation, Bankrupt]);
    }

    #[test]
    fn the_worst_come_first() {
        let health = |equity, maintenance| Health { equity, maintenance };
        let mut all = [health(0, 0), health(1, 2), health(-5, 1), health(-1, 0), health(-1, 9), health(3, 1)];
        all.sort_by(Health::compare);
        let order = [health(-1, 0), health(-5, 1), health(-1, 9), health(1, 2), health(3, 1), health(0, 0)];
        assert_eq!(all, order);
        assert_eq!(health(1, 2).compare(&health(2, 4)), Ordering::Equal);
    }

    #[test]
    fn the_largest_amounts_fit() {
        assert_eq!(level((1 << 125) - 1, 1 << 126, 1 << 125), Liquidation);
        assert_eq!(level(-(1 << 125), 1 << 126, 1 << 125), Bankrupt);
    }

    proptest! {
        #[test]
        fn less_equity_is_never_higher(
            equity in -1_000..1_000_i128, initial in 0..500_i128, maintenance in 0..500_i128,
        ) {
            prop_assert!(level(equity, initial, maintenance) <= level(equity - 1, initial, maintenance));
            let below = equity < maintenance;
            prop_assert_eq!(level(equity, initial, maintenance) >= Liquidation, below);
        }
    }
}
