//! Margin that a market requires of an account (risk.md 3.2, 3.5): fractions of notional that grow with the position.

use crate::fraction::fraction_ceil;
use ballast_types::{Lots, MarketParams, Ppm, PriceTicks, SizeLots};

/// Initial margin of `size` lots, in u: `ceil(M * kappa * sum s_k * rate_k / 10^6)`, `s_k` the lots of the position that
/// fall in tier `k`, `rate_k` there of `initial`, the account's fraction. Convex in the size.
#[must_use]
pub fn initial_margin(params: &MarketParams, initial: Ppm, mark: PriceTicks, size: SizeLots) -> i128 {
    margin(params, mark, size, initial)
}

/// Maintenance margin of `size` lots, in u: the same with `maintenance`, the market's fraction in force.
#[must_use]
pub fn maintenance_margin(params: &MarketParams, maintenance: Ppm, mark: PriceTicks, size: SizeLots) -> i128 {
    margin(params, mark, size, maintenance)
}

/// Maintenance margin of the last lot of a position of `size` lots, as a part of what it is worth: the rate of the
/// highest tier that it reaches, of `maintenance`, the market's fraction in force.
#[must_use]
pub fn marginal_maintenance(params: &MarketParams, maintenance: Ppm, size: Lots) -> Ppm {
    let reached = params.margin_tiers.partition_point(|tier| tier.above < size.abs());
    let last = reached.checked_sub(1).map(|place| params.margin_tiers[place]);
    last.map_or(maintenance, |tier| tier.rate(maintenance))
}

#[inline]
fn margin(params: &MarketParams, mark: PriceTicks, size: SizeLots, fraction: Ppm) -> i128 {
    match params.margin_tiers.first() {
        Some(second) if size > second.above => tiered(params, mark, size, fraction),
        _ => fraction_ceil(params.value_of_abs(mark, size), fraction),
    }
}

/// `ceil((w + r / 10^6) * M * kappa)` for `w` lots and `r` millionths of one. Apart, for what few positions reach would
/// keep the rest from being inlined.
#[inline(never)]
fn tiered(params: &MarketParams, mark: PriceTicks, size: SizeLots, fraction: Ppm) -> i128 {
    let (whole, rest) = weighted(params, size, fraction);
    params.value_of_abs(mark, whole) + fraction_ceil(params.value_of_abs(mark, SizeLots(1)), rest)
}

/// `sum s_k * rate_k`, in lots and millionths of a lot below one: all lots at the first rate, and those beyond each bound
/// at what the rate rises there. No rate is above 10^6, so the sum is at most the size.
fn weighted(params: &MarketParams, size: SizeLots, fraction: Ppm) -> (SizeLots, Ppm) {
    let million = u64::from(Ppm::WHOLE.0);
    let (mut whole, mut rest, mut below) = (0, 0, 0);
    let first = core::iter::once((SizeLots::ZERO, fraction));
    let others = params.margin_tiers.iter().map(|tier| (tier.above, tier.rate(fraction)));
    for (above, rate) in first.chain(others).take_while(|(above, _)| size > *above) {
        let (lots, rise) = (size.0 - above.0, u64::from(rate.0 - below));
        whole += lots / million * rise;
        rest += lots % million * rise;
        below = rate.0;
    }
    (SizeLots(whole + rest / million), Ppm((rest % million) as u32))
}

/// Initial margin of the worst position that the open orders can make: all bids filled, all asks filled, or
/// none (risk.md 3.5).
///
/// # Panics
/// When position or orders are out of the bounds of risk.md 1.1: a bug of the caller.
#[must_use]
pub fn open_initial_margin(
    params: &MarketParams,
    initial: Ppm,
    mark: PriceTicks,
    size: Lots,
    bid_lots: SizeLots,
    ask_lots: SizeLots,
) -> i128 {
    initial_margin(params, initial, mark, reach(size, bid_lots, ask_lots))
}

/// Size without sign of the largest position that the open orders can make, or that there is:
/// `max(|q + bids|, |q - asks|)`, one of which is at least `|q|`. At most 2^57 lots.
///
/// # Panics
/// When position or orders are out of the bounds of risk.md 1.1: a bug of the caller.
#[inline]
pub(crate) fn reach(size: Lots, bid_lots: SizeLots, ask_lots: SizeLots) -> SizeLots {
    let bought = size.0.checked_add_unsigned(bid_lots.0);
    let sold = size.0.checked_sub_unsigned(ask_lots.0);
    let (bought, sold) = bought.zip(sold).expect("the orders of an account are bounded");
    SizeLots(bought.unsigned_abs().max(sold.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, bitcoin, market};
    use alloc::vec;
    use ballast_types::{MarginTier, Quote};
    use proptest::prelude::*;

    /// Of an account with this leverage.
    fn fraction(params: &MarketParams, leverage: u16) -> Ppm {
        ballast_types::initial_fraction(params.initial_margin, leverage, Ppm::WHOLE)
    }

    /// Of a position of either side.
    fn maintenance_margin(params: &MarketParams, mark: PriceTicks, size: i64) -> i128 {
        super::maintenance_margin(params, params.maintenance_margin, mark, Lots(size).abs())
    }

    /// Of a position of either side and an account with this leverage.
    fn initial_margin(params: &MarketParams, leverage: u16, mark: PriceTicks, size: i64) -> i128 {
        super::initial_margin(params, fraction(params, leverage), mark, Lots(size).abs())
    }

    /// Of an account with this leverage.
    fn open_initial_margin(
        params: &MarketParams,
        leverage: u16,
        mark: PriceTicks,
        size: Lots,
        bids: SizeLots,
        asks: SizeLots,
    ) -> i128 {
        let initial = fraction(params, leverage);
        super::open_initial_margin(params, initial, mark, size, bids, asks)
    }

    #[test]
    fn one_bitcoin_at_50_000_needs_1_000_initially_and_500_to_keep() {
        // 2% and 1% of 50,000 USDC; a lot is 10^-5 BTC, a tick 0.1 USDC.
        let mark = PriceTicks(500_000);
        assert_eq!(initial_margin(&bitcoin(), 0, mark, 100_000), 1_000_000_000);
        assert_eq!(maintenance_margin(&bitcoin(), mark, -100_000), 500_000_000);
    }

    #[test]
    fn requirements_round_up() {
        // One lot at one tick is 1 u; 2% of it is 0.02 u.
        assert_eq!(initial_margin(&bitcoin(), 0, PriceTicks(1), 1), 1);
        assert_eq!(initial_margin(&bitcoin(), 0, PriceTicks(1), 51), 2);
        assert_eq!(maintenance_margin(&bitcoin(), PriceTicks(1), 0), 0);
    }

    #[test]
    fn orders_that_only_close_need_no_more_than_the_position() {
        let (mark, long) = (PriceTicks(500_000), Lots(100));
        let open =
            |bids, asks| open_initial_margin(&bitcoin(), 0, mark, long, SizeLots(bids), SizeLots(asks));
        let alone = initial_margin(&bitcoin(), 0, mark, 100);
        assert_eq!([open(0, 0), open(0, 100), open(0, 200)], [alone; 3]);
        // Selling 201 of a long of 100 could leave a short of 101.
        assert_eq!(open(0, 201), initial_margin(&bitcoin(), 0, mark, 101));
        assert_eq!(open(7, 201), initial_margin(&bitcoin(), 0, mark, 107));
    }

    /// 4% and 2%, half as much again above 100 lots, and all that may be above 300.
    fn tiered() -> MarketParams {
        let tier = |above, multiplier| MarginTier::fixed(SizeLots(above), Ppm(multiplier));
        let margin_tiers = vec![tier(100, 1_500_000), tier(300, 5_000_000)];
        let (initial_margin, maintenance_margin) = (Ppm(40_000), Ppm(20_000));
        MarketParams { initial_margin, maintenance_margin, margin_tiers, ..bitcoin() }
    }

    #[test]
    fn each_lot_needs_what_its_tier_says() {
        let (p, mark) = (tiered(), PriceTicks(1_000));
        let initial = [0, 1, 100, 101, -300, 301, -1_000].map(|lots| initial_margin(&p, 0, mark, lots));
        assert_eq!(initial, [0, 40, 4_000, 4_060, 16_000, 16_200, 156_000]);
        let maintenance = [100, -200, 300, 301].map(|lots| maintenance_margin(&p, mark, lots));
        assert_eq!(maintenance, [2_000, 5_000, 8_000, 8_100]);
        let marginal = [1, 100, -101, 300, -301]
            .map(|lots| marginal_maintenance(&p, p.maintenance_margin, Lots(lots)).0);
        assert_eq!(marginal, [20_000, 20_000, 30_000, 30_000, 100_000]);
        assert_eq!(open_initial_margin(&p, 0, mark, Lots(100), SizeLots(1), SizeLots(400)), 16_000);
    }

    #[test]
    fn a_lower_leverage_needs_more_initially_and_no_more_to_keep() {
        let (p, mark) = (tiered(), PriceTicks(1_000));
        let initial = [0, 25, 20, 3, 1].map(|leverage| initial_margin(&p, leverage, mark, 100));
        assert_eq!(initial, [4_000, 4_000, 5_000, 33_334, 100_000]);
        // 5% and half as much again for the last 100 lots; at a third of all and beyond, all that may be.
        assert_eq!(
            [20, 3, 1].map(|leverage| initial_margin(&p, leverage, mark, 200)),
            [12_500, 83_334, 200_000]
        );
        assert_eq!(open_initial_margin(&p, 10, mark, Lots(50), SizeLots(50), SizeLots(0)), 10_000);
        // What the market no longer allows counts as what it allows.
        assert_eq!([26, u16::MAX].map(|leverage| initial_margin(&p, leverage, mark, 100)), [4_000; 2]);
        assert_eq!([p.highest_leverage(), market(300_000, 1).highest_leverage()], [25, 3]);
        assert_eq!(market(1, 1).highest_leverage(), u16::MAX);
    }

    #[test]
    fn tiers_round_up_once() {
        // 100 lots at 4% and one at 6%, of 3 u each: 12.18 u.
        assert_eq!(initial_margin(&tiered(), 0, PriceTicks(3), 101), 13);
        // 3 ppm times 1.5 are 5 ppm: 100 * 3 + 1 * 5 millionths of 10^4 u, or 3.05 u.
        let p = MarketParams { initial_margin: Ppm(3), maintenance_margin: Ppm(3), ..tiered() };
        assert_eq!(initial_margin(&p, 0, PriceTicks(10_000), 101), 4);
    }

    #[test]
    fn no_lot_needs_more_than_it_is_worth() {
        let p = MarketParams { initial_margin: Ppm(700_000), maintenance_margin: Ppm(300_000), ..tiered() };
        let all = [initial_margin(&p, 0, PriceTicks(10), 301), maintenance_margin(&p, PriceTicks(10), 301)];
        assert_eq!(all, [700 + 2_000 + 10, 300 + 900 + 10]);
    }

    #[test]
    fn the_largest_orders_at_the_largest_price_fit() {
        let most = SizeLots(1_000 << 46);
        let margin = open_initial_margin(
            &market(1_000_000, 1_000_000),
            0,
            PriceTicks(1 << 40),
            Lots(1 << 46),
            most,
            most,
        );
        assert_eq!(margin, (1_001_i128 << 86) * 1_000_000);
        let tiers = tiered().margin_tiers;
        let p = MarketParams { margin_tiers: tiers, ..market(1_000_000, 1_000_000) };
        let tiered = open_initial_margin(&p, 0, PriceTicks(1 << 40), Lots(1 << 46), most, most);
        assert_eq!(tiered, margin, "rates of 100% do not rise");
    }

    proptest! {
        #[test]
        fn tiers_that_follow_raise_no_requirement_by_two_hundredths(
            bounds in proptest::collection::btree_set(256..100_000_u64, 1..8),
            multipliers in proptest::collection::vec(1_000_000..=5_000_000_u32, 8),
            fraction in 1..=1_000_000_u32, size in 1..200_000_u64, lot in 1..1_000_000_u64,
        ) {
            let mut multipliers = multipliers;
            multipliers.sort_unstable();
            let tiers = bounds.iter().zip(multipliers).zip(1..).map(|((above, multiplier), worth)| MarginTier {
                above: SizeLots(*above),
                multiplier: Ppm(multiplier),
                notional: Quote(worth),
            });
            let before = MarketParams { margin_tiers: tiers.collect(), ..bitcoin() };
            // A lot is worth more than any tier is to be.
            let Some(margin_tiers) = MarginTier::followed(&before.margin_tiers, 1 << 60) else { return Ok(()) };
            let after = MarketParams { margin_tiers, ..before.clone() };
            let need = |params| margin(params, PriceTicks(lot), SizeLots(size), Ppm(fraction));
            let (was, is) = (need(&before), need(&after));
            prop_assert!(is >= was && (is - was) * 50 < was + 50, "{is} of {was}");
        }

        /// A lot more never needs less than the lot before it did, but for what is rounded.
        #[test]
        fn the_requirement_is_convex_and_without_jumps(q in 1..1_000_i64, mark in 1..1_000_u64) {
            let p = tiered();
            let at = |lots| (initial_margin(&p, 0, PriceTicks(mark), lots), maintenance_margin(&p, PriceTicks(mark), lots));
            let [low, here, high] = [q - 1, q, q + 1].map(at);
            for (low, here, high) in [(low.0, here.0, high.0), (low.1, here.1, high.1)] {
                prop_assert!(high - here + 1 >= here - low);
                prop_assert!(high - here <= i128::from(mark));
            }
            prop_assert!(maintenance_margin(&p, PriceTicks(mark), q) <= initial_margin(&p, 0, PriceTicks(mark), q));
        }

        /// Tier by tier, in products that fit.
        #[test]
        fn it_is_the_sum_over_the_tiers(q in 0..1_000_i64, mark in 1..1_000_000_u64, imf in 1..=1_000_000_u32) {
            let p = MarketParams { initial_margin: Ppm(imf), maintenance_margin: Ppm(1), ..tiered() };
            let rate = |times: i128| ((i128::from(imf) * times + 9) / 10).min(1_000_000);
            let lots = [q.min(100), (q - 100).clamp(0, 200), (q - 300).max(0)].map(i128::from);
            let sum = lots[0] * rate(10) + lots[1] * rate(15) + lots[2] * rate(50);
            let exact = (sum * i128::from(mark) + 999_999) / 1_000_000;
            prop_assert_eq!(initial_margin(&p, 0, PriceTicks(mark), q), exact);
        }

        /// As one product in 256 bits, at whatever size, price and rates.
        #[test]
        fn it_is_the_product_rounded_up_once(
            q in samples::up_to(1_001 << 46), mark in samples::up_to(1 << 40), fraction in 0..=1_000_000_u32,
            kappa in 0..7_u32, tiers in samples::tiers(),
        ) {
            let p = MarketParams { kappa: 10_u32.pow(kappa), margin_tiers: tiers, ..bitcoin() };
            let exact = samples::margin(&p, PriceTicks(mark), SizeLots(q), Ppm(fraction));
            prop_assert_eq!(super::initial_margin(&p, Ppm(fraction), PriceTicks(mark), SizeLots(q)), exact);
            prop_assert_eq!(super::maintenance_margin(&p, Ppm(fraction), PriceTicks(mark), SizeLots(q)), exact);
        }

        #[test]
        fn more_size_a_higher_mark_or_more_orders_never_need_less(
            q in -1_000_000..1_000_000_i64, more in 0..1_000_000_i64, mark in 1..1_000_000_u64, up in 0..1_000_u64,
            bids in 0..1_000_000_u64, asks in 0..1_000_000_u64, extra in 0..1_000_u64,
        ) {
            let p = bitcoin();
            let open = |m, b, a| open_initial_margin(&p, 0, PriceTicks(m), Lots(q), SizeLots(b), SizeLots(a));
            let least = open(mark, bids, asks);
            prop_assert!(open(mark + up, bids, asks) >= least);
            prop_assert!(open(mark, bids + extra, asks) >= least && open(mark, bids, asks + extra) >= least);
            let larger = q.abs() + more;
            prop_assert!(initial_margin(&p, 0, PriceTicks(mark), larger) >= initial_margin(&p, 0, PriceTicks(mark), q));
            prop_assert!(maintenance_margin(&p, PriceTicks(mark), q) <= initial_margin(&p, 0, PriceTicks(mark), q));
        }
    }
}
