use ballast_types::{Collateral, Millis, Ppm, Quote, Units, limits::MAX_AMOUNT};

use crate::world::{BTC, USDC, WBTC, World, owner};

/// A bitcoin in units.
const COIN: i64 = 1_000_000;

/// A lot is a hundred-thousandth of a bitcoin; a tenth does not count.
fn terms() -> Collateral {
    Collateral {
        market: BTC,
        units_per_lot: Units(10),
        haircut: Ppm(100_000),
        size_factor: Ppm(0),
        since: Millis(0),
        most: Quote(MAX_AMOUNT),
        total: Units(1_000 * COIN as u64),
    }
}

/// Accounts 1 and 2 with 100,000 USDC each, the backstop, account 0, with so many; bitcoins are margin.
fn world(backstop: i64) -> World {
    let mut world = World::protected(2, backstop * USDC, 1_000_000 * USDC, 1_000_000 * USDC);
    world.pledge(terms());
    world
}

fn usdc(amount: i64) -> i128 {
    i128::from(amount * USDC)
}

#[test]
fn a_bitcoin_is_margin_for_nine_tenths_and_no_cash() {
    let mut world = world(1_000_000);
    let before = world.summary(1);
    let _ = world.deposit_in_kind(WBTC, owner(1), 1, COIN);
    let after = world.summary(1);
    assert_eq!(after.equity - before.equity, usdc(45_000));
    assert_eq!(after.equity_initial - before.equity_initial, usdc(42_500));
    assert_eq!((after.withdrawable, after.equity_out), (before.withdrawable, before.equity_out));
    assert_eq!((after.debt(), after.backing.debt_limit()), (0, usdc(22_500)));
}
