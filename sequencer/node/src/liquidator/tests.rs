mod random;
pub(crate) mod world;

use super::MAX_FIRED;
use ballast_types::{AccountId, MarketId, MarketParams, Ppm, Quote, SizeLots};
use world::{World, altcoin, bitcoin};

const BTC: MarketId = MarketId(0);
const ALT: MarketId = MarketId(1);
const PRICE: u64 = 500_000;

/// The first mark of `marks` at which the account is below, by a scan.
fn threshold(world: &World, account: AccountId, mut marks: impl Iterator<Item = u64>) -> u64 {
    let mut other = world.clone();
    let is_below = |mark: &u64| {
        other.price(BTC, *mark);
        other.scan().contains(&account)
    };
    marks.find(is_below).expect("it falls below somewhere")
}

#[test]
fn the_threshold_of_a_long_is_exact_to_the_tick() {
    let mut world = World::of(vec![bitcoin()]);
    let long = world.open_at(123_456_789, &[(BTC, 1_003)]);
    world.start();
    let at = threshold(&world, long, (1..PRICE).rev());
    let before = world.index.evaluations();
    world.price(BTC, at + 1);
    assert_eq!((world.below(), world.index.evaluations()), (vec![], before));
    world.price(BTC, at);
    assert_eq!((world.below(), world.index.evaluations()), (vec![long], before + 1));
}

#[test]
fn the_threshold_of_a_short_is_exact_to_the_tick() {
    let mut world = World::of(vec![bitcoin()]);
    let short = world.open_at(123_456_789, &[(BTC, -1_003)]);
    world.start();
    let at = threshold(&world, short, PRICE..);
    let before = world.index.evaluations();
    world.price(BTC, at - 1);
    assert_eq!((world.below(), world.index.evaluations()), (vec![], before));
    world.price(BTC, at);
    assert_eq!((world.below(), world.index.evaluations()), (vec![short], before + 1));
}

/// 2%, 3.00002% beyond 1,000 lots, 10% beyond 3,000, which follow the price.
fn following() -> MarketParams {
    let mut params = world::tiered();
    for (tier, above) in params.margin_tiers.iter_mut().zip([1_000, 3_000]) {
        (tier.above, tier.notional) = (SizeLots(above), Quote(above.cast_signed()));
    }
    params
}

#[test]
fn tiers_that_begin_sooner_drag_an_account_below_and_look_at_nobody_within_them() {
    let mut world = World::of(vec![following()]);
    // 1,000 lots at 2% and 1,000 at 3.00002% need 25.00011 USDC.
    let [long, short] = [2_000, -2_000].map(|lots| world.open_at(27_000_000, &[(BTC, lots)]));
    world.open_at(27_000_000, &[(BTC, 500)]);
    world.open_at(27_000_000, &[]);
    world.start();
    let before = world.index.evaluations();
    world.tiers(BTC, |_, bound| bound * 6 / 10);
    // 600 lots, 1,200, and 200 at 10%.
    assert_eq!(world.below(), vec![long, short]);
    assert_eq!(world.index.evaluations(), before + 2);
    world.tiers(BTC, |_, bound| bound * 5 / 3);
    assert_eq!(world.below(), vec![]);
}

#[test]
fn a_first_tier_that_falls_to_a_fraction_hour_by_hour_drags_whoever_held_less() {
    let mut world = World::of(vec![following()]);
    // 300 lots at 2% need 3 USDC; 256 of them, and 44 at 10%, need 4.76.
    let small = world.open_at(4_000_000, &[(BTC, 300)]);
    world.start();
    assert_eq!(world.compare(), vec![]);
    while world.market(BTC).params.margin_tiers[1].above > SizeLots(257) {
        world.tiers(BTC, |n, bound| (bound - bound.div_ceil(256)).max(256 + n as u64));
        world.compare();
    }
    assert_eq!(world.compare(), vec![small]);
}

#[test]
fn funding_alone_drags_an_account_below() {
    let mut world = World::of(vec![bitcoin()]);
    // 2% of 500 USDC are needed: the last u of the 2 USDC beyond goes with the 2,000th u a lot.
    let long = world.open_at(12_000_000, &[(BTC, 1_000)]);
    let short = world.open_at(12_000_000, &[(BTC, -1_000)]);
    world.start();
    world.fund(BTC, 2_000);
    assert_eq!(world.below(), vec![]);
    world.fund(BTC, 1);
    assert_eq!(world.below(), vec![long]);
    world.fund(BTC, -4_001);
    assert_eq!(world.below(), vec![]);
    world.fund(BTC, -1);
    assert_eq!(world.below(), vec![short]);
}

#[test]
fn who_deposits_is_armed_anew() {
    let mut world = World::of(vec![bitcoin()]);
    let long = world.open_at(12_000_000, &[(BTC, 1_000)]);
    world.start();
    world.price(BTC, PRICE - 3_000);
    assert_eq!([world.below(), world.below()], [vec![long], vec![long]], "it is named as long as it is so");
    world.deposit(long, 50_000_000);
    assert_eq!((world.below(), world.armed(), world.index.hot.len()), (vec![], 1, 0));
    let at = threshold(&world, long, (1..PRICE).rev());
    assert!(at < PRICE - 50_000);
    world.price(BTC, at + 1);
    assert_eq!(world.below(), vec![]);
    world.price(BTC, at);
    assert_eq!(world.below(), vec![long]);
}

#[test]
fn who_withdraws_or_trades_is_armed_anew() {
    let mut world = World::of(vec![bitcoin()]);
    let ids = [1_000, -1_000, 1, -1].map(|lots| world.open_at(100_000_000, &[(BTC, lots)]));
    world.start();
    world.deposit(ids[0], -80_000_000);
    world.trade(BTC, ids[2], ids[1], 4_000);
    for mark in (PRICE - 60_000..PRICE + 60_000).step_by(997) {
        world.price(BTC, mark);
        world.compare();
    }
}

#[test]
fn a_flat_account_that_owes_is_below() {
    let mut world = World::of(vec![bitcoin()]);
    let [debtor, _, later] = [-1, 0, 0].map(|cash| world.open_at(cash, &[]));
    world.start();
    assert_eq!(world.below(), vec![debtor]);
    world.deposit(debtor, 1);
    world.deposit(later, -1);
    assert_eq!(world.below(), vec![later]);
}

#[test]
fn the_worst_come_first_then_the_lowest_ids() {
    let mut world = World::of(vec![bitcoin()]);
    let cash = [5_000_000, 4_000_000, 12_000_000, 5_000_000, -1_000_000];
    let ids = cash.map(|cash| world.open_at(cash, &[(BTC, 1_000)]));
    world.start();
    assert_eq!(world.below(), [ids[4], ids[1], ids[0], ids[3]]);
}

#[test]
fn whose_markets_stand_still_is_not_looked_at() {
    let mut world = World::of(vec![bitcoin(), altcoin()]);
    // Below, hot, and fine.
    let ids = [9_000_000, 10_010_000, 50_000_000].map(|equity| world.open_at(equity, &[(BTC, 1_000)]));
    world.open_at(5_000_000, &[(ALT, -100)]);
    world.start();
    let before = world.index.evaluations();
    for mark in PRICE - 100..PRICE + 100 {
        world.price(ALT, mark);
        assert_eq!(world.below(), vec![ids[0]]);
    }
    assert_eq!(world.index.evaluations(), before);
    world.price(BTC, PRICE + 1);
    assert_eq!((world.below(), world.index.evaluations()), (vec![ids[0]], before + 2));
}

/// Scenario S23 of risk.md 11.1.
#[test]
fn twenty_markets_of_three_tiers_and_negative_carry_are_not_missed() {
    let markets: Vec<_> = (0..20).map(|_| world::tiered()).collect();
    let mut world = World::of(markets);
    let lots = |market: u16| if market.is_multiple_of(2) { 400 } else { -400 };
    let positions: Vec<_> = (0..20).map(|market| (MarketId(market), lots(market))).collect();
    let account = world.open_at(900_000_000, &positions);
    world.start();
    assert_eq!(world.armed(), 60);
    let mut ticks = 0_u16;
    while world.compare().is_empty() {
        ticks += 1;
        assert!(ticks < 20_000, "carry kills it some time");
        let market = ticks % 20;
        world.fund(MarketId(market), if market.is_multiple_of(2) { 1_000 } else { -1_000 });
        world.price(MarketId(market), PRICE + u64::from(ticks % 100) * 7);
    }
    assert_eq!(world.below(), vec![account]);
    assert!(ticks > 1_000 && world.index.evaluations() < u64::from(ticks) / 2);
}

/// Requirements that were whole and become fractions take up to 1 u a market that no slice loses.
#[test]
fn what_is_rounded_up_in_twenty_markets_is_not_missed() {
    let market =
        || MarketParams { maintenance_margin: Ppm(600_000), initial_margin: Ppm(1_000_000), ..bitcoin() };
    let mut world = World::of((0..20).map(|_| market()).collect());
    let all = || (0..20).map(MarketId);
    all().for_each(|id| world.price(id, 10));
    let positions: Vec<_> = all().map(|id| (id, 1)).collect();
    // 6 u are needed in each market, and still when 5.4 u would do.
    let ids = [134, 135, 140].map(|equity| world.open_at(equity, &positions));
    world.start();
    assert_eq!(world.below(), vec![]);
    all().for_each(|id| world.price(id, 9));
    assert_eq!(world.compare(), ids[..2]);
}

#[test]
fn too_many_at_once_are_found_one_after_the_other() {
    let mut world = World::of(vec![bitcoin(), altcoin()]);
    let most = usize::try_from(MAX_FIRED).expect("a small number");
    for n in 0..most + 1_000 {
        world.open_at(12_000, &[(if n.is_multiple_of(2) { BTC } else { ALT }, 1)]);
    }
    world.start();
    for market in [BTC, ALT] {
        world.price(market, PRICE / 2);
    }
    assert_eq!((world.below().len(), world.index.is_behind()), (most, true));
    assert_eq!((world.below().len(), world.index.is_behind()), (most + 1_000, false));
    world.compare();
}

#[test]
fn amounts_that_no_market_has_are_looked_at_at_every_move() {
    let mut world = World::of(vec![bitcoin(), world::dear()]);
    let ids = [1_i64, -1].map(|side| world.open_at(-side << 60, &[(ALT, side << 39)]));
    world.price(ALT, 1 << 39);
    world.start();
    assert_eq!(world.below(), vec![ids[1]]);
    world.price(ALT, 1);
    assert_eq!(world.compare(), vec![ids[0]]);
}

/// What other assets count for follows the index of a market in which their owner may have nothing.
#[test]
fn who_holds_other_margin_is_looked_at_when_its_price_moves() {
    let mut world = World::of(vec![bitcoin(), altcoin()]);
    world.pledge(ALT);
    // Both lack 2 USDC of 10; 50 units count for nine tenths of five lots of half a USDC each.
    let [plain, backed] = [(), ()].map(|()| world.open_at(8_000_000, &[(BTC, 1_000)]));
    world.start();
    world.hold(backed, 50);
    assert_eq!(world.compare(), vec![plain]);
    world.price(ALT, PRICE / 2);
    assert_eq!(world.compare(), vec![plain, backed]);
    world.price(ALT, PRICE);
    assert_eq!(world.compare(), vec![plain]);
    // 10 USDC are needed: with 12.5 and 2.25 it may lose nearly a hundredth of all that it has.
    let rich = world.open_at(12_500_000, &[(BTC, 1_000)]);
    world.hold(rich, 50);
    assert_eq!(world.compare(), vec![plain]);
    let before = world.index.evaluations();
    (1..40).for_each(|step| world.price(ALT, PRICE - step * 100));
    assert_eq!(world.compare(), vec![plain]);
    assert_eq!(world.index.evaluations(), before + 1, "only who is close is looked at");
}

/// A haircut that rises is no fall of a price.
#[test]
fn who_holds_other_margin_is_looked_at_when_its_haircut_rises() {
    let mut world = World::of(vec![bitcoin(), altcoin()]);
    world.pledge(ALT);
    let backed = world.open_at(9_900_000, &[(BTC, 1_000)]);
    world.start();
    world.hold(backed, 50);
    assert_eq!(world.compare(), vec![]);
    world.haircut(ALT, 970_000);
    assert_eq!(world.compare(), vec![backed]);
    world.haircut(ALT, 0);
    assert_eq!(world.compare(), vec![]);
}

#[test]
fn who_owes_more_than_half_of_what_he_holds_is_named() {
    let mut world = World::of(vec![bitcoin(), altcoin()]);
    world.pledge(ALT);
    // 50 units count for 2.25 USDC: 1.125 may be owed.
    let [owes, rich] = [-1_125_000, 5_000_000].map(|cash| world.open_at(cash, &[]));
    world.start();
    world.hold(owes, 50);
    world.hold(rich, 50);
    assert_eq!(world.compare(), vec![]);
    world.price(ALT, PRICE - 1);
    assert_eq!(world.compare(), vec![owes]);
    assert_eq!(world.index.backed.len(), 1, "who owes nothing and has no position does not rest on it");
}
