//! What a holding counts for.

use ballast_naive::Counted;
use ballast_types::{Collateral, Event, MarketParams, Millis, Ppm, PriceTicks, limits::FUND_DAY_MS};

use crate::hand::plain_market;
use crate::world::{COIN, ONE, TERMS, USDC, World, money};

fn counted(terms: Collateral) -> Counted {
    let mut world = World::new(terms, None);
    let account = world.account(0, 0, 10 * COIN);
    world.it.margin(account).counted
}

/// Ten coins are 10,000 USDC, of which the root is 100.
#[test]
fn a_holding_counts_for_what_is_left_of_it() {
    let usdc = |value: i128, initial: i128| Counted {
        value: value * USDC,
        initial: initial * USDC,
        live: value * USDC,
    };
    assert_eq!(counted(TERMS), usdc(9_000, 8_500));
    // 1.1 - 1.1 / (1 + 100 hundredths) are 55%.
    assert_eq!(counted(Collateral { size_factor: Ppm(10_000), ..TERMS }), usdc(4_500, 4_000));
    // Three days and a half of thirty.
    let since = Millis(20_000 * FUND_DAY_MS - 7 * FUND_DAY_MS / 2);
    assert_eq!(counted(Collateral { since, ..TERMS }), usdc(900, 850));
    assert_eq!(counted(Collateral { most: money(8_700), ..TERMS }), usdc(8_700, 8_500));
    assert_eq!(counted(Collateral { haircut: Ppm(1_000_000), ..TERMS }), usdc(0, 0));
}

#[test]
fn it_is_equity_and_initial_margin_and_never_leaves_as_usdc() {
    let mut world = World::new(TERMS, None);
    let account = world.account(600, 10, 10 * COIN);
    let margin = world.it.margin(account);
    assert_eq!((margin.equity, margin.weighted), (9_600 * USDC, 9_100 * USDC));
    assert_eq!(margin.withdrawing, 600 * USDC);
    assert_eq!(world.it.withdrawable(account), 0);
}

/// The index is 1,010, then 1,010 again; in the minutes before it was 1,000, then 1,000 and 1,010.
#[test]
fn the_price_is_no_more_than_the_average_of_the_hour() {
    let mut world = World::new(TERMS, None);
    let account = world.account(0, 0, 10 * COIN);
    let told = |average| Event::CollateralPriced {
        market: ONE,
        average: PriceTicks(average),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    };
    for (average, value) in [(1_000, 9_000), (1_005, 9_045)] {
        world.time += 60_000;
        assert_eq!(world.price(&[ONE], 1_010).last(), Some(&told(average)));
        assert_eq!(world.it.margin(account).counted.value, value * USDC);
    }
    world.time += 1_000;
    world.price(&[ONE], 1_003);
    assert_eq!(world.it.margin(account).counted.value, 9_027 * USDC);
}

/// An hour ends at the price at which it began: a quarter of a percent more counts no more for equity, a day's percent less is
/// by 416 ppm an hour.
#[test]
fn haircuts_follow_what_may_be_lost_in_a_day() {
    for (haircuts, next) in [((0, 900_000), (2_500, 899_584)), ((900_000, 900_000), (899_584, 899_584))] {
        let following = |symbol| MarketParams { shortfall: true, ..plain_market(symbol) };
        let mut world = World::of(["ONE", "TWO"].map(following), TERMS, None);
        let begins = world.it.markets[0].haircuts;
        assert!(begins.0 == begins.1 && begins.0 > 2_500 && begins.0 < 800_000, "{begins:?}");
        world.it.markets[0].haircuts = haircuts;
        let hour = world.time + 3_600_000;
        for at in [-12_000, -6_000, -1_000, 4_000, 9_000, 10_001] {
            world.time = hour.checked_add_signed(at).expect("after 1970");
            world.price(&[ONE], 1_000);
        }
        assert_eq!(world.it.markets[0].haircuts, next);
        assert!(world.it.markets[1].haircuts == begins, "nothing of it ended");
    }
}
