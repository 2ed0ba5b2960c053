//! What an open order reserves (risk.md 3.5).

use ballast_types::{Lots, MarketParams, PriceTicks, Quote, Side, SizeLots, math::mul_div_ceil};

/// Margin reserved for an order when it is accepted, in u: the loss at the mark of filling at its price, for a
/// bid above the mark or an ask below it, and the highest taker's fee on its notional, rounded up. Exact but for the
/// fee, never negative; may be above 2^60, which the caller refuses.
#[must_use]
pub fn order_reserve(
    params: &MarketParams,
    mark: PriceTicks,
    side: Side,
    price: PriceTicks,
    size: SizeLots,
) -> i128 {
    let through = match side {
        Side::Buy => price.0.saturating_sub(mark.0),
        Side::Sell => mark.0.saturating_sub(price.0),
    };
    let lots = Lots(size.0.cast_signed());
    params.value(PriceTicks(through), lots) + params.highest_taker_fee_ceil(params.value(price, lots))
}

/// What stays reserved when `left` of `before` lots of an order are still open: pro rata, rounded up. All of it
/// when nothing was filled, nothing when nothing is left.
///
/// # Panics
/// When `left` is above `before`, `before` is 0 or `reserve` is negative: a caller's bug.
#[must_use]
pub fn reserve_left(reserve: Quote, left: SizeLots, before: SizeLots) -> Quote {
    assert!(left <= before && before > SizeLots::ZERO && reserve >= Quote::ZERO);
    let share = mul_div_ceil(i128::from(reserve.0), i128::from(left.0), i128::from(before.0));
    Quote::try_from_i128(share).expect("a share of a reserve is at most the reserve")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::bitcoin;
    use proptest::prelude::*;

    const MARK: PriceTicks = PriceTicks(500_000);
    const ONE: SizeLots = SizeLots(100_000);

    #[test]
    fn a_bid_of_one_bitcoin_100_above_the_mark_reserves_100_and_the_fee() {
        // The fee: 0.05% of 50,100 USDC = 25.05 USDC.
        let reserve = order_reserve(&bitcoin(), MARK, Side::Buy, PriceTicks(501_000), ONE);
        assert_eq!(reserve, 100_000_000 + 25_050_000);
    }

    #[test]
    fn an_order_away_from_the_mark_reserves_the_fee_alone() {
        assert_eq!(order_reserve(&bitcoin(), MARK, Side::Buy, PriceTicks(499_000), ONE), 24_950_000);
        assert_eq!(order_reserve(&bitcoin(), MARK, Side::Sell, PriceTicks(501_000), ONE), 25_050_000);
        assert_eq!(order_reserve(&bitcoin(), MARK, Side::Sell, PriceTicks(499_000), ONE), 124_950_000);
    }

    #[test]
    fn the_fee_rounds_up_and_the_largest_order_fits() {
        assert_eq!(order_reserve(&bitcoin(), PriceTicks(1), Side::Buy, PriceTicks(1), SizeLots(1)), 1);
        let (top, all) = (PriceTicks(1 << 40), SizeLots(1 << 46));
        assert!(order_reserve(&bitcoin(), PriceTicks(1), Side::Buy, top, all) > 1 << 86);
    }

    #[test]
    fn half_an_order_keeps_half_its_reserve() {
        assert_eq!(reserve_left(Quote(101), SizeLots(5), SizeLots(10)), Quote(51));
        assert_eq!(reserve_left(Quote(101), SizeLots(10), SizeLots(10)), Quote(101));
        assert_eq!(reserve_left(Quote(101), SizeLots(0), SizeLots(10)), Quote(0));
        assert_eq!(
            reserve_left(Quote(1 << 60), SizeLots((1 << 46) - 1), SizeLots(1 << 46)),
            Quote((1 << 60) - (1 << 14))
        );
    }

    proptest! {
        #[test]
        fn however_an_order_fills_its_reserve_only_falls_and_never_below_pro_rata(
            reserve in 0..1_i64 << 60, size in 1..1_u64 << 46, cuts in proptest::collection::vec(0..=100_u64, 1..20),
        ) {
            let (mut left, mut kept) = (size, Quote(reserve));
            for cut in cuts {
                if left == 0 { break; }
                let next = left - (u128::from(left) * u128::from(cut) / 100) as u64;
                let after = reserve_left(kept, SizeLots(next), SizeLots(left));
                prop_assert!(after <= kept);
                (left, kept) = (next, after);
                prop_assert!(i128::from(kept.0) * i128::from(size) >= i128::from(reserve) * i128::from(left));
            }
            prop_assert!(left > 0 || kept == Quote::ZERO);
        }
    }
}
