//! Cash of a forced fill (risk.md 5.5).

use crate::fraction::fraction_ceil;
use ballast_types::{Lots, MarketParams, Ppm, PriceTicks, Side, SizeLots};

/// A fill of a forced order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForcedFill {
    /// Side of the forced order: [`Side::Sell`] closes a long.
    pub side: Side,
    /// `e`: the price at which it trades.
    pub price: PriceTicks,
    /// `x`, at least 1 lot.
    pub size: SizeLots,
    /// `p0`: the zero price of these lots.
    pub zero: PriceTicks,
}

/// What a forced fill moves, in u. With the other side of the trade, which pays or gets `e * x * kappa` as in any
/// trade, it sums to 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Change of the account's cash.
    pub account: i128,
    /// Change of the fund: a penalty above 0, a payment to the account below.
    pub fund: i128,
}

impl ForcedFill {
    /// What the fill moves. Better than the zero price, the account pays a penalty of `penalty` of the notional,
    /// rounded up, and no more than the fill was better; worse, the fund pays up to the zero price. Either way the
    /// account has at least what it would have at the zero price. Exact but for the penalty. That the fund may pay is
    /// for the caller to see to. A takeover has a penalty of 0. Source: risk.md 5.5.
    ///
    /// # Panics
    /// When a price or the size is out of bounds: a caller's bug.
    #[must_use]
    pub fn settle(&self, params: &MarketParams, penalty: Ppm) -> Settlement {
        assert!(self.price.is_valid() && self.zero.is_valid() && self.size.is_valid());
        // Cash goes against the position: a seller gets what the lots are worth.
        let sold = Lots(-self.side.signed(self.size).0);
        let cash = params.value(self.price, sold);
        let improvement = cash - params.value(self.zero, sold);
        let fund = improvement.min(fraction_ceil(cash.abs(), penalty));
        Settlement { account: cash - fund, fund }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{bitcoin, market};
    use proptest::prelude::*;

    fn settle(side: Side, price: u64, zero: u64, size: u64) -> (i128, i128) {
        let fill =
            ForcedFill { side, price: PriceTicks(price), size: SizeLots(size), zero: PriceTicks(zero) };
        let Settlement { account, fund } = fill.settle(&bitcoin(), Ppm(5_000));
        (account, fund)
    }

    #[test]
    fn a_fill_well_above_zero_pays_the_penalty() {
        // 100 lots at 1,001: 0.5% of 100,100 is 500.5, rounded up; the fill is 11,000 better.
        assert_eq!(settle(Side::Sell, 1_001, 891, 100), (99_599, 501));
        // A short pays 100,100 and the penalty.
        assert_eq!(settle(Side::Buy, 1_001, 1_111, 100), (-100_601, 501));
    }

    #[test]
    fn the_penalty_is_at_most_what_the_fill_was_better() {
        assert_eq!(settle(Side::Sell, 1_001, 998, 100), (99_800, 300));
        assert_eq!(settle(Side::Buy, 1_001, 1_001, 100), (-100_100, 0));
    }

    #[test]
    fn below_zero_the_fund_pays() {
        assert_eq!(settle(Side::Sell, 990, 1_000, 100), (100_000, -1_000));
        assert_eq!(settle(Side::Buy, 1_010, 1_000, 100), (-100_000, -1_000));
    }

    proptest! {
        #[test]
        fn no_money_is_made_and_nobody_is_worse_than_at_zero(
            buys in any::<bool>(), price in 1..=1_u64 << 40, zero in 1..=1_u64 << 40, size in 1..=1_u64 << 46,
            penalty in 0..=1_000_000_u32,
        ) {
            let (side, params) = (if buys { Side::Buy } else { Side::Sell }, market(20_000, 10_000));
            let fill = ForcedFill { side, price: PriceTicks(price), size: SizeLots(size), zero: PriceTicks(zero) };
            let Settlement { account, fund } = fill.settle(&params, Ppm(penalty));
            let worth = |price: u64| i128::from(price) * i128::from(size) * 1_000_000 * if buys { -1 } else { 1 };
            let counterparty = -worth(price);
            prop_assert_eq!(account + fund + counterparty, 0);
            prop_assert!(account >= worth(zero));
            // The fund pays exactly when the fill is worse, and takes no more than the penalty.
            prop_assert_eq!(fund < 0, worth(price) < worth(zero));
            prop_assert!(fund <= fraction_ceil(worth(price).abs(), Ppm(penalty)));
        }
    }
}
