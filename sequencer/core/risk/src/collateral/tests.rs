use super::*;
use ballast_types::{MarketId, Millis, Quote};
use proptest::prelude::*;

const USDC: i128 = 1_000_000;

/// A hundredth of an ether is a lot, and every day counts in full but for a tenth.
fn ether() -> Collateral {
    Collateral {
        market: MarketId(0),
        units_per_lot: Units(10_000),
        haircut: Ppm(100_000),
        size_factor: Ppm(0),
        since: Millis(0),
        most: Quote(1 << 60),
        total: Units(1 << 60),
    }
}

/// At 2,500 USDC.
fn pledge(terms: &Collateral) -> Pledge<'_> {
    let lot_value = 25 * USDC;
    Pledge {
        terms,
        lot_value,
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
        days: COLLATERAL_DAYS,
        settled: false,
    }
}

#[test]
fn an_ether_counts_for_its_price_less_the_haircut() {
    let terms = ether();
    let two = Units(2_000_000);
    let backing = pledge(&terms).backing(two);
    assert_eq!(
        (backing.value, backing.initial),
        (4_500 * USDC, 4_250 * USDC),
        "five points less as initial margin"
    );
    assert_eq!((backing.live, backing.debt_limit()), (4_500 * USDC, 2_250 * USDC));
    assert_eq!(pledge(&terms).backing(Units(0)), Backing::NONE);
    // A unit is worth a quarter of a cent: 2,250 u.
    assert_eq!(pledge(&terms).backing(Units(1)).value, 2_250);
}

#[test]
fn the_largest_haircut_counts() {
    let terms = ether();
    let wild = Pledge { haircut: Ppm(150_000), haircut_initial: Ppm(240_000), ..pledge(&terms) };
    let backing = wild.backing(Units(1_000_000));
    assert_eq!((backing.value, backing.initial), (2_125 * USDC, 1_775 * USDC));
    let nothing = Pledge { haircut: Ppm(1_000_000), haircut_initial: Ppm(1_000_000), ..wild };
    assert_eq!(nothing.backing(Units(1_000_000)), Backing::NONE);
    assert_eq!(nothing.to_sell(Units(1_000_000), 1), Units::ZERO, "nobody gives anything for it");
}

#[test]
fn what_is_large_counts_for_less() {
    // Of 1,000,000 USDC the root is 1,000: c * 1,000 = 0.1, and 1.1 - 1.1 / 1.1 = 0.1.
    let terms = Collateral { size_factor: Ppm(100), haircut: Ppm(50_000), ..ether() };
    let pledge = pledge(&terms);
    assert_eq!(pledge.haircut_of(Units(400_000_000)), Ppm(100_000));
    assert_eq!(pledge.haircut_of(Units(1_000_000)), Ppm(50_000), "the floor, of 2,500 USDC");
    assert_eq!(pledge.backing(Units(400_000_000)).value, 900_000 * USDC);
    // Of 4 * 10^12 USDC 200 of 1.1: 1.1 - 1.1 / 201, above the whole.
    assert_eq!(pledge.haircut_of(Units(1 << 60)), Ppm(1_000_000));
}

#[test]
fn it_counts_for_a_thirtieth_more_with_each_day_and_never_for_more_than_allowed() {
    let terms = Collateral { most: Quote(600 * 1_000_000), ..ether() };
    let on = |days| Pledge { days, ..pledge(&terms) }.backing(Units(1_000_000)).value;
    assert_eq!([0, 1, 2, 8, 30].map(on), [0, 75 * USDC, 150 * USDC, 600 * USDC, 600 * USDC]);
}

#[test]
fn of_a_market_that_settled_it_is_no_margin_for_more() {
    let terms = ether();
    let settled = Pledge { settled: true, ..pledge(&terms) };
    assert_eq!(settled.backing(Units(1_000_000)), Backing { value: 2_250 * USDC, initial: 0, live: 0 });
}

#[test]
fn a_sale_pays_the_debt_and_no_more_than_there_is() {
    let terms = ether();
    let pledge = pledge(&terms);
    let held = Units(1_000_000);
    // 225 USDC are 0.1 ether at 2,250, and 2 u more of what is owed another unit.
    assert_eq!(pledge.to_sell(held, 225 * USDC), Units(100_001));
    assert_eq!(pledge.proceeds(held, Units(100_001)), 225_002_250);
    assert_eq!(pledge.to_sell(held, 2_250 * USDC), held);
    assert_eq!(pledge.proceeds(held, held), 2_250 * USDC);
    assert_eq!(pledge.to_sell(held, i128::MAX), held);
    let unpriced = Pledge { lot_value: 0, ..pledge };
    assert_eq!((unpriced.to_sell(held, 1), unpriced.backing(held)), (Units::ZERO, Backing::NONE));
}

#[test]
fn every_number_at_its_bound_is_no_overflow() {
    for units_per_lot in [1, 1 << 40] {
        let terms = Collateral {
            units_per_lot: Units(units_per_lot),
            haircut: Ppm(0),
            size_factor: Ppm(1_000_000),
            ..ether()
        };
        let most = Pledge { lot_value: 1 << 60, ..pledge(&terms) };
        let backing = most.backing(Units(1 << 60));
        assert!(backing.value <= 1 << 60 && backing.initial <= backing.value);
        let sold = most.to_sell(Units(1 << 60), 1 << 61);
        assert!(most.proceeds(Units(1 << 60), sold) <= 1 << 60);
    }
}

fn terms() -> impl Strategy<Value = Collateral> {
    (0..=40_u32, 0..=1_000_000_u32, 0..3_000_u32, prop_oneof![Just(1_i64 << 60), 1..1_000_000_000_000_i64])
        .prop_map(|(units, haircut, factor, most)| Collateral {
            units_per_lot: Units(1 << units),
            haircut: Ppm(haircut),
            size_factor: Ppm(factor),
            most: Quote(most),
            ..ether()
        })
}

proptest! {
    #[test]
    fn a_sale_never_lowers_equity_and_pays_the_debt_where_it_can(
        terms in terms(), lot_value in prop_oneof![0..1_000_i128, 0..1_i128 << 50],
        haircuts in (0..=1_000_000_u32, 0..=200_000_u32), days in 0..=COLLATERAL_DAYS,
        held in prop_oneof![1..1_000_u64, 1..1_u64 << 60], debt in prop_oneof![1..10_000_i128, 1..1_i128 << 60],
        part in 0..=16_u64,
    ) {
        let (haircut, more) = haircuts;
        let pledge = Pledge {
            terms: &terms,
            lot_value,
            haircut: Ppm(haircut),
            haircut_initial: Ppm((haircut + more).min(1_000_000)),
            days,
            settled: false,
        };
        let held = Units(held);
        let all = pledge.to_sell(held, debt);
        let sold = Units((u128::from(all.0) * u128::from(part) / 16) as u64);
        let (before, after) = (pledge.backing(held), pledge.backing(held.checked_sub(sold).expect("a part")));
        let proceeds = pledge.proceeds(held, sold);
        prop_assert!(0 <= before.initial && before.initial <= before.value && before.live == before.value);
        prop_assert!(after.value + proceeds >= before.value, "{before:?} {after:?} {proceeds}");
        prop_assert!(before.value <= terms.most.0.into());
        // The debt is paid where not all is sold, unless it is worth more than anything may be.
        let paid = pledge.proceeds(held, all);
        let is_capped = i128::from(held.0) * lot_value / i128::from(terms.units_per_lot.0) >= 1 << 60;
        prop_assert!(all == held || paid >= debt || paid == 0 && all == Units::ZERO || is_capped, "{all} {paid} {debt}");
    }
}
