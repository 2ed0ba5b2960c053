use super::*;

/// 2% initially; from one to three u of open interest margin grows.
fn crowded() -> MarketParams {
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(20_000),
        maintenance_margin: Ppm(10_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(0), SignedPpm(0)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(1),
        circuit_breakers: false,
        open_interest_cap: Quote(3_000_000),
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote(1_000_000),
    }
}

#[test]
fn open_interest_asks_for_ever_more_in_whole_hundredths() {
    let asked = [0, 1_000_000, 1_000_001, 1_020_000, 2_000_000, 2_000_001, 3_000_000, 1 << 100]
        .map(|notional| crowded().open_interest_margin(notional).map(|asked| asked.0));
    // Of 98% half is 49%, on top of 2%; a 50th of the way is 0.98% and makes 2.98%.
    let expected = [0, 0, 30_000, 30_000, 510_000, 520_000, 1_000_000, 1_000_000];
    assert_eq!(asked, expected.map(Some));
}

#[test]
fn without_its_bounds_open_interest_asks_for_nothing() {
    let none = MarketParams { open_interest_free: Quote::ZERO, ..crowded() };
    let uncapped = MarketParams { open_interest_cap: Quote::ZERO, ..crowded() };
    for params in [&none, &uncapped] {
        assert_eq!(params.open_interest_margin(1 << 60), None, "{params:?}");
    }
    assert_eq!((crowded().check(), none.check()), (Ok(()), Ok(())));
    let rule = "open interest that raises no margin: below its cap, or 0 for no such margin";
    let turned = MarketParams { open_interest_free: Quote(3_000_000), ..crowded() };
    assert_eq!(turned.open_interest_margin(3_000_000), Some(Ppm::WHOLE));
    let below = MarketParams { open_interest_free: Quote(-1), ..crowded() };
    for params in [&turned, &uncapped, &below] {
        assert_eq!(params.check(), Err(rule), "{params:?}");
    }
}

#[test]
fn a_value_is_the_product_whether_a_lots_fits_a_word_or_not() {
    let at = |kappa| MarketParams { kappa, ..crowded() };
    for (kappa, price) in
        [(1, 0), (1, 1), (1_000_000, 1 << 40), (1_000_000, u64::MAX >> 10), (2, u64::MAX), (4, 1 << 62)]
    {
        for lots in [0, 1, -1, 1 << 46, -(1 << 46)] {
            let exact = i128::from(price) * i128::from(kappa) * i128::from(lots);
            assert_eq!(at(kappa).value(PriceTicks(price), Lots(lots)), exact, "{kappa} {price} {lots}");
            assert_eq!(at(kappa).value_of_abs(PriceTicks(price), Lots(lots).abs()), exact.abs());
        }
    }
}
