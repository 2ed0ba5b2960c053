use super::*;
use crate::{fraction::fraction_ceil, samples::bitcoin};
use alloc::vec;
use ballast_types::{MarginTier, MarketParams, PriceTicks, Side};
use proptest::prelude::*;

/// A long at 50,000 USDC, half a USDC a lot, whose margin of 1% is the account's only requirement.
fn with<T>(size: i64, equity: i128, then: impl Fn(&Health, &Holding<'_>) -> T) -> T {
    let params = bitcoin();
    let holding = Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(500_000),
        size: Lots(size),
    };
    then(&Health { equity, maintenance: holding.margin() }, &holding)
}

fn closed(size: i64, equity: i128, penalty: u32) -> u64 {
    with(size, equity, |health, holding| lots_to_close(health, holding, Ppm(penalty)).0)
}

#[test]
fn the_largest_margin_is_closed_first() {
    let order = |margins: &[(u16, i128)]| -> Vec<u16> {
        let markets = closing_order(margins.iter().map(|&(id, m)| (MarketId(id), m)));
        markets.into_iter().map(|market| market.0).collect()
    };
    assert_eq!(order(&[]), []);
    assert_eq!(order(&[(3, 5), (1, 7), (2, 7), (0, 6)]), [1, 2, 0, 3]);
    assert_eq!(order(&[(2, 7), (1, 7)]), [1, 2]);
}

#[test]
fn health_is_restored_to_1_15() {
    // MMR 500, E 400: 175 USDC are missing. The limit is 1,500 ticks away, the slip half of that.
    // A lot frees 0.5 * 1.15% and costs 0.5 * (0.1% + 0.15%): 0.0045 USDC.
    assert_eq!(closed(100_000, 400_000_000, 1_000), 38_889);
    assert_eq!(closed(-100_000, 400_000_000, 1_000), 38_889);
    // With a penalty of 0.5% it is 0.0025 USDC.
    assert_eq!(closed(100_000, 400_000_000, 5_000), 70_000);
}

#[test]
fn a_position_frees_what_its_highest_tier_needs() {
    // 40,000 lots at 1%, the rest at 2.5%: MMR 950. At 900 of it 192.5 USDC are missing.
    let tier = MarginTier::fixed(SizeLots(40_000), Ppm(2_500_000));
    let params = MarketParams { margin_tiers: vec![tier], ..bitcoin() };
    let holding = Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(500_000),
        size: Lots(100_000),
    };
    let health = Health { equity: 900_000_000, maintenance: holding.margin() };
    // The limit is 1.5 * 1.9% of the mark by the 50 of 950 that are lacking: 750 ticks. A lot frees 0.5 * 1.15 * 2.5% and
    // costs 0.5 * (0.1% + 0.075%): 0.0135 USDC.
    assert_eq!(lots_to_close(&health, &holding, Ppm(1_000)).0, 14_260);
}

#[test]
fn where_no_lot_helps_all_is_closed() {
    assert_eq!([closed(100_000, 400_000_000, 10_000), closed(100_000, -400_000_000, 0)], [100_000; 2]);
}

#[test]
fn slices_and_rests_are_not_small() {
    // 5,000 USDC are small. Of 6,000 those 783 that would do are fewer than 1,000.
    assert_eq!([closed(10_000, 49_999_999, 0), closed(12_000, 59_999_999, 0)], [10_000, 2_000]);
    // Of 5,001 with half of the margin 8,391 lots would do, which leaves 805. With 9 tenths: 250.23 USDC * 10^6 by
    // 500,000 * 230,000 less 10^7 times 751 ticks.
    assert_eq!(closed(10_002, 25_000_000, 0), 10_002);
    assert_eq!(closed(10_002, 45_000_000, 0), 2_328);
}

#[test]
fn a_large_position_is_closed_by_fifths() {
    // 10 BTC are 500,000 USDC, kept by 5,000.
    let big = 100_000_000_000;
    let left = |size, equity, done| with(size, equity, |h, p| paced(h, p, big, SizeLots(done)).0);
    assert_eq!([left(1_000_000, 4_500_000_000, 0), left(-1_000_000, 4_500_000_000, 0)], [200_000; 2]);
    assert_eq!([left(850_000, 3_825_000_000, 150_000), left(800_000, 3_600_000_000, 200_000)], [50_000, 0]);
    assert_eq!(left(700_000, 3_150_000_000, 300_000), 0);
    // At 0.85 still, below no more.
    assert_eq!([left(1_000_000, 4_250_000_000, 0), left(1_000_000, 4_249_999_999, 0)], [200_000, 1_000_000]);
    // At most 100,000 USDC.
    assert_eq!([left(200_000, 900_000_000, 0), left(200_001, 900_000_000, 0)], [200_000, 40_001]);
    assert_eq!(left(150_000, 700_000_000, 60_000), 0);
}

#[test]
fn the_largest_position_fits() {
    let params = MarketParams { kappa: 1_000_000, ..bitcoin() };
    let holding = Holding {
        params: &params,
        maintenance: params.maintenance_margin,
        mark: PriceTicks(1 << 40),
        size: Lots(1 << 46),
    };
    let health = Health { equity: -(1 << 125), maintenance: 1 << 125 };
    assert_eq!(lots_to_close(&health, &holding, Ppm(0)), SizeLots(1 << 46));
    assert_eq!(paced(&health, &holding, 0, SizeLots(1 << 46)), SizeLots(1 << 46));
}

proptest! {
    /// Health is at least 1.15 after a fill half way to the limit, but for what is rounded.
    #[test]
    fn it_is_enough(
        size in 100_000..100_000_000_i64, short in any::<bool>(), lacking in 1..330_i128, elsewhere in 0..3_i128,
        penalty in 0..3_000_u32,
    ) {
        let params = bitcoin();
        let size = Lots(if short { -size } else { size });
        let holding = Holding { params: &params, maintenance: params.maintenance_margin, mark: PriceTicks(500_000), size };
        let maintenance = holding.margin() * (elsewhere + 1);
        let health = Health { equity: maintenance - maintenance * lacking / 1_000 - 1, maintenance };
        let closed = lots_to_close(&health, &holding, Ppm(penalty));
        prop_assert!(closed >= SizeLots(1) && closed <= size.abs());
        if closed == size.abs() {
            return Ok(());
        }

        let way = fillable_price(&health, &holding).0.abs_diff(500_000) / 2;
        let price = if holding.closing() == Side::Sell { 500_000 - way } else { 500_000 + way };
        let value = |price: u64| params.value(PriceTicks(price), Lots(closed.0.cast_signed()));
        let paid = fraction_ceil(value(price), Ppm(penalty));
        let equity = health.equity - value(way) - paid;
        let left = maintenance - holding.released(closed);
        // A short pays its penalty on a price above the mark, which the formula leaves out.
        let beyond = if short { fraction_ceil(value(way), Ppm(penalty)) } else { 0 };
        prop_assert!(20 * (equity + 1 + beyond) + 23 >= 23 * left, "{equity} of {left}");
    }

    /// No lot more than is needed, but for the rest and the smallest slice.
    #[test]
    fn it_is_not_too_much(size in 100_000..100_000_000_i64, lacking in 1..330_i128, penalty in 0..3_000_u32) {
        let params = bitcoin();
        let holding = Holding { params: &params, maintenance: params.maintenance_margin, mark: PriceTicks(500_000), size: Lots(size) };
        let maintenance = holding.margin();
        let health = Health { equity: maintenance - maintenance * lacking / 1_000 - 1, maintenance };
        let closed = lots_to_close(&health, &holding, Ppm(penalty));
        if closed == holding.size.abs() || closed <= SizeLots(2_000) {
            return Ok(());
        }
        let fewer = i128::from(closed.0 - 1);
        let way = i128::from(500_000 - fillable_price(&health, &holding).0);
        // In 10^-6 u, so that nothing is rounded: half of the way lost and the penalty paid, and what is to be kept.
        let equity = health.equity * 1_000_000 - fewer * 500_000 * (way + i128::from(penalty));
        let left = maintenance * 1_000_000 - fewer * 500_000 * 10_000;
        prop_assert!(20 * equity < 23 * left);
    }
}
