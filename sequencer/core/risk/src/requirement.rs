//! Margin that a market requires of an account (risk.md 3.2, 3.5), at fixed fractions of notional.

use crate::fraction::fraction_ceil;
use ballast_types::{Lots, MarketParams, Ppm, PriceTicks, SizeLots};

/// Initial margin of `size` lots, in u: `ceil(|q| * M * kappa * imf / 10^6)`.
#[must_use]
pub fn initial_margin(params: &MarketParams, mark: PriceTicks, size: i128) -> i128 {
    margin(params, mark, size, params.initial_margin)
}

/// Maintenance margin of `size` lots, in u: `ceil(|q| * M * kappa * mmf / 10^6)`.
#[must_use]
pub fn maintenance_margin(params: &MarketParams, mark: PriceTicks, size: i128) -> i128 {
    margin(params, mark, size, params.maintenance_margin)
}

fn margin(params: &MarketParams, mark: PriceTicks, size: i128, fraction: Ppm) -> i128 {
    fraction_ceil(size.abs() * i128::from(mark.0) * i128::from(params.kappa), fraction)
}

/// Initial margin of the worst position that the open orders can make: all bids filled, all asks filled, or
/// none (risk.md 3.5).
#[must_use]
pub fn open_initial_margin(
    params: &MarketParams,
    mark: PriceTicks,
    size: Lots,
    bid_lots: SizeLots,
    ask_lots: SizeLots,
) -> i128 {
    initial_margin(params, mark, reach(size, bid_lots, ask_lots))
}

/// Size without sign of the largest position that the open orders can make, or that there is:
/// `max(|q + bids|, |q - asks|)`, one of which is at least `|q|`.
#[must_use]
pub(crate) fn reach(size: Lots, bid_lots: SizeLots, ask_lots: SizeLots) -> i128 {
    let (q, bids, asks) = (i128::from(size.0), i128::from(bid_lots.0), i128::from(ask_lots.0));
    (q + bids).abs().max((q - asks).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{bitcoin, market};
    use proptest::prelude::*;

    #[test]
    fn one_bitcoin_at_50_000_needs_1_000_initially_and_500_to_keep() {
        // 2% and 1% of 50,000 USDC; a lot is 10^-5 BTC, a tick 0.1 USDC.
        let mark = PriceTicks(500_000);
        assert_eq!(initial_margin(&bitcoin(), mark, 100_000), 1_000_000_000);
        assert_eq!(maintenance_margin(&bitcoin(), mark, -100_000), 500_000_000);
    }

    #[test]
    fn requirements_round_up() {
        // One lot at one tick is 1 u; 2% of it is 0.02 u.
        assert_eq!(initial_margin(&bitcoin(), PriceTicks(1), 1), 1);
        assert_eq!(initial_margin(&bitcoin(), PriceTicks(1), 51), 2);
        assert_eq!(maintenance_margin(&bitcoin(), PriceTicks(1), 0), 0);
    }

    #[test]
    fn orders_that_only_close_need_no_more_than_the_position() {
        let (mark, long) = (PriceTicks(500_000), Lots(100));
        let open = |bids, asks| open_initial_margin(&bitcoin(), mark, long, SizeLots(bids), SizeLots(asks));
        let alone = initial_margin(&bitcoin(), mark, 100);
        assert_eq!([open(0, 0), open(0, 100), open(0, 200)], [alone; 3]);
        // Selling 201 of a long of 100 could leave a short of 101.
        assert_eq!(open(0, 201), initial_margin(&bitcoin(), mark, 101));
        assert_eq!(open(7, 201), initial_margin(&bitcoin(), mark, 107));
    }

    #[test]
    fn the_largest_orders_at_the_largest_price_fit() {
        let most = SizeLots(1_000 << 46);
        let margin = open_initial_margin(
            &market(1_000_000, 1_000_000),
            PriceTicks(1 << 40),
            Lots(1 << 46),
            most,
            most,
        );
        assert_eq!(margin, (1_001_i128 << 86) * 1_000_000);
    }

    proptest! {
        #[test]
        fn more_size_a_higher_mark_or_more_orders_never_need_less(
            q in -1_000_000..1_000_000_i64, more in 0..1_000_000_i64, mark in 1..1_000_000_u64, up in 0..1_000_u64,
            bids in 0..1_000_000_u64, asks in 0..1_000_000_u64, extra in 0..1_000_u64,
        ) {
            let p = bitcoin();
            let open = |m, b, a| open_initial_margin(&p, PriceTicks(m), Lots(q), SizeLots(b), SizeLots(a));
            let least = open(mark, bids, asks);
            prop_assert!(open(mark + up, bids, asks) >= least);
            prop_assert!(open(mark, bids + extra, asks) >= least && open(mark, bids, asks + extra) >= least);
            let larger = i128::from(q.abs() + more);
            prop_assert!(initial_margin(&p, PriceTicks(mark), larger) >= initial_margin(&p, PriceTicks(mark), q.into()));
            prop_assert!(maintenance_margin(&p, PriceTicks(mark), q.into()) <= initial_margin(&p, PriceTicks(mark), q.into()));
        }
    }
}
